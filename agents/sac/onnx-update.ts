import { differentiate } from '../../onnx/differentiate.ts';
import { buildGraph, type Graph } from '../../onnx/graph.ts';
import * as op from '../../onnx/operators.ts';
import { optimise } from '../../onnx/optimise.ts';
import { ADAM_SEED } from '../../onnx/optimisers.ts';
import { within } from '../../onnx/scope.ts';
import { constant, input, type Tensor } from '../../onnx/tensor.ts';
import type { Pass } from './dropout.ts';
import type { SacEngineOptions } from './engine.ts';
import { TARGETS } from './layout.ts';
import {
  actorWeights,
  criticWeights,
  denseLayers,
  joined,
  type NetworkWeights,
  viewsOf,
} from './onnx-layout.ts';
import { actorLoss, criticLoss, criticTargets, gaussian, sample, turned } from './onnx-losses.ts';

/** Name of a weight's gradient. */
export const gradientName = (weight: string) => `d/${weight}`;

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
  const row = (name: string) => input(name, [...lead, 1, size]);
  const number = (name: string) => input(name, learners > 1 ? [learners, 1, 1] : []);
  return {
    observations: columns('observations', observationSize),
    actions: columns('actions', actionSize),
    rewards: row('rewards'),
    nextObservations: columns('nextObservations', observationSize),
    terminated: row('terminated'),
    noise: columns('noise', actionSize),
    nextNoise: columns('nextNoise', actionSize),
    temperature: number('temperature'),
    limit: number('limit'),
    kappa: number('kappa'),
  };
}

function weightInputs({ tensors }: NetworkWeights): readonly Tensor[] {
  return tensors.map(({ name, shape }) => input(name, shape));
}

/** Gradients of a loss by the tensors, times {@link ADAM_SEED}. */
function gradients(
  loss: Tensor,
  matrices: readonly Tensor[],
  weights: NetworkWeights,
): Record<string, Tensor> {
  const ofMatrices = differentiate(loss, matrices, ADAM_SEED).map(
    // Of a weight without influence.
    (gradient, i) => gradient ?? op.expand(constant([0], [1]), matrices[i].shape as readonly number[]),
  );
  return Object.fromEntries(
    joined(weights, ofMatrices).map((gradient, i) => [gradientName(weights.tensors[i].name), gradient]),
  );
}

/**
 * What the critics learn from a batch, in the order of docs/sac.md. Results are the gradient of each of their tensors, the
 * batch means that metrics are made of (`critic/means`), and sums of the observations, which are finite only if all of
 * them are. log α, the running scales and the count are the engine's, in plain numbers: they come in as
 * α (`temperature`), (c·σ̄)² (`limit`) and κ. Several learners, each with weights, numbers and a batch of its own, are
 * an axis in front of every matrix.
 */
export function criticGraph(options: SacEngineOptions, size: number, learners: number): Graph {
  const inputs = updateInputs(options, size, learners);
  const [ofActor, ofCritics] = [actorWeights(options, learners), criticWeights(options, learners)];
  const ofTargets = criticWeights(options, learners, TARGETS);
  const [actor, critics, targets] = [ofActor, ofCritics, ofTargets].map(weightInputs);
  const masks = maskInputs(options, size, ofCritics.lead);
  const wanted = criticTargets(
    denseLayers(ofTargets, viewsOf(ofTargets, targets)),
    sample(denseLayers(ofActor, viewsOf(ofActor, actor)), inputs.nextObservations, inputs.nextNoise),
    inputs.nextObservations,
    inputs.rewards,
    inputs.terminated,
    inputs.temperature,
    options,
    masks.target,
  );
  const matrices = viewsOf(ofCritics, critics);
  const loss = criticLoss(
    denseLayers(ofCritics, matrices),
    inputs.observations,
    inputs.actions,
    wanted,
    inputs.limit,
    options,
    masks.critic,
  );
  const results = within('metrics', () => ({
    'critic/means': batchMeans(loss.rows),
    [sumName('observations')]: op.reduceSum(inputs.observations, [-2]),
    [sumName('nextObservations')]: op.reduceSum(inputs.nextObservations, [-2]),
  }));
  return buildGraph(
    'sac-critics',
    [...Object.values(inputs), ...listed(masks), ...actor, ...critics, ...targets],
    optimise({ ...results, ...gradients(loss.total, matrices, ofCritics) }),
  );
}

/** What the actor learns from a batch with the critics just updated: gradients and means, as {@link criticGraph}. */
export function actorGraph(options: SacEngineOptions, size: number, learners: number): Graph {
  const inputs = updateInputs(options, size, learners);
  const [ofActor, ofCritics] = [actorWeights(options, learners), criticWeights(options, learners)];
  const [actor, critics] = [ofActor, ofCritics].map(weightInputs);
  const masks = maskInputs(options, size, ofCritics.lead);
  const matrices = viewsOf(ofActor, actor);
  const loss = actorLoss(
    sample(denseLayers(ofActor, matrices), inputs.observations, inputs.noise),
    denseLayers(ofCritics, viewsOf(ofCritics, critics)),
    inputs.observations,
    inputs.temperature,
    inputs.kappa,
    options,
    masks.actor,
  );
  const results = within('metrics', () => ({ 'actor/means': batchMeans(loss.rows) }));
  return buildGraph(
    'sac-actor',
    [...Object.values(inputs), ...listed(masks), ...actor, ...critics],
    optimise({ ...results, ...gradients(loss.total, matrices, ofActor) }),
  );
}

function listed(masks: ReturnType<typeof maskInputs>): readonly Tensor[] {
  return Object.values(masks).flatMap((list) => list ?? []);
}

/** Means of rows, as one product. */
function batchMeans(rows: readonly Tensor[]): Tensor {
  const all = op.concat(rows.map(turned), -1);
  const size = all.shape[all.rank - 2] as number;
  return op.matMul(constant(new Float32Array(size).fill(1 / size), [1, size]), all);
}

/** Name of the sums over rows of a column. */
export const sumName = (column: string) => `sum/${column}`;

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
