import type { QuoterView } from '../../env/quoter.ts';
import type { MarketView } from '../../market/market.ts';
import { ASK, BID, type Side } from '../../market/side.ts';

/** Levels shown a side. */
export const LADDER_DEPTH = 10;

/** A price of the book, or one where only we are. */
export interface LadderLevel {
  /** Ticks. */
  readonly price: number;
  /** Displayed quantity, base currency. */
  readonly quantity: number;
  /** Unfilled lots of our own simulated order there. */
  readonly own: number;
  /** Estimated base quantity ahead of it; null where there is none of ours, or it is on its way. */
  readonly ahead: number | null;
}

const prices = new Int32Array(LADDER_DEPTH);
const quantities = new Float64Array(LADDER_DEPTH);

/**
 * The best levels of a side, best first, with our own order among them: at its level, on a line of its own where the
 * book shows nothing at its price, and in place of the last level where it lies beyond. Empty while the book is unknown.
 */
export function ladder(side: Side, market: MarketView, view: QuoterView): LadderLevel[] {
  if (!market.synchronised) return [];
  const own = side === BID ? view.bid : view.ask;
  const ahead = own.active && Number.isFinite(own.queueAhead) ? own.queueAhead : null;
  const count = market.book.top(side, LADDER_DEPTH, prices, quantities);
  const levels: LadderLevel[] = [];
  for (let i = 0; i < count; i++) {
    const ours = own.active && own.price === prices[i];
    levels.push({
      price: prices[i],
      quantity: quantities[i],
      own: ours ? own.remaining : 0,
      ahead: ours ? ahead : null,
    });
  }
  if (!own.active || levels.some(({ price }) => price === own.price)) return levels;
  const shown = market.book.quantityAt(side, own.price);
  const line = {
    price: own.price,
    quantity: Number.isNaN(shown) ? 0 : shown,
    own: own.remaining,
    ahead,
  };
  const better = levels.filter(({ price }) => (side === ASK ? price < own.price : price > own.price));
  const worse = levels.slice(better.length);
  if (better.length >= LADDER_DEPTH) return [...better.slice(0, LADDER_DEPTH - 1), line];
  return [...better, line, ...worse].slice(0, LADDER_DEPTH);
}
