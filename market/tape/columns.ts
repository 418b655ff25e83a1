import { type LevelMemory, roomFor } from '../kernel/level-memory.ts';
import { columnsAt, rowLayout } from '../kernel/row-layout.ts';
import type { TickLevels } from '../tick-levels.ts';
import type { BookRows } from './book-rows.ts';
import { pushEach, type RowRun } from './row-run.ts';
import { Flag, Kind, type RowBatch, timeAt } from './rows.ts';

const HALF = 4294967296;
/** Rows of a record batch at most, unless one message needs more or the book is so large that it would fill the tape. */
export const BATCH_ROWS = 65_536;
/** What is made larger once is made larger again: arrays have room for so many times what is asked for. */
const ROOM = 1.5;

/** Rows for which there is room; a multiple of 8, so that all columns are aligned. */
function roomOf(capacity: number): number {
  return 8 * Math.ceil((ROOM * capacity) / 8);
}

/**
 * Tape rows as parallel typed arrays being filled. Hot path: a push allocates nothing; times and update ids repeat from
 * row to row, so they are split into halves once a message.
 */
export class TapeColumns implements RowBatch {
  length = 0;
  exchangeTime: Uint32Array;
  localTime: Uint32Array;
  kind: Uint8Array;
  price: Int32Array;
  quantity: Float64Array;
  flags: Uint8Array;
  /** Halves of the update id; meaningless where `updateIdValid` has no bit. */
  updateId: Uint32Array;
  /** Arrow validity bitmap of the update ids. */
  updateIdValid: Uint8Array;
  /** Rows without an update id. */
  updateIdNulls = 0;

  #exchangeTime = -1;
  #exchangeLow = 0;
  #exchangeHigh = 0;
  #localTime = -1;
  #localLow = 0;
  #localHigh = 0;

  #capacity: number;
  /** What all arrays lie in, where they do, and from where on. */
  #memory: LevelMemory | undefined;
  readonly #start: number;
  readonly #room: number;

  /**
   * Empty, with room for `BATCH_ROWS`: in the memory, or else what was given back where there is any, for fresh memory costs
   * more than filling it.
   */
  static take(memory?: LevelMemory): TapeColumns {
    const columns = memory === undefined ? idle.pop() : undefined;
    if (columns === undefined) return new TapeColumns(BATCH_ROWS, memory);
    columns.clear();
    columns.#capacity = BATCH_ROWS;
    return columns;
  }

  constructor(capacity: number, memory?: LevelMemory) {
    this.#capacity = capacity;
    const room = roomOf(capacity);
    const place = roomFor(rowLayout.bytes * room, memory);
    this.#memory = place.memory;
    this.#start = place.start;
    this.#room = room;
    const columns = columnsAt(place.buffer, place.start, room);
    this.exchangeTime = columns.exchangeTime;
    this.localTime = columns.localTime;
    this.updateId = columns.updateId;
    this.quantity = columns.quantity;
    this.price = columns.price;
    this.kind = columns.kind;
    this.flags = columns.flags;
    this.updateIdValid = columns.updateIdValid;
  }

  /** Rows that may be pushed. */
  get capacity(): number {
    return this.#capacity;
  }

  /** Appends a row; the caller has made room. `updateId` −1 means none. */
  push(
    exchangeTime: number,
    localTime: number,
    kind: number,
    price: number,
    quantity: number,
    flags: number,
    updateId: number,
  ): void {
    const row = this.length++;
    this.#split(exchangeTime, localTime);
    this.exchangeTime[2 * row] = this.#exchangeLow;
    this.exchangeTime[2 * row + 1] = this.#exchangeHigh;
    this.localTime[2 * row] = this.#localLow;
    this.localTime[2 * row + 1] = this.#localHigh;
    this.kind[row] = kind;
    this.price[row] = price;
    this.quantity[row] = quantity;
    this.flags[row] = flags;
    const bit = 1 << (row & 7);
    if (updateId < 0) {
      this.updateId[2 * row] = 0;
      this.updateId[2 * row + 1] = 0;
      this.updateIdValid[row >>> 3] &= ~bit;
      this.updateIdNulls++;
    } else {
      const high = Math.floor(updateId / HALF);
      this.updateId[2 * row] = updateId - high * HALF;
      this.updateId[2 * row + 1] = high;
      this.updateIdValid[row >>> 3] |= bit;
    }
  }

  /** Appends the levels of a depth update, one message and one level at least; the caller has made room. */
  pushLevels(exchangeTime: number, localTime: number, levels: TickLevels, updateId: number): void {
    const { bids, count, prices, quantities, place } = levels;
    if (place !== undefined && place.memory === this.#memory) {
      place.memory.appendRows(
        this.#start,
        this.#room,
        this.length,
        place.prices,
        place.quantities,
        bids,
        count,
        Flag.messageEnd,
        exchangeTime,
        localTime,
        updateId,
      );
      this.length += count;
      if (updateId < 0) this.updateIdNulls += count;
      return;
    }
    const first = this.length;
    const end = first + count;
    const { price, quantity } = this;
    for (let row = first, i = 0; row < end; row++, i++) {
      price[row] = prices[i];
      quantity[row] = quantities[i];
    }
    this.kind.fill(Kind.bid, first, first + bids);
    this.kind.fill(Kind.ask, first + bids, end);
    this.flags.fill(0, first, end);
    this.flags[end - 1] = Flag.messageEnd;
    this.#extend(count, exchangeTime, localTime, updateId);
  }

  /** Appends the rows of a run, one at least; the caller has made room. */
  pushRun(run: RowRun): void {
    const { length, place } = run;
    if (place !== undefined && place.memory === this.#memory) {
      place.memory.appendRun(this.#start, this.#room, this.length, place.start, place.room, length);
      this.length += length;
      this.updateIdNulls += length;
      return;
    }
    pushEach(run, this);
  }

  /** Appends the rows of a book; the caller has made room. */
  pushBook(rows: BookRows, exchangeTime: number, localTime: number, updateId: number): void {
    const first = this.length;
    const { length } = rows;
    this.kind.set(rows.kind.subarray(0, length), first);
    this.price.set(rows.price.subarray(0, length), first);
    this.quantity.set(rows.quantity.subarray(0, length), first);
    this.flags.set(rows.flags.subarray(0, length), first);
    this.#extend(length, exchangeTime, localTime, updateId);
  }

  /** Gives so many rows more their times and update id, −1 for none. */
  #extend(count: number, exchangeTime: number, localTime: number, updateId: number): void {
    const first = this.length;
    const end = first + count;
    this.#split(exchangeTime, localTime);
    const known = updateId >= 0;
    const idHigh = known ? Math.floor(updateId / HALF) : 0;
    const idLow = known ? updateId - idHigh * HALF : 0;
    const { exchangeTime: exchangeTimes, localTime: localTimes, updateId: updateIds, updateIdValid } = this;
    const exchangeLow = this.#exchangeLow;
    const exchangeHigh = this.#exchangeHigh;
    const localLow = this.#localLow;
    const localHigh = this.#localHigh;
    for (let at = 2 * first; at < 2 * end; at += 2) {
      exchangeTimes[at] = exchangeLow;
      exchangeTimes[at + 1] = exchangeHigh;
      localTimes[at] = localLow;
      localTimes[at + 1] = localHigh;
      updateIds[at] = idLow;
      updateIds[at + 1] = idHigh;
    }
    for (let row = first; row < end; ) {
      const bits = end - row >= 8 && (row & 7) === 0 ? 0xff : 1 << (row & 7);
      if (known) updateIdValid[row >>> 3] |= bits;
      else updateIdValid[row >>> 3] &= ~bits;
      row += bits === 0xff ? 8 : 1;
    }
    if (!known) this.updateIdNulls += count;
    this.length = end;
  }

  #split(exchangeTime: number, localTime: number): void {
    if (exchangeTime !== this.#exchangeTime) {
      this.#exchangeTime = exchangeTime;
      this.#exchangeHigh = Math.floor(exchangeTime / HALF);
      this.#exchangeLow = exchangeTime - this.#exchangeHigh * HALF;
    }
    if (localTime !== this.#localTime) {
      this.#localTime = localTime;
      this.#localHigh = Math.floor(localTime / HALF);
      this.#localLow = localTime - this.#localHigh * HALF;
    }
  }

  clear(): void {
    this.length = 0;
    this.updateIdNulls = 0;
  }

  /** Appends rows `from` (inclusive) to the end of another set of columns. */
  pushFrom(other: TapeColumns, from: number): void {
    for (let row = from; row < other.length; row++) {
      this.push(
        timeAt(other.exchangeTime, row),
        timeAt(other.localTime, row),
        other.kind[row],
        other.price[row],
        other.quantity[row],
        other.flags[row],
        other.updateIdAt(row),
      );
    }
  }

  /** Drops all rows from `length` on. */
  truncate(length: number): void {
    for (let row = length; row < this.length; row++) if (this.updateIdAt(row) < 0) this.updateIdNulls--;
    this.length = length;
  }

  /** Update id of a row, −1 where there is none. */
  updateIdAt(row: number): number {
    return (this.updateIdValid[row >>> 3] & (1 << (row & 7))) === 0 ? -1 : timeAt(this.updateId, row);
  }

  /** For the next tape; nobody looks at them any more. */
  give(): void {
    if (this.#memory === undefined && idle.length < KEPT && this.kind.length <= roomOf(BATCH_ROWS))
      idle.push(this);
  }

  grow(capacity: number): void {
    if (capacity <= this.#capacity) return;
    this.#capacity = capacity;
    if (capacity <= this.kind.length) return;
    const grown = new TapeColumns(capacity);
    this.#memory = undefined;
    this.exchangeTime = copied(this.exchangeTime, grown.exchangeTime);
    this.localTime = copied(this.localTime, grown.localTime);
    this.kind = copied(this.kind, grown.kind);
    this.price = copied(this.price, grown.price);
    this.quantity = copied(this.quantity, grown.quantity);
    this.flags = copied(this.flags, grown.flags);
    this.updateId = copied(this.updateId, grown.updateId);
    this.updateIdValid = copied(this.updateIdValid, grown.updateIdValid);
  }

  /** A copy of the filled rows that later pushes leave alone. */
  snapshot(): RowBatch {
    return {
      length: this.length,
      exchangeTime: this.exchangeTime.slice(0, 2 * this.length),
      localTime: this.localTime.slice(0, 2 * this.length),
      kind: this.kind.slice(0, this.length),
      price: this.price.slice(0, this.length),
      quantity: this.quantity.slice(0, this.length),
      flags: this.flags.slice(0, this.length),
    };
  }
}

/** Columns that were given back, at most those that one tape needs at a time. */
const idle: TapeColumns[] = [];
const KEPT = 2;

function copied<T extends { set(from: T): void }>(from: T, to: T): T {
  to.set(from);
  return to;
}
