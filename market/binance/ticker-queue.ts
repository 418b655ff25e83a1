import type { Message } from './message.ts';

/** Tickers that may wait; a power of two. */
export const WAITING = 8192;
/** Values of a ticker: bid price, bid quantity, ask price, ask quantity. */
export const TICKER_VALUES = 4;

/**
 * The most recent tickers whose update id the book has not come to, oldest first, as a ring. The scanner of messages, which
 * fills it too, has the arrays in its memory.
 */
export class TickerQueue {
  readonly #bookId: Float64Array;
  /** Place of the oldest, and how many there are. */
  readonly #ends: Int32Array;
  readonly #ids: Float64Array;
  readonly #values: Float64Array;

  constructor(
    bookId = new Float64Array(1),
    ends = new Int32Array(2),
    ids = new Float64Array(WAITING),
    values = new Float64Array(TICKER_VALUES * WAITING),
  ) {
    this.#bookId = bookId;
    this.#ends = ends;
    this.#ids = ids;
    this.#values = values;
    this.clear();
  }

  clear(): void {
    this.#bookId[0] = Number.POSITIVE_INFINITY;
    this.#ends.fill(0);
  }

  /** The book's update id, or a later one: tickers up to it are not for the queue. Infinite until it is set. */
  set bookId(id: number) {
    this.#bookId[0] = id;
  }

  get empty(): boolean {
    return this.#ends[1] === 0;
  }

  /** Id of the oldest, of those that there are. */
  get id(): number {
    return this.#ids[this.#ends[0]];
  }

  /** A value of the oldest. */
  value(index: number): number {
    return this.#values[TICKER_VALUES * this.#ends[0] + index];
  }

  /** Adds a ticker; the oldest makes room where there is none. */
  push({ lastId, bidPrice, bidQuantity, askPrice, askQuantity }: Message): void {
    if (this.#ends[1] === WAITING) this.drop();
    const slot = (this.#ends[0] + this.#ends[1]++) & (WAITING - 1);
    this.#ids[slot] = lastId;
    const at = TICKER_VALUES * slot;
    this.#values[at] = bidPrice;
    this.#values[at + 1] = bidQuantity;
    this.#values[at + 2] = askPrice;
    this.#values[at + 3] = askQuantity;
  }

  /** Drops the oldest. */
  drop(): void {
    this.#ends[0] = (this.#ends[0] + 1) & (WAITING - 1);
    this.#ends[1]--;
  }
}
