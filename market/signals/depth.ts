import type { BookView } from '../book.ts';
import type { Side } from '../side.ts';
import { BID } from '../side.ts';

export const DEPTH_LEVELS = 5;

/** The best five levels of a side: quantity in base currency, distance from mid in ticks, 0 where missing. */
export class SideDepth {
  readonly quantities = new Float64Array(DEPTH_LEVELS);
  readonly distances = new Float64Array(DEPTH_LEVELS);
  readonly #prices = new Int32Array(DEPTH_LEVELS);
  readonly #side: Side;
  #levels = 0;

  constructor(side: Side) {
    this.#side = side;
  }

  reset(): void {
    this.quantities.fill(0);
    this.distances.fill(0);
    this.#levels = 0;
  }

  read(book: BookView): void {
    const levels = book.top(this.#side, DEPTH_LEVELS, this.#prices, this.quantities);
    const mid = book.mid;
    const sign = this.#side === BID ? 1 : -1;
    for (let i = 0; i < levels; i++) this.distances[i] = sign * (mid - this.#prices[i]);
    for (let i = levels; i < DEPTH_LEVELS; i++) {
      this.distances[i] = 0;
      this.quantities[i] = 0;
    }
    this.#levels = levels;
  }

  /** Price of the fifth level; infinitely far where there are fewer. */
  get deepest(): number {
    if (this.#levels === DEPTH_LEVELS) return this.#prices[DEPTH_LEVELS - 1];
    return this.#side === BID ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  }

  /** Quantity of the five levels together. */
  get total(): number {
    let total = 0;
    for (let i = 0; i < this.#levels; i++) total += this.quantities[i];
    return total;
  }

  /** Least-squares slope of cumulative depth on distance from mid, base currency per tick; 0 with under two levels. */
  get slope(): number {
    const levels = this.#levels;
    if (levels < 2) return 0;
    let meanDistance = 0;
    let meanDepth = 0;
    let depth = 0;
    for (let i = 0; i < levels; i++) {
      depth += this.quantities[i];
      meanDistance += this.distances[i] / levels;
      meanDepth += depth / levels;
    }
    let covariance = 0;
    let variance = 0;
    depth = 0;
    for (let i = 0; i < levels; i++) {
      depth += this.quantities[i];
      const distance = this.distances[i] - meanDistance;
      covariance += distance * (depth - meanDepth);
      variance += distance * distance;
    }
    return variance > 0 ? covariance / variance : 0;
  }
}

/** (bid − ask)/(bid + ask) of the five levels, in [−1, 1]. */
export function depthImbalance(bid: SideDepth, ask: SideDepth): number {
  const b = bid.total;
  const a = ask.total;
  return b + a > 0 ? (b - a) / (b + a) : 0;
}

/**
 * Book-event order flow e_n of Cont, Kukanov and Stoikov (arXiv 1011.6402, eq. 4): what the change of the best levels
 * from one state of the book to the next says of supply and demand, in base currency.
 */
export class BookFlow {
  #bid = 0;
  #bidQuantity = 0;
  #ask = 0;
  #askQuantity = 0;
  #known = false;

  /** The next state follows no known one: it has no e_n. */
  forget(): void {
    this.#known = false;
  }

  /** e_n of the step to this state; 0 where the state before is unknown. */
  step(book: BookView): number {
    const bid = book.bestBid;
    const bidQuantity = book.bestBidQuantity;
    const ask = book.bestAsk;
    const askQuantity = book.bestAskQuantity;
    let flow = 0;
    if (this.#known) {
      if (bid >= this.#bid) flow += bidQuantity;
      if (bid <= this.#bid) flow -= this.#bidQuantity;
      if (ask <= this.#ask) flow -= askQuantity;
      if (ask >= this.#ask) flow += this.#askQuantity;
    }
    this.#bid = bid;
    this.#bidQuantity = bidQuantity;
    this.#ask = ask;
    this.#askQuantity = askQuantity;
    this.#known = true;
    return flow;
  }
}
