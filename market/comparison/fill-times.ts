import type { MarketListener, MarketView } from '../market.ts';
import { ASK, BID, type Side } from '../side.ts';
import { Distribution } from './distribution.ts';

/** Seconds that a reference order waits at most. */
export const LONGEST_WAIT = 60;

interface Order {
  readonly side: Side;
  readonly price: number;
  readonly since: number;
  /** Displayed quantity in front of it, below 0 once it is filled. */
  front: number;
  /** Seconds until it was filled, infinite as long as it is not. */
  waited: number;
}

/**
 * How long reference orders take to fill: of the smallest size, one at the best bid and one at the best ask at each
 * call of `place`, behind all that is displayed, left until it fills or a minute has passed. Trades at its price advance
 * it, cancels only where less is left at the level than was in front of it (the risk-averse queue model); a trade
 * through its price or an opposite best that reaches it fills it at once. Only orders that had their whole minute count:
 * where the tape ends or has a gap before, those that fill soon would be all that is known of the others.
 */
export class FillTimes implements MarketListener {
  readonly times = new Distribution();
  /** Of those in `times`, filled within the minute. */
  filled = 0;
  readonly #market: MarketView;
  /** Of the last minute, the oldest first. */
  #orders: Order[] = [];

  constructor(market: MarketView) {
    this.#market = market;
  }

  place(time: number): void {
    this.#count(time);
    const { book } = this.#market;
    for (const side of [BID, ASK] as const) {
      const price = side === BID ? book.bestBid : book.bestAsk;
      const front = book.quantityAt(side, price);
      this.#orders.push({ side, price, since: time, front, waited: Number.POSITIVE_INFINITY });
    }
  }

  /** Takes note of the orders whose minute is over. */
  #count(time: number): void {
    const over = this.#orders.findIndex(({ since }) => time - since < LONGEST_WAIT * 1e6);
    for (const { waited } of this.#orders.splice(0, over < 0 ? this.#orders.length : over)) {
      const inTime = waited <= LONGEST_WAIT;
      this.times.add(inTime ? waited : Number.POSITIVE_INFINITY);
      if (inTime) this.filled++;
    }
  }

  beforeMessage(): void {}

  onTrade(price: number, quantity: number, aggressor: Side): void {
    const side = 1 - aggressor;
    for (const order of this.#orders) {
      if (order.side !== side || order.front < 0) continue;
      if (price === order.price) order.front -= quantity;
      else if (side === BID ? price < order.price : price > order.price) order.front = -1;
      if (order.front < 0) this.#fill(order);
    }
  }

  onLevel(side: Side, price: number, _before: number, after: number): void {
    for (const order of this.#orders) {
      if (order.side === side && order.price === price) order.front = Math.min(order.front, after);
    }
  }

  /** What is unknown from here on tells nothing of the orders there are. */
  onGap(): void {
    // Until then somebody listened.
    this.#count(this.#market.bookTime);
    this.#orders = [];
  }

  onReset(): void {
    this.onGap();
  }

  afterMessage(): void {
    const { book } = this.#market;
    if (!book.ready) return;
    const { bestBid, bestAsk } = book;
    for (const order of this.#orders) {
      if (order.front >= 0 && (order.side === BID ? bestAsk <= order.price : bestBid >= order.price))
        this.#fill(order);
    }
  }

  #fill(order: Order): void {
    order.front = -1;
    order.waited = (this.#market.time - order.since) / 1e6;
  }
}
