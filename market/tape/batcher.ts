import { OrderBook } from '../book.ts';
import type { LevelMemory } from '../kernel/level-memory.ts';
import type { Side } from '../side.ts';
import type { TickLevels } from '../tick-levels.ts';
import { UNWATCHED } from '../watched-side.ts';
import { type BookRows, bookRows, unknownBook } from './book-rows.ts';
import { TapeColumns } from './columns.ts';
import { pushEach, type RowRun } from './row-run.ts';
import { Flag, Kind, timeAt } from './rows.ts';

/** A batch has room for this many times its carried book, which bounds what carrying it costs. */
const ROWS_PER_CARRIED = 8;

/**
 * Cuts a stream of tape rows into batches that can each be read without the ones before: a batch that does not begin
 * with a snapshot of its own begins with the book as it was, as `carried` rows. Batches end where messages end.
 */
export class RowBatcher {
  readonly #emit: (columns: TapeColumns) => void;
  readonly #memory: LevelMemory | undefined;
  #book = new OrderBook();
  /** Whether the book is kept elsewhere. */
  #carried = false;
  #columns: TapeColumns;
  #spare: TapeColumns | undefined;
  /** Rows of the carried head of the current batch. */
  #head = 0;
  /** First row of the message being pushed. */
  #messageStart = 0;
  /** Whether the book is known: after a reset and before a gap. */
  #synchronised = false;
  #exchangeTime = 0;
  #localTime = 0;
  #updateId = -1;

  /** `emit` receives each batch; the columns are reused after it returns. Levels that lie in `memory` are appended faster. */
  constructor(emit: (columns: TapeColumns) => void, memory?: LevelMemory) {
    this.#emit = emit;
    this.#memory = memory;
    this.#columns = TapeColumns.take(memory);
  }

  /** Carries this book, which is kept elsewhere, instead of one of its own: see `TapeWriter.carry`. */
  carry(book: OrderBook): void {
    this.#book = book;
    this.#carried = true;
  }

  /** Appends a row. The last row of a message carries {@link Flag.messageEnd}. `updateId` −1 means none. */
  push(
    exchangeTime: number,
    localTime: number,
    kind: number,
    price: number,
    quantity: number,
    flags: number,
    updateId: number,
  ): void {
    if (this.#columns.length === 0 && kind !== Kind.reset)
      this.#writeHead(this.#columns, exchangeTime, localTime);
    if (this.#columns.length >= this.#columns.capacity) this.#makeRoom(kind);
    this.#columns.push(exchangeTime, localTime, kind, price, quantity, flags, updateId);
    if ((flags & Flag.messageEnd) !== 0) this.#endMessage(exchangeTime, localTime, updateId);
  }

  /** Appends the rows of a depth update, a message of its own. */
  pushLevels(exchangeTime: number, localTime: number, levels: TickLevels, updateId: number): void {
    const columns = this.#columns;
    const { bids, count, prices, quantities } = levels;
    if (columns.length > 0 && columns.length + count <= columns.capacity) {
      columns.pushLevels(exchangeTime, localTime, levels, updateId);
      this.#endMessage(exchangeTime, localTime, updateId);
      return;
    }
    for (let i = 0; i < count; i++) {
      const flags = i === count - 1 ? Flag.messageEnd : 0;
      const kind = i < bids ? Kind.bid : Kind.ask;
      this.push(exchangeTime, localTime, kind, prices[i], quantities[i], flags, updateId);
    }
  }

  /** Appends the rows of a book: a `reset`, its levels, and perhaps a message with those beyond the horizon. */
  pushBook(rows: BookRows, exchangeTime: number, localTime: number, updateId: number): void {
    const columns = this.#columns;
    const { length, kind, price, quantity, flags } = rows;
    // An own book is kept message by message.
    if (this.#carried && columns.length + length <= columns.capacity) {
      columns.pushBook(rows, exchangeTime, localTime, updateId);
      this.#endMessage(exchangeTime, localTime, updateId);
      return;
    }
    for (let i = 0; i < length; i++)
      this.push(exchangeTime, localTime, kind[i], price[i], quantity[i], flags[i], updateId);
  }

  /** Appends the rows of a run, one at least. */
  pushRun(run: RowRun): void {
    const columns = this.#columns;
    const { length, exchangeTime, localTime } = run;
    if (columns.length > 0 && columns.length + length <= columns.capacity) {
      columns.pushRun(run);
      this.#endMessage(timeAt(exchangeTime, length - 1), timeAt(localTime, length - 1), -1);
      return;
    }
    pushEach(run, this);
  }

  /** Emits what is left; nothing may be pushed afterwards. */
  finish(): void {
    if (this.#messageStart !== this.#columns.length) throw new Error('the last message has no end');
    if (this.#columns.length > this.#head) this.#emit(this.#columns);
    this.#columns.give();
    this.#spare?.give();
    this.#columns = new TapeColumns(0);
  }

  #endMessage(exchangeTime: number, localTime: number, updateId: number): void {
    const { kind, length } = this.#columns;
    const first = this.#messageStart;
    if (kind[first] === Kind.reset) this.#synchronised = true;
    else if (kind[first] === Kind.gap) this.#synchronised = false;
    if (!this.#carried) this.#applyMessage(first, length);
    this.#messageStart = length;
    this.#exchangeTime = exchangeTime;
    this.#localTime = localTime;
    if (updateId >= 0) this.#updateId = updateId;
  }

  /** Brings the own book up to a message. */
  #applyMessage(first: number, length: number): void {
    const { kind, price, flags } = this.#columns;
    for (let row = first; row < length; ) {
      if (kind[row] <= Kind.ask) {
        row = this.#book.applyRows(kind[row] as Side, this.#columns, row, UNWATCHED);
        continue;
      }
      if (kind[row] === Kind.reset) this.#book.reset();
      row++;
    }
    if (kind[first] === Kind.reset) {
      let lowestBid = Number.POSITIVE_INFINITY;
      let highestAsk = Number.NEGATIVE_INFINITY;
      for (let row = first; row < length; row++) {
        if (kind[row] === Kind.bid && price[row] < lowestBid) lowestBid = price[row];
        else if (kind[row] === Kind.ask && price[row] > highestAsk) highestAsk = price[row];
      }
      this.#book.setHorizon(
        (flags[first] & Flag.allBids) !== 0 ? Number.NEGATIVE_INFINITY : lowestBid,
        (flags[first] & Flag.allAsks) !== 0 ? Number.POSITIVE_INFINITY : highestAsk,
      );
    }
  }

  /** Cuts the batch before the message in progress, or grows it where that message is all there is. */
  #makeRoom(nextKind: number): void {
    const full = this.#columns;
    const start = this.#messageStart;
    if (start <= this.#head) {
      full.grow(2 * full.capacity);
      return;
    }
    const next = this.#spare ?? TapeColumns.take(this.#memory);
    next.clear();
    const startsWithReset = (start < full.length ? full.kind[start] : nextKind) === Kind.reset;
    if (startsWithReset) this.#head = 0;
    else this.#writeHead(next, this.#exchangeTime, this.#localTime);
    next.grow(ROWS_PER_CARRIED * next.length + (full.length - start));
    next.pushFrom(full, start);
    full.truncate(start);
    this.#emit(full);
    this.#messageStart = this.#head;
    this.#columns = next;
    this.#spare = full;
  }

  /** Writes the state so far as carried rows. */
  #writeHead(columns: TapeColumns, exchangeTime: number, localTime: number): void {
    const rows = this.#synchronised ? bookRows(this.#book, Flag.carried) : unknownBook(Flag.carried);
    const updateId = this.#synchronised ? this.#updateId : -1;
    columns.grow(columns.length + rows.length);
    columns.pushBook(rows, exchangeTime, localTime, updateId);
    this.#head = columns.length;
    this.#messageStart = this.#head;
  }
}
