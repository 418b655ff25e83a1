import type { LevelMemory } from './kernel/level-memory.ts';
import { Ladder } from './ladder.ts';
import { NO_KEY } from './level-key.ts';
import type { LevelList } from './level-list.ts';
import { BID, type Side } from './side.ts';
import { Kind, type RowBatch } from './tape/rows.ts';
import type { TickLevels } from './tick-levels.ts';
import type { WatchedSide } from './watched-side.ts';

/** What anyone may ask of a limit order book. Prices are integer ticks, quantities base currency. */
export interface BookView {
  /** Whether both sides have a level, so that mid and spread mean something. */
  readonly ready: boolean;
  /** Best bid and ask in ticks; meaningless unless `ready`. */
  readonly bestBid: number;
  readonly bestAsk: number;
  /** Quantity displayed at the best levels. */
  readonly bestBidQuantity: number;
  readonly bestAskQuantity: number;
  /** Mean of best bid and best ask, in ticks (a multiple of one half). */
  readonly mid: number;
  /** Quantity displayed at a price, 0 where there is none; NaN where the price lies beyond the snapshot's horizon
   * and no update has named it. */
  quantityAt(side: Side, price: number): number;
  /** Writes the best `count` levels of a side, best first, into the caller's arrays; returns how many there were. */
  top(side: Side, count: number, prices: Int32Array, quantities: Float64Array): number;
  /** Best bid at or above best ask. */
  readonly crossed: boolean;
}

const DEFAULT_WINDOW = 1 << 14;

/**
 * The order book of one instrument: integer ticks, dense around the best prices, right at any distance from them.
 * Hot path: updates and reads allocate nothing.
 */
export class OrderBook implements BookView {
  readonly #bids: Ladder;
  readonly #asks: Ladder;

  /**
   * `window`: dense prices a side, a power of two. It decides speed only; levels beyond it are as exact. Levels that lie in
   * `memory` are set faster.
   */
  constructor(window = DEFAULT_WINDOW, memory?: LevelMemory) {
    this.#bids = new Ladder(window, memory);
    this.#asks = new Ladder(window, memory);
  }

  /** Sets the quantity displayed at a price (0 removes the level) and returns the one before, 0 where none was known. */
  apply(side: Side, price: number, quantity: number): number {
    return side === BID ? this.#bids.set(-price, quantity) : this.#asks.set(price, quantity);
  }

  /**
   * Sets level rows of a tape from index `from` on, up to the end of their message: as many as are of the first one's
   * side and at a price that is not watched. Returns the index of the first row that was not set.
   */
  applyRows(side: Side, batch: RowBatch, from: number, watched: WatchedSide): number {
    return side === BID
      ? this.#bids.setRows(batch, from, Kind.bid, -1, watched)
      : this.#asks.setRows(batch, from, Kind.ask, 1, watched);
  }

  /** Sets the levels of a depth update. */
  applyLevels(levels: TickLevels): void {
    const { bids, count } = levels;
    if (bids > 0) this.#bids.setLevels(levels, 0, bids, -1);
    if (count > bids) this.#asks.setLevels(levels, bids, count, 1);
  }

  /** From here on `bidsChanged` tells whether a bid was set at `lowestBid` or above, `asksChanged` whether an ask was at
   * `highestAsk` or below. */
  follow(lowestBid: number, highestAsk: number): void {
    this.#bids.follow(-lowestBid);
    this.#asks.follow(highestAsk);
  }

  get bidsChanged(): boolean {
    return this.#bids.changed;
  }

  get asksChanged(): boolean {
    return this.#asks.changed;
  }

  /** Forgets everything. Until {@link setHorizon} an absent level counts as empty. */
  reset(): void {
    this.#bids.clear();
    this.#asks.clear();
  }

  /**
   * Says how far the snapshot just applied sees: prices below `lowestBid` and above `highestAsk` are unknown until an
   * update names them. `-Infinity` and `Infinity` where the snapshot is complete.
   */
  setHorizon(lowestBid: number, highestAsk: number): void {
    this.#bids.horizon = -lowestBid;
    this.#asks.horizon = highestAsk;
  }

  /** Lowest bid price the snapshot vouches for; `-Infinity` when it listed every bid. */
  get lowestKnownBid(): number {
    return -this.#bids.horizon;
  }

  /** Highest ask price the snapshot vouches for; `Infinity` when it listed every ask. */
  get highestKnownAsk(): number {
    return this.#asks.horizon;
  }

  get ready(): boolean {
    return this.#bids.best !== NO_KEY && this.#asks.best !== NO_KEY;
  }

  get bestBid(): number {
    return -this.#bids.best;
  }

  get bestAsk(): number {
    return this.#asks.best;
  }

  get bestBidQuantity(): number {
    return this.#bids.bestQuantity;
  }

  get bestAskQuantity(): number {
    return this.#asks.bestQuantity;
  }

  get mid(): number {
    return (this.#asks.best - this.#bids.best) / 2;
  }

  get crossed(): boolean {
    return this.ready && -this.#bids.best >= this.#asks.best;
  }

  /** Number of levels a side holds. */
  levels(side: Side): number {
    return side === BID ? this.#bids.levels : this.#asks.levels;
  }

  quantityAt(side: Side, price: number): number {
    return side === BID ? this.#bids.get(-price) : this.#asks.get(price);
  }

  top(side: Side, count: number, prices: Int32Array, quantities: Float64Array): number {
    return side === BID
      ? this.#bids.top(count, -1, prices, quantities)
      : this.#asks.top(count, 1, prices, quantities);
  }

  /** All levels of a side, best first; valid until that side is listed again. Not for hot paths. */
  list(side: Side): LevelList {
    return side === BID ? this.#bids.list(-1) : this.#asks.list(1);
  }
}
