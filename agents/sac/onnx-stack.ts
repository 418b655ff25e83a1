import type { InferenceSession, Tensor } from 'onnxruntime-node';
import { adamScalars } from '../../onnx/optimisers.ts';
import { encodeModel } from '../../onnx/protobuf.ts';
import type { OnnxRuntime } from '../../onnx/session.ts';
import { type AdamState, adamState, adamStep } from './adam.ts';
import { AdamStepper } from './adam-stepper.ts';
import { dropoutMasks } from './dropout.ts';
import type { SacEngineOptions, SacMetrics, SacState, StateTensor, TransitionBatch } from './engine.ts';
import { initialState } from './initialise.ts';
import { checkState, TARGETS } from './layout.ts';
import { exportScalars, importScalars } from './learner-scalars.ts';
import { requireColumns, requireFinite } from './onnx-batch.ts';
import { BatchMemory } from './onnx-batch-memory.ts';
import { type Settings, sessionOptions } from './onnx-device.ts';
import { DevicePhases } from './onnx-device-phases.ts';
import { actorWeights, copyIn, copyOut, criticWeights, type GraphTensor } from './onnx-layout.ts';
import { LentTensor } from './onnx-lent.ts';
import { floatsAt, planState, type StatePlan, type UpdateNumber } from './onnx-memory.ts';
import { PHASES, type Phases, ProcessorPhases } from './onnx-phase.ts';
import { actGraph, maskName } from './onnx-update.ts';
import { advanceScales, errorLimit, type Scales, sharpeWeight } from './scales.ts';

/** The part of a learner's state that is plain numbers. */
interface Numbers {
  logTemperature: AdamState;
  scales: Scales;
  updates: number;
}

// Hot path: all tensors of an update are made beforehand.

/** A size of batch that updates are made of. */
interface OpenBatch {
  readonly memory: BatchMemory;
  readonly phases: Phases;
}

/**
 * Learners that are updated together. Their state lies in one of two sets of tensors. An update reads one and writes
 * the other, and only when everything it wrote is finite do the sets change places: an update that fails changes
 * nothing.
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
  readonly #plan: StatePlan;
  readonly #stepper: AdamStepper;
  /** Tensors of each set by name; moments' begin with `m/` and `v/`. */
  readonly #sets: readonly ReadonlyMap<string, Float32Array>[];
  readonly #scalars: Readonly<Record<UpdateNumber, Float32Array>>;
  readonly #numbers: Numbers[];
  readonly #actInputs: readonly Readonly<Record<string, Tensor>>[];
  readonly #lent: Readonly<Record<'observations' | 'noise' | 'action', LentTensor>>;
  readonly #silence = new Map<number, Float32Array>();
  /** Made when a batch of that size first comes. */
  readonly #batches = new Map<number, Promise<OpenBatch>>();
  #current = 0;

  /** Learners, one a seed, and memory that is the batch of a lone one. */
  static async create(
    runtime: OnnxRuntime,
    options: SacEngineOptions,
    seeds: readonly number[],
    settings: Settings,
  ): Promise<{ readonly stack: OnnxStack; readonly batch: TransitionBatch }> {
    // One row or a few dozen are not worth waking threads for, or the way to a device.
    const act = await runtime.InferenceSession.create(
      encodeModel(actGraph(options, seeds.length), { producer: 'makergym', producerVersion: '' }),
      sessionOptions({ threads: 1, device: 'cpu' }),
    );
    const stack = new OnnxStack(runtime, options, seeds, settings, act);
    const { memory } = await stack.#batch(options.batchSize);
    return { stack, batch: { size: options.batchSize, ...memory.columns } };
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
    const learners = seeds.length;
    this.#learners = learners;
    this.#lead = learners > 1 ? [learners] : [];
    this.#actor = actorWeights(options, learners).tensors;
    this.#trained = [...this.#actor, ...criticWeights(options, learners).tensors];
    this.#targets = criticWeights(options, learners, TARGETS).tensors;
    this.#plan = planState(options, learners);
    this.#stepper = new AdamStepper(this.#plan, options.tau);
    const { buffer } = this.#stepper.memory;
    this.#sets = this.#plan.sets.map((at) => this.#views(buffer, at));
    const numbers = this.#plan.numbers.map((tensor) => [tensor.name, floatsAt(buffer, tensor)] as const);
    this.#scalars = Object.fromEntries(numbers) as Record<UpdateNumber, Float32Array>;
    this.#numbers = seeds.map(() => importScalars(initialState(options)));
    this.#actInputs = this.#sets.map((set) =>
      Object.fromEntries(
        this.#actor.map(({ name, shape }) => [
          name,
          new runtime.Tensor('float32', set.get(name) as Float32Array, shape),
        ]),
      ),
    );
    const lent = () => new LentTensor(runtime);
    this.#lent = { observations: lent(), noise: lent(), action: lent() };
    seeds.forEach((seed, learner) => {
      this.importState(learner, initialState({ ...options, seed }));
    });
  }

  /** The tensors of the set that begins at `start`. */
  #views(memory: ArrayBuffer, start: number): ReadonlyMap<string, Float32Array> {
    const { trained, targets, weightBytes } = this.#plan;
    const views = new Map<string, Float32Array>();
    for (const { name, shape, at } of trained) {
      ['', 'm/', 'v/'].forEach((prefix, i) => {
        views.set(prefix + name, floatsAt(memory, { shape, at: start + at + i * weightBytes }));
      });
    }
    for (const { name, shape, at } of targets) views.set(name, floatsAt(memory, { shape, at: start + at }));
    return views;
  }

  #data(name: string): Float32Array {
    return this.#sets[this.#current].get(name) as Float32Array;
  }

  #batch(size: number): Promise<OpenBatch> {
    const known = this.#batches.get(size);
    if (known !== undefined) return known;
    const opened = this.#open(size);
    this.#batches.set(size, opened);
    return opened;
  }

  async #open(size: number): Promise<OpenBatch> {
    const learners = this.#learners;
    const memory = new BatchMemory(this.options, size, learners);
    const spec = {
      options: this.options,
      settings: this.#settings,
      size,
      learners,
      plan: this.#plan,
      state: this.#stepper.memory.buffer,
      batch: memory,
    };
    const { compile } = this.#settings.fewTransfers ? DevicePhases : ProcessorPhases;
    return { memory, phases: await compile(this.#runtime, spec) };
  }

  /** Actions of every learner's policy on `count` rows each, the learners' one after the other. */
  async act(
    observations: Float32Array,
    count: number,
    noise: Float32Array | null,
    out: Float32Array,
  ): Promise<void> {
    const { observationSize, actionSize } = this.options;
    const actions = [...this.#lead, count, actionSize];
    // ONNX Runtime reads them in a later turn of the event loop, when another call may have begun.
    const feeds = {
      ...this.#actInputs[this.#current],
      observations: this.#lent.observations.of(observations, [...this.#lead, count, observationSize]),
      noise: this.#lent.noise.of(noise ?? this.#noNoise(count), actions),
    };
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
    const { memory, phases } = await this.#batch(size);
    for (const one of batches) requireColumns(one, size, options);
    for (let learner = 0; learner < batches.length; learner++) {
      this.#writeNumbers(learner);
      if (options.criticDropout > 0) this.#writeMasks(learner, size, memory);
    }
    memory.put(batches);

    const alike = this.#stepsAreAlike();
    let weightsAreFinite = true;
    for (const phase of PHASES) {
      await phases.run(phase, this.#current);
      if (!this.#stepper.step(phase, this.#current, alike)) weightsAreFinite = false;
    }

    this.#requireFinite(memory, batches, weightsAreFinite);
    const results = batches.map((_, learner) => this.#read(memory, learner));
    results.forEach(({ next }, learner) => {
      requireFinite(next.logTemperature.values[0], 'temperature', this.#of(learner), batches[learner]);
    });
    this.#current = 1 - this.#current;
    results.forEach(({ next }, learner) => {
      this.#numbers[learner] = next;
    });
    return results.map(({ metrics }) => metrics);
  }

  #stepsAreAlike(): boolean {
    return this.#numbers.every(({ updates }) => updates === this.#numbers[0].updates);
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

  #writeMasks(learner: number, size: number, batch: BatchMemory): void {
    const options = { ...this.options, seed: this.#seeds[learner] };
    const update = this.#numbers[learner].updates + 1;
    dropoutMasks(options, size, update, (pass, layer, critic, mask) => {
      batch.putMask(maskName(pass, layer), critic, learner, mask);
    });
  }

  /** Batch means of a learner, by what they are of. */
  #means(batch: BatchMemory, learner: number) {
    const hasVariance = this.options.varianceWeight > 0;
    const width = hasVariance ? 2 : 1;
    const [ofCritics, ofActor] = [batch.view('critic/means'), batch.view('actor/means')];
    const at = (hasVariance ? 4 : 3) * learner;
    const [first, second] = [width * learner, width * (this.#learners + learner)];
    return {
      criticLoss: (ofCritics[first] + ofCritics[second]) / 2,
      criticVarianceLoss: hasVariance ? ofCritics[first + 1] + ofCritics[second + 1] : 0,
      actorLoss: ofActor[at],
      logProbability: ofActor[at + 1],
      meanQ: ofActor[at + 2],
      sigma: hasVariance ? ofActor[at + 3] : 0,
    };
  }

  #requireFinite(memory: BatchMemory, batches: readonly TransitionBatch[], weightsAreFinite: boolean): void {
    batches.forEach((batch, learner) => {
      const means = this.#means(memory, learner);
      const which = this.#of(learner);
      requireFinite(means.criticLoss, 'critic loss', which, batch);
      requireFinite(means.criticVarianceLoss, 'critic variance loss', which, batch);
      requireFinite(means.actorLoss, 'actor loss', which, batch);
      requireFinite(means.sigma, 'predicted deviation', which, batch);
      const column = memory.unfiniteColumn(learner);
      if (column !== undefined) requireFinite(Number.NaN, `sum of ${column}`, which, batch);
    });
    if (weightsAreFinite) return;
    const culprit = this.#culprit();
    requireFinite(Number.NaN, 'sum of the weights', this.#of(culprit), batches[culprit]);
  }

  /** Whose part of the weights written is not finite; the first learner's where only the sum of finite ones is not. */
  #culprit(): number {
    const written = this.#sets[1 - this.#current];
    for (const { name, parts } of this.#trained) {
      for (const prefix of ['', 'v/']) {
        const data = written.get(prefix + name) as Float32Array;
        const part = parts.find(({ offset, length }) =>
          data.subarray(offset, offset + length).some((x) => !Number.isFinite(x)),
        );
        if (part !== undefined) return part.learner;
      }
    }
    return 0;
  }

  /** What messages of errors call a learner's update. */
  #of(learner: number): string {
    const update = `update ${this.#numbers[learner].updates + 1}`;
    return this.#learners === 1 ? update : `${update} of learner ${learner}`;
  }

  #read(batch: BatchMemory, learner: number): { metrics: SacMetrics; next: Numbers } {
    const { options } = this;
    const { logTemperature, scales, updates } = this.#numbers[learner];
    const { logProbability, ...means } = this.#means(batch, learner);
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
    for (const batch of this.#batches.values()) {
      // One that could not be compiled has told so already.
      void batch.then(
        ({ phases }) => phases.release(),
        () => undefined,
      );
    }
    this.#batches.clear();
  }
}
