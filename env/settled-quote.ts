// Looked at in every decision: one object, nothing allocated.
import type { SideView } from './lane-view.ts';
import { type Quote, Refresh } from './quoter.ts';

/**
 * The latest quote of a lane, where it asks for nothing that is not there: as long as the same is wanted and the lane has
 * been told nothing of its orders, there is nothing to send, whatever the market does.
 */
export class SettledQuote {
  readonly #bidSide: SideView;
  readonly #askSide: SideView;
  #settled = false;
  #bid = 0;
  #ask = 0;
  #bidQuantity = 0;
  #askQuantity = 0;
  #refreshBid: Refresh = Refresh.leave;
  #refreshAsk: Refresh = Refresh.leave;
  #changes = 0;

  constructor([bid, ask]: readonly [SideView, SideView]) {
    this.#bidSide = bid;
    this.#askSide = ask;
  }

  /** Takes note of a quote that was acted on; `done`: nothing is left to send for it. */
  set(quote: Readonly<Quote>, done: boolean): void {
    this.#settled = done;
    if (!done) return;
    this.#bid = quote.bid;
    this.#ask = quote.ask;
    this.#bidQuantity = quote.bidQuantity;
    this.#askQuantity = quote.askQuantity;
    this.#refreshBid = quote.refreshBid;
    this.#refreshAsk = quote.refreshAsk;
    this.#changes = this.#bidSide.changes + this.#askSide.changes;
  }

  /** Whether a quote wants the very same while nothing has become of the orders. */
  holds(quote: Readonly<Quote>): boolean {
    return (
      this.#settled &&
      quote.bid === this.#bid &&
      quote.ask === this.#ask &&
      quote.bidQuantity === this.#bidQuantity &&
      quote.askQuantity === this.#askQuantity &&
      quote.refreshBid === this.#refreshBid &&
      quote.refreshAsk === this.#refreshAsk &&
      this.#bidSide.changes + this.#askSide.changes === this.#changes
    );
  }
}
