// Hot path from a parsed message to a quote: typed arrays, reused; nothing is allocated a row.
import { DecisionSchedule } from '../../env/decision-schedule.ts';
import { endLanes, type SessionLane } from '../../env/session.ts';
import { Market } from '../../market/market.ts';
import { unknownBook } from '../../market/tape/book-rows.ts';
import { TapeColumns } from '../../market/tape/columns.ts';
import type { RowSink } from '../../market/tape/row-sink.ts';
import { Flag, Kind } from '../../market/tape/rows.ts';
import type { TickLevels } from '../../market/tick-levels.ts';

const FIRST_CAPACITY = 4096;

/**
 * Moves a market by tape rows as they come and lets lanes decide as a backtest of the tape would: from the first book
 * on, a decision at *t* after all rows with local time ≤ *t* and before every other. What makes that true of a live
 * stream is that a decision is taken only when a later row has come, or `reach` says that none up to it will.
 */
export class StreamDriver implements RowSink {
  readonly market = new Market();
  /** When the latest book message came and when the exchange sent it, µs; NaN before the first. */
  bookTime = Number.NaN;
  bookExchangeTime = Number.NaN;
  rows = 0;
  decisions = 0;
  readonly #begin: (midTicks: number, time: number) => readonly SessionLane[];
  readonly #message = new TapeColumns(FIRST_CAPACITY);
  #lanes: readonly SessionLane[] = [];
  #schedule: DecisionSchedule | undefined;
  #time = Number.NEGATIVE_INFINITY;
  #closed = false;

  /** `begin` makes the lanes once the first mid is known, ticks. */
  constructor(begin: (midTicks: number, time: number) => readonly SessionLane[]) {
    this.#begin = begin;
  }

  /** Time of the next decision, µs; Infinity before the first book. */
  get next(): number {
    return this.#schedule?.next ?? Number.POSITIVE_INFINITY;
  }

  /** Whether the book has been known, so that there are decisions. */
  get begun(): boolean {
    return this.#schedule !== undefined;
  }

  push(
    exchangeTime: number,
    localTime: number,
    kind: number,
    price: number,
    quantity: number,
    flags: number,
    updateId: number,
  ): void {
    if (this.#closed) return;
    const message = this.#message;
    if (message.length === 0) this.#beginMessage(exchangeTime, localTime, kind);
    if (message.length === message.capacity) message.grow(2 * message.capacity);
    message.push(exchangeTime, localTime, kind, price, quantity, flags, updateId);
    if ((flags & Flag.messageEnd) !== 0) this.#endMessage(exchangeTime, localTime, kind);
  }

  /** A depth update, a message of its own: level by level each quantity would be boxed on its way. */
  pushLevels(exchangeTime: number, localTime: number, levels: TickLevels, updateId: number): void {
    if (this.#closed) return;
    const message = this.#message;
    this.#beginMessage(exchangeTime, localTime, Kind.bid);
    if (levels.count > message.capacity) message.grow(2 * levels.count);
    message.pushLevels(exchangeTime, localTime, levels, updateId);
    this.#endMessage(exchangeTime, localTime, Kind.bid);
  }

  /** No row with a local time before `time`, µs, is still to come: takes the decisions before it. */
  reach(time: number): void {
    if (this.#closed) return;
    if (this.#schedule === undefined) this.#beginWith(time);
    const schedule = this.#schedule;
    if (schedule === undefined) return;
    while (schedule.next < time) {
      this.market.advance(schedule.next);
      this.decisions += schedule.decide();
    }
  }

  /** The stream ends at `end`, µs: takes what decisions are left, trades positions away, tells who listens. */
  finish(end: number): void {
    this.reach(end);
    if (this.#closed) return;
    this.#closed = true;
    this.market.advance(end);
    endLanes(this.#lanes);
  }

  /** Takes no more rows and no more decisions. */
  close(): void {
    this.#closed = true;
  }

  #beginMessage(exchangeTime: number, localTime: number, kind: number): void {
    if (localTime > this.#time) this.reach(localTime);
    if (this.rows === 0 && kind !== Kind.reset) this.#beginUnknown(exchangeTime, localTime);
  }

  #endMessage(exchangeTime: number, localTime: number, kind: number): void {
    const message = this.#message;
    this.#time = localTime;
    this.rows += message.length;
    this.market.applyBatch(message, 0, Number.POSITIVE_INFINITY);
    message.clear();
    if (kind === Kind.buy || kind === Kind.sell) return;
    this.bookTime = localTime;
    this.bookExchangeTime = exchangeTime;
  }

  #beginWith(time: number): void {
    const { book, synchronised } = this.market;
    // Rows of the very same time may still follow.
    if (time <= this.#time || !synchronised || !book.ready) return;
    this.#lanes = this.#begin(book.mid, this.#time);
    for (const { lane, quoter } of this.#lanes) {
      lane.attach(this.market);
      quoter.reset(lane.context);
    }
    this.#schedule = new DecisionSchedule(this.#lanes, this.#time);
  }

  /** As a tape begins that does not begin with a snapshot. */
  #beginUnknown(exchangeTime: number, localTime: number): void {
    const rows = unknownBook();
    const head = new TapeColumns(rows.length);
    head.pushBook(rows, exchangeTime, localTime, -1);
    this.market.applyBatch(head, 0, Number.POSITIVE_INFINITY);
  }
}
