import type { SacMetrics } from '../../agents/sac/engine.ts';
import type { Block } from './block.ts';

// Hot path of both threads: numbers in memory that they share, and two counters that say whose turn it is.

/** Words of the control block. */
const Word = {
  /** Counts what the training thread asked for, blocks and messages; the learner sleeps on it. */
  asked: 0,
  /** Counts what the learner has done of it; the training thread waits on it. */
  done: 1,
  /** Of the block asked for. */
  head: 2,
  length: 3,
  updates: 4,
  before: 5,
  /** Of the block done: updates made, and whether it failed. */
  made: 6,
  failed: 7,
} as const;
const CONTROL_BYTES = 64;

const METRICS: readonly (keyof SacMetrics)[] = [
  'actorLoss',
  'criticLoss',
  'criticVarianceLoss',
  'temperatureLoss',
  'temperature',
  'meanQ',
  'sigma',
  'kappa',
  'entropy',
];

/** The memory through which the training thread and the learner's hand each other blocks and what came of them. */
export class SharedBlock {
  readonly memory: SharedArrayBuffer;
  /** Mean and variance of each feature when the block began. */
  readonly statistics: Float64Array;
  readonly #control: Int32Array;
  readonly #metrics: Float64Array;

  /** In `memory`, or in memory of its own for blocks of up to `maxUpdates` and observations of `observationSize`. */
  constructor(observationSize: number, maxUpdates: number, memory?: SharedArrayBuffer) {
    const numbers = 2 * observationSize + maxUpdates * METRICS.length;
    this.memory = memory ?? new SharedArrayBuffer(CONTROL_BYTES + 8 * numbers);
    this.#control = new Int32Array(this.memory, 0, CONTROL_BYTES / 4);
    this.statistics = new Float64Array(this.memory, CONTROL_BYTES, 2 * observationSize);
    this.#metrics = new Float64Array(this.memory, CONTROL_BYTES + 16 * observationSize);
  }

  get maxUpdates(): number {
    return this.#metrics.length / METRICS.length;
  }

  // The training thread's side.

  writeBlock({ window, updates, before }: Block): void {
    this.#control[Word.head] = window.head;
    this.#control[Word.length] = window.length;
    this.#control[Word.updates] = updates;
    this.#control[Word.before] = before;
  }

  /** Asks for the block written, or for the message posted. */
  ask(): void {
    Atomics.add(this.#control, Word.asked, 1);
    Atomics.notify(this.#control, Word.asked);
  }

  get isDone(): boolean {
    return Atomics.load(this.#control, Word.done) === Atomics.load(this.#control, Word.asked);
  }

  /** Sleeps until all is done, at most so long; whether it is. */
  waitUntilDone(milliseconds: number): boolean {
    const done = Atomics.load(this.#control, Word.done);
    if (done === Atomics.load(this.#control, Word.asked)) return true;
    Atomics.wait(this.#control, Word.done, done, milliseconds);
    return this.isDone;
  }

  get failed(): boolean {
    return this.#control[Word.failed] === 1;
  }

  readMetrics(): SacMetrics[] {
    return Array.from({ length: this.#control[Word.made] }, (_, update) => {
      const at = update * METRICS.length;
      const entries = METRICS.map((name, i) => [name, this.#metrics[at + i]]);
      return Object.fromEntries(entries) as unknown as SacMetrics;
    });
  }

  // The learner's side.

  /** Sleeps until something more than `handled` was asked for. */
  waitForAsked(handled: number): void {
    Atomics.wait(this.#control, Word.asked, handled);
  }

  readBlock(): Block {
    const window = { head: this.#control[Word.head], length: this.#control[Word.length] };
    return { window, updates: this.#control[Word.updates], before: this.#control[Word.before] };
  }

  writeMetrics(update: number, metrics: SacMetrics): void {
    const at = update * METRICS.length;
    for (let i = 0; i < METRICS.length; i++) this.#metrics[at + i] = metrics[METRICS[i]];
  }

  writeOutcome(made: number, failed: boolean): void {
    this.#control[Word.made] = made;
    this.#control[Word.failed] = failed ? 1 : 0;
  }

  markDone(): void {
    Atomics.add(this.#control, Word.done, 1);
    Atomics.notify(this.#control, Word.done);
  }
}
