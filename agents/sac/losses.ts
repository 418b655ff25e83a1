import * as tf from '@tensorflow/tfjs-core';
import type { SacEngineOptions } from './engine.ts';

/**
 * The losses of SAC with a variance critic as TensorFlow.js functions; columns are `[batch, 1]`. Formulas:
 * Haarnoja et al. 2018, "Soft Actor-Critic Algorithms and Applications" (arXiv 1812.05905), and docs/sac.md for the
 * variance critic. The wasm backend multiplies matrices fast only when neither is to be transposed on the way, ten
 * times slower otherwise; hence a dense layer with its own gradient that transposes first.
 */

/** Kernel and bias of each layer in turn, and gain and shift after them where it is normalised. */
export type Layers = readonly tf.Tensor[];
/** What the hidden units of each critic are multiplied with (agents/sac/dropout.ts), critic by critic, layer by layer. */
export type Masks = readonly (readonly tf.Tensor2D[])[];

const LOG_STD_MIN = -20;
const LOG_STD_MAX = 2;
const HALF_LOG_TWO_PI = 0.5 * Math.log(2 * Math.PI);
/** Keeps deviations of layer normalisation away from 0, as PyTorch does. */
const NORM_FLOOR = 1e-5;
/** Keeps V away from 0. */
const VARIANCE_FLOOR = 1e-6;

export interface SampledAction {
  readonly action: tf.Tensor2D;
  readonly logProbability: tf.Tensor2D;
}

/** The policy's head: mean and clipped log-std of the Gaussian before the tanh. */
export function gaussian(actor: Layers, observations: tf.Tensor2D, fixed: boolean) {
  const head = perceptron(observations, actor, fixed, false);
  const size = head.shape[1] / 2;
  return {
    mean: tf.slice2d(head, [0, 0], [-1, size]),
    logStd: tf.clipByValue(tf.slice2d(head, [0, size], [-1, size]), LOG_STD_MIN, LOG_STD_MAX),
  };
}

/**
 * a = tanh(u), u = μ + σ·ε, and log π(a|s) = Σᵢ log N(uᵢ; μᵢ, σᵢ) − log(1 − tanh²uᵢ) (arXiv 1812.05905, eq. 26), the
 * last term in its stable form 2(log 2 − u − softplus(−2u)).
 */
export function sample(
  actor: Layers,
  observations: tf.Tensor2D,
  noise: tf.Tensor2D,
  fixed: boolean,
): SampledAction {
  const { mean, logStd } = gaussian(actor, observations, fixed);
  const u = tf.add(mean, tf.mul(tf.exp(logStd), noise)) as tf.Tensor2D;
  return { action: tf.tanh(u), logProbability: logProbability(u, logStd, noise) };
}

/** log π of the squashed action, from u, log σ and the ε that made u. */
export function logProbability(u: tf.Tensor, logStd: tf.Tensor, noise: tf.Tensor): tf.Tensor2D {
  const normal = tf.sub(tf.mul(tf.square(noise), -0.5), tf.add(logStd, HALF_LOG_TWO_PI));
  const correction = tf.mul(tf.sub(tf.sub(Math.LN2, u), tf.softplus(tf.mul(u, -2))), 2);
  return tf.sum(tf.sub(normal, correction), 1, true);
}

export interface Value {
  readonly q: tf.Tensor2D;
  readonly variance: tf.Tensor2D;
}

/** Both heads of a critic: Q and V = softplus(·) + 1e−6. With `fixed` only the input is differentiated. */
export function value(
  critic: Layers,
  input: tf.Tensor2D,
  fixed: boolean,
  differentiateInput: boolean,
  masks?: readonly tf.Tensor2D[],
): Value {
  const head = perceptron(input, critic, fixed, differentiateInput, masks);
  return {
    q: tf.slice2d(head, [0, 0], [-1, 1]),
    variance: tf.add(tf.softplus(tf.slice2d(head, [0, 1], [-1, 1])), VARIANCE_FLOOR),
  };
}

export interface CriticTargets {
  /** y = r + γ(1−terminated)·(min_j Q̄_j(s′,a′) [− α log π(a′|s′) with `entropyBackup`]). */
  readonly mean: tf.Tensor2D;
  /** γ²(1−terminated)·V̄(s′,a′), V̄ the mean of the two targets' variances. */
  readonly carriedVariance: tf.Tensor2D;
}

export function criticTargets(
  targets: readonly Layers[],
  next: SampledAction,
  nextObservations: tf.Tensor2D,
  rewards: tf.Tensor2D,
  terminated: tf.Tensor2D,
  temperature: number,
  options: SacEngineOptions,
  masks?: Masks,
): CriticTargets {
  const { discount } = options;
  const input = tf.concat2d([nextObservations, next.action], 1);
  const [first, second] = targets.map((target, j) => value(target, input, true, false, masks?.[j]));
  const alive = tf.sub(1, terminated);
  let bootstrap: tf.Tensor = tf.minimum(first.q, second.q);
  if (options.entropyBackup) bootstrap = tf.sub(bootstrap, tf.mul(next.logProbability, temperature));
  const mean = tf.add(rewards, tf.mul(tf.mul(alive, discount), bootstrap)) as tf.Tensor2D;
  const variance = tf.mul(tf.add(first.variance, second.variance), 0.5);
  return { mean, carriedVariance: tf.mul(tf.mul(alive, discount * discount), variance) as tf.Tensor2D };
}

export interface CriticLoss {
  /** L_Q + η·L_var. */
  readonly total: tf.Scalar;
  /** L_Q = ½ Σ_j mean((y − Q_j)²), which is also the mean of δ² over batch and critics. */
  readonly mean: tf.Scalar;
  /** Σ_j L_var, 0 without a variance head. */
  readonly variance: tf.Scalar;
}

/**
 * L_Q = ½ Σ_j MSE(y, Q_j), and L_var = Σ_j mean(log V_j + y_v/V_j) (QLIKE) or Σ_j mean((V_j − y_v)²), where
 * y_v = min(δ_j², limit) + carried variance, δ_j = y − sg(Q_j).
 */
export function criticLoss(
  critics: readonly Layers[],
  input: tf.Tensor2D,
  targets: CriticTargets,
  limit: number,
  options: SacEngineOptions,
  masks?: Masks,
): CriticLoss {
  const values = critics.map((critic, j) => value(critic, input, false, false, masks?.[j]));
  const squares = values.map(({ q }) => tf.square(tf.sub(targets.mean, q)));
  const [first, second] = squares.map((square) => tf.mean(square));
  const mean = tf.mul(tf.add(first, second), 0.5) as tf.Scalar;
  if (options.varianceWeight === 0) return { total: mean, mean, variance: tf.scalar(0) };
  const [firstVariance, secondVariance] = values.map(({ variance }, j) => {
    const wanted = tf.add(tf.minimum(detach(squares[j]), limit), targets.carriedVariance);
    return tf.mean(
      options.varianceLoss === 'qlike'
        ? tf.add(tf.log(variance), tf.div(wanted, variance))
        : tf.square(tf.sub(variance, wanted)),
    );
  });
  const variance = tf.add(firstVariance, secondVariance) as tf.Scalar;
  const total = tf.add(mean, tf.mul(variance, options.varianceWeight)) as tf.Scalar;
  return { total, mean, variance };
}

export interface ActorLoss {
  readonly total: tf.Scalar;
  readonly meanLogProbability: tf.Scalar;
  readonly meanQ: tf.Scalar;
  readonly meanSigma: tf.Scalar;
}

/** L_π = mean(α log π − (min_j Q_j − κ√V)), V the mean of both critics' variances, critics held fixed. */
export function actorLoss(
  actor: Layers,
  critics: readonly Layers[],
  observations: tf.Tensor2D,
  noise: tf.Tensor2D,
  temperature: number,
  kappa: number,
  options: SacEngineOptions,
  masks?: Masks,
): ActorLoss {
  const { action, logProbability } = sample(actor, observations, noise, false);
  const input = tf.concat2d([observations, action], 1);
  const [first, second] = critics.map((critic, j) => value(critic, input, true, true, masks?.[j]));
  const q = tf.minimum(first.q, second.q);
  let gain: tf.Tensor = q;
  let meanSigma: tf.Scalar = tf.scalar(0);
  if (options.varianceWeight > 0) {
    const sigma = tf.sqrt(tf.mul(tf.add(first.variance, second.variance), 0.5));
    meanSigma = tf.mean(sigma);
    if (kappa > 0) gain = tf.sub(q, tf.mul(sigma, kappa));
  }
  return {
    total: tf.mean(tf.sub(tf.mul(logProbability, temperature), gain)),
    meanLogProbability: tf.mean(logProbability),
    meanQ: tf.mean(q),
    meanSigma,
  };
}

/**
 * ReLU layers and a linear head. `fixed` weights get no gradient; `differentiateInput` tells whether the gradient
 * goes on to the input, which for data it need not.
 */
function perceptron(
  input: tf.Tensor2D,
  layers: Layers,
  fixed: boolean,
  differentiateInput: boolean,
  masks?: readonly tf.Tensor2D[],
): tf.Tensor2D {
  let x = input;
  for (let i = 0, layer = 0; i < layers.length; layer++) {
    const [kernel, bias] = [layers[i] as tf.Tensor2D, layers[i + 1] as tf.Tensor1D];
    const isFirst = i === 0;
    i += 2;
    const isHidden = i < layers.length;
    const isNormalised = isHidden && layers[i].rank === 1;
    const relu = isHidden && !isNormalised && masks === undefined;
    if (fixed) x = denseOfInput(x, kernel, bias, relu);
    else if (isFirst && !differentiateInput) x = denseOfWeights(x, kernel, bias, relu);
    else x = dense(x, kernel, bias, relu);
    if (isHidden && masks !== undefined) x = tf.mul(x, masks[layer]);
    if (isNormalised) {
      x = normalised(x, layers[i], layers[i + 1]);
      i += 2;
    }
    if (isHidden && !relu) x = tf.relu(x);
  }
  return x;
}

/** Layer normalisation: (x − mean)/√(variance + 10⁻⁵)·gain + shift, moments over a row. */
function normalised(x: tf.Tensor2D, gain: tf.Tensor, shift: tf.Tensor): tf.Tensor2D {
  const centred = tf.sub(x, tf.mean(x, 1, true));
  const deviation = tf.sqrt(tf.add(tf.mean(tf.square(centred), 1, true), NORM_FLOOR));
  return tf.add(tf.mul(tf.div(centred, deviation), gain), shift);
}

function dense(x: tf.Tensor2D, kernel: tf.Tensor2D, bias: tf.Tensor1D, relu: boolean): tf.Tensor2D {
  return tf.customGrad((...inputs) => {
    const save = inputs[3] as tf.GradSaveFunc;
    const y = affine(x, kernel, bias, relu);
    save([y, x]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]) => {
      const dz = relu ? tf.mul(dy, tf.step(saved[0])) : dy;
      return [tf.matMul(dz, tf.transpose(kernel)), ...weightGradients(saved[1], dz)];
    };
    return { value: y, gradFunc };
  })(x, kernel, bias) as tf.Tensor2D;
}

function denseOfWeights(x: tf.Tensor2D, kernel: tf.Tensor2D, bias: tf.Tensor1D, relu: boolean): tf.Tensor2D {
  return tf.customGrad((...inputs) => {
    const save = inputs[2] as tf.GradSaveFunc;
    const y = affine(x, kernel, bias, relu);
    save([y, x]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]) =>
      weightGradients(saved[1], relu ? tf.mul(dy, tf.step(saved[0])) : dy);
    return { value: y, gradFunc };
  })(kernel, bias) as tf.Tensor2D;
}

function denseOfInput(x: tf.Tensor2D, kernel: tf.Tensor2D, bias: tf.Tensor1D, relu: boolean): tf.Tensor2D {
  return tf.customGrad((...inputs) => {
    const save = inputs[1] as tf.GradSaveFunc;
    const y = affine(x, kernel, bias, relu);
    save([y]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]) =>
      tf.matMul(relu ? tf.mul(dy, tf.step(saved[0])) : dy, tf.transpose(kernel));
    return { value: y, gradFunc };
  })(x) as tf.Tensor2D;
}

function affine(x: tf.Tensor2D, kernel: tf.Tensor2D, bias: tf.Tensor1D, relu: boolean): tf.Tensor2D {
  const z = tf.add(tf.matMul(x, kernel), bias) as tf.Tensor2D;
  return relu ? tf.relu(z) : z;
}

function weightGradients(x: tf.Tensor, dz: tf.Tensor): [tf.Tensor, tf.Tensor] {
  // A row of ones times dz sums its rows faster than a reduction over the outer axis.
  const sum = tf.matMul(tf.ones([1, dz.shape[0]]), dz as tf.Tensor2D);
  return [tf.matMul(tf.transpose(x), dz), tf.reshape(sum, [-1])];
}

/** The stop-gradient sg(·). */
function detach(x: tf.Tensor): tf.Tensor {
  return tf.customGrad((...inputs) => ({
    value: tf.clone(inputs[0] as tf.Tensor),
    gradFunc: (dy: tf.Tensor) => tf.zerosLike(dy),
  }))(x);
}
