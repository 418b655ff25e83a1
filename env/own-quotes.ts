// Runs at every decision: writes in place, allocates nothing.
import { ASK, BID, type Side } from '../market/side.ts';
import { type OwnQuote, type Quote, type QuoterView, Reason, Refresh } from './quoter.ts';

/** Writes "no quote on either side, and what rests is cancelled" with the given reason. */
export function withdraw(out: Quote, reason: number): void {
  out.bid = 0;
  out.ask = 0;
  out.bidQuantity = 0;
  out.askQuantity = 0;
  out.refreshBid = Refresh.move;
  out.refreshAsk = Refresh.move;
  out.reason |= reason;
}

/** Lots that may be added on a side before |q| passes `maxInventory`, whole steps of `step` lots, never negative. */
export function room(side: Side, inventory: number, maxInventory: number, step: number): number {
  const lots = side === BID ? maxInventory - inventory : maxInventory + inventory;
  if (!(lots > 0)) return 0;
  return step > 0 ? Math.floor(lots / step + 1e-9) * step : lots;
}

/** Whether a decision keeps what rests on a side: it is left, or it already is where it is wanted. */
export function keeps(own: OwnQuote, price: number, quantity: number, refresh: Refresh): boolean {
  if (!own.active || quantity <= 0) return false;
  return refresh === Refresh.leave || (refresh === Refresh.move && own.price === price);
}

/**
 * Keeps a side that is quoted anew at least `minimum` ticks away from the other side's order that stays, so that own
 * orders never cross or crowd each other. The order that stays is older; the new one gives way.
 */
export function keepApart(view: QuoterView, out: Quote, minimum: number): void {
  const gap = Math.ceil(minimum - 1e-9);
  const bidStays = keeps(view.bid, out.bid, out.bidQuantity, out.refreshBid);
  const askStays = keeps(view.ask, out.ask, out.askQuantity, out.refreshAsk);
  if (bidStays && !askStays && out.askQuantity > 0) out.ask = Math.max(out.ask, view.bid.price + gap);
  if (askStays && !bidStays && out.bidQuantity > 0) out.bid = Math.min(out.bid, view.ask.price - gap);
}

/** A price below one tick does not exist: the side is withheld. */
export function withholdImpossiblePrices(out: Quote): void {
  if (out.bidQuantity > 0 && out.bid < 1) withhold(BID, out);
  if (out.askQuantity > 0 && out.ask < 1) withhold(ASK, out);
}

/** No quote on this side; what rests there is cancelled. */
export function withhold(side: Side, out: Quote, reason: number = Reason.quote): void {
  if (side === BID) {
    out.bidQuantity = 0;
    out.refreshBid = Refresh.move;
  } else {
    out.askQuantity = 0;
    out.refreshAsk = Refresh.move;
  }
  out.reason |= reason;
}
