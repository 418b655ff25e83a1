import type { MarketView } from '../../market/market.ts';
import { LONGEST_TRAVEL } from './latency-log-normal.ts';
import type { LatencyModel, ModelSession } from './models.ts';

export interface TapeLatencyOptions {
  /** Factor on the tape's delays. */
  readonly scale: number;
  /** Added to each leg, ms. */
  readonly entryMs: number;
  readonly responseMs: number;
  readonly feedMs: number;
  readonly inOrder: boolean;
}

/**
 * Messages take as long as the market data do on the tape that is replayed: the latest message's local less its
 * exchange time, as of the lane's own last decision, on each leg. A delay below 0 (the recorder's clock was behind)
 * counts as 0.
 */
export class TapeLatency implements LatencyModel {
  readonly name: string;
  readonly inOrder: boolean;
  readonly #options: TapeLatencyOptions;
  #market: MarketView | null = null;
  /** µs, scaled. */
  #delay = 0;

  constructor(options: TapeLatencyOptions) {
    const { entryMs, responseMs, feedMs, scale } = options;
    this.name = `tape × ${scale} + ${entryMs} ms, ${responseMs} ms, feed ${feedMs} ms`;
    this.inOrder = options.inOrder;
    this.#options = options;
  }

  begin({ market }: ModelSession): void {
    this.#market = market;
    this.#delay = 0;
  }

  /** Asked once a decision, when all lanes have seen the same rows: what is between two decisions depends on who else
   * rides along. */
  feed(): number {
    const delay = this.#market?.feedDelay ?? Number.NaN;
    if (!Number.isNaN(delay)) this.#delay = Math.max(delay, 0) * this.#options.scale;
    return this.#travel(this.#options.feedMs);
  }

  entry(): number {
    return this.#travel(this.#options.entryMs);
  }

  response(): number {
    return this.#travel(this.#options.responseMs);
  }

  #travel(addedMs: number): number {
    return Math.min(this.#delay + 1000 * addedMs, LONGEST_TRAVEL);
  }
}
