import type { BookView } from '../../market/book.ts';
import { ASK, BID, type Side } from '../../market/side.ts';

const LEVELS = 32;
/** Base quantities closer than this share of a step are the same. */
const DUST = 1e-6;

/**
 * Takes `steps` from a book that has both sides, best level first: `side` BID buys from the asks, ASK sells to the
 * bids. `take` gets each price in ticks with the whole steps taken there; what the book does not hold is taken at its
 * worst price. For the end of a session, not for hot paths.
 */
export function walkBook(
  book: BookView,
  side: Side,
  steps: number,
  stepSize: number,
  take: (price: number, steps: number) => void,
): void {
  const opposite: Side = side === BID ? ASK : BID;
  const { prices, quantities, count } = displayedLevels(book, opposite, steps, stepSize);
  let left = steps;
  for (let level = 0; level < count && left > 0; level++) {
    const last = level === count - 1;
    const displayed = stepsIn(quantities[level], stepSize);
    const taken = last ? left : Math.min(displayed, left);
    if (taken > 0) take(prices[level], taken);
    left -= taken;
  }
}

/** The best levels of a side that together hold `steps`, each in whole steps of its own, or all of them. */
export function displayedLevels(book: BookView, side: Side, steps: number, stepSize: number) {
  for (let wanted = LEVELS; ; wanted *= 4) {
    const prices = new Int32Array(wanted);
    const quantities = new Float64Array(wanted);
    const count = book.top(side, wanted, prices, quantities);
    const held = quantities.subarray(0, count).reduce((sum, value) => sum + stepsIn(value, stepSize), 0);
    if (count < wanted || held >= steps) return { prices, quantities, count };
  }
}

/** Whole steps that a quantity in base currency holds. */
export function stepsIn(quantity: number, stepSize: number): number {
  return Math.floor(quantity / stepSize + DUST);
}
