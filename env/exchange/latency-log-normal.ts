import { type Generator, stream } from '../../base/random.ts';
import type { LatencyModel, ModelSession } from './models.ts';

export interface LogNormalOptions {
  /** Medians, ms; a feed of 0 is none. */
  readonly entryMs: number;
  readonly responseMs: number;
  readonly feedMs: number;
  /** Standard deviation of the natural logarithm: P99 = median · e^(2.3263 σ). */
  readonly sigma: number;
  readonly inOrder: boolean;
}

/** Nothing is on its way for longer, µs. */
export const LONGEST_TRAVEL = 60_000_000;

/** Travel times drawn from log-normal distributions, each message by itself: a body around the median and a long tail. */
export class LogNormalLatency implements LatencyModel {
  readonly name: string;
  readonly inOrder: boolean;
  readonly #options: LogNormalOptions;
  #random: Generator = stream(0, 'latency');

  constructor(options: LogNormalOptions) {
    const { entryMs, responseMs, feedMs, sigma, inOrder } = options;
    this.name = `log-normal, median ${entryMs} ms, ${responseMs} ms, feed ${feedMs} ms, sigma ${sigma}`;
    this.inOrder = inOrder;
    this.#options = options;
  }

  begin({ seed }: ModelSession): void {
    this.#random = stream(seed, 'latency');
  }

  entry(): number {
    return this.#draw(this.#options.entryMs);
  }

  response(): number {
    return this.#draw(this.#options.responseMs);
  }

  feed(): number {
    return this.#options.feedMs === 0 ? 0 : this.#draw(this.#options.feedMs);
  }

  #draw(medianMs: number): number {
    const factor = Math.exp(this.#options.sigma * this.#random.normal());
    return Math.min(1000 * medianMs * factor, LONGEST_TRAVEL);
  }
}
