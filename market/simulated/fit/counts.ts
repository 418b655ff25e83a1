import type { Side } from '../../side.ts';
import { ASK, BID } from '../../side.ts';
import { classOf, DEEP_CLASSES, SPREAD_CLASSES, spreadClass, TOUCH_CLASSES } from '../fitted-parameters.ts';
import type { Levels } from '../levels.ts';
import { QuantileSample } from '../quantile-table.ts';
import type { FitGrid } from './survey.ts';
import type { Change, TapeEvents, TapeListener } from './tape-events.ts';

const samples = (count: number) => Array.from({ length: count }, () => new QuantileSample());

/**
 * Counts what happened on a tape, cell by cell, and for how long each cell was there. L2 data hide single orders, so a
 * change of a level between two depth messages, net of what traded at it, counts as one limit order where it grew and as
 * one cancel where it shrank. Within a message trades come first, then what shrank from the best price outwards, then
 * what grew from the best price outwards.
 */
export class EventCounts implements TapeListener {
  readonly bins: number;
  /** Seconds that the best queue (of either side) was of a class, and events in it. */
  readonly touchSeconds = new Float64Array(TOUCH_CLASSES);
  readonly touchLimits = new Float64Array(TOUCH_CLASSES);
  readonly touchCancels = new Float64Array(TOUCH_CLASSES);
  readonly touchWipes = new Float64Array(TOUCH_CLASSES);
  readonly touchLimitSizes = samples(TOUCH_CLASSES);
  readonly marketSizes = samples(TOUCH_CLASSES);
  /** Market orders that emptied the queue they hit. */
  readonly sweeps = new Float64Array(TOUCH_CLASSES);
  /** By bin · DEEP_CLASSES + class: level-seconds, and events. */
  readonly levelSeconds: Float64Array;
  readonly deepLimits: Float64Array;
  readonly deepCancels: Float64Array;
  readonly deepWipes: Float64Array;
  /** By bin: price-seconds without a level, and orders at such prices. */
  readonly emptySeconds: Float64Array;
  readonly fresh: Float64Array;
  readonly freshSizes: readonly QuantileSample[];
  readonly deepLimitSizes = new QuantileSample();
  readonly outerSizes = new QuantileSample();
  readonly touchCancelShares = new QuantileSample();
  readonly deepCancelShares = new QuantileSample();
  /** By class of spread: seconds, and orders within it. */
  readonly spreadSeconds = new Float64Array(SPREAD_CLASSES);
  readonly follows = new Float64Array(SPREAD_CLASSES);
  readonly backs = new Float64Array(SPREAD_CLASSES);
  readonly fullFollows = new Float64Array(SPREAD_CLASSES);
  readonly fullBacks = new Float64Array(SPREAD_CLASSES);
  readonly followShares = new QuantileSample();
  readonly backShares = new QuantileSample();
  readonly followSizes = new QuantileSample();
  readonly backSizes = new QuantileSample();
  readonly afterTrade = new QuantileSample();
  readonly afterCancel = new QuantileSample();
  /** Market orders: exchange time in µs less that in which the book was not known, direction, class of the queue it hit. */
  readonly orderTimes: number[] = [];
  readonly orderDirections: number[] = [];
  readonly orderClasses: number[] = [];
  seconds = 0;
  changes = 0;
  readonly #events: TapeEvents;
  readonly #grid: FitGrid;
  readonly #binOf: Uint8Array;
  readonly #reach: number;
  #emptied: Side = BID;
  /** Class of the queue that the last market order found, by the side it hit. */
  readonly #found = [0, 0];

  constructor(events: TapeEvents, grid: FitGrid) {
    this.#events = events;
    this.#grid = grid;
    this.bins = grid.bins.length - 1;
    this.#reach = grid.bins[this.bins];
    this.#binOf = new Uint8Array(this.#reach);
    for (let bin = 0; bin < this.bins; bin++) this.#binOf.fill(bin, grid.bins[bin], grid.bins[bin + 1]);
    const cells = this.bins * DEEP_CLASSES;
    this.levelSeconds = new Float64Array(cells);
    this.deepLimits = new Float64Array(cells);
    this.deepCancels = new Float64Array(cells);
    this.deepWipes = new Float64Array(cells);
    this.emptySeconds = new Float64Array(this.bins);
    this.fresh = new Float64Array(this.bins);
    this.freshSizes = samples(this.bins);
  }

  /** Orders, limit and market, and cancels. */
  get events(): number {
    return this.changes + this.orderTimes.length;
  }

  /** Best queues that emptied. */
  get moves(): number {
    return this.afterTrade.count + this.afterCancel.count;
  }

  onTime(seconds: number): void {
    const { bins, touchEdges, deepEdges } = this.#grid;
    this.seconds += seconds;
    for (const levels of this.#events.sides) {
      const { keys, sizes, count, best } = levels;
      this.touchSeconds[classOf(sizes[count - 1], touchEdges)] += seconds;
      for (let bin = 0; bin < this.bins; bin++)
        this.emptySeconds[bin] += (bins[bin + 1] - bins[bin]) * seconds;
      let at = count - 2;
      for (; at >= 0 && best - keys[at] < this.#reach; at--) {
        const bin = this.#binOf[best - keys[at]];
        this.levelSeconds[bin * DEEP_CLASSES + classOf(sizes[at], deepEdges)] += seconds;
        this.emptySeconds[bin] -= seconds;
      }
      if (at >= 0 && best - keys[at] < 3 * this.#reach) this.outerSizes.add(sizes[at]);
    }
    const spread = this.#spread();
    if (spread > 1) this.spreadSeconds[spreadClass(spread)] += seconds;
  }

  onOrder(exchangeTime: number, aggressor: Side, quantity: number, tradedAtBest: number): void {
    const side = (1 - aggressor) as Side;
    const levels = this.#events.sides[side];
    // The queue as the order found it: less what traded since the book was told, its own trades apart. Where more than
    // was shown has traded it was filled up in between, nobody knows how far.
    const shown = levels.sizes[levels.count - 1];
    const before = shown - Math.max(0, tradedAtBest - quantity);
    const index = classOf(before > 0 ? before : shown, this.#grid.touchEdges);
    this.#found[side] = index;
    this.orderTimes.push(exchangeTime - this.#events.unknown);
    this.orderDirections.push(aggressor);
    this.orderClasses.push(index);
    this.marketSizes[index].add(quantity);
  }

  onChanges(changes: readonly Change[]): void {
    // Takes the changes into copies of the best levels: the book itself moves when all is counted.
    const lists = [BID, ASK].map((side) =>
      changes.filter((change) => change.side === side).sort((a, b) => b.key - a.key),
    );
    const best = [this.#events.sides[BID].best, this.#events.sides[ASK].best];
    const sized = [0, 0];
    for (const side of [BID, ASK] as const) best[side] = this.#shrink(side, lists[side]);
    // Of two best queues that emptied the one the reference price fled from is the one that went farther.
    for (const side of [BID, ASK] as const) {
      const levels = this.#events.sides[side];
      sized[side] = best[side] < levels.best ? levels.best - best[side] : 0;
    }
    if (sized[BID] > 0 || sized[ASK] > 0) this.#emptied = sized[ASK] > sized[BID] ? ASK : BID;
    // The emptied side first waits for the other: who follows closes the spread.
    for (const side of [1 - this.#emptied, this.#emptied] as Side[]) {
      best[side] = this.#grow(side, lists[side], best);
    }
  }

  /** Counts what shrank; returns the best key that is left. */
  #shrink(side: Side, changes: readonly Change[]): number {
    const levels = this.#events.sides[side];
    const { deepEdges, touchEdges } = this.#grid;
    const gone = new Set<number>();
    for (const { key, after, traded } of changes) {
      const shown = levels.get(key);
      if (shown === 0) continue;
      const before = Math.max(0, shown - traded);
      if (after === 0) gone.add(key);
      if (key === levels.best || after >= before) continue;
      const distance = levels.best - key;
      if (distance >= this.#reach) continue;
      const cell = this.#binOf[distance] * DEEP_CLASSES + classOf(before, deepEdges);
      // A run of levels gone with the best is a move, not cancels.
      if (after === 0 && this.#inRun(levels, key, gone)) continue;
      this.changes++;
      this.deepCancels[cell]++;
      if (after === 0) this.deepWipes[cell]++;
      else this.deepCancelShares.add((before - after) / before);
    }
    this.#touch(side, changes, touchEdges);
    return this.#cleared(levels, gone);
  }

  /** Whether the best and everything between it and `key` are gone. */
  #inRun(levels: Levels, key: number, gone: ReadonlySet<number>): boolean {
    for (let at = levels.count - 1; at >= 0 && levels.keys[at] >= key; at--) {
      if (!gone.has(levels.keys[at])) return false;
    }
    return true;
  }

  #touch(side: Side, changes: readonly Change[], edges: readonly number[]): void {
    const levels = this.#events.sides[side];
    const change = changes.find(({ key }) => key === levels.best);
    if (change === undefined) return;
    const shown = levels.sizes[levels.count - 1];
    const before = Math.max(0, shown - change.traded);
    if (before === 0 || change.after >= before) {
      if (change.after > 0) return;
      this.sweeps[this.#found[side]]++;
      this.#moved(this.afterTrade, side, changes);
      return;
    }
    const index = classOf(before, edges);
    this.changes++;
    this.touchCancels[index]++;
    if (change.after === 0) {
      this.touchWipes[index]++;
      this.#moved(this.afterCancel, side, changes);
    } else this.touchCancelShares.add((before - change.after) / before);
  }

  #moved(sample: QuantileSample, side: Side, changes: readonly Change[]): void {
    const levels = this.#events.sides[side];
    const gone = new Set(changes.filter(({ after }) => after === 0).map(({ key }) => key));
    let last = levels.best;
    for (let at = levels.count - 1; at >= 0 && gone.has(levels.keys[at]); at--) last = levels.keys[at];
    sample.add(levels.best - last);
  }

  /** Best key when the levels of `gone` are gone. */
  #cleared(levels: Levels, gone: ReadonlySet<number>): number {
    let at = levels.count - 1;
    while (at > 0 && gone.has(levels.keys[at])) at--;
    return levels.keys[at];
  }

  /** Counts what grew, from the best price outwards; returns the best key then. */
  #grow(side: Side, changes: readonly Change[], bests: readonly number[]): number {
    const levels = this.#events.sides[side];
    const { deepEdges, touchEdges } = this.#grid;
    let best = bests[side];
    for (const { key, after, traded } of changes) {
      const before = Math.max(0, levels.get(key) - traded);
      if (after <= before) continue;
      const size = after - before;
      if (key > best) {
        best = this.#within(side, key, best, bests[1 - side], size);
        continue;
      }
      const distance = best - key;
      if (distance >= this.#reach) continue;
      this.changes++;
      if (distance === 0) {
        const index = classOf(Math.max(1, before), touchEdges);
        this.touchLimits[index]++;
        this.touchLimitSizes[index].add(size);
      } else if (before === 0) {
        const bin = this.#binOf[distance];
        this.fresh[bin]++;
        this.freshSizes[bin].add(size);
      } else {
        this.deepLimits[this.#binOf[distance] * DEEP_CLASSES + classOf(before, deepEdges)]++;
        this.deepLimitSizes.add(size);
      }
    }
    return best;
  }

  /** A limit order within the spread; returns the best key of its side then. */
  #within(side: Side, key: number, best: number, other: number, size: number): number {
    const spread = -(best + other);
    const better = key - best;
    // A book that crosses within a message says nothing of the spread.
    if (spread < 2 || better >= spread) return key;
    const index = spreadClass(spread);
    const follows = side !== this.#emptied;
    this.changes++;
    (follows ? this.follows : this.backs)[index]++;
    (follows ? this.followSizes : this.backSizes).add(size);
    if (better === spread - 1) (follows ? this.fullFollows : this.fullBacks)[index]++;
    else (follows ? this.followShares : this.backShares).add(better / (spread - 1));
    return key;
  }

  #spread(): number {
    return -(this.#events.sides[BID].best + this.#events.sides[ASK].best);
  }
}
