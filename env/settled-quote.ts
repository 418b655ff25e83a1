// Looked at in every decision: numbers in a typed array, nothing allocated.
import type { SideView } from './lane-view.ts';
import type { Quote } from './quoter.ts';

/**
 * The latest quote of a lane, where it asks for nothing that is not there: as long as the same is wanted and the lane has
 * been told nothing of its orders, there is nothing to send, whatever the market does.
 */
export class SettledQuote {
  readonly #sides: readonly [SideView, SideView];
  /** Bid, ask, their quantities, their refresh. */
  readonly #wanted = new Float64Array(6);
  #settled = false;
  #changes = 0;

  constructor(sides: readonly [SideView, SideView]) {
    this.#sides = sides;
  }

  /** Takes note of a quote that was acted on; `done`: nothing is left to send for it. */
  set(quote: Readonly<Quote>, done: boolean): void {
    this.#settled = done;
    if (!done) return;
    const wanted = this.#wanted;
    wanted[0] = quote.bid;
    wanted[1] = quote.ask;
    wanted[2] = quote.bidQuantity;
    wanted[3] = quote.askQuantity;
    wanted[4] = quote.refreshBid;
    wanted[5] = quote.refreshAsk;
    this.#changes = this.#sides[0].changes + this.#sides[1].changes;
  }

  /** Whether a quote wants the very same while nothing has become of the orders. */
  holds(quote: Readonly<Quote>): boolean {
    if (!this.#settled) return false;
    const wanted = this.#wanted;
    return (
      quote.bid === wanted[0] &&
      quote.ask === wanted[1] &&
      quote.bidQuantity === wanted[2] &&
      quote.askQuantity === wanted[3] &&
      quote.refreshBid === wanted[4] &&
      quote.refreshAsk === wanted[5] &&
      this.#sides[0].changes + this.#sides[1].changes === this.#changes
    );
  }
}
