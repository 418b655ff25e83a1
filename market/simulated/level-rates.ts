import { classOf, DEEP_CLASSES, type FittedParameters } from './fitted-parameters.ts';
import type { Levels } from './levels.ts';

/** How often limit orders join a level and cancels take from it, by its distance from the best price and its size. */
export class LevelRates {
  /** Distance from the best price at which levels no longer react, ticks. */
  readonly reach: number;
  /** Share of prices that hold a level, by bin of distance. */
  readonly occupancy: readonly number[];
  readonly #touchEdges: Float64Array;
  readonly #binOf: Uint8Array;
  readonly #touchRate: Float64Array;
  readonly #touchLimit: Float64Array;
  readonly #deepEdges: Float64Array;
  readonly #deepRate: Float64Array;
  readonly #deepLimit: Float64Array;

  constructor({ touch, deep }: FittedParameters) {
    const bins = deep.bins.length - 1;
    this.reach = deep.bins[bins];
    this.occupancy = deep.occupancy;
    this.#binOf = new Uint8Array(this.reach);
    for (let bin = 0; bin < bins; bin++) this.#binOf.fill(bin, deep.bins[bin], deep.bins[bin + 1]);
    this.#touchEdges = Float64Array.from(touch.edges);
    this.#touchLimit = Float64Array.from(touch.limit);
    this.#touchRate = Float64Array.from(touch.limit, (rate, i) => rate + touch.cancel[i]);
    this.#deepEdges = Float64Array.from(deep.edges);
    this.#deepLimit = Float64Array.from(deep.limit.flat());
    this.#deepRate = Float64Array.from(deep.cancel.flat(), (rate, i) => rate + this.#deepLimit[i]);
  }

  /** Bin of a distance within reach. */
  bin(distance: number): number {
    return this.#binOf[distance];
  }

  touchClass(size: number): number {
    return classOf(size, this.#touchEdges);
  }

  deepClass(size: number): number {
    return classOf(size, this.#deepEdges);
  }

  /** Limit orders a second that join the best level, or one behind it. */
  touchLimit(index: number): number {
    return this.#touchLimit[index];
  }

  deepLimit(bin: number, index: number): number {
    return this.#deepLimit[bin * DEEP_CLASSES + index];
  }

  /** Limit orders and cancels a second at the level at index `at`, which is within reach. */
  of(levels: Levels, at: number): number {
    const size = levels.sizes[at];
    if (at === levels.count - 1) return this.#touchRate[this.touchClass(size)];
    const bin = this.#binOf[levels.best - levels.keys[at]];
    return this.#deepRate[bin * DEEP_CLASSES + this.deepClass(size)];
  }
}
