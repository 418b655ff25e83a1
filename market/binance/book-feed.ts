import { OrderBook } from '../book.ts';
import type { Venue } from '../instrument.ts';
import type { LevelMemory } from '../kernel/level-memory.ts';
import { ASK, BID } from '../side.ts';
import { bookRows } from '../tape/book-rows.ts';
import type { RowSink } from '../tape/row-sink.ts';
import { Flag, Kind } from '../tape/rows.ts';
import type { TickGrid } from '../tick-grid.ts';
import type { TickLevels } from '../tick-levels.ts';
import { DiffHistory } from './diff-history.ts';
import type { Levels, Message } from './message.ts';
import { createSynchroniser, type IdGap, type Synchroniser, type SyncResult } from './synchroniser.ts';

/** Side counts that a snapshot has when its limit cut it off; any other count means that the side is complete. */
const SNAPSHOT_LIMITS: ReadonlySet<number> = new Set([5, 10, 20, 50, 100, 500, 1000, 5000]);

/**
 * From Binance messages to tape rows: keeps the local book by the synchroniser's verdicts and emits what the tape (or a
 * live market) should know. The same for captures and for live streams. Hot path: depth updates allocate nothing.
 */
export class BookFeed {
  readonly book: OrderBook;
  /** Messages after which best bid and ask were crossed. */
  crossed = 0;
  readonly #venue: Venue;
  readonly #grid: TickGrid;
  readonly #sink: RowSink;
  readonly #synchroniser: Synchroniser;
  readonly #history: DiffHistory;
  #levels = new ConvertedLevels(1024);
  #exchangeTime = -1;

  /** Levels that lie in `memory` are taken in faster. */
  constructor(venue: Venue, grid: TickGrid, sink: RowSink, memory?: LevelMemory) {
    this.#venue = venue;
    this.#grid = grid;
    this.#sink = sink;
    this.#synchroniser = createSynchroniser(venue);
    this.book = new OrderBook(undefined, memory);
    this.#history = new DiffHistory(memory);
  }

  get synchronised(): boolean {
    return this.#synchroniser.synchronised;
  }

  /** Id the book stands at, −1 where it is unknown. */
  get lastId(): number {
    return this.#synchroniser.lastId;
  }

  get lastGap(): IdGap | undefined {
    return this.#synchroniser.lastGap;
  }

  /** Takes a `depthUpdate`. Throws OffGridPrice, before anything has changed, where a price has no tick. */
  onDepth(message: Message, localTime: number): SyncResult {
    return this.onLevels(message, localTime, this.#convert(message.bids, message.asks));
  }

  /** Takes a `depthUpdate` whose levels are on the grid already. */
  onLevels(message: Message, localTime: number, levels: TickLevels): SyncResult {
    const { firstId, lastId, previousId } = message;
    const exchangeTime = this.#timeOf(message, localTime);
    const result = this.#synchroniser.onDiff(firstId, lastId, previousId);
    if (result === 'drop') return result;
    if (result === 'gap') this.#history.clear();
    this.#history.keep(firstId, lastId, previousId, levels);
    if (result === 'gap') this.#emitGap(exchangeTime, localTime, lastId);
    if (result !== 'apply') return result;
    const { book } = this;
    // Rows first: a tape that is cut before them begins with the book as it was.
    this.#pushLevels(exchangeTime, localTime, levels, lastId);
    book.applyLevels(levels);
    if (book.crossed) this.crossed++;
    return result;
  }

  /**
   * Takes a REST snapshot, whose levels may be on the grid already. `limit` is what was asked for, where known. A snapshot
   * older than the book re-anchors it when the updates since are still at hand, and is dropped when they are not.
   */
  onSnapshot(message: Message, localTime: number, limit?: number, levels?: TickLevels): SyncResult {
    const { lastId } = message;
    const given = levels ?? this.#convert(message.bids, message.asks);
    const exchangeTime = this.#timeOf(message, localTime);
    if (this.synchronised && lastId < this.lastId) {
      if (!this.#reaches(lastId)) return 'drop';
      this.#synchroniser.reset();
    }
    const result = this.#synchroniser.onSnapshot(lastId);
    if (result !== 'apply') return result;
    const { book } = this;
    book.reset();
    book.applyLevels(given);
    const { bids, count, prices } = given;
    let lowestBid = Number.POSITIVE_INFINITY;
    let highestAsk = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < bids; i++) if (prices[i] < lowestBid) lowestBid = prices[i];
    for (let i = bids; i < count; i++) if (prices[i] > highestAsk) highestAsk = prices[i];
    book.setHorizon(
      isComplete(bids, limit) ? Number.NEGATIVE_INFINITY : lowestBid,
      isComplete(count - bids, limit) ? Number.POSITIVE_INFINITY : highestAsk,
    );
    const brokenAt = this.#replayHistory();
    const updateId = brokenAt < 0 ? this.lastId : lastId;
    this.#pushBook(exchangeTime, localTime, updateId);
    if (book.crossed) this.crossed++;
    if (brokenAt < 0) return result;
    this.#history.forgetBefore(brokenAt);
    this.#emitGap(exchangeTime, localTime, this.#history.at(brokenAt).lastId);
    return 'gap';
  }

  /** A break in the stream known by other means, such as a lost connection: the book is unknown from here. */
  disconnect(localTime: number): void {
    this.#history.clear();
    if (this.synchronised) this.#emitGap(Math.max(this.#exchangeTime, 0), localTime, -1);
    this.#synchroniser.reset();
  }

  #pushBook(exchangeTime: number, localTime: number, updateId: number): void {
    const sink = this.#sink;
    const rows = bookRows(this.book);
    if (sink.pushBook !== undefined) {
      sink.pushBook(rows, exchangeTime, localTime, updateId);
      return;
    }
    const { length, kind, price, quantity, flags } = rows;
    for (let i = 0; i < length; i++)
      sink.push(exchangeTime, localTime, kind[i], price[i], quantity[i], flags[i], updateId);
  }

  #pushLevels(exchangeTime: number, localTime: number, levels: TickLevels, updateId: number): void {
    const sink = this.#sink;
    const { count, bids, prices, quantities } = levels;
    if (sink.pushLevels !== undefined && count > 0) {
      sink.pushLevels(exchangeTime, localTime, levels, updateId);
      return;
    }
    for (let i = 0; i < count; i++) {
      const kind = i < bids ? Kind.bid : Kind.ask;
      const flags = i === count - 1 ? Flag.messageEnd : 0;
      sink.push(exchangeTime, localTime, kind, prices[i], quantities[i], flags, updateId);
    }
  }

  /** Brings a fresh snapshot up to the stream. Returns the number of the update that does not connect, −1 if all do. */
  #replayHistory(): number {
    const history = this.#history;
    for (let index = history.first; index < history.next; index++) {
      const { firstId, lastId, previousId } = history.at(index);
      const result = this.#synchroniser.onDiff(firstId, lastId, previousId);
      if (result === 'gap') return index;
      if (result !== 'apply') continue;
      history.levels(index, (isBid, price, quantity) => this.book.apply(isBid ? BID : ASK, price, quantity));
    }
    return -1;
  }

  /** Whether the kept updates lead from a snapshot's id to now. */
  #reaches(lastUpdateId: number): boolean {
    const history = this.#history;
    for (let index = history.first; index < history.next; index++) {
      const { firstId, lastId, previousId } = history.at(index);
      if (lastId < lastUpdateId) continue;
      if (this.#venue === 'binance-usdm') {
        if ((firstId <= lastUpdateId && lastUpdateId <= lastId) || previousId === lastUpdateId) return true;
      } else if (firstId <= lastUpdateId + 1) return true;
    }
    return false;
  }

  #emitGap(exchangeTime: number, localTime: number, updateId: number): void {
    this.#sink.push(exchangeTime, localTime, Kind.gap, 0, 0, Flag.messageEnd, updateId);
  }

  #timeOf(message: Message, localTime: number): number {
    // Spot snapshots do not say when they were made: the stream's last word is the best guess.
    const time = message.exchangeTime;
    if (time >= 0) this.#exchangeTime = time;
    return this.#exchangeTime >= 0 ? this.#exchangeTime : localTime;
  }

  /** Lays the levels of a message on the grid. */
  #convert(bids: Levels, asks: Levels): TickLevels {
    const count = bids.count + asks.count;
    if (count > this.#levels.prices.length) this.#levels = new ConvertedLevels(2 * count);
    const levels = this.#levels;
    levels.bids = bids.count;
    levels.count = count;
    for (let i = 0; i < bids.count; i++) {
      levels.prices[i] = this.#grid.toTicks(bids.prices[i]);
      levels.quantities[i] = bids.quantities[i];
    }
    for (let i = 0, to = bids.count; i < asks.count; i++, to++) {
      levels.prices[to] = this.#grid.toTicks(asks.prices[i]);
      levels.quantities[to] = asks.quantities[i];
    }
    return levels;
  }
}

class ConvertedLevels implements TickLevels {
  bids = 0;
  count = 0;
  readonly prices: Int32Array;
  readonly quantities: Float64Array;
  readonly place = undefined;

  constructor(capacity: number) {
    this.prices = new Int32Array(capacity);
    this.quantities = new Float64Array(capacity);
  }
}

function isComplete(count: number, limit: number | undefined): boolean {
  return limit === undefined ? !SNAPSHOT_LIMITS.has(count) : count < limit;
}
