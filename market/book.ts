import type { Side } from './side.ts';

/** What anyone may ask of a limit order book. Prices are integer ticks, quantities base currency. */
export interface BookView {
  /** Whether both sides have a level, so that mid and spread mean something. */
  readonly ready: boolean;
  /** Best bid and ask in ticks; meaningless unless `ready`. */
  readonly bestBid: number;
  readonly bestAsk: number;
  /** Quantity displayed at the best levels. */
  readonly bestBidQuantity: number;
  readonly bestAskQuantity: number;
  /** Mean of best bid and best ask, in ticks (a multiple of one half). */
  readonly mid: number;
  /** Quantity displayed at a price, 0 where there is none; NaN where the price lies beyond the snapshot's horizon
   * and no update has named it. */
  quantityAt(side: Side, price: number): number;
  /** Writes the best `count` levels of a side, best first, into the caller's arrays; returns how many there were. */
  top(side: Side, count: number, prices: Int32Array, quantities: Float64Array): number;
  /** Best bid at or above best ask. */
  readonly crossed: boolean;
}
