import { differentiate } from '../../onnx/differentiate.ts';
import { buildGraph, type Graph } from '../../onnx/graph.ts';
import * as op from '../../onnx/operators.ts';
import { optimise } from '../../onnx/optimise.ts';
import { ADAM_SEED, type AdamTensors, adam, polyak } from '../../onnx/optimisers.ts';
import { within } from '../../onnx/scope.ts';
import { constant, input, type Tensor } from '../../onnx/tensor.ts';
import type { SacEngineOptions } from './engine.ts';
import { TARGETS } from './layout.ts';
import { actorTensors, criticTensors, type GraphTensor } from './onnx-layout.ts';
import { actorLoss, criticLoss, criticTargets, type Dense, gaussian, sample } from './onnx-losses.ts';

/** Suffix of a state tensor's name when it is a result. */
export const NEXT = '/next';

/** Inputs of the update besides the state. s and s′ come as one matrix, and so does their noise. */
export interface UpdateInputs {
  readonly observations: Tensor;
  readonly actions: Tensor;
  readonly rewards: Tensor;
  readonly terminated: Tensor;
  readonly noise: Tensor;
  /** α, (c·σ̄)², κ, and the scalars of Adam's step. */
  readonly temperature: Tensor;
  readonly limit: Tensor;
  readonly kappa: Tensor;
  readonly rate: Tensor;
  readonly epsilon: Tensor;
}

/** A weight's three tensors, as inputs. */
function trained(tensor: GraphTensor): AdamTensors {
  const { name, shape } = tensor;
  return { weight: input(name, shape), m: input(`m/${name}`, shape), v: input(`v/${name}`, shape) };
}

/** Kernel and bias of each layer in turn; a first kernel of the critics holds its bias. */
function layers(tensors: readonly Tensor[]): readonly Dense[] {
  const result: Dense[] = [];
  let rest = tensors;
  if (tensors.length % 2 === 1) {
    result.push({ kernel: tensors[0] });
    rest = tensors.slice(1);
  }
  for (let i = 0; i < rest.length; i += 2) result.push({ kernel: rest[i], bias: rest[i + 1] });
  return result;
}

/**
 * One whole update on a batch of `size` as one graph, in the order of docs/sac.md: critics; actor, with the critics
 * just updated; targets. Results are every state tensor's next value under its name with `/next`, the batch means the
 * metrics are made of (`critic/means`, `actor/means`), and sums over the rows of what is large, which are finite only if
 * all of it is. log α, the running scales and the count are the engine's, in plain numbers.
 */
export function updateGraph(options: SacEngineOptions, size: number): Graph {
  const { observationSize, actionSize, tau } = options;
  const inputs: UpdateInputs = {
    observations: input('observations', [2 * size, observationSize]),
    actions: input('actions', [size, actionSize]),
    rewards: input('rewards', [size, 1]),
    terminated: input('terminated', [size, 1]),
    noise: input('noise', [2 * size, actionSize]),
    temperature: input('temperature', []),
    limit: input('limit', []),
    kappa: input('kappa', []),
    rate: input('rate', []),
    epsilon: input('epsilon', []),
  };
  const { temperature, limit, kappa } = inputs;
  const [actorParts, criticParts] = [actorTensors(options), criticTensors(options)];
  const targetParts = criticTensors(options, TARGETS);
  const [actor, critics] = [actorParts.map(trained), criticParts.map(trained)];
  const targets = targetParts.map(({ name, shape }) => input(name, shape));
  const outputs: Record<string, Tensor> = {};

  /** An Adam step of each weight along the loss's gradient; a weight without influence keeps still. */
  const improve = (loss: Tensor, weights: readonly AdamTensors[], parts: readonly GraphTensor[]) => {
    const gradients = differentiate(
      loss,
      weights.map(({ weight }) => weight),
      ADAM_SEED,
    );
    return weights.map((tensors, i) => {
      const { name, shape } = parts[i];
      const gradient = gradients[i] ?? op.expand(constant([0], [1]), shape);
      const next = within('adam', () => adam(tensors, gradient, inputs));
      outputs[name + NEXT] = next.weight;
      outputs[`m/${name}${NEXT}`] = next.m;
      outputs[`v/${name}${NEXT}`] = next.v;
      return next.weight;
    });
  };

  // The actor moves only at the end, so one pass serves s and s′.
  const both = sample(layers(actor.map(({ weight }) => weight)), inputs.observations, inputs.noise);
  const rows = (x: Tensor, from: number) => op.slice(x, 0, from, from + size);
  const [now, next] = [0, size].map((from) => ({
    action: rows(both.action, from),
    logProbability: rows(both.logProbability, from),
  }));
  const [observations, nextObservations] = [0, size].map((from) => rows(inputs.observations, from));

  const wanted = criticTargets(
    layers(targets),
    next,
    nextObservations,
    inputs.rewards,
    inputs.terminated,
    temperature,
    options,
  );
  const oldCritics = critics.map(({ weight }) => weight);
  const ofCritics = criticLoss(layers(oldCritics), observations, inputs.actions, wanted, limit, options);
  const newCritics = improve(ofCritics.total, critics, criticParts);

  // Held fixed: the critics just updated depend on the policy too, by their targets.
  const ofActor = actorLoss(
    now,
    layers(newCritics.map(op.stopGradient)),
    observations,
    temperature,
    kappa,
    options,
  );
  improve(ofActor.total, actor, actorParts);

  targetParts.forEach(({ name }, i) => {
    outputs[name + NEXT] = within('polyak', () => polyak(targets[i], newCritics[i], tau));
  });
  const results = within('metrics', () => ({
    'critic/means': batchMeans(op.concat(ofCritics.columns, 2)),
    'actor/means': batchMeans(op.concat(ofActor.columns, 2)),
    ...sums({ ...outputs, observations: inputs.observations }),
  }));
  const state = [...actor, ...critics].flatMap(({ weight, m, v }) => [weight, m, v]);
  return buildGraph(
    'sac-update',
    [...Object.values(inputs), ...state, ...targets],
    optimise({ ...outputs, ...results }),
  );
}

/** Means of columns over the batch, as one product. */
function batchMeans(columns: Tensor): Tensor {
  const size = columns.shape[columns.rank - 2] as number;
  return op.matMul(constant(new Float32Array(size).fill(1 / size), [1, size]), columns);
}

/** Name of the sums over the rows of a tensor. */
export const SUM = 'sum/';
/** Smaller tensors are quicker looked through in plain loops. */
const SUMMED_SIZE = 8192;

/**
 * Sums over the rows of each large weight and of the observations: not finite where one of the numbers is not (or
 * where a sum overflows).
 */
function sums(tensors: Readonly<Record<string, Tensor>>): Readonly<Record<string, Tensor>> {
  const large = Object.entries(tensors).filter(
    ([name, { shape }]) =>
      !/^[mv]\/|^target\//.test(name) && (shape as number[]).reduce((n, size) => n * size, 1) >= SUMMED_SIZE,
  );
  return Object.fromEntries(
    large.map(([name, tensor]) => [SUM + name, op.reduceSum(tensor, [tensor.rank - 2])]),
  );
}

/** The policy's action tanh(μ + σ·ε) on any number of rows; with noise 0 it is tanh(μ). */
export function actGraph(options: SacEngineOptions): Graph {
  const parts = actorTensors(options);
  const weights = parts.map(({ name, shape }) => input(name, shape));
  const observations = input('observations', ['N', options.observationSize]);
  const noise = input('noise', ['N', options.actionSize]);
  const { mean, logStd } = gaussian(layers(weights), observations, options.actionSize);
  // ONNX Runtime's tanh overshoots ±1 by an ulp.
  const action = op.clip(op.tanh(op.add(mean, op.mul(op.exp(logStd), noise))), -1, 1);
  return buildGraph('sac-act', [observations, noise, ...weights], optimise({ action }));
}
