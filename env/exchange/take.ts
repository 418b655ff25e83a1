import type { BookView } from '../../market/book.ts';
import { ASK, BID, type Side } from '../../market/side.ts';
import type { SelfTradeMode } from './models.ts';
import type { Order } from './order.ts';
import type { OwnOrders } from './own-orders.ts';
import { displayedLevels, stepsIn } from './walk-book.ts';

export interface TakeOptions {
  readonly order: Order;
  readonly book: BookView;
  readonly own: OwnOrders;
  readonly stepSize: number;
  readonly mode: SelfTradeMode;
  /** `steps` are taken at `price`, ticks. */
  readonly take: (price: number, steps: number) => void;
  /** An own order that rests expires, for it would have traded with this one. */
  readonly expire: (maker: Order) => void;
}

/**
 * Lets an order that arrives take what is displayed up to its price, level by level, in whole steps. Where it comes to
 * an own order (behind the quantity that is ahead of that one), the mode decides who expires. Returns whether the
 * order itself must expire for it.
 */
export function takeFromBook({ order, book, own, stepSize, mode, take, expire }: TakeOptions): boolean {
  const opposite: Side = order.side === BID ? ASK : BID;
  const reaches = (price: number) => (order.side === BID ? price <= order.price : price >= order.price);
  const isBefore = (price: number, other: number) => (order.side === BID ? price < other : price > other);
  /** Takes up to `quantity` at `price`; returns what it left there. */
  const takeAt = (price: number, quantity: number): number => {
    const steps = Math.min(stepsIn(quantity, stepSize), order.remaining);
    if (steps <= 0) return quantity;
    take(price, steps);
    return quantity - steps * stepSize;
  };
  /** Comes to the first own order; returns whether the order that takes must expire. */
  const meet = (maker: Order): boolean => {
    if (mode !== 'expire-taker') expire(maker);
    return mode !== 'expire-maker';
  };
  const { prices, quantities, count } = displayedLevels(book, opposite, order.remaining, stepSize);
  for (let level = 0; level < count && reaches(prices[level]); level++) {
    const price = prices[level];
    let left = quantities[level];
    let passed = 0;
    for (;;) {
      if (order.remaining === 0) return false;
      const maker = own.metBy(order.side, order.price);
      if (maker === undefined || isBefore(price, maker.price)) break;
      if (maker.price === price) {
        const ahead = Math.min(Math.max(maker.front - passed, 0), left);
        const taken = ahead - takeAt(price, ahead);
        passed += taken;
        left -= taken;
        if (order.remaining === 0) return false;
      }
      if (meet(maker)) return true;
    }
    takeAt(price, left);
  }
  for (;;) {
    const maker = order.remaining === 0 ? undefined : own.metBy(order.side, order.price);
    if (maker === undefined) return false;
    if (meet(maker)) return true;
  }
}

/** Whether the displayed book holds an order's whole quantity up to its price. */
export function canTakeWhole(order: Order, book: BookView, stepSize: number): boolean {
  const opposite: Side = order.side === BID ? ASK : BID;
  const { prices, quantities, count } = displayedLevels(book, opposite, order.remaining, stepSize);
  let steps = 0;
  for (let level = 0; level < count && steps < order.remaining; level++) {
    if (order.side === BID ? prices[level] > order.price : prices[level] < order.price) break;
    steps += stepsIn(quantities[level], stepSize);
  }
  return steps >= order.remaining;
}
