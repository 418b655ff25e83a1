import type { Generator } from '../../base/random.ts';
import { BID, type Side } from '../side.ts';
import { drawSize } from './fitted-samplers.ts';
import type { LevelRates } from './level-rates.ts';
import { Levels } from './levels.ts';
import type { TableSampler } from './quantile-table.ts';
import type { MarketSink } from './simulated-market.ts';

/** Levels are known this many times as far from the best price as they react, and kept a little farther. */
const OUTER = 3;
const KEPT = 4;

/**
 * One side of a fitted market's book, with the rate at which something happens to each level near the best price. Tells
 * `sink` of each level that changes. Hot path: typed arrays, no allocation an event.
 */
export class ReactingSide {
  readonly levels = new Levels();
  /** Rate of each level that reacts, at its index counted from the best; how many there are, and their sum. */
  rates = new Float64Array(256);
  reacting = 0;
  sum = 0;
  /** Who is told, and the time of the event that is happening, µs. */
  sink: MarketSink;
  time = 0;
  readonly #side: Side;
  readonly #of: LevelRates;
  /** Sizes of levels that come into sight. */
  readonly #outer: TableSampler;
  readonly #random: Generator;
  /** Farthest key that has been given levels to. */
  #edge = 0;

  constructor(side: Side, rates: LevelRates, outer: TableSampler, random: Generator, sink: MarketSink) {
    this.#side = side;
    this.#of = rates;
    this.#outer = outer;
    this.#random = random;
    this.sink = sink;
  }

  /** Begins with one level, and those that come into sight behind it. */
  begin(key: number, size: number): void {
    this.levels.set(key, size);
    this.#edge = key;
    this.refresh();
  }

  resize(at: number, size: number): void {
    const { levels, rates } = this;
    if (size === levels.sizes[at]) return;
    levels.sizes[at] = size;
    const behind = levels.count - 1 - at;
    this.sum -= rates[behind];
    rates[behind] = this.#of.of(levels, at);
    this.sum += rates[behind];
    this.#tell(levels.keys[at], size);
  }

  put(key: number, size: number): void {
    this.levels.set(key, size);
    this.#tell(key, size);
  }

  remove(at: number): void {
    const key = this.levels.keys[at];
    this.levels.removeAt(at);
    this.#tell(key, 0);
  }

  /** A level behind the best came. */
  open(at: number): void {
    const { levels, rates, reacting: count } = this;
    const behind = levels.count - 1 - at;
    if (rates.length <= count) {
      this.refresh();
      return;
    }
    rates.copyWithin(behind + 1, behind, count);
    rates[behind] = this.#of.of(levels, at);
    this.sum += rates[behind];
    this.reacting = count + 1;
  }

  /** A level behind the best went. */
  close(behind: number): void {
    const { rates } = this;
    this.sum -= rates[behind];
    rates.copyWithin(behind, behind + 1, this.reacting);
    this.reacting--;
  }

  /** After the best price changed: levels that come into sight or leave it, and all rates. */
  refresh(): void {
    const { levels } = this;
    this.#extend();
    const farthest = levels.best - this.#of.reach;
    let sum = 0;
    let behind = 0;
    if (this.rates.length < levels.count) this.rates = new Float64Array(2 * levels.count);
    const { rates } = this;
    for (let at = levels.count - 1; at >= 0 && levels.keys[at] > farthest; at--) {
      const rate = this.#of.of(levels, at);
      rates[behind++] = rate;
      sum += rate;
    }
    this.reacting = behind;
    this.sum = sum;
  }

  /** Levels beyond the reacting ones come into sight where the best price comes near, and fall out far behind. */
  #extend(): void {
    const { levels } = this;
    const { reach, occupancy } = this.#of;
    const lowest = levels.best - OUTER * reach;
    while (this.#edge > lowest) {
      const distance = levels.best - this.#edge + 1;
      const bin = distance < reach ? this.#of.bin(distance) : occupancy.length - 1;
      const share = Math.max(1e-4, occupancy[bin]);
      const gap = share >= 1 ? 1 : 1 + Math.floor(Math.log(1 - this.#random.uniform()) / Math.log(1 - share));
      const key = this.#edge - gap;
      this.#edge = Math.max(key, lowest);
      if (key < lowest || (this.#side === BID && key < 1)) continue;
      this.put(key, drawSize(this.#outer, this.#random));
    }
    const dropped = levels.best - KEPT * reach;
    if (this.#edge >= dropped) return;
    while (levels.count > 1 && levels.keys[0] < dropped) this.remove(0);
    this.#edge = dropped;
  }

  #tell(key: number, size: number): void {
    this.sink.onLevel(this.time, this.#side, this.#side === BID ? key : -key, size);
  }
}
