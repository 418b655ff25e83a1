import type { OrderBook } from '../book.ts';
import type { Message } from './message.ts';
import { TickerQueue } from './ticker-queue.ts';

/**
 * Checks the local book against `bookTicker`: at the same update id best prices and sizes must be the same. Tickers run
 * ahead of the summed-up depth stream, so they wait (the most recent 8192) until the book reaches their id.
 */
export class TickerOracle {
  /** Tickers compared, and those that did not agree. */
  checked = 0;
  mismatches = 0;
  readonly #tickSize: number;
  readonly #queue: TickerQueue;

  constructor(tickSize: number, queue = new TickerQueue()) {
    this.#tickSize = tickSize;
    this.#queue = queue;
  }

  /** A ticker came; the book stands at `lastId` (−1: unknown). */
  onTicker(ticker: Message, lastId: number, book: OrderBook): void {
    const { lastId: id, bidPrice, bidQuantity, askPrice, askQuantity } = ticker;
    if (id === lastId) this.#compare(book, bidPrice, bidQuantity, askPrice, askQuantity);
    // The ticker as it is: numbers handed over may be boxed.
    if (id > lastId) this.#queue.push(ticker);
  }

  /** The book has come to `lastId`. */
  onBook(lastId: number, book: OrderBook): void {
    const queue = this.#queue;
    queue.bookId = lastId;
    while (!queue.empty && queue.id <= lastId) {
      if (queue.id === lastId)
        this.#compare(book, queue.value(0), queue.value(1), queue.value(2), queue.value(3));
      queue.drop();
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
