// Runs at every market event that reaches an own order: loops over a handful of orders, allocates nothing.
import { ASK, BID, type Side } from '../../market/side.ts';
import type { Order } from './order.ts';

/** One owner's orders in the book, a side each: best price first, then oldest first. */
export class OwnOrders {
  readonly #sides: readonly [Order[], Order[]] = [[], []];

  side(side: Side): readonly Order[] {
    return this.#sides[side];
  }

  /** The own order that one on `side` at `price`, ticks, would meet first; undefined where it meets none. */
  metBy(side: Side, price: number): Order | undefined {
    const [best] = this.#sides[side === BID ? ASK : BID];
    if (best === undefined) return undefined;
    return (side === BID ? price >= best.price : price <= best.price) ? best : undefined;
  }

  /** Whether an order of a side took from an opposite best that may still stand. */
  anyMet(side: Side): boolean {
    return this.#sides[side].some(({ met }) => Number.isFinite(met));
  }

  /** The best prices have moved, ticks: what an order took from and is not there any more is new when it comes back. */
  follow(bestBid: number, bestAsk: number): void {
    const [bids, asks] = this.#sides;
    for (const order of bids) order.met = Math.max(order.met, bestAsk);
    for (const order of asks) order.met = Math.min(order.met, bestBid);
  }

  /** Adds an order behind all of its price. */
  add(order: Order): void {
    const orders = this.#sides[order.side];
    let index = orders.length;
    orders.push(order);
    for (; index > 0 && isBetter(order, orders[index - 1]); index--) orders[index] = orders[index - 1];
    orders[index] = order;
  }

  remove(order: Order): void {
    const orders = this.#sides[order.side];
    const index = orders.indexOf(order);
    if (index < 0) return;
    for (let i = index + 1; i < orders.length; i++) orders[i - 1] = orders[i];
    orders.pop();
  }

  /** Drops the orders of a side that have nothing left to fill. */
  sweep(side: Side): void {
    const orders = this.#sides[side];
    let kept = 0;
    for (let i = 0; i < orders.length; i++) if (orders[i].remaining > 0) orders[kept++] = orders[i];
    while (orders.length > kept) orders.pop();
  }

  /** Takes all orders out, bids first. */
  takeAll(): readonly Order[] {
    const all = [...this.#sides[BID], ...this.#sides[ASK]];
    this.#sides[BID].length = 0;
    this.#sides[ASK].length = 0;
    return all;
  }
}

function isBetter(order: Order, other: Order): boolean {
  return order.side === BID ? order.price > other.price : order.price < other.price;
}
