import type { QuoterView } from './quoter.ts';
import { type Quote, Reason } from './quoter.ts';

/**
 * Turns centre and spread into order prices: bid = ⌊centre − spread/2⌋, ask = ⌈centre + spread/2⌉ in whole ticks, then
 * post-only: a bid that would meet the best ask is moved one tick below it, an ask likewise above the best bid.
 */
export function placeQuote(view: QuoterView, out: Quote): void {
  const { book } = view.market;
  const centre = out.reference + out.offset;
  // Arithmetic noise of a few ulp must not push a quote a whole tick away from a price it means to be at.
  let bid = Math.floor(centre - out.spread / 2 + 1e-9);
  let ask = Math.ceil(centre + out.spread / 2 - 1e-9);
  if (bid >= book.bestAsk) {
    bid = book.bestAsk - 1;
    out.reason |= Reason.postOnly;
  }
  if (ask <= book.bestBid) {
    ask = book.bestBid + 1;
    out.reason |= Reason.postOnly;
  }
  out.bid = bid;
  out.ask = ask;
}
