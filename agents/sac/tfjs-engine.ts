import * as tf from '@tensorflow/tfjs-core';
import { RunError } from '../../base/errors.ts';
import { adamState, adamStep } from './adam.ts';
import { dropoutMasks, type Pass } from './dropout.ts';
import type {
  SacEngine,
  SacEngineOptions,
  SacMetrics,
  SacState,
  StateTensor,
  TransitionBatch,
} from './engine.ts';
import { initialState } from './initialise.ts';
import { actorLayout, CRITICS, checkState, criticLayout, flatten, TARGETS, unflatten } from './layout.ts';
import { exportScalars, importScalars } from './learner-scalars.ts';
import { actorLoss, criticLoss, criticTargets, gaussian, type Masks, sample } from './losses.ts';
import { advanceScales, errorLimit, type Scales, sharpeWeight } from './scales.ts';
import { type TfjsBackend, useBackend, useFirstBackend } from './tfjs-backend.ts';
import { TfjsNetwork, TfjsTarget } from './tfjs-network.ts';

/**
 * The reference engine: SAC on TensorFlow.js, on the first backend of node-gpu, node, wasm and cpu that loads (`auto`)
 * or on the one asked for. Throws an InputError saying what to install where that is missing.
 */
export async function createTfjsEngine(
  options: SacEngineOptions,
  backend: 'auto' | TfjsBackend = 'auto',
): Promise<SacEngine> {
  let chosen: TfjsBackend;
  if (backend === 'auto') {
    chosen = await useFirstBackend();
  } else {
    await useBackend(backend);
    chosen = backend;
  }
  return new TfjsEngine(options, chosen);
}

/**
 * One update is, in this order: critics; actor, with the critics just updated; log α; targets, from the critics just
 * updated. α in every loss is the one before the update, and so are the running scales (agents/sac/scales.ts).
 */
class TfjsEngine implements SacEngine {
  readonly name: string;
  readonly options: SacEngineOptions;
  readonly #backend: TfjsBackend;
  readonly #actor: TfjsNetwork;
  readonly #critics: readonly [TfjsNetwork, TfjsNetwork];
  readonly #targets: TfjsTarget[];
  #logTemperature = adamState(1);
  #scales: Scales = { error: 0, q: 0, sigma: 0 };
  #updates = 0;

  constructor(options: SacEngineOptions, backend: TfjsBackend) {
    this.name = `tfjs-${backend}`;
    this.options = options;
    this.#backend = backend;
    this.#actor = new TfjsNetwork(actorLayout(options));
    this.#critics = [new TfjsNetwork(criticLayout(options)), new TfjsNetwork(criticLayout(options))];
    this.#targets = CRITICS.map(() => new TfjsTarget(criticLayout(options)));
    this.importState(initialState(options));
  }

  async act(
    observations: Float32Array,
    count: number,
    noise: Float32Array | null,
    out: Float32Array,
  ): Promise<void> {
    await useBackend(this.#backend);
    const { observationSize, actionSize } = this.options;
    const actions = tf.tidy(() => {
      const input = tf.tensor2d(observations.subarray(0, count * observationSize), [count, observationSize]);
      const draw = (epsilon: Float32Array) =>
        sample(this.#actor.tensors, input, tf.tensor2d(epsilon, [count, actionSize]), true).action;
      const squashed =
        noise === null
          ? tf.tanh(gaussian(this.#actor.tensors, input, true).mean)
          : draw(noise.subarray(0, count * actionSize));
      // The wasm tanh overshoots ±1 by an ulp, which no action space holds.
      return tf.clipByValue(squashed, -1, 1);
    });
    out.set(actions.dataSync<'float32'>());
    actions.dispose();
  }

  async update(batch: TransitionBatch): Promise<SacMetrics> {
    await useBackend(this.#backend);
    try {
      // What an update leaves behind it keeps explicitly; the rest goes, also when it fails.
      return tf.tidy(() => ({ ...this.#update(batchTensors(batch, this.options, this.#updates + 1)) }));
    } finally {
      for (const part of [this.#actor, ...this.#critics, ...this.#targets]) part.discard();
    }
  }

  #update(batch: BatchTensors): SacMetrics {
    const { options } = this;
    const update = this.#updates + 1;
    const temperature = Math.exp(this.#logTemperature.values[0]);
    const limit = errorLimit(this.#scales, this.#updates, options);
    const kappa = sharpeWeight(this.#scales, this.#updates, options);

    const critic = this.#criticStep(batch, temperature, limit);
    requireFinite(critic.mean, 'critic loss', update);
    requireFinite(critic.variance, 'critic variance loss', update);
    const size = this.#critics[0].layout.places.length;
    this.#critics.forEach((network, j) => {
      const finite = network.propose(critic.gradients.slice(j * size, (j + 1) * size), update, options);
      requireFinite(finite ? 0 : Number.NaN, `weights of critic ${j}`, update);
    });

    const actor = this.#actorStep(batch, temperature, kappa);
    requireFinite(actor.total, 'actor loss', update);
    requireFinite(actor.sigma, 'predicted deviation', update);
    const finite = this.#actor.propose(actor.gradients, update, options);
    requireFinite(finite ? 0 : Number.NaN, 'weights of the actor', update);

    // L_α = −mean(log α·(log π + H̄)), whose derivative by log α is −mean(log π + H̄).
    const surplus = actor.logProbability + options.targetEntropy;
    const temperatureLoss = -this.#logTemperature.values[0] * surplus;
    const nextTemperature = adamState(1);
    adamStep(this.#logTemperature, nextTemperature, Float32Array.of(-surplus), 0, update, options);
    requireFinite(nextTemperature.values[0], 'temperature', update);

    this.#targets.forEach((target, j) => {
      target.propose(this.#critics[j].values, options.tau);
    });
    for (const part of [this.#actor, ...this.#critics, ...this.#targets]) part.commit();
    this.#logTemperature = nextTemperature;
    const { q, sigma } = actor;
    this.#scales = advanceScales(this.#scales, { error: critic.mean, q, sigma });
    this.#updates = update;
    return {
      actorLoss: actor.total,
      criticLoss: critic.mean,
      criticVarianceLoss: critic.variance,
      temperatureLoss,
      temperature: Math.exp(nextTemperature.values[0]),
      meanQ: q,
      sigma,
      kappa,
      entropy: -actor.logProbability,
    };
  }

  #criticStep(batch: BatchTensors, temperature: number, limit: number) {
    const { options } = this;
    return tf.tidy(() => {
      const next = sample(this.#actor.tensors, batch.nextObservations, batch.nextNoise, true);
      const targets = criticTargets(
        this.#targets.map((target) => target.tensors),
        next,
        batch.nextObservations,
        batch.rewards,
        batch.terminated,
        temperature,
        options,
        batch.masks?.target,
      );
      const input = tf.concat2d([batch.observations, batch.actions], 1);
      const [first, second] = this.#critics.map((critic) => critic.tensors);
      let parts: tf.Scalar[] = [];
      const { grads } = tf.valueAndGrads((...weights: tf.Tensor[]) => {
        const critics = [weights.slice(0, first.length), weights.slice(first.length)];
        const loss = criticLoss(critics, input, targets, limit, options, batch.masks?.critic);
        parts = [tf.keep(loss.mean), tf.keep(loss.variance)];
        return loss.total;
      })([...first, ...second]);
      const [mean, variance] = readScalars(parts);
      return { gradients: grads, mean, variance };
    });
  }

  #actorStep(batch: BatchTensors, temperature: number, kappa: number) {
    const { options } = this;
    const critics = this.#critics.map((critic) => critic.tensors);
    return tf.tidy(() => {
      let parts: tf.Scalar[] = [];
      const { grads, value } = tf.valueAndGrads((...actor: tf.Tensor[]) => {
        const loss = actorLoss(
          actor,
          critics,
          batch.observations,
          batch.noise,
          temperature,
          kappa,
          options,
          batch.masks?.actor,
        );
        parts = [tf.keep(loss.meanLogProbability), tf.keep(loss.meanQ), tf.keep(loss.meanSigma)];
        return loss.total;
      })(this.#actor.tensors);
      const [logProbability, q, sigma] = readScalars(parts);
      return { gradients: grads, total: value.dataSync()[0], logProbability, q, sigma };
    });
  }

  exportState(): SacState {
    const state: Record<string, StateTensor> = {};
    const networks: [string, TfjsNetwork][] = [
      ['actor', this.#actor],
      [CRITICS[0], this.#critics[0]],
      [CRITICS[1], this.#critics[1]],
    ];
    for (const [name, { state: adam, layout }] of networks) {
      unflatten(adam.values, name, layout, state);
      unflatten(adam.m, `adam/m/${name}`, layout, state);
      unflatten(adam.v, `adam/v/${name}`, layout, state);
    }
    this.#targets.forEach((target, j) => {
      unflatten(target.values, TARGETS[j], target.layout, state);
    });
    const [logTemperature, scales, updates] = [this.#logTemperature, this.#scales, this.#updates];
    exportScalars({ logTemperature, scales, updates }, state);
    return state;
  }

  exportActor(out: SacState): void {
    const { state, layout } = this.#actor;
    for (const { name, offset, length } of layout.places) {
      out[`actor/${name}`].data.set(state.values.subarray(offset, offset + length));
    }
  }

  importState(state: SacState): void {
    checkState(state, this.options);
    const read = (network: TfjsNetwork, name: string) =>
      network.set(
        flatten(state, name, network.layout),
        flatten(state, `adam/m/${name}`, network.layout),
        flatten(state, `adam/v/${name}`, network.layout),
      );
    read(this.#actor, 'actor');
    this.#critics.forEach((critic, j) => {
      read(critic, CRITICS[j]);
      this.#targets[j].set(flatten(state, TARGETS[j], critic.layout));
    });
    const { logTemperature, scales, updates } = importScalars(state);
    this.#logTemperature = logTemperature;
    this.#scales = scales;
    this.#updates = updates;
  }

  dispose(): void {
    for (const part of [this.#actor, ...this.#critics, ...this.#targets]) part.dispose();
  }
}

interface BatchTensors {
  readonly observations: tf.Tensor2D;
  readonly actions: tf.Tensor2D;
  readonly rewards: tf.Tensor2D;
  readonly nextObservations: tf.Tensor2D;
  readonly terminated: tf.Tensor2D;
  readonly noise: tf.Tensor2D;
  readonly nextNoise: tf.Tensor2D;
  /** Only with dropout. */
  readonly masks?: Readonly<Record<Pass, Masks>>;
}

function batchTensors(batch: TransitionBatch, options: SacEngineOptions, update: number): BatchTensors {
  const { size } = batch;
  const { observationSize, actionSize } = options;
  const matrix = (data: Float32Array, columns: number) =>
    tf.tensor2d(data.length === size * columns ? data : data.subarray(0, size * columns), [size, columns]);
  return {
    observations: matrix(batch.observations, observationSize),
    actions: matrix(batch.actions, actionSize),
    rewards: matrix(batch.rewards, 1),
    nextObservations: matrix(batch.nextObservations, observationSize),
    terminated: matrix(batch.terminated, 1),
    noise: matrix(batch.noise, actionSize),
    nextNoise: matrix(batch.nextNoise, actionSize),
    ...(options.criticDropout > 0 ? { masks: masksOf(options, size, update) } : {}),
  };
}

function masksOf(options: SacEngineOptions, size: number, update: number): Readonly<Record<Pass, Masks>> {
  const masks: Record<Pass, tf.Tensor2D[][]> = { target: [[], []], critic: [[], []], actor: [[], []] };
  dropoutMasks(options, size, update, (pass, layer, critic, mask) => {
    masks[pass][critic][layer] = tf.tensor2d(mask.slice(), [size, options.hidden[layer]]);
  });
  return masks;
}

function readScalars(scalars: readonly tf.Scalar[]): number[] {
  return scalars.map((tensor) => {
    const [number] = tensor.dataSync();
    tensor.dispose();
    return number;
  });
}

function requireFinite(value: number, quantity: string, update: number): void {
  if (Number.isFinite(value)) return;
  throw new RunError({
    code: 'diverged',
    message: `Training diverged: the ${quantity} is not finite in update ${update}.`,
    field: quantity,
    value: String(value),
    expected: 'a finite number',
    hint: 'Go on from the last good checkpoint with a smaller sac.learningRate, or scale the rewards down.',
  });
}
