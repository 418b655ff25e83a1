import { ASK, BID, type Side } from '../../market/side.ts';
import { room } from '../own-quotes.ts';
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
  /** Smallest quantity there is, in lots. */
  #step = 0;

  reset(context: QuoterContext): void {
    this.#maxInventory = context.maxInventory;
    this.#step = context.instrument.stepSize / context.lot;
  }

  quote(view: QuoterView, out: Quote): void {
    const { book, synchronised } = view.market;
    const ready = synchronised && book.ready && !book.crossed;
    out.reference = ready ? book.mid : 0;
    out.offset = 0;
    out.spread = ready ? Math.max(MIN_SPREAD, book.bestAsk - book.bestBid) : MIN_SPREAD;
    out.bidQuantity = ready ? this.#quantity(BID, view.inventory) : 0;
    out.askQuantity = ready ? this.#quantity(ASK, view.inventory) : 0;
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

  /** A lot, or what of it q_max leaves in whole steps: a rest would be rounded up on its way to the exchange. */
  #quantity(side: Side, inventory: number): number {
    const lots = this.#maxInventory + (side === BID ? -inventory : inventory);
    if (lots >= 1) return 1;
    const whole = room(side, inventory, this.#maxInventory, this.#step);
    return Math.abs(lots - whole) < 1e-9 ? Math.max(lots, 0) : whole;
  }
}
