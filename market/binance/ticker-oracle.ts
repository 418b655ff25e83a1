import type { OrderBook } from '../book.ts';
import type { Message } from './message.ts';

const WAITING = 8192;

/**
 * Checks the local book against `bookTicker`: at the same update id best prices and sizes must be the same. Tickers run
 * ahead of the summed-up depth stream, so they wait (the most recent 8192) until the book reaches their id.
 */
export class TickerOracle {
  /** Tickers compared, and those that did not agree. */
  checked = 0;
  mismatches = 0;
  readonly #tickSize: number;
  readonly #ids = new Float64Array(WAITING);
  /** bid price, bid quantity, ask price, ask quantity per waiting ticker. */
  readonly #values = new Float64Array(4 * WAITING);
  #first = 0;
  #next = 0;

  constructor(tickSize: number) {
    this.#tickSize = tickSize;
  }

  /** A ticker came; the book stands at `lastId` (−1: unknown). */
  onTicker(ticker: Message, lastId: number, book: OrderBook): void {
    const { lastId: id, bidPrice, bidQuantity, askPrice, askQuantity } = ticker;
    if (id === lastId) this.#compare(book, bidPrice, bidQuantity, askPrice, askQuantity);
    if (id <= lastId) return;
    if (this.#next - this.#first === WAITING) this.#first++;
    const slot = this.#next++ % WAITING;
    this.#ids[slot] = id;
    this.#values[4 * slot] = bidPrice;
    this.#values[4 * slot + 1] = bidQuantity;
    this.#values[4 * slot + 2] = askPrice;
    this.#values[4 * slot + 3] = askQuantity;
  }

  /** The book has come to `lastId`. */
  onBook(lastId: number, book: OrderBook): void {
    while (this.#first < this.#next) {
      const slot = this.#first % WAITING;
      if (this.#ids[slot] > lastId) return;
      if (this.#ids[slot] === lastId) {
        const values = this.#values;
        this.#compare(
          book,
          values[4 * slot],
          values[4 * slot + 1],
          values[4 * slot + 2],
          values[4 * slot + 3],
        );
      }
      this.#first++;
    }
  }

  #compare(
    book: OrderBook,
    bidPrice: number,
    bidQuantity: number,
    askPrice: number,
    askQuantity: number,
  ): void {
    this.checked++;
    const equal =
      book.ready &&
      book.bestBid === Math.round(bidPrice / this.#tickSize) &&
      book.bestAsk === Math.round(askPrice / this.#tickSize) &&
      book.bestBidQuantity === bidQuantity &&
      book.bestAskQuantity === askQuantity;
    if (!equal) this.mismatches++;
  }
}
