// Runs at trades at the price of an own order: loops over a handful of orders, allocates at fills only.
import type { Order } from './order.ts';

/** Base quantities closer than this share of a step are the same. */
const DUST = 1e-6;

/**
 * Allotment of a trade by size, as CME Globex splits it (Matching Algorithm Steps: Split, Pro Rata, FIFO): of a trade of
 * Q, a share s is for everybody at the price in proportion to his size, each rounded down to whole steps; the rest, and
 * what rounding left, goes by time.
 */
export class ProRata {
  readonly #share: number;
  readonly #stepSize: number;

  constructor(share: number, stepSize: number) {
    this.#share = share;
    this.#stepSize = stepSize;
  }

  /**
   * Fills the own orders at `price`, from index `from` of `orders` on, with their part of a trade of `quantity`, where
   * `displayed` was last shown. Returns what is left of the trade for the queue.
   */
  allot(
    orders: readonly Order[],
    from: number,
    price: number,
    displayed: number,
    quantity: number,
    fill: (order: Order, steps: number) => void,
  ): number {
    const stepSize = this.#stepSize;
    // What others have there: displayed, less what trades took since. They all count the same trades since the level was
    // last updated, or joined later: the first has counted most.
    const others = Math.max(displayed - orders[from].traded, 0);
    if (!Number.isFinite(others)) return quantity;
    let all = others;
    for (let i = from; i < orders.length && orders[i].price === price; i++)
      all += orders[i].remaining * stepSize;
    // A trade never gives anybody more than he has.
    const part = Math.min((this.#share * quantity) / all, 1);
    let left = quantity;
    for (let i = from; i < orders.length && orders[i].price === price; i++) {
      const order = orders[i];
      const steps = Math.min(Math.floor(part * order.remaining + DUST), order.remaining);
      order.front = Math.max(order.front * (1 - part), 0);
      if (steps > 0) {
        fill(order, steps);
        left -= steps * stepSize;
      }
    }
    return Math.max(left - part * others, 0);
  }
}
