import { type BookView, OrderBook } from './book.ts';
import { Participants, type Watch } from './participants.ts';
import { ASK, BID, type Side } from './side.ts';
import type { SignalView } from './signal-view.ts';
import { Signals } from './signals.ts';
import { Flag, Kind, type RowBatch, timeAt } from './tape/rows.ts';

/** What happened in the market, row by row, as a {@link Market} tells it. Times are µs, prices ticks. */
export interface MarketListener {
  /** Before any row of a message at `time` is applied: the book is still the one before. */
  beforeMessage(time: number): void;
  /** A trade printed. `aggressor` is the side that took: `BID` bought. The book does not show it yet. */
  onTrade(price: number, quantity: number, aggressor: Side): void;
  /** A level changed from `before` to `after` (base currency); the book shows `after`. */
  onLevel(side: Side, price: number, before: number, after: number): void;
  /** The book was dropped and rebuilt from a snapshot; it is consistent again. */
  onReset(): void;
  /** The book is unknown from here to the next reset: quotes must not be judged against it. */
  onGap(): void;
  /** All rows of the message are applied; book and signals are consistent at `time`. */
  afterMessage(time: number): void;
}

/**
 * Someone with orders in the market, told only what its `watch` asks for: a lane. Any number of them share a market,
 * and a row that none of them watches costs the same as without them.
 */
export interface MarketParticipant {
  readonly watch: Watch;
  /** The market it was added to. */
  joined(market: MarketView): void;
  /** Time has come to `until`, µs, which is at or past `watch.clock`: what is due by then (inclusive) comes before the
   * rows that follow. */
  onClock(until: number): void;
  /** A trade at a price that reaches an own order of the other side. */
  onTrade(price: number, quantity: number, aggressor: Side): void;
  /** A level between the own orders of that side changed. */
  onLevel(side: Side, price: number, before: number, after: number): void;
  onReset(): void;
  onGap(): void;
  /** After a message that changed the book, its best bid or ask is at or through an own order's price. */
  onTouch(): void;
}

/** The state of a market that every lane shares and none can change. */
export interface MarketView {
  /** The tape's clock, µs since the epoch (UTC). */
  readonly time: number;
  readonly book: BookView;
  readonly signals: SignalView;
  /** False from a gap to the next snapshot, and before the first one. */
  readonly synchronised: boolean;
  /** Tape's clock at the latest message that told of the book, µs; NaN before the first. */
  readonly bookTime: number;
  /** How long the latest message was on its way: its local less its exchange time, µs; NaN before the first. */
  readonly feedDelay?: number;
}

/**
 * Book and signals of one instrument, moved by tape rows and by nothing else. Hot path: rows are read from typed
 * arrays, and nothing is allocated per row.
 */
export class Market implements MarketView {
  readonly #book = new OrderBook();
  readonly #signals = new Signals();
  readonly #participants = new Participants();
  #listeners: readonly MarketListener[] = [];
  #time = 0;
  #synchronised = false;
  #bookTime = Number.NaN;
  /** Where the latest row lies that came in a batch, and its local time, µs. */
  #lastBatch: RowBatch | null = null;
  #lastRow = 0;
  #lastLocalTime = 0;
  /** A message has begun and not ended. */
  #inMessage = false;
  /** The message has changed the book. */
  #changed = false;
  /** The message began with a snapshot; these are the flags of its reset and the worst prices it listed. */
  #rebuilding = false;
  #resetFlags = 0;
  #lowestBid = Number.POSITIVE_INFINITY;
  #highestAsk = Number.NEGATIVE_INFINITY;

  get time(): number {
    return this.#time;
  }

  get book(): BookView {
    return this.#book;
  }

  get signals(): SignalView {
    return this.#signals;
  }

  get synchronised(): boolean {
    return this.#synchronised;
  }

  get bookTime(): number {
    return this.#bookTime;
  }

  get feedDelay(): number {
    // The exchange's clock is read from the tape only where somebody asks.
    if (this.#lastBatch === null) return Number.NaN;
    return this.#lastLocalTime - timeAt(this.#lastBatch.exchangeTime, this.#lastRow);
  }

  /** Tells `listener` from here on: every row, or what its watch asks for. */
  addListener(listener: MarketListener | MarketParticipant): void {
    if ('watch' in listener) {
      listener.joined(this);
      this.#participants.add(listener);
    } else if (!this.#listeners.includes(listener)) {
      this.#listeners = [...this.#listeners, listener];
    }
  }

  removeListener(listener: MarketListener | MarketParticipant): void {
    if ('watch' in listener) this.#participants.remove(listener);
    else this.#listeners = this.#listeners.filter((other) => other !== listener);
  }

  /** Forgets the history and whoever listened to it: what they know does not belong to the history that follows. */
  restart(): void {
    this.#book.reset();
    this.#signals.reset();
    this.#participants.clear();
    this.#listeners = [];
    this.#time = 0;
    this.#synchronised = false;
    this.#bookTime = Number.NaN;
    this.#lastBatch = null;
    this.#inMessage = false;
    this.#rebuilding = false;
  }

  /** The clock is `time`, µs: every row by then has been applied. */
  advance(time: number): void {
    if (time > this.#time) this.#time = time;
    this.#signals.advance(this.#time);
    this.#participants.refresh();
    if (this.#participants.clock <= this.#time) this.#participants.onClock(this.#time);
  }

  /** Applies the rows of a batch from index `from` on whose local time is at most `until`, µs; returns the index of the
   * first row that was not applied. Never stops within a message. */
  applyBatch(batch: RowBatch, from: number, until: number): number {
    const { length, localTime, kind, price, quantity, flags } = batch;
    this.#participants.refresh();
    let row = from;
    while (row < length) {
      if (!this.#inMessage) {
        const time = localTime[2 * row + 1] * 4294967296 + localTime[2 * row];
        if (time > until) break;
        this.#beginMessage(time);
      }
      const next = kind[row] <= Kind.ask ? this.#applyUnwatched(batch, row) : row;
      if (next === row) {
        this.#applyRow(kind[row], price[row], quantity[row], flags[row]);
        row++;
      } else {
        row = next;
        if ((flags[row - 1] & Flag.messageEnd) !== 0) this.#endMessage();
      }
    }
    // Of the rows between two looks at the market only the last can be seen.
    if (row > from) {
      this.#lastBatch = batch;
      this.#lastRow = row - 1;
      this.#lastLocalTime = timeAt(localTime, row - 1);
    }
    return row;
  }

  /** Applies one row at `time` (local time, µs), as a live stream delivers it. */
  applyRow(time: number, kind: Kind, price: number, quantity: number, flags: number): void {
    this.#participants.refresh();
    if (!this.#inMessage) this.#beginMessage(time);
    this.#applyRow(kind, price, quantity, flags);
  }

  #beginMessage(time: number): void {
    this.#inMessage = true;
    this.#changed = false;
    // What is due before the message meets the book as it was; times are whole microseconds.
    if (this.#participants.clock < time) this.#participants.onClock(time - 1);
    if (time > this.#time) this.#time = time;
    for (const listener of this.#listeners) listener.beforeMessage(time);
  }

  #applyRow(kind: number, price: number, quantity: number, flags: number): void {
    if (kind === Kind.bid) this.#applyLevel(BID, price, quantity);
    else if (kind === Kind.ask) this.#applyLevel(ASK, price, quantity);
    else if (kind === Kind.buy) this.#applyTrade(price, quantity, BID);
    else if (kind === Kind.sell) this.#applyTrade(price, quantity, ASK);
    else if (kind === Kind.reset) this.#applyReset(flags);
    else this.#applyGap();
    if ((flags & Flag.messageEnd) !== 0) this.#endMessage();
  }

  /** Applies level rows from `row` on, up to the end of the message, that nobody but the book hears of; returns the index
   * of the first other row. */
  #applyUnwatched(batch: RowBatch, row: number): number {
    if (this.#listeners.length > 0 || this.#rebuilding || !this.#synchronised) return row;
    const side = batch.kind[row] as Side;
    const next = this.#book.applyRows(side, batch, row, this.#participants.watched(side));
    if (next > row) this.#changed = true;
    return next;
  }

  #applyLevel(side: Side, price: number, quantity: number): void {
    if (this.#rebuilding) {
      this.#book.apply(side, price, quantity);
      if (side === BID && price < this.#lowestBid) this.#lowestBid = price;
      if (side === ASK && price > this.#highestAsk) this.#highestAsk = price;
      return;
    }
    // Changes to a book that is not known say nothing.
    if (!this.#synchronised) return;
    const before = this.#book.apply(side, price, quantity);
    this.#changed = true;
    if (this.#participants.watched(side).watches(price)) {
      this.#participants.onLevel(side, price, before, quantity);
    }
    for (const listener of this.#listeners) listener.onLevel(side, price, before, quantity);
  }

  #applyTrade(price: number, quantity: number, aggressor: Side): void {
    this.#signals.onTrade(this.#time, price, quantity, aggressor);
    if (this.#participants.watchesTrade(price, aggressor)) {
      this.#participants.onTrade(price, quantity, aggressor);
    }
    for (const listener of this.#listeners) listener.onTrade(price, quantity, aggressor);
  }

  #applyReset(flags: number): void {
    this.#book.reset();
    this.#rebuilding = true;
    this.#resetFlags = flags;
    this.#lowestBid = Number.POSITIVE_INFINITY;
    this.#highestAsk = Number.NEGATIVE_INFINITY;
  }

  #applyGap(): void {
    this.#book.reset();
    this.#synchronised = false;
    this.#signals.advance(this.#time);
    this.#signals.interrupt();
    this.#participants.onGap();
    for (const listener of this.#listeners) listener.onGap();
  }

  #endMessage(): void {
    this.#inMessage = false;
    if (this.#rebuilding) this.#finishReset();
    if (this.#changed) {
      this.#bookTime = this.#time;
      this.#signals.onBook(this.#time, this.#book, this.#book.bidsChanged, this.#book.asksChanged);
      this.#book.follow(this.#signals.lowestBid, this.#signals.highestAsk);
      if (this.#participants.watchesTouch(this.#book)) this.#participants.onTouch(this.#book);
    }
    for (const listener of this.#listeners) listener.afterMessage(this.#time);
  }

  #finishReset(): void {
    const { allBids, allAsks } = Flag;
    this.#book.setHorizon(
      (this.#resetFlags & allBids) !== 0 ? Number.NEGATIVE_INFINITY : this.#lowestBid,
      (this.#resetFlags & allAsks) !== 0 ? Number.POSITIVE_INFINITY : this.#highestAsk,
    );
    this.#rebuilding = false;
    this.#synchronised = true;
    this.#changed = true;
    this.#participants.onReset();
    for (const listener of this.#listeners) listener.onReset();
  }
}
