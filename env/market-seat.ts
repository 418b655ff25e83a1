import type { MarketView } from '../market/market.ts';

/** Where the parts of a lane find the market it has joined. */
export class MarketSeat {
  #market: MarketView | null = null;

  /** Throws before the lane has joined a market. */
  get market(): MarketView {
    if (this.#market === null) throw new Error('the lane has not joined a market: attach it first');
    return this.#market;
  }

  join(market: MarketView): void {
    if (this.#market !== null && this.#market !== market) throw new Error('a lane stays with one market');
    this.#market = market;
  }
}
