import type { KnownLevels, OrderBook } from '../book.ts';
import { ASK, BID, type Side } from '../side.ts';
import { Flag, Kind } from './rows.ts';

/** Rows of a book written out, as columns; their times and update ids are those of the messages they go into. */
export class BookRows {
  length = 0;
  readonly kind: Uint8Array;
  readonly price: Int32Array;
  readonly quantity: Float64Array;
  readonly flags: Uint8Array;

  constructor(capacity: number) {
    this.kind = new Uint8Array(capacity);
    this.price = new Int32Array(capacity);
    this.quantity = new Float64Array(capacity);
    this.flags = new Uint8Array(capacity);
  }

  push(kind: Kind, price: number, quantity: number, flags: number): void {
    const row = this.length++;
    this.kind[row] = kind;
    this.price[row] = price;
    this.quantity[row] = quantity;
    this.flags[row] = flags;
  }

  endMessage(): void {
    this.flags[this.length - 1] |= Flag.messageEnd;
  }
}

/**
 * What a book holds, as tape rows: one message of a `reset` and the levels within the horizon (best first, with a
 * row of quantity 0 at the horizon itself where no level marks it), and, where updates have named prices beyond the
 * horizon, a second message with those. Prices beyond the horizon that updates have emptied are left out (over a day they
 * are many), so they are unknown again to who starts here. Allocates; for snapshots and batch heads.
 */
export function bookRows(book: OrderBook): BookRows {
  const bids = book.known(BID);
  const asks = book.known(ASK);
  const { lowestKnownBid, highestKnownAsk } = book;
  const allBids = lowestKnownBid === Number.NEGATIVE_INFINITY;
  const allAsks = highestKnownAsk === Number.POSITIVE_INFINITY;
  const rows = new BookRows(bids.prices.length + asks.prices.length + 3);
  rows.push(Kind.reset, 0, 0, (allBids ? Flag.allBids : 0) | (allAsks ? Flag.allAsks : 0));
  const bidsWithin = pushWithin(rows, BID, bids, lowestKnownBid);
  const asksWithin = pushWithin(rows, ASK, asks, highestKnownAsk);
  rows.endMessage();
  const within = rows.length;
  pushBeyond(rows, Kind.bid, bids, bidsWithin);
  pushBeyond(rows, Kind.ask, asks, asksWithin);
  if (rows.length > within) rows.endMessage();
  return rows;
}

/** Levels up to the horizon, and a row for it; returns how many levels. */
function pushWithin(
  rows: BookRows,
  side: Side,
  { prices, quantities }: KnownLevels,
  horizon: number,
): number {
  const kind = side === BID ? Kind.bid : Kind.ask;
  let i = 0;
  for (; i < prices.length; i++) {
    if (side === BID ? prices[i] < horizon : prices[i] > horizon) break;
    rows.push(kind, prices[i], quantities[i], 0);
  }
  if (Number.isFinite(horizon) && (i === 0 || prices[i - 1] !== horizon)) rows.push(kind, horizon, 0, 0);
  return i;
}

function pushBeyond(rows: BookRows, kind: Kind, { prices, quantities }: KnownLevels, from: number): void {
  for (let i = from; i < prices.length; i++)
    if (quantities[i] > 0) rows.push(kind, prices[i], quantities[i], 0);
}

/** Rows that say that the book is not known: what a tape that does not begin with a snapshot begins with. */
export function unknownBook(): BookRows {
  const rows = new BookRows(2);
  rows.push(Kind.reset, 0, 0, Flag.messageEnd);
  rows.push(Kind.gap, 0, 0, Flag.messageEnd);
  return rows;
}
