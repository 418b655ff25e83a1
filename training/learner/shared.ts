import type { SacMetrics } from '../../agents/sac/engine.ts';
import type { Block } from './block.ts';

// Hot path of both threads: numbers in memory that they share, and two counters that say whose turn it is.

/** Words of the control block that say whose turn it is. */
const Turn = {
  /** Counts what the training thread asked for, blocks and messages; the learner sleeps on it. */
  asked: 0,
  /** Counts what the learner has done of it; the training thread waits on it. */
  done: 1,
} as const;
/** Words of a place for a block. */
const Word = {
  /** Of the block asked for. */
  head: 0,
  length: 1,
  updates: 2,
  before: 3,
  follows: 4,
  /** Of the block done: updates made, and whether it failed. */
  made: 5,
  failed: 6,
} as const;
const WORDS = 8;
/** The block under way and the one that is asked for meanwhile. */
const PLACES = 2;
const CONTROL_BYTES = 128;

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

/** An object of the shape that metrics have, to be filled. */
const NONE = Object.fromEntries(METRICS.map((name) => [name, 0])) as Record<keyof SacMetrics, number>;

/** Where one of two blocks in a row is described, with what it needs and what came of it. */
interface Place {
  readonly words: Int32Array;
  readonly statistics: Float64Array;
  readonly metrics: Float64Array;
}

/**
 * The memory through which the training thread and the learner's hand each other blocks and what came of them. What is
 * asked for is known by its number, from 0 on; a block and the one after it have places of their own.
 */
export class SharedBlock {
  readonly memory: SharedArrayBuffer;
  readonly #turns: Int32Array;
  readonly #places: readonly Place[];

  /** In `memory`, or in memory of its own for blocks of up to `maxUpdates` and observations of `observationSize`. */
  constructor(observationSize: number, maxUpdates: number, memory?: SharedArrayBuffer) {
    const [statistics, metrics] = [2 * observationSize, maxUpdates * METRICS.length];
    this.memory = memory ?? new SharedArrayBuffer(CONTROL_BYTES + PLACES * 8 * (statistics + metrics));
    this.#turns = new Int32Array(this.memory, 0, 2);
    this.#places = Array.from({ length: PLACES }, (_, place) => {
      const at = CONTROL_BYTES + place * 8 * (statistics + metrics);
      return {
        words: new Int32Array(this.memory, 4 * WORDS * (1 + place), WORDS),
        statistics: new Float64Array(this.memory, at, statistics),
        metrics: new Float64Array(this.memory, at + 8 * statistics, metrics),
      };
    });
  }

  /** Mean and variance of each feature when a block began. */
  statistics(number: number): Float64Array {
    return this.#place(number).statistics;
  }

  #place(number: number): Place {
    return this.#places[number % PLACES];
  }

  // The training thread's side.

  writeBlock(number: number, { window, updates, before, follows }: Block): void {
    const { words } = this.#place(number);
    words[Word.head] = window.head;
    words[Word.length] = window.length;
    words[Word.updates] = updates;
    words[Word.before] = before;
    words[Word.follows] = follows ? 1 : 0;
  }

  /** Asks for the block written, or for the message posted. */
  ask(): void {
    Atomics.add(this.#turns, Turn.asked, 1);
    Atomics.notify(this.#turns, Turn.asked);
  }

  /** Sleeps until what has the number is done, at most so long; whether it is. */
  waitUntilDone(number: number, milliseconds: number): boolean {
    const done = Atomics.load(this.#turns, Turn.done);
    if (isBeyond(done, number)) return true;
    Atomics.wait(this.#turns, Turn.done, done, milliseconds);
    return isBeyond(Atomics.load(this.#turns, Turn.done), number);
  }

  hasFailed(number: number): boolean {
    return this.#place(number).words[Word.failed] === 1;
  }

  readMetrics(number: number): SacMetrics[] {
    const { words, metrics } = this.#place(number);
    const read: SacMetrics[] = [];
    for (let update = 0, at = 0; update < words[Word.made]; update++) {
      const one = { ...NONE };
      for (const name of METRICS) one[name] = metrics[at++];
      read.push(one);
    }
    return read;
  }

  // The learner's side.

  /** Sleeps until what has the number is asked for. */
  waitForAsked(number: number): void {
    // The training thread may be held up between its count and its notification, and so wake who asks for the next.
    for (;;) {
      const asked = Atomics.load(this.#turns, Turn.asked);
      if (isBeyond(asked, number)) return;
      Atomics.wait(this.#turns, Turn.asked, asked);
    }
  }

  readBlock(number: number): Block {
    const { words } = this.#place(number);
    const window = { head: words[Word.head], length: words[Word.length] };
    const [updates, before, follows] = [words[Word.updates], words[Word.before], words[Word.follows] === 1];
    return { window, updates, before, follows };
  }

  writeMetrics(number: number, update: number, metrics: SacMetrics): void {
    const at = update * METRICS.length;
    const place = this.#place(number);
    for (let i = 0; i < METRICS.length; i++) place.metrics[at + i] = metrics[METRICS[i]];
  }

  writeOutcome(number: number, made: number, failed: boolean): void {
    const { words } = this.#place(number);
    words[Word.made] = made;
    words[Word.failed] = failed ? 1 : 0;
  }

  markDone(): void {
    Atomics.add(this.#turns, Turn.done, 1);
    Atomics.notify(this.#turns, Turn.done);
  }
}

/** Whether a counter of 32 bits, which may have turned over, has gone past a number. */
function isBeyond(counter: number, number: number): boolean {
  return ((counter - number) | 0) > 0;
}
