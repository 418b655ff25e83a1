// Runs at every decision: writes in place, allocates nothing.
import { keeps, room, withhold } from '../env/own-quotes.ts';
import { type Quote, type QuoterContext, type QuoterView, Reason } from '../env/quoter.ts';
import { ASK, BID, type Side } from '../market/side.ts';

/**
 * Risk rule |q| ≤ q_max: wanted quantities are cut so that every order that could still fill, old ones being cancelled
 * included, stays within q_max, and a side without room is not quoted. Call it when prices and refresh are set.
 */
export function limitInventory(view: QuoterView, context: QuoterContext | undefined, out: Quote): void {
  if (context === undefined) throw new Error('quote() before reset(): a quoter needs its context');
  limitSide(BID, view, context, out);
  limitSide(ASK, view, context, out);
}

function limitSide(side: Side, view: QuoterView, context: QuoterContext, out: Quote): void {
  const isBid = side === BID;
  const own = isBid ? view.bid : view.ask;
  const price = isBid ? out.bid : out.ask;
  const refresh = isBid ? out.refreshBid : out.refreshAsk;
  const wanted = isBid ? out.bidQuantity : out.askQuantity;
  const step = context.instrument.stepSize / context.lot;
  const cancelling = (isBid ? view.cancellingBid : view.cancellingAsk) ?? 0;
  const remaining = own.active ? own.remaining : 0;
  const lots = isBid ? context.maxInventory - view.inventory : context.maxInventory + view.inventory;
  // Mostly there is room for twice of everything, and no need to count it in whole steps.
  if (2 * (wanted + 2 * remaining + cancelling + step) <= lots) return;
  const capacity = room(side, view.inventory, context.maxInventory - cancelling, step);
  if (remaining > capacity) {
    withhold(side, out, Reason.inventory);
    return;
  }
  // What would be replaced can fill until its cancel arrives.
  const leaving = own.active && !keeps(own, price, wanted, refresh) ? remaining : 0;
  const allowed = room(side, view.inventory, context.maxInventory - cancelling - leaving, step);
  if (wanted <= allowed) return;
  if (allowed <= 0) withhold(side, out, Reason.inventory);
  else if (isBid) out.bidQuantity = allowed;
  else out.askQuantity = allowed;
  out.reason |= Reason.inventory;
}
