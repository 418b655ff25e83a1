import { availableParallelism } from 'node:os';
import type { InferenceSession, Tensor } from 'onnxruntime-node';
import { InputError, RunError } from '../../base/errors.ts';
import { InPlaceSession } from '../../onnx/in-place.ts';
import { adamScalars } from '../../onnx/optimisers.ts';
import { encodeModel } from '../../onnx/protobuf.ts';
import { loadOnnxRuntime, type OnnxRuntime } from '../../onnx/session.ts';
import { adamState, adamStep } from './adam.ts';
import type {
  SacEngine,
  SacEngineOptions,
  SacMetrics,
  SacState,
  StateTensor,
  TransitionBatch,
} from './engine.ts';
import { initialState } from './initialise.ts';
import { checkState, TARGETS } from './layout.ts';
import { exportScalars, importScalars } from './learner-scalars.ts';
import {
  type Device,
  deviceNotThere,
  requireDevice,
  requireThreads,
  type Settings,
  sessionOptions,
} from './onnx-device.ts';
import { actorTensors, criticTensors, type GraphTensor, pack, sizeOf, unpack } from './onnx-layout.ts';
import { actGraph, NEXT, SUM, updateGraph } from './onnx-update.ts';
import { advanceScales, errorLimit, type Scales, sharpeWeight } from './scales.ts';

export interface OnnxEngineOptions {
  /** Threads of the update, 1 up to the machine's; all of them by default. */
  readonly threads?: number;
  readonly device?: Device;
  /** Writes ONNX Runtime's profile of the update to files that begin so. */
  readonly profile?: string;
}

/**
 * The fast engine: the whole update as one ONNX graph (agents/sac/onnx-update.ts) that ONNX Runtime executes. Throws
 * an InputError that says what to do where onnxruntime-node is not installed, the device is not there, or the number
 * of threads is not one the machine has.
 */
export async function createOnnxEngine(
  options: SacEngineOptions,
  { threads = availableParallelism(), device = 'cpu', profile }: OnnxEngineOptions = {},
): Promise<SacEngine> {
  requireThreads(threads);
  const runtime = await loadOnnxRuntime();
  if (runtime === null) {
    throw new InputError({
      code: 'engine-not-installed',
      message: 'The engine onnx needs the package onnxruntime-node, which is not installed.',
      field: 'engine',
      value: 'onnx',
      expected: 'an installed engine',
      hint: 'Install it with npm install onnxruntime-node, or take --engine tfjs.',
    });
  }
  requireDevice(runtime, device);
  try {
    return await OnnxEngine.create(runtime, options, { threads, device, profile });
  } catch (error) {
    if (device === 'cpu') throw error;
    throw deviceNotThere(device, `ONNX Runtime cannot use the device ${device}: ${firstLine(error)}`);
  }
}

/** An update compiled for one size of batch, with the tensors it reads from and writes into. */
interface CompiledUpdate {
  readonly session: InPlaceSession;
  readonly batch: {
    readonly observations: Float32Array;
    readonly actions: Float32Array;
    readonly rewards: Float32Array;
    readonly terminated: Float32Array;
    readonly noise: Float32Array;
  };
  /** Inputs and outputs when the state lies in the first set, and when it lies in the second. */
  readonly feeds: readonly Readonly<Record<string, Tensor>>[];
  readonly fetches: readonly Readonly<Record<string, Tensor>>[];
  readonly criticMeans: Float32Array;
  readonly actorMeans: Float32Array;
  /** Numbers that are finite only if all weights after an update and all inputs are, by where they are written. */
  readonly checked: readonly (readonly Float32Array[])[];
}

// Hot path: all tensors of an update are made beforehand; an update copies its batch in and reads a dozen numbers.

/**
 * The state lies in one of two sets of tensors. An update reads one and writes the other, and only when everything it
 * wrote is finite do the sets change places: an update that fails changes nothing.
 */
class OnnxEngine implements SacEngine {
  readonly name: string;
  readonly options: SacEngineOptions;
  readonly #runtime: OnnxRuntime;
  readonly #settings: Settings;
  readonly #act: InferenceSession;
  readonly #trained: readonly GraphTensor[];
  readonly #targets: readonly GraphTensor[];
  readonly #sets: readonly ReadonlyMap<string, Tensor>[];
  readonly #scalars: Readonly<Record<(typeof SCALARS)[number], Float32Array>>;
  readonly #scalarTensors: Readonly<Record<string, Tensor>>;
  /** Compiled when a batch of that size first comes. */
  readonly #compiled = new Map<number, Promise<CompiledUpdate>>();
  #current = 0;
  #logTemperature = adamState(1);
  #scales: Scales = { error: 0, q: 0, sigma: 0 };
  #updates = 0;

  static async create(
    runtime: OnnxRuntime,
    options: SacEngineOptions,
    settings: Settings,
  ): Promise<OnnxEngine> {
    // One row or a few dozen are not worth waking threads for, and a second pool would spin against the first.
    const act = await runtime.InferenceSession.create(
      encodeModel(actGraph(options), { producer: 'makergym', producerVersion: '' }),
      sessionOptions({ ...settings, threads: 1, profile: undefined }),
    );
    const engine = new OnnxEngine(runtime, options, settings, act);
    await engine.#update(options.batchSize);
    return engine;
  }

  private constructor(
    runtime: OnnxRuntime,
    options: SacEngineOptions,
    settings: Settings,
    act: InferenceSession,
  ) {
    this.name = settings.device === 'cpu' ? 'onnx' : `onnx-${settings.device}`;
    this.options = options;
    this.#runtime = runtime;
    this.#settings = settings;
    this.#act = act;
    this.#trained = [...actorTensors(options), ...criticTensors(options)];
    this.#targets = criticTensors(options, TARGETS);
    this.#sets = [0, 1].map(() => this.#stateTensors());
    const numbers = SCALARS.map((name) => [name, new Float32Array(1)] as const);
    this.#scalars = Object.fromEntries(numbers) as Record<(typeof SCALARS)[number], Float32Array>;
    this.#scalarTensors = Object.fromEntries(
      numbers.map(([name, data]) => [name, new runtime.Tensor('float32', data, [])]),
    );
    this.importState(initialState(options));
  }

  #stateTensors(): ReadonlyMap<string, Tensor> {
    const tensors = new Map<string, Tensor>();
    const add = (name: string, tensor: GraphTensor) =>
      tensors.set(name, this.#tensor(new Float32Array(sizeOf(tensor)), tensor.shape));
    for (const tensor of this.#trained) {
      for (const prefix of ['', 'm/', 'v/']) add(prefix + tensor.name, tensor);
    }
    for (const tensor of this.#targets) add(tensor.name, tensor);
    return tensors;
  }

  #tensor(data: Float32Array, shape: readonly number[]): Tensor {
    return new this.#runtime.Tensor('float32', data, shape);
  }

  #data(name: string): Float32Array {
    return this.#sets[this.#current].get(name)?.data as Float32Array;
  }

  #update(size: number): Promise<CompiledUpdate> {
    const known = this.#compiled.get(size);
    if (known !== undefined) return known;
    const compiled = this.#compile(size);
    this.#compiled.set(size, compiled);
    return compiled;
  }

  async #compile(size: number): Promise<CompiledUpdate> {
    const graph = updateGraph(this.options, size);
    const session = await InPlaceSession.open(this.#runtime, graph, sessionOptions(this.#settings));
    const { observationSize, actionSize, varianceWeight } = this.options;
    const batch = {
      observations: new Float32Array(2 * size * observationSize),
      actions: new Float32Array(size * actionSize),
      rewards: new Float32Array(size),
      terminated: new Float32Array(size),
      noise: new Float32Array(2 * size * actionSize),
    };
    const inputs = {
      observations: this.#tensor(batch.observations, [2 * size, observationSize]),
      actions: this.#tensor(batch.actions, [size, actionSize]),
      rewards: this.#tensor(batch.rewards, [size, 1]),
      terminated: this.#tensor(batch.terminated, [size, 1]),
      noise: this.#tensor(batch.noise, [2 * size, actionSize]),
      ...this.#scalarTensors,
    };
    const columns = varianceWeight === 0 ? [1, 3] : [2, 4];
    const criticMeans = new Float32Array(2 * columns[0]);
    const actorMeans = new Float32Array(columns[1]);
    const sums = graph.outputs.filter(({ name }) => name.startsWith(SUM));
    const sumTensors = sums.map(({ name, tensor }) => {
      const shape = tensor.shape as readonly number[];
      return [name, this.#tensor(new Float32Array(sizeOf({ shape })), shape)] as const;
    });
    const results = {
      'critic/means': this.#tensor(criticMeans, [2, 1, columns[0]]),
      'actor/means': this.#tensor(actorMeans, [1, 1, columns[1]]),
      ...Object.fromEntries(sumTensors),
    };
    const used = new Set(session.inputNames);
    const feeds = this.#sets.map((set) =>
      Object.fromEntries([...Object.entries(inputs), ...set].filter(([name]) => used.has(name))),
    );
    const fetches = [1, 0].map((other) => ({
      ...results,
      ...Object.fromEntries([...this.#sets[other]].map(([name, tensor]) => [name + NEXT, tensor])),
    }));
    // What has no sum is small, and looked at itself.
    const isSummed = (name: string) => sums.some((sum) => sum.name === SUM + name);
    const checked = [1, 0].map((other) => [
      ...sumTensors.map(([, { data }]) => data as Float32Array),
      ...this.#trained
        .filter(({ name }) => !isSummed(name + NEXT))
        .map(({ name }) => this.#sets[other].get(name)?.data as Float32Array),
      ...(isSummed('observations') ? [] : [batch.observations]),
      batch.noise,
    ]);
    await session.probe(feeds[this.#current], fetches[this.#current], criticMeans);
    return { session, batch, feeds, fetches, criticMeans, actorMeans, checked };
  }

  async act(
    observations: Float32Array,
    count: number,
    noise: Float32Array | null,
    out: Float32Array,
  ): Promise<void> {
    const { observationSize, actionSize } = this.options;
    const set = this.#sets[this.#current];
    const feeds: Record<string, Tensor> = {
      observations: this.#tensor(observations.subarray(0, count * observationSize), [count, observationSize]),
      noise: this.#tensor(noise?.subarray(0, count * actionSize) ?? new Float32Array(count * actionSize), [
        count,
        actionSize,
      ]),
    };
    for (const { name } of this.#trained)
      if (name.startsWith('actor/')) feeds[name] = set.get(name) as Tensor;
    const action = this.#tensor(out.subarray(0, count * actionSize), [count, actionSize]);
    await this.#act.run(feeds, { action });
  }

  async update(batch: TransitionBatch): Promise<SacMetrics> {
    const { options } = this;
    const compiled = await this.#update(batch.size);
    const update = this.#updates + 1;
    const logTemperature = this.#logTemperature.values[0];
    const kappa = sharpeWeight(this.#scales, this.#updates, options);
    const { rate, epsilon } = adamScalars(update, options.learningRate, options.adamEpsilon);
    this.#scalars.temperature[0] = Math.exp(logTemperature);
    this.#scalars.limit[0] = errorLimit(this.#scales, this.#updates, options);
    this.#scalars.kappa[0] = kappa;
    this.#scalars.rate[0] = rate;
    this.#scalars.epsilon[0] = epsilon;
    const half = batch.size * options.observationSize;
    const halfNoise = batch.size * options.actionSize;
    copy(batch.observations, compiled.batch.observations, 0, half);
    copy(batch.nextObservations, compiled.batch.observations, half, half);
    copy(batch.actions, compiled.batch.actions, 0, halfNoise);
    copy(batch.rewards, compiled.batch.rewards, 0, batch.size);
    copy(batch.terminated, compiled.batch.terminated, 0, batch.size);
    copy(batch.noise, compiled.batch.noise, 0, halfNoise);
    copy(batch.nextNoise, compiled.batch.noise, halfNoise, halfNoise);

    await compiled.session.run(compiled.feeds[this.#current], compiled.fetches[this.#current]);

    const { criticMeans, actorMeans, checked } = compiled;
    const hasVariance = options.varianceWeight > 0;
    const columns = criticMeans.length / 2;
    const criticLoss = (criticMeans[0] + criticMeans[columns]) / 2;
    const criticVarianceLoss = hasVariance ? criticMeans[1] + criticMeans[3] : 0;
    const [actorLoss, logProbability, meanQ] = actorMeans;
    const sigma = hasVariance ? actorMeans[3] : 0;
    requireFinite(criticLoss, 'critic loss', update, batch);
    requireFinite(criticVarianceLoss, 'critic variance loss', update, batch);
    requireFinite(actorLoss, 'actor loss', update, batch);
    requireFinite(sigma, 'predicted deviation', update, batch);
    for (const numbers of checked[this.#current])
      requireFinite(sum(numbers), 'sum of the weights', update, batch);

    // L_α = −mean(log α·(log π + H̄)), whose derivative by log α is −mean(log π + H̄).
    const surplus = logProbability + options.targetEntropy;
    const temperatureLoss = -logTemperature * surplus;
    const nextTemperature = adamState(1);
    adamStep(this.#logTemperature, nextTemperature, Float32Array.of(-surplus), 0, update, options);
    requireFinite(nextTemperature.values[0], 'temperature', update, batch);

    this.#current = 1 - this.#current;
    this.#logTemperature = nextTemperature;
    this.#scales = advanceScales(this.#scales, { error: criticLoss, q: meanQ, sigma });
    this.#updates = update;
    return {
      actorLoss,
      criticLoss,
      criticVarianceLoss,
      temperatureLoss,
      temperature: Math.exp(nextTemperature.values[0]),
      meanQ,
      sigma,
      kappa,
      entropy: -logProbability,
    };
  }

  exportState(): SacState {
    const state: Record<string, StateTensor> = {};
    for (const tensor of this.#trained) {
      unpack(this.#data(tensor.name), '', tensor, state);
      unpack(this.#data(`m/${tensor.name}`), 'adam/m/', tensor, state);
      unpack(this.#data(`v/${tensor.name}`), 'adam/v/', tensor, state);
    }
    for (const tensor of this.#targets) unpack(this.#data(tensor.name), '', tensor, state);
    const [logTemperature, scales, updates] = [this.#logTemperature, this.#scales, this.#updates];
    exportScalars({ logTemperature, scales, updates }, state);
    return state;
  }

  exportActor(out: SacState): void {
    for (const { name } of this.#trained) {
      if (name.startsWith('actor/')) out[name].data.set(this.#data(name));
    }
  }

  importState(state: SacState): void {
    checkState(state, this.options);
    for (const tensor of this.#trained) {
      pack(state, '', tensor, this.#data(tensor.name));
      pack(state, 'adam/m/', tensor, this.#data(`m/${tensor.name}`));
      pack(state, 'adam/v/', tensor, this.#data(`v/${tensor.name}`));
    }
    for (const tensor of this.#targets) pack(state, '', tensor, this.#data(tensor.name));
    const { logTemperature, scales, updates } = importScalars(state);
    this.#logTemperature = logTemperature;
    this.#scales = scales;
    this.#updates = updates;
  }

  dispose(): void {
    void this.#act.release();
    for (const compiled of this.#compiled.values()) {
      void compiled.then(({ session }) => {
        if (this.#settings.profile !== undefined) session.endProfiling();
        return session.release();
      });
    }
    this.#compiled.clear();
  }
}

const FIELDS = [
  'observations',
  'actions',
  'rewards',
  'nextObservations',
  'terminated',
  'noise',
  'nextNoise',
] as const;

const SCALARS = ['temperature', 'limit', 'kappa', 'rate', 'epsilon'] as const;

function sum(numbers: Float32Array): number {
  let total = 0;
  for (let i = 0; i < numbers.length; i++) total += numbers[i];
  return total;
}

function copy(from: Float32Array, to: Float32Array, offset: number, length: number): void {
  if (from.length < length) {
    throw new InputError({
      code: 'short-batch',
      message: `A column of the batch has ${from.length} numbers where its size and the engine's ask for ${length}.`,
      field: 'batch',
      value: from.length,
      expected: `at least ${length} numbers`,
    });
  }
  to.set(from.length === length ? from : from.subarray(0, length), offset);
}

function firstLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.split('\n')[0].slice(-200);
}

function requireFinite(value: number, quantity: string, update: number, batch: TransitionBatch): void {
  if (Number.isFinite(value)) return;
  const culprit = FIELDS.find((name) => !batch[name].every(Number.isFinite));
  const because = culprit === undefined ? '' : ` The batch's ${culprit} hold a number that is not finite.`;
  throw new RunError({
    code: 'diverged',
    message: `Training diverged: the ${quantity} is not finite in update ${update}.${because}`,
    field: quantity,
    value: String(value),
    expected: 'a finite number',
    hint: 'Go on from the last good checkpoint with a smaller sac.learningRate, or scale the rewards down.',
  });
}
