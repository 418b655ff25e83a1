import { differentiate } from '../../onnx/differentiate.ts';
import { buildGraph, type Graph } from '../../onnx/graph.ts';
import * as op from '../../onnx/operators.ts';
import { optimise } from '../../onnx/optimise.ts';
import { ADAM_SEED, type AdamTensors, adam, polyak } from '../../onnx/optimisers.ts';
import { within } from '../../onnx/scope.ts';
import { elements } from '../../onnx/shape.ts';
import { constant, input, type Tensor } from '../../onnx/tensor.ts';
import type { Pass } from './dropout.ts';
import type { SacEngineOptions } from './engine.ts';
import { TARGETS } from './layout.ts';
import {
  actorWeights,
  criticWeights,
  denseLayers,
  type GraphTensor,
  joined,
  type NetworkWeights,
  viewsOf,
} from './onnx-layout.ts';
import { actorLoss, criticLoss, criticTargets, gaussian, sample } from './onnx-losses.ts';

/** Suffix of a state tensor's name when it is a result. */
export const NEXT = '/next';

/** A weight's three tensors, as inputs. */
function trained(tensor: GraphTensor): AdamTensors {
  const { name, shape } = tensor;
  return { weight: input(name, shape), m: input(`m/${name}`, shape), v: input(`v/${name}`, shape) };
}

/** Name of the masks of a layer in a pass through the critics. */
export const maskName = (pass: Pass, layer: number) => `mask/${pass}/${layer}`;

/** What the critics' hidden units are multiplied with, by pass; nothing without dropout. */
function maskInputs({ criticDropout, hidden }: SacEngineOptions, size: number, lead: readonly number[]) {
  const ofPass = (pass: Pass) =>
    criticDropout > 0
      ? hidden.map((width, layer) => input(maskName(pass, layer), [...lead, size, width]))
      : undefined;
  return { target: ofPass('target'), critic: ofPass('critic'), actor: ofPass('actor') };
}

/** Inputs for an update of `learners` on a batch of `size` each. */
function updateInputs({ observationSize, actionSize }: SacEngineOptions, size: number, learners: number) {
  const lead = learners > 1 ? [learners] : [];
  const columns = (name: string, count: number) => input(name, [...lead, size, count]);
  const number = (name: string) => input(name, learners > 1 ? [learners, 1, 1] : []);
  return {
    observations: columns('observations', observationSize),
    actions: columns('actions', actionSize),
    rewards: columns('rewards', 1),
    nextObservations: columns('nextObservations', observationSize),
    terminated: columns('terminated', 1),
    noise: columns('noise', actionSize),
    nextNoise: columns('nextNoise', actionSize),
    temperature: number('temperature'),
    limit: number('limit'),
    kappa: number('kappa'),
    rate: number('rate'),
    epsilon: number('epsilon'),
  };
}

/**
 * One whole update on a batch of `size` as one graph, in the order of docs/sac.md: critics; actor, with the critics
 * just updated; targets. Results are every state tensor's next value under its name with `/next`, the batch means the
 * metrics are made of (`critic/means`, `actor/means`), and sums of what is large, which are finite only if all of it
 * is. log α, the running scales and the count are the engine's, in plain numbers: they come in as α (`temperature`),
 * (c·σ̄)² (`limit`), κ and the scalars of Adam's step. Several learners, each with weights, numbers and a batch of its
 * own, are an axis in front of every matrix.
 */
export function updateGraph(options: SacEngineOptions, size: number, learners = 1): Graph {
  const inputs = updateInputs(options, size, learners);
  const { observations, nextObservations, temperature, limit, kappa } = inputs;
  const [ofActor, ofCritics] = [actorWeights(options, learners), criticWeights(options, learners)];
  const ofTargets = criticWeights(options, learners, TARGETS);
  const [actor, critics] = [ofActor, ofCritics].map(({ tensors }) => tensors.map(trained));
  const targets = ofTargets.tensors.map(({ name, shape }) => input(name, shape));
  const masks = maskInputs(options, size, ofCritics.lead);
  const outputs: Record<string, Tensor> = {};

  const weightsOf = (tensors: readonly AdamTensors[]) => tensors.map(({ weight }) => weight);
  /** An Adam step of each tensor along the loss's gradient; a weight without influence keeps still. */
  const improve = (
    loss: Tensor,
    matrices: readonly Tensor[],
    tensors: readonly AdamTensors[],
    weights: NetworkWeights,
  ) => {
    const gradients = differentiate(loss, matrices, ADAM_SEED).map(
      (gradient, i) => gradient ?? op.expand(constant([0], [1]), matrices[i].shape as readonly number[]),
    );
    return joined(weights, gradients).map((gradient, i) => {
      const { name } = weights.tensors[i];
      const next = within('adam', () => adam(tensors[i], gradient, inputs));
      outputs[name + NEXT] = next.weight;
      outputs[`m/${name}${NEXT}`] = next.m;
      outputs[`v/${name}${NEXT}`] = next.v;
      return next.weight;
    });
  };

  const actorMatrices = viewsOf(ofActor, weightsOf(actor));
  const policy = denseLayers(ofActor, actorMatrices);
  const wanted = criticTargets(
    denseLayers(ofTargets, viewsOf(ofTargets, targets)),
    sample(policy, nextObservations, inputs.nextNoise),
    nextObservations,
    inputs.rewards,
    inputs.terminated,
    temperature,
    options,
    masks.target,
  );
  const criticMatrices = viewsOf(ofCritics, weightsOf(critics));
  const lossOfCritics = criticLoss(
    denseLayers(ofCritics, criticMatrices),
    observations,
    inputs.actions,
    wanted,
    limit,
    options,
    masks.critic,
  );
  const newCritics = improve(lossOfCritics.total, criticMatrices, critics, ofCritics);

  // Held fixed: the critics just updated depend on the policy too, by their targets.
  const lossOfActor = actorLoss(
    sample(policy, observations, inputs.noise),
    denseLayers(ofCritics, viewsOf(ofCritics, newCritics.map(op.stopGradient))),
    observations,
    temperature,
    kappa,
    options,
    masks.actor,
  );
  improve(lossOfActor.total, actorMatrices, actor, ofActor);

  ofTargets.tensors.forEach(({ name }, i) => {
    outputs[name + NEXT] = within('polyak', () => polyak(targets[i], newCritics[i], options.tau));
  });
  const results = within('metrics', () => ({
    'critic/means': batchMeans(op.concat(lossOfCritics.columns, -1)),
    'actor/means': batchMeans(op.concat(lossOfActor.columns, -1)),
    ...sums({ ...outputs, observations, nextObservations }),
  }));
  const state = [...actor, ...critics].flatMap(({ weight, m, v }) => [weight, m, v]);
  return buildGraph(
    'sac-update',
    [...Object.values(inputs), ...Object.values(masks).flatMap((list) => list ?? []), ...state, ...targets],
    optimise({ ...outputs, ...results }),
  );
}

/** Means of columns over the batch, as one product. */
function batchMeans(columns: Tensor): Tensor {
  const size = columns.shape[columns.rank - 2] as number;
  return op.matMul(constant(new Float32Array(size).fill(1 / size), [1, size]), columns);
}

/** Name of the sums of a tensor. */
export const SUM = 'sum/';
/** Smaller tensors are quicker looked through in plain loops. */
const SUMMED_SIZE = 8192;

/**
 * Sums over the rows of each large weight and of the observations: not finite where one of the numbers is not (or
 * where a sum overflows).
 */
function sums(tensors: Readonly<Record<string, Tensor>>): Readonly<Record<string, Tensor>> {
  const large = Object.entries(tensors).filter(
    ([name, { shape }]) => !/^[mv]\/|^target\//.test(name) && elements(shape) >= SUMMED_SIZE,
  );
  return Object.fromEntries(
    large.map(([name, tensor]) => {
      const isRow = tensor.shape[tensor.rank - 2] === 1;
      return [SUM + name, op.reduceSum(tensor, [isRow ? -1 : -2])];
    }),
  );
}

/** The policy's action tanh(μ + σ·ε) on any number of rows; with noise 0 it is tanh(μ). */
export function actGraph(options: SacEngineOptions, learners = 1): Graph {
  const weights = actorWeights(options, learners);
  const tensors = weights.tensors.map(({ name, shape }) => input(name, shape));
  const lead = learners > 1 ? [learners] : [];
  const observations = input('observations', [...lead, 'N', options.observationSize]);
  const noise = input('noise', [...lead, 'N', options.actionSize]);
  const policy = denseLayers(weights, viewsOf(weights, tensors));
  const { mean, logStd } = gaussian(policy, observations, options.actionSize);
  // ONNX Runtime's tanh overshoots ±1 by an ulp.
  const action = op.clip(op.tanh(op.add(mean, op.mul(op.exp(logStd), noise))), -1, 1);
  return buildGraph('sac-act', [observations, noise, ...tensors], optimise({ action }));
}
