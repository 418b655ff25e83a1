import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';
import { type Clock, every, type Timer } from '../clock.ts';

/** Node's own timer that the lag is read from fires this often, ms. */
const RESOLUTION_MS = 10;
/** Lag is told of the last whole window of this length, s. */
export const LAG_WINDOW_SECONDS = 10;

/** How late timers are, s: what a busy event loop costs whoever waits for it. */
export interface LagReading {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

export const NO_LAG: LagReading = { p50: 0, p99: 0, max: 0 };

/** Measures the lag of this process's event loop over windows of 10 s. */
export class EventLoopLag {
  readonly #histogram: IntervalHistogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  readonly #timer: Timer;
  #last: LagReading | undefined;

  constructor(clock: Clock) {
    this.#histogram.enable();
    this.#timer = every(clock, LAG_WINDOW_SECONDS * 1000, () => {
      this.#last = this.#measure();
      this.#histogram.reset();
    });
  }

  /** Of the last whole window; of the first one so far, until it is whole. */
  get reading(): LagReading {
    return this.#last ?? this.#measure();
  }

  stop(): void {
    this.#timer.cancel();
    this.#histogram.disable();
  }

  #measure(): LagReading {
    if (this.#histogram.count === 0) return NO_LAG;
    // Node counts the whole pause between two firings of its timer.
    const late = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e6 - RESOLUTION_MS) / 1000;
    return {
      p50: late(this.#histogram.percentile(50)),
      p99: late(this.#histogram.percentile(99)),
      max: late(this.#histogram.max),
    };
  }
}
