import type { OrderBook } from '../book.ts';
import type { LevelList } from '../level-list.ts';
import { ASK, BID, type Side } from '../side.ts';
import { Flag, Kind } from './rows.ts';

/** Rows of a book written out, as columns; their times and update ids are those of the messages they go into. */
export class BookRows {
  length = 0;
  readonly kind: Uint8Array;
  readonly price: Int32Array;
  readonly quantity: Float64Array;
  readonly flags: Uint8Array;

  /** `flags` are those that each row has besides its own. */
  constructor(capacity: number, flags = 0) {
    this.kind = new Uint8Array(capacity);
    this.price = new Int32Array(capacity);
    this.quantity = new Float64Array(capacity);
    this.flags = new Uint8Array(capacity).fill(flags);
  }

  push(kind: Kind, price: number, quantity: number, flags: number): void {
    const row = this.length++;
    this.kind[row] = kind;
    this.price[row] = price;
    this.quantity[row] = quantity;
    this.flags[row] |= flags;
  }

  /** Levels `from` up to and excluding `to`. */
  pushLevels(kind: Kind, { prices, quantities }: LevelList, from: number, to: number): void {
    const row = this.length;
    this.length += to - from;
    this.kind.fill(kind, row, this.length);
    this.price.set(prices.subarray(from, to), row);
    this.quantity.set(quantities.subarray(from, to), row);
  }

  endMessage(): void {
    this.flags[this.length - 1] |= Flag.messageEnd;
  }
}

/**
 * What a book holds, as tape rows: one message of a `reset` and the levels within the horizon (best first, with a
 * row of quantity 0 at the horizon itself where no level marks it), and, where updates have named prices beyond the
 * horizon, a second message with those. Prices beyond the horizon that updates have emptied are left out (over a day they
 * are many), so they are unknown again to who starts here. All rows have `flags`. Allocates; for snapshots and batch heads.
 */
export function bookRows(book: OrderBook, flags = 0): BookRows {
  const bids = book.list(BID);
  const asks = book.list(ASK);
  const { lowestKnownBid, highestKnownAsk } = book;
  const allBids = lowestKnownBid === Number.NEGATIVE_INFINITY;
  const allAsks = highestKnownAsk === Number.POSITIVE_INFINITY;
  const rows = new BookRows(bids.count + asks.count + 3, flags);
  rows.push(Kind.reset, 0, 0, (allBids ? Flag.allBids : 0) | (allAsks ? Flag.allAsks : 0));
  const bidsWithin = pushWithin(rows, BID, bids, lowestKnownBid);
  const asksWithin = pushWithin(rows, ASK, asks, highestKnownAsk);
  rows.endMessage();
  const within = rows.length;
  rows.pushLevels(Kind.bid, bids, bidsWithin, bids.count);
  rows.pushLevels(Kind.ask, asks, asksWithin, asks.count);
  if (rows.length > within) rows.endMessage();
  return rows;
}

/** Levels up to the horizon, and a row for it; returns how many levels. */
function pushWithin(rows: BookRows, side: Side, levels: LevelList, horizon: number): number {
  const kind = side === BID ? Kind.bid : Kind.ask;
  const { prices } = levels;
  const within = countWithin(side, levels, horizon);
  rows.pushLevels(kind, levels, 0, within);
  if (Number.isFinite(horizon) && (within === 0 || prices[within - 1] !== horizon))
    rows.push(kind, horizon, 0, 0);
  return within;
}

/** How many levels, which are best first, are up to the horizon. */
function countWithin(side: Side, { count, prices }: LevelList, horizon: number): number {
  let [low, high] = [0, count];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (side === BID ? prices[middle] >= horizon : prices[middle] <= horizon) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Rows that say that the book is not known: what a tape that does not begin with a snapshot begins with. */
export function unknownBook(flags = 0): BookRows {
  const rows = new BookRows(2, flags);
  rows.push(Kind.reset, 0, 0, Flag.messageEnd);
  rows.push(Kind.gap, 0, 0, Flag.messageEnd);
  return rows;
}
