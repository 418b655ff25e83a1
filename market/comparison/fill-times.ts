import type { MarketListener, MarketView } from '../market.ts';
import { ASK, BID, type Side } from '../side.ts';
import { Distribution } from './distribution.ts';

/** Seconds that a reference order waits at most. */
export const LONGEST_WAIT = 60;

interface Order {
  readonly side: Side;
  readonly price: number;
  readonly since: number;
  /** Displayed quantity in front of it. */
  front: number;
}

/**
 * How long reference orders take to fill: of the smallest size, one at the best bid and one at the best ask at each
 * call of `place`, behind all that is displayed, left until it fills or a minute has passed. Trades at its price advance
 * it, cancels only where less is left at the level than was in front of it (the risk-averse queue model); a trade
 * through its price or an opposite best that reaches it fills it at once.
 */
export class FillTimes implements MarketListener {
  readonly times = new Distribution();
  placed = 0;
  filled = 0;
  readonly #market: MarketView;
  #orders: Order[] = [];

  constructor(market: MarketView) {
    this.#market = market;
  }

  place(time: number): void {
    const { book } = this.#market;
    for (const side of [BID, ASK] as const) {
      const price = side === BID ? book.bestBid : book.bestAsk;
      this.#orders.push({ side, price, since: time, front: book.quantityAt(side, price) });
      this.placed++;
    }
    this.#orders = this.#orders.filter((order) => {
      if (time - order.since < LONGEST_WAIT * 1e6) return true;
      // Not filled in time: somewhere beyond.
      this.times.add(Number.POSITIVE_INFINITY);
      return false;
    });
  }

  beforeMessage(): void {}

  onTrade(price: number, quantity: number, aggressor: Side): void {
    const side = 1 - aggressor;
    let any = false;
    for (const order of this.#orders) {
      if (order.side !== side) continue;
      if (price === order.price) order.front -= quantity;
      else if (side === BID ? price < order.price : price > order.price) order.front = -1;
      any ||= order.front < 0;
    }
    if (any) this.#fill();
  }

  onLevel(side: Side, price: number, _before: number, after: number): void {
    for (const order of this.#orders) {
      if (order.side === side && order.price === price) order.front = Math.min(order.front, after);
    }
  }

  /** What is unknown from here on tells nothing of the orders there are. */
  onGap(): void {
    this.placed -= this.#orders.length;
    this.#orders = [];
  }

  onReset(): void {
    this.onGap();
  }

  afterMessage(): void {
    const { book } = this.#market;
    if (!book.ready) return;
    const { bestBid, bestAsk } = book;
    let any = false;
    for (const order of this.#orders) {
      if (order.side === BID ? bestAsk > order.price : bestBid < order.price) continue;
      order.front = -1;
      any = true;
    }
    if (any) this.#fill();
  }

  #fill(): void {
    const { time } = this.#market;
    this.#orders = this.#orders.filter(({ front, since }) => {
      if (front >= 0) return true;
      this.times.add((time - since) / 1e6);
      this.filled++;
      return false;
    });
  }
}
