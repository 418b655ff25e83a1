import { crc32 } from 'node:zlib';
import type { Message } from '../../market/binance/message.ts';
import type { OrderBook } from '../../market/book.ts';
import { ASK, BID, type Side } from '../../market/side.ts';
import type { TickGrid } from '../../market/tick-grid.ts';

/** Levels a side that are compared, and those kept so that the best may move while the audit waits. */
const COMPARED = 20;
const KEPT = 400;

type Levels = Map<number, number>;

/**
 * Compares the book as it was kept with the one that a fresh snapshot gives. Binance sends no checksum, so CRC-32 over
 * the best levels of both takes its place. A snapshot is mostly a little ahead of the stream: a copy of the old book is
 * carried on by the same updates until both stand at the same id.
 */
export class SnapshotAudit {
  readonly #bids: Levels = new Map();
  readonly #asks: Levels = new Map();
  readonly #lowestBid: number;
  readonly #highestAsk: number;
  #lastId: number;
  #broken = false;

  /** Takes a copy of the book as it stands at `lastId`, before the snapshot is applied. */
  constructor(book: OrderBook, lastId: number) {
    this.#lastId = lastId;
    this.#lowestBid = copy(book, BID, this.#bids);
    this.#highestAsk = copy(book, ASK, this.#asks);
  }

  /** Whether updates were lost, so that nothing can be said. */
  get broken(): boolean {
    return this.#broken;
  }

  /** A depth update of the stream, before or after the book took it. */
  onDepth(message: Message, grid: TickGrid): void {
    const { firstId, lastId, previousId, bids, asks } = message;
    if (lastId <= this.#lastId) return;
    const connects = previousId >= 0 ? previousId === this.#lastId : firstId <= this.#lastId + 1;
    if (!connects && firstId > this.#lastId + 1) {
      this.#broken = true;
      return;
    }
    this.#lastId = lastId;
    for (let i = 0; i < bids.count; i++) {
      const price = grid.toTicks(bids.prices[i]);
      if (price >= this.#lowestBid) set(this.#bids, price, bids.quantities[i]);
    }
    for (let i = 0; i < asks.count; i++) {
      const price = grid.toTicks(asks.prices[i]);
      if (price <= this.#highestAsk) set(this.#asks, price, asks.quantities[i]);
    }
  }

  /** Whether the books agree, or undefined while they do not stand at the same id. */
  verdict(book: OrderBook, lastId: number): boolean | undefined {
    if (lastId !== this.#lastId) return undefined;
    return this.#checksum() === checksumOfBook(book);
  }

  #checksum(): number {
    const bids = [...this.#bids.keys()].sort((a, b) => b - a).slice(0, COMPARED);
    const asks = [...this.#asks.keys()].sort((a, b) => a - b).slice(0, COMPARED);
    const text = (levels: Levels, prices: readonly number[]): string =>
      prices.map((price) => `${price}:${levels.get(price)}`).join(',');
    return crc32(`${text(this.#bids, bids)}|${text(this.#asks, asks)}`);
  }
}

/** CRC-32 over the best levels of a book, prices in ticks: `price:quantity,…|price:quantity,…`, best first. */
export function checksumOfBook(book: OrderBook): number {
  return crc32(`${side(book, BID)}|${side(book, ASK)}`);
}

function side(book: OrderBook, which: Side): string {
  const prices = new Int32Array(COMPARED);
  const quantities = new Float64Array(COMPARED);
  const count = book.top(which, COMPARED, prices, quantities);
  return Array.from({ length: count }, (_, i) => `${prices[i]}:${quantities[i]}`).join(',');
}

/** Copies the best levels of a side; returns the worst price that the copy speaks for. */
function copy(book: OrderBook, which: Side, into: Levels): number {
  const prices = new Int32Array(KEPT);
  const quantities = new Float64Array(KEPT);
  const count = book.top(which, KEPT, prices, quantities);
  for (let i = 0; i < count; i++) into.set(prices[i], quantities[i]);
  if (count === KEPT) return prices[KEPT - 1];
  return which === BID ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
}

function set(levels: Levels, price: number, quantity: number): void {
  if (quantity === 0) levels.delete(price);
  else levels.set(price, quantity);
}
