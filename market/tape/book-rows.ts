import type { OrderBook } from '../book.ts';
import { ASK, BID, type Side } from '../side.ts';
import { Flag, Kind } from './rows.ts';

/** A row of a book written out; its times and update id are those of the message it goes into. */
export interface BookRow {
  readonly kind: Kind;
  readonly price: number;
  readonly quantity: number;
  readonly flags: number;
}

/**
 * What a book holds, as tape rows: one message of a `reset` and the levels within the horizon (best first, with a
 * row of quantity 0 at the horizon itself where no level marks it), and, where updates have named prices beyond the
 * horizon, a second message with those. Prices beyond the horizon that updates have emptied are left out (over a day they
 * are many), so they are unknown again to who starts here. Allocates; for snapshots and batch heads.
 */
export function bookRows(book: OrderBook): BookRow[] {
  const allBids = book.lowestKnownBid === Number.NEGATIVE_INFINITY;
  const allAsks = book.highestKnownAsk === Number.POSITIVE_INFINITY;
  const flags = (allBids ? Flag.allBids : 0) | (allAsks ? Flag.allAsks : 0);
  const within: BookRow[] = [{ kind: Kind.reset, price: 0, quantity: 0, flags }];
  const beyond: BookRow[] = [];
  splitSide(book, BID, book.lowestKnownBid, within, beyond);
  splitSide(book, ASK, book.highestKnownAsk, within, beyond);
  return [...ended(within), ...ended(beyond)];
}

function splitSide(book: OrderBook, side: Side, horizon: number, within: BookRow[], beyond: BookRow[]): void {
  const kind = side === BID ? Kind.bid : Kind.ask;
  let worst = Number.NaN;
  book.forEachKnown(side, (price, quantity) => {
    const row: BookRow = { kind, price, quantity, flags: 0 };
    if (side === BID ? price >= horizon : price <= horizon) {
      within.push(row);
      worst = price;
    } else if (quantity > 0) beyond.push(row);
  });
  if (Number.isFinite(horizon) && worst !== horizon)
    within.push({ kind, price: horizon, quantity: 0, flags: 0 });
}

function ended(rows: BookRow[]): BookRow[] {
  const last = rows.pop();
  if (last !== undefined) rows.push({ ...last, flags: last.flags | Flag.messageEnd });
  return rows;
}
