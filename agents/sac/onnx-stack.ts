import type { InferenceSession, Tensor } from 'onnxruntime-node';
import { adamScalars } from '../../onnx/optimisers.ts';
import { encodeModel } from '../../onnx/protobuf.ts';
import type { OnnxRuntime } from '../../onnx/session.ts';
import { type AdamState, adamState, adamStep } from './adam.ts';
import { dropoutMasks } from './dropout.ts';
import type { SacEngineOptions, SacMetrics, SacState, StateTensor, TransitionBatch } from './engine.ts';
import { initialState } from './initialise.ts';
import { checkState, TARGETS } from './layout.ts';
import { exportScalars, importScalars } from './learner-scalars.ts';
import {
  COLUMN_NAMES,
  COLUMNS,
  type Column,
  gather,
  requireColumns,
  requireFinite,
  sum,
} from './onnx-batch.ts';
import { type Checked, type CompiledUpdate, compileUpdate } from './onnx-compile.ts';
import { type Settings, sessionOptions } from './onnx-device.ts';
import { actorWeights, copyIn, copyOut, criticWeights, type GraphTensor, sizeOf } from './onnx-layout.ts';
import { LentTensor } from './onnx-lent.ts';
import { actGraph, maskName } from './onnx-update.ts';
import { advanceScales, errorLimit, type Scales, sharpeWeight } from './scales.ts';

/** Numbers of an update, one a learner. */
const SCALARS = ['temperature', 'limit', 'kappa', 'rate', 'epsilon'] as const;

/** The part of a learner's state that is plain numbers. */
interface Numbers {
  logTemperature: AdamState;
  scales: Scales;
  updates: number;
}

// Hot path: all tensors of an update are made beforehand; an update reads the batch where it lies and a dozen numbers.

/**
 * Learners that are updated by one graph. Their state lies in one of two sets of tensors. An update reads one and
 * writes the other, and only when everything it wrote is finite do the sets change places: an update that fails
 * changes nothing.
 */
export class OnnxStack {
  readonly name: string;
  /** What the learners have in common; the seed is the first's. */
  readonly options: SacEngineOptions;
  readonly #runtime: OnnxRuntime;
  readonly #settings: Settings;
  readonly #act: InferenceSession;
  readonly #seeds: readonly number[];
  readonly #learners: number;
  /** Axis of the learners, where there are several. */
  readonly #lead: readonly number[];
  readonly #actor: readonly GraphTensor[];
  readonly #trained: readonly GraphTensor[];
  readonly #targets: readonly GraphTensor[];
  readonly #sets: readonly ReadonlyMap<string, Tensor>[];
  readonly #scalars: Readonly<Record<(typeof SCALARS)[number], Float32Array>>;
  readonly #scalarTensors: Readonly<Record<string, Tensor>>;
  readonly #numbers: Numbers[];
  readonly #actInputs: readonly Record<string, Tensor>[];
  readonly #lent: Readonly<Record<'observations' | 'noise' | 'action', LentTensor>>;
  readonly #silence = new Map<number, Float32Array>();
  /** Compiled when a batch of that size first comes. */
  readonly #compiled = new Map<number, Promise<CompiledUpdate>>();
  #current = 0;

  static async create(
    runtime: OnnxRuntime,
    options: SacEngineOptions,
    seeds: readonly number[],
    settings: Settings,
  ): Promise<OnnxStack> {
    // One row or a few dozen are not worth waking threads for, and a second pool would spin against the first.
    const act = await runtime.InferenceSession.create(
      encodeModel(actGraph(options, seeds.length), { producer: 'makergym', producerVersion: '' }),
      sessionOptions({ ...settings, threads: 1, profile: undefined }),
    );
    const stack = new OnnxStack(runtime, options, seeds, settings, act);
    await stack.#update(options.batchSize);
    return stack;
  }

  private constructor(
    runtime: OnnxRuntime,
    options: SacEngineOptions,
    seeds: readonly number[],
    settings: Settings,
    act: InferenceSession,
  ) {
    this.name = settings.device === 'cpu' ? 'onnx' : `onnx-${settings.device}`;
    this.options = options;
    this.#runtime = runtime;
    this.#settings = settings;
    this.#act = act;
    this.#seeds = seeds;
    this.#learners = seeds.length;
    this.#lead = seeds.length > 1 ? [seeds.length] : [];
    this.#actor = actorWeights(options, seeds.length).tensors;
    this.#trained = [...this.#actor, ...criticWeights(options, seeds.length).tensors];
    this.#targets = criticWeights(options, seeds.length, TARGETS).tensors;
    this.#sets = [0, 1].map(() => this.#stateTensors());
    const numbers = SCALARS.map((name) => [name, new Float32Array(seeds.length)] as const);
    this.#scalars = Object.fromEntries(numbers) as Record<(typeof SCALARS)[number], Float32Array>;
    const shape = seeds.length > 1 ? [seeds.length, 1, 1] : [];
    this.#scalarTensors = Object.fromEntries(
      numbers.map(([name, data]) => [name, this.#tensor(data, shape)]),
    );
    this.#numbers = seeds.map(() => importScalars(initialState(options)));
    this.#actInputs = this.#sets.map((set) =>
      Object.fromEntries(this.#actor.map(({ name }) => [name, set.get(name) as Tensor])),
    );
    const lent = () => new LentTensor(runtime);
    this.#lent = { observations: lent(), noise: lent(), action: lent() };
    seeds.forEach((seed, learner) => {
      this.importState(learner, initialState({ ...options, seed }));
    });
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
    const compiled = await compileUpdate(this.#runtime, this.options, size, this.#settings, {
      learners: this.#learners,
      sets: this.#sets,
      trained: this.#trained,
      scalars: this.#scalarTensors,
    });
    const { session, blank, feeds, fetches, criticMeans } = compiled;
    this.#feedBatch(compiled, blank, size);
    await session.probe(feeds[this.#current], fetches[this.#current], criticMeans);
    return compiled;
  }

  /** Makes the columns the update's inputs where they lie. */
  #feedBatch({ columns, feeds, session }: CompiledUpdate, batch: Record<Column, Float32Array>, size: number) {
    for (const column of COLUMN_NAMES) {
      if (!session.inputNames.includes(column)) continue;
      const shape = [...this.#lead, size, COLUMNS[column](this.options)];
      feeds[this.#current][column] = columns[column].of(batch[column], shape);
    }
  }

  /** Actions of every learner's policy on `count` rows each, the learners' one after the other. */
  async act(
    observations: Float32Array,
    count: number,
    noise: Float32Array | null,
    out: Float32Array,
  ): Promise<void> {
    const { observationSize, actionSize } = this.options;
    const feeds = this.#actInputs[this.#current];
    feeds.observations = this.#lent.observations.of(observations, [...this.#lead, count, observationSize]);
    const actions = [...this.#lead, count, actionSize];
    feeds.noise = this.#lent.noise.of(noise ?? this.#noNoise(count), actions);
    await this.#act.run(feeds, { action: this.#lent.action.of(out, actions) });
  }

  #noNoise(count: number): Float32Array {
    const known = this.#silence.get(count);
    if (known !== undefined) return known;
    const zeros = new Float32Array(this.#learners * count * this.options.actionSize);
    this.#silence.set(count, zeros);
    return zeros;
  }

  /** One update of every learner, each from its own batch; all are of one size. */
  async update(batches: readonly TransitionBatch[]): Promise<readonly SacMetrics[]> {
    const { options } = this;
    const { size } = batches[0];
    const compiled = await this.#update(size);
    for (const batch of batches) requireColumns(batch, size, options);
    for (let learner = 0; learner < batches.length; learner++) {
      this.#writeNumbers(learner);
      if (options.criticDropout > 0) this.#writeMasks(learner, size, compiled.masks);
    }
    const isStacked = batches.length > 1;
    if (isStacked) gather(batches, compiled.blank, size, options);
    this.#feedBatch(compiled, isStacked ? compiled.blank : batches[0], size);

    await compiled.session.run(compiled.feeds[this.#current], compiled.fetches[this.#current]);

    this.#requireFinite(compiled, batches);
    const results = batches.map((_, learner) => this.#read(compiled, learner));
    results.forEach(({ next }, learner) => {
      requireFinite(next.logTemperature.values[0], 'temperature', this.#of(learner), batches[learner]);
    });
    this.#current = 1 - this.#current;
    results.forEach(({ next }, learner) => {
      this.#numbers[learner] = next;
    });
    return results.map(({ metrics }) => metrics);
  }

  /** The numbers that a learner's update depends on, for the graph. */
  #writeNumbers(learner: number): void {
    const { options } = this;
    const { logTemperature, scales, updates } = this.#numbers[learner];
    const { rate, epsilon } = adamScalars(updates + 1, options.learningRate, options.adamEpsilon);
    this.#scalars.temperature[learner] = Math.exp(logTemperature.values[0]);
    this.#scalars.limit[learner] = errorLimit(scales, updates, options);
    this.#scalars.kappa[learner] = sharpeWeight(scales, updates, options);
    this.#scalars.rate[learner] = rate;
    this.#scalars.epsilon[learner] = epsilon;
  }

  #writeMasks(learner: number, size: number, masks: CompiledUpdate['masks']): void {
    const options = { ...this.options, seed: this.#seeds[learner] };
    dropoutMasks(options, size, this.#numbers[learner].updates + 1, (pass, layer, critic, mask) => {
      masks.get(maskName(pass, layer))?.set(mask, (critic * this.#learners + learner) * mask.length);
    });
  }

  /** Batch means of a learner, by what they are of. */
  #means({ criticMeans, actorMeans }: CompiledUpdate, learner: number) {
    const hasVariance = this.options.varianceWeight > 0;
    const width = hasVariance ? 2 : 1;
    const [first, second] = [width * learner, width * (this.#learners + learner)];
    const at = (hasVariance ? 4 : 3) * learner;
    return {
      criticLoss: (criticMeans[first] + criticMeans[second]) / 2,
      criticVarianceLoss: hasVariance ? criticMeans[first + 1] + criticMeans[second + 1] : 0,
      actorLoss: actorMeans[at],
      logProbability: actorMeans[at + 1],
      meanQ: actorMeans[at + 2],
      sigma: hasVariance ? actorMeans[at + 3] : 0,
    };
  }

  #requireFinite(compiled: CompiledUpdate, batches: readonly TransitionBatch[]): void {
    batches.forEach((batch, learner) => {
      const means = this.#means(compiled, learner);
      const which = this.#of(learner);
      requireFinite(means.criticLoss, 'critic loss', which, batch);
      requireFinite(means.criticVarianceLoss, 'critic variance loss', which, batch);
      requireFinite(means.actorLoss, 'actor loss', which, batch);
      requireFinite(means.sigma, 'predicted deviation', which, batch);
      for (const column of compiled.looked)
        requireFinite(sum(batch[column]), `sum of ${column}`, which, batch);
    });
    for (const numbers of compiled.checked[this.#current]) {
      if (Number.isFinite(sum(numbers.data))) continue;
      const culprit = this.#culprit(numbers);
      requireFinite(Number.NaN, 'sum of the weights', this.#of(culprit), batches[culprit]);
    }
  }

  /** Whose part of a result is not finite; the first learner's where only the sum of finite ones is not. */
  #culprit({ data, networks }: Checked): number {
    const length = data.length / (networks * this.#learners);
    const index = data.findIndex((x) => !Number.isFinite(x));
    return index < 0 ? 0 : Math.floor(index / length) % this.#learners;
  }

  /** What messages of errors call a learner's update. */
  #of(learner: number): string {
    const update = `update ${this.#numbers[learner].updates + 1}`;
    return this.#learners === 1 ? update : `${update} of learner ${learner}`;
  }

  #read(compiled: CompiledUpdate, learner: number): { metrics: SacMetrics; next: Numbers } {
    const { options } = this;
    const { logTemperature, scales, updates } = this.#numbers[learner];
    const { logProbability, ...means } = this.#means(compiled, learner);
    // L_α = −mean(log α·(log π + H̄)), whose derivative by log α is −mean(log π + H̄).
    const surplus = logProbability + options.targetEntropy;
    const nextTemperature = adamState(1);
    adamStep(logTemperature, nextTemperature, Float32Array.of(-surplus), 0, updates + 1, options);
    const { criticLoss, meanQ, sigma } = means;
    return {
      metrics: {
        ...means,
        temperatureLoss: -logTemperature.values[0] * surplus,
        temperature: Math.exp(nextTemperature.values[0]),
        kappa: sharpeWeight(scales, updates, options),
        entropy: -logProbability,
      },
      next: {
        logTemperature: nextTemperature,
        scales: advanceScales(scales, { error: criticLoss, q: meanQ, sigma }),
        updates: updates + 1,
      },
    };
  }

  exportState(learner: number): SacState {
    const state: Record<string, StateTensor> = {};
    const copy = (tensor: GraphTensor, ofGraph: string, ofState: string) => {
      for (const { learner: whose, name, shape, length } of tensor.parts) {
        if (whose === learner) state[ofState + name] = { shape, data: new Float32Array(length) };
      }
      copyOut(this.#data(ofGraph + tensor.name), learner, ofState, tensor, state);
    };
    for (const tensor of this.#trained) {
      copy(tensor, '', '');
      copy(tensor, 'm/', 'adam/m/');
      copy(tensor, 'v/', 'adam/v/');
    }
    for (const tensor of this.#targets) copy(tensor, '', '');
    exportScalars(this.#numbers[learner], state);
    return state;
  }

  /** As SacEngine.exportActor, of one learner. */
  exportActor(learner: number, out: SacState): void {
    for (const tensor of this.#actor) copyOut(this.#data(tensor.name), learner, '', tensor, out);
  }

  importState(learner: number, state: SacState): void {
    checkState(state, this.options);
    for (const tensor of this.#trained) {
      copyIn(state, learner, '', tensor, this.#data(tensor.name));
      copyIn(state, learner, 'adam/m/', tensor, this.#data(`m/${tensor.name}`));
      copyIn(state, learner, 'adam/v/', tensor, this.#data(`v/${tensor.name}`));
    }
    for (const tensor of this.#targets) copyIn(state, learner, '', tensor, this.#data(tensor.name));
    this.#numbers[learner] = importScalars(state);
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
