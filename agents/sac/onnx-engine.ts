import { availableParallelism } from 'node:os';
import { InputError } from '../../base/errors.ts';
import { loadOnnxRuntime } from '../../onnx/session.ts';
import type { SacEngine, SacEngineOptions, SacMetrics, SacState, TransitionBatch } from './engine.ts';
import {
  type Device,
  deviceFailed,
  prefersFewTransfers,
  requireDevice,
  requireThreads,
} from './onnx-device.ts';
import { OnnxStack } from './onnx-stack.ts';

export interface OnnxEngineOptions {
  /** Threads of the update, 1 up to the machine's; all of them by default. */
  readonly threads?: number;
  readonly device?: Device;
  /** Whether neighbours in memory go to the device, and come from it, as one; by default where that is faster. */
  readonly fewTransfers?: boolean;
  /**
   * Whether its threads sleep between runs. Awake they begin the next one sooner; but where another thread works beside
   * the engine, it waits for a processor.
   */
  readonly sharesProcessors?: boolean;
  /** Writes ONNX Runtime's profile of the update to files that begin so. */
  readonly profile?: string;
}

/**
 * The fast engine: graphs find the gradients of an update (agents/sac/onnx-update.ts), ONNX Runtime executes them, and one
 * pass over the weights makes Adam's step (agents/sac/adam-kernel.ts). Throws
 * an InputError that says what to do where onnxruntime-node is not installed, the device is not there, or the number
 * of threads is not one the machine has.
 */
export async function createOnnxEngine(
  options: SacEngineOptions,
  engineOptions: OnnxEngineOptions = {},
): Promise<SacEngine> {
  const { stack, batch } = await openStack(options, [options.seed], engineOptions);
  return new OnnxEngine(stack, batch);
}

/**
 * Several independent learners of the same sizes and hyper-parameters, updated by one graph: each has weights, Adam
 * moments, α, scales and batches of its own, and comes to what it would come to alone. Small networks leave most of an
 * update to overhead, which learners in one graph share.
 */
export interface StackedSacEngine {
  readonly name: string;
  /** What the learners have in common; `seed` is the first's. */
  readonly options: SacEngineOptions;
  /** The seed each learner's weights are initialised from. */
  readonly seeds: readonly number[];
  /**
   * As SacEngine.act with `count` rows a learner: observations, noise and actions are the first learner's rows, then
   * the second's, and so on.
   */
  act(
    observations: Float32Array,
    count: number,
    noise: Float32Array | null,
    out: Float32Array,
  ): Promise<void>;
  /** One update of every learner from its own batch, all of one size. Where one fails, none changes. */
  update(batches: readonly TransitionBatch[]): Promise<readonly SacMetrics[]>;
  /** State of one learner, the same as a lone engine's. */
  exportState(learner: number): SacState;
  importState(learner: number, state: SacState): void;
  dispose(): void;
}

/** Learners in one graph, one a seed. Throws as {@link createOnnxEngine}, and where there is no seed. */
export async function createStackedEngine(
  options: SacEngineOptions,
  seeds: readonly number[],
  engineOptions: OnnxEngineOptions = {},
): Promise<StackedSacEngine> {
  if (seeds.length === 0) {
    throw new InputError({
      code: 'no-seeds',
      message: 'Learners in one graph need a seed each; none was given.',
      field: 'seeds',
      value: [],
      expected: 'at least one seed',
    });
  }
  const { stack } = await openStack({ ...options, seed: seeds[0] }, seeds, engineOptions);
  return new StackedEngine(stack, seeds);
}

async function openStack(
  options: SacEngineOptions,
  seeds: readonly number[],
  {
    threads = availableParallelism(),
    device = 'cpu',
    fewTransfers = prefersFewTransfers(device),
    ...settings
  }: OnnxEngineOptions,
): ReturnType<typeof OnnxStack.create> {
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
    return await OnnxStack.create(runtime, options, seeds, { threads, device, fewTransfers, ...settings });
  } catch (error) {
    if (device === 'cpu') throw error;
    throw deviceFailed(device, error);
  }
}

class OnnxEngine implements SacEngine {
  readonly name: string;
  readonly options: SacEngineOptions;
  readonly batch: TransitionBatch;
  readonly #stack: OnnxStack;
  /** The batch of an update, in a list made beforehand. */
  readonly #batches: TransitionBatch[] = [];

  constructor(stack: OnnxStack, batch: TransitionBatch) {
    this.name = stack.name;
    this.options = stack.options;
    this.batch = batch;
    this.#stack = stack;
  }

  act(
    observations: Float32Array,
    count: number,
    noise: Float32Array | null,
    out: Float32Array,
  ): Promise<void> {
    return this.#stack.act(observations, count, noise, out);
  }

  async update(batch: TransitionBatch): Promise<SacMetrics> {
    this.#batches[0] = batch;
    const [metrics] = await this.#stack.update(this.#batches);
    return metrics;
  }

  exportState(): SacState {
    return this.#stack.exportState(0);
  }

  exportActor(out: SacState): void {
    this.#stack.exportActor(0, out);
  }

  importState(state: SacState): void {
    this.#stack.importState(0, state);
  }

  dispose(): void {
    this.#stack.dispose();
  }
}

class StackedEngine implements StackedSacEngine {
  readonly name: string;
  readonly options: SacEngineOptions;
  readonly seeds: readonly number[];
  readonly #stack: OnnxStack;

  constructor(stack: OnnxStack, seeds: readonly number[]) {
    this.name = stack.name;
    this.options = stack.options;
    this.seeds = [...seeds];
    this.#stack = stack;
  }

  act(
    observations: Float32Array,
    count: number,
    noise: Float32Array | null,
    out: Float32Array,
  ): Promise<void> {
    return this.#stack.act(observations, count, noise, out);
  }

  async update(batches: readonly TransitionBatch[]): Promise<readonly SacMetrics[]> {
    if (batches.length !== this.seeds.length) {
      throw new InputError({
        code: 'bad-batch-count',
        message: `${this.seeds.length} learners need a batch each, not ${batches.length}.`,
        field: 'batches',
        value: batches.length,
        expected: String(this.seeds.length),
      });
    }
    return this.#stack.update(batches);
  }

  exportState(learner: number): SacState {
    return this.#stack.exportState(this.#known(learner));
  }

  importState(learner: number, state: SacState): void {
    this.#stack.importState(this.#known(learner), state);
  }

  dispose(): void {
    this.#stack.dispose();
  }

  #known(learner: number): number {
    if (Number.isInteger(learner) && learner >= 0 && learner < this.seeds.length) return learner;
    throw new InputError({
      code: 'no-such-learner',
      message: `There is no learner ${learner}.`,
      field: 'learner',
      value: learner,
      expected: `a whole number from 0 to ${this.seeds.length - 1}`,
    });
  }
}
