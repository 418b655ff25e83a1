// Runs at every decision: writes in place, allocates nothing.
import { room, withhold } from '../env/own-quotes.ts';
import { type Quote, type QuoterContext, type QuoterView, Reason, Refresh } from '../env/quoter.ts';
import { ASK, BID } from '../market/side.ts';

/**
 * Risk rule |q| ≤ q_max: wanted quantities are cut so that a whole fill stays within q_max, and a side without room
 * is not quoted. What rests and no longer fits is moved to the smaller quantity.
 */
export function limitInventory(view: QuoterView, context: QuoterContext | undefined, out: Quote): void {
  if (context === undefined) throw new Error('quote() before reset(): a quoter needs its context');
  const step = context.instrument.stepSize / context.lot;
  const bidRoom = room(BID, view.inventory, context.maxInventory, step);
  const askRoom = room(ASK, view.inventory, context.maxInventory, step);
  if (bidRoom <= 0) withhold(BID, out, Reason.inventory);
  else if (bidRoom < out.bidQuantity) {
    out.bidQuantity = bidRoom;
    out.reason |= Reason.inventory;
  }
  if (askRoom <= 0) withhold(ASK, out, Reason.inventory);
  else if (askRoom < out.askQuantity) {
    out.askQuantity = askRoom;
    out.reason |= Reason.inventory;
  }
  if (out.refreshBid === Refresh.leave && view.bid.active && view.bid.remaining > bidRoom) {
    out.refreshBid = Refresh.replace;
  }
  if (out.refreshAsk === Refresh.leave && view.ask.active && view.ask.remaining > askRoom) {
    out.refreshAsk = Refresh.replace;
  }
}
