import * as op from '../../onnx/operators.ts';
import { within } from '../../onnx/scope.ts';
import { elements } from '../../onnx/shape.ts';
import { constant, type Tensor } from '../../onnx/tensor.ts';
import type { SacEngineOptions } from './engine.ts';

/**
 * The losses of SAC with a variance critic as ONNX expressions; formulas in docs/sac.md. Both critics lie one after the
 * other in the first axis of every tensor of theirs, `[2, …, batch, width]`, so that one product serves both. Where several
 * learners are stacked, `…` is an axis of theirs, which every tensor has. What is one number for each state of the batch
 * lies in a row, `[…, 1, batch]`: ONNX Runtime goes through a column of them number by number.
 */

/** A dense layer: kernel `[…, inputs, outputs]` and bias `[…, 1, outputs]`; without a bias the input brings its own 1. */
export interface Dense {
  readonly kernel: Tensor;
  readonly bias?: Tensor;
  /** Of a layer normalisation before the ReLU, `[…, 1, outputs]` each. */
  readonly gain?: Tensor;
  readonly shift?: Tensor;
}

const LOG_STD_MIN = -20;
const LOG_STD_MAX = 2;
const HALF_LOG_TWO_PI = 0.5 * Math.log(2 * Math.PI);
/** Keeps deviations of layer normalisation away from 0, as PyTorch does. */
const NORM_FLOOR = 1e-5;
/** Keeps V away from 0. */
const VARIANCE_FLOOR = 1e-6;

/** ReLU layers and a linear head. Hidden units are multiplied with `masks`, one a layer, where there is dropout. */
export function perceptron(x: Tensor, layers: readonly Dense[], masks?: readonly Tensor[]): Tensor {
  return layers.reduce((input, { kernel, bias, gain, shift }, i) => {
    const product = op.matMul(input, kernel);
    let z = bias === undefined ? product : op.add(product, bias);
    if (i + 1 === layers.length) return z;
    if (masks !== undefined) z = op.mul(z, masks[i]);
    if (gain !== undefined && shift !== undefined) z = op.add(op.mul(normalised(z), gain), shift);
    return op.relu(z);
  }, x);
}

/** (x − mean)/√(variance + 10⁻⁵), moments over a row. */
function normalised(x: Tensor): Tensor {
  const centred = op.sub(x, op.reduceMean(x, [-1]));
  return op.div(centred, op.sqrt(op.add(op.reduceMean(op.square(centred), [-1]), NORM_FLOOR)));
}

export interface Sample {
  /** `[…, batch, actions]`. */
  readonly action: Tensor;
  /** `[…, 1, batch]`. */
  readonly logProbability: Tensor;
}

/** The policy's head: mean and clipped log-std of the Gaussian before the tanh. */
export function gaussian(actor: readonly Dense[], observations: Tensor, actions: number) {
  const head = perceptron(observations, actor);
  return {
    mean: op.slice(head, -1, 0, actions),
    logStd: op.clip(op.slice(head, -1, actions, 2 * actions), LOG_STD_MIN, LOG_STD_MAX),
  };
}

/**
 * a = tanh(u), u = μ + σ·ε, and log π(a|s) = Σᵢ log N(uᵢ; μᵢ, σᵢ) − log(1 − tanh²uᵢ) (arXiv 1812.05905, eq. 26), the
 * last term in its stable form 2(log 2 − u − softplus(−2u)).
 */
export function sample(actor: readonly Dense[], observations: Tensor, noise: Tensor): Sample {
  return within('policy', () => {
    const { mean, logStd } = gaussian(actor, observations, noise.shape[noise.rank - 1] as number);
    const u = op.add(mean, op.mul(op.exp(logStd), noise));
    const normal = op.sub(op.mul(op.square(noise), -0.5), op.add(logStd, HALF_LOG_TWO_PI));
    const correction = op.mul(op.sub(op.sub(Math.LN2, u), op.softplus(op.mul(u, -2))), 2);
    return { action: op.tanh(u), logProbability: turned(op.reduceSum(op.sub(normal, correction), [-1])) };
  });
}

/** A column as a row, or a row as a column. */
export function turned(x: Tensor): Tensor {
  const [rows, columns] = x.shape.slice(-2);
  return op.reshape(x, [...x.shape.slice(0, -2), columns, rows] as readonly number[]);
}

export interface Value {
  /** `[2, …, 1, batch]`. */
  readonly q: Tensor;
  /** V = softplus(·) + 10⁻⁶, `[2, …, 1, batch]`. */
  readonly variance: Tensor;
}

/** Both heads of both critics. */
export function value(
  critics: readonly Dense[],
  observations: Tensor,
  actions: Tensor,
  masks?: readonly Tensor[],
): Value {
  const column = [...observations.shape.slice(0, -1), 1] as readonly number[];
  const ones = constant(new Float32Array(elements(column)).fill(1), column);
  const one = critics[0].bias === undefined ? [ones] : [];
  const head = perceptron(op.concat([observations, actions, ...one], -1), critics, masks);
  const [q, raw] = [0, 1].map((column) => turned(op.slice(head, -1, column, column + 1)));
  return { q, variance: op.add(op.softplus(raw), VARIANCE_FLOOR) };
}

/** The mean over the first axis and the batch, summed over learners. */
function batchLoss(row: Tensor): Tensor {
  const learners = row.rank === 4 ? (row.shape[1] as number) : 1;
  const mean = op.reduceMean(
    row,
    row.shape.map((_, axis) => axis),
  );
  return op.mul(mean, learners);
}

/** Of a pair `[2, …, 1, batch]` the smaller, `[1, …, 1, batch]`. */
function smaller(pair: Tensor): Tensor {
  return op.min(op.slice(pair, 0, 0, 1), op.slice(pair, 0, 1, 2));
}

/** Of a pair `[2, …, 1, batch]` the mean, `[1, …, 1, batch]`. */
function middle(pair: Tensor): Tensor {
  return op.mul(op.add(op.slice(pair, 0, 0, 1), op.slice(pair, 0, 1, 2)), 0.5);
}

export interface CriticTargets {
  /** y. */
  readonly mean: Tensor;
  /** γ²(1−terminated)·½(V̄₁ + V̄₂)(s′,a′). */
  readonly carriedVariance: Tensor;
}

/** y = r + γ(1−terminated)·(min_j Q̄_j(s′,a′) [− α log π(a′|s′) with `entropyBackup`]), and the carried variance. */
export function criticTargets(
  targets: readonly Dense[],
  next: Sample,
  nextObservations: Tensor,
  rewards: Tensor,
  terminated: Tensor,
  temperature: Tensor,
  { discount, entropyBackup }: SacEngineOptions,
  masks?: readonly Tensor[],
): CriticTargets {
  return within('target', () => {
    const { q, variance } = value(targets, nextObservations, next.action, masks);
    const alive = op.sub(1, terminated);
    const least = smaller(q);
    const bootstrap = entropyBackup ? op.sub(least, op.mul(next.logProbability, temperature)) : least;
    return {
      mean: op.add(rewards, op.mul(op.mul(alive, discount), bootstrap)),
      carriedVariance: op.mul(op.mul(alive, discount * discount), middle(variance)),
    };
  });
}

export interface CriticLoss {
  /** L_Q + η·L_var, summed over learners: each one's gradient is its own. */
  readonly total: Tensor;
  /** Rows whose batch means, averaged over both critics, are L_Q and ½·L_var: `[2, …, 1, batch]` each. */
  readonly rows: readonly Tensor[];
}

/**
 * L_Q = ½ Σ_j mean((y − Q_j)²), and L_var = Σ_j mean(log V_j + y_v/V_j) (QLIKE) or Σ_j mean((V_j − y_v)²), where
 * y_v = min(δ_j², limit) + carried variance, δ_j = y − sg(Q_j).
 */
export function criticLoss(
  critics: readonly Dense[],
  observations: Tensor,
  actions: Tensor,
  targets: CriticTargets,
  limit: Tensor,
  { varianceWeight, varianceLoss }: SacEngineOptions,
  masks?: readonly Tensor[],
): CriticLoss {
  return within('critic', () => {
    const { q, variance } = value(critics, observations, actions, masks);
    const squares = op.square(op.sub(targets.mean, q));
    // A mean over batch and both critics is half the sum of their means.
    const mean = batchLoss(squares);
    if (varianceWeight === 0) return { total: mean, rows: [squares] };
    const wanted = op.add(op.min(op.stopGradient(squares), limit), targets.carriedVariance);
    const terms =
      varianceLoss === 'qlike'
        ? op.add(op.log(variance), op.div(wanted, variance))
        : op.square(op.sub(variance, wanted));
    const sum = op.mul(batchLoss(terms), 2 * varianceWeight);
    return { total: op.add(mean, sum), rows: [squares, terms] };
  });
}

export interface ActorLoss {
  readonly total: Tensor;
  /** Rows `[1, …, 1, batch]` whose means are L_π, log π, min_j Q_j and, with a variance critic, √V. */
  readonly rows: readonly Tensor[];
}

/** L_π = mean(α log π − (min_j Q_j − κ√V)), V the mean of both critics' variances, critics held fixed. */
export function actorLoss(
  { action, logProbability }: Sample,
  critics: readonly Dense[],
  observations: Tensor,
  temperature: Tensor,
  kappa: Tensor,
  { varianceWeight }: SacEngineOptions,
  masks?: readonly Tensor[],
): ActorLoss {
  return within('actor', () => {
    const { q, variance } = value(critics, observations, action, masks);
    const least = smaller(q);
    const logPi = op.reshape(logProbability, [1, ...logProbability.shape] as readonly number[]);
    const cost = op.mul(logPi, temperature);
    if (varianceWeight === 0) {
      const loss = op.sub(cost, least);
      return { total: batchLoss(loss), rows: [loss, logPi, least] };
    }
    const sigma = op.sqrt(middle(variance));
    const loss = op.sub(cost, op.sub(least, op.mul(sigma, kappa)));
    return { total: batchLoss(loss), rows: [loss, logPi, least, sigma] };
  });
}
