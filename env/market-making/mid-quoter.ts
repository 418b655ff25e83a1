import { placeQuote } from '../place-quote.ts';
import { type Quote, type Quoter, type QuoterContext, type QuoterView, Reason, Refresh } from '../quoter.ts';

/** Smallest spread quoted, ticks. */
const MIN_SPREAD = 2;

/**
 * The plainest anchor: quotes the displayed spread (at least two ticks) around the mid, one lot a side, and withholds
 * the side that would take |position| beyond q_max. It has no view of the market, so a residual on it has to learn one.
 */
export class MidQuoter implements Quoter {
  readonly name = 'mid';
  #maxInventory = 0;

  reset(context: QuoterContext): void {
    this.#maxInventory = context.maxInventory;
  }

  quote(view: QuoterView, out: Quote): void {
    const { book, synchronised } = view.market;
    const ready = synchronised && book.ready && !book.crossed;
    out.reference = ready ? book.mid : 0;
    out.offset = 0;
    out.spread = ready ? Math.max(MIN_SPREAD, book.bestAsk - book.bestBid) : MIN_SPREAD;
    out.bidQuantity = ready ? Math.min(1, Math.max(this.#maxInventory - view.inventory, 0)) : 0;
    out.askQuantity = ready ? Math.min(1, Math.max(this.#maxInventory + view.inventory, 0)) : 0;
    out.refreshBid = Refresh.move;
    out.refreshAsk = Refresh.move;
    out.reason = Reason.quote;
    if (!ready) {
      out.bid = 0;
      out.ask = 0;
      out.reason = Reason.notReady;
      return;
    }
    if (out.bidQuantity === 0 || out.askQuantity === 0) out.reason |= Reason.inventory;
    placeQuote(view, out);
  }
}
