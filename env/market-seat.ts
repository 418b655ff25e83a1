import type { BookView } from '../market/book.ts';
import type { MarketView } from '../market/market.ts';
import type { Impact } from './exchange/impact.ts';

/** Where the parts of a lane find the market it has joined. */
export class MarketSeat {
  /** What the lane's own fills took from the displayed book, where that is modelled. */
  readonly impact: Impact | null;
  #market: MarketView | null = null;
  #seen: MarketView | null = null;

  constructor(impact: Impact | null = null) {
    this.impact = impact;
  }

  /** The market as it is recorded. Throws before the lane has joined one. */
  get market(): MarketView {
    return this.#market ?? notJoined();
  }

  /** The market as the lane meets it: the recorded one, less what its own fills took. */
  get seen(): MarketView {
    return this.#seen ?? notJoined();
  }

  get book(): BookView {
    return this.seen.book;
  }

  join(market: MarketView): void {
    if (this.#market !== null && this.#market !== market) throw new Error('a lane stays with one market');
    this.#market = market;
    this.#seen = this.impact?.on(market) ?? market;
  }
}

function notJoined(): never {
  throw new Error('the lane has not joined a market: attach it first');
}
