import type { Generator } from '../../base/random.ts';
import { type Box, box } from '../spaces.ts';
import { badValue, checkSettings } from './check-part.ts';
import { AnalyticMarket } from './market.ts';
import type { ObservedColumn } from './parts.ts';
import type { AnalyticMarketSettings } from './settings.ts';

/** Distances of quotes from the mid that actions −1 and 1 stand for, price units; negative is beyond the mid. */
export interface ActionRange {
  readonly minDistance: number;
  readonly maxDistance: number;
}

/**
 * An analytic market as a learner sees it. Action: distances of bid and ask, [−1, 1] each onto the action range.
 * Observation: inventory in lots, the share of time left, then what else the optimum can depend on, as its parts say
 * (a Brownian mid and Poisson arrivals add nothing).
 */
export class AnalyticTask {
  readonly market: AnalyticMarket;
  readonly observationSpace: Box;
  readonly actionSpace: Box = box(-1, 1, [2]);
  readonly observationNames: readonly string[];
  readonly #observed: readonly ObservedColumn[];
  readonly #low: number;
  readonly #scale: number;

  constructor(settings: AnalyticMarketSettings, range: ActionRange, paths: number, generator: Generator) {
    checkSettings('action', range, { minDistance: {}, maxDistance: {} });
    if (!(range.minDistance < range.maxDistance)) {
      throw badValue('maxDistance', range.maxDistance, `a number above minDistance ${range.minDistance}`);
    }
    this.market = new AnalyticMarket(settings, paths, generator);
    const { midPrice, arrivals, reward } = this.market;
    this.#observed = [midPrice, arrivals, reward].flatMap((part) => part.observed);
    this.observationNames = ['inventory', 'timeLeft', ...this.#observed.map(({ column }) => column)];
    this.observationSpace = box(-Infinity, Infinity, [this.observationNames.length]);
    this.#low = range.minDistance;
    this.#scale = (range.maxDistance - range.minDistance) / 2;
  }

  /** Writes a row of features for each path. */
  observe(out: Float32Array): void {
    const { market } = this;
    const { paths, inventory } = market;
    const width = this.observationNames.length;
    const timeLeft = market.timeLeft / market.settings.duration;
    for (let j = 0; j < paths; j++) {
      out[j * width] = inventory[j];
      out[j * width + 1] = timeLeft;
    }
    for (let k = 0; k < this.#observed.length; k++) {
      const { column, centre, scale } = this.#observed[k];
      const values = market.state.column(column);
      for (let j = 0; j < paths; j++) out[j * width + 2 + k] = (values[j] - centre) / scale;
    }
  }

  /** Quotes as the actions say, one row of two for each path, and steps. */
  step(actions: Float32Array): void {
    const { bidDistance, askDistance, paths } = this.market;
    for (let j = 0; j < paths; j++) {
      bidDistance[j] = this.distance(actions[2 * j]);
      askDistance[j] = this.distance(actions[2 * j + 1]);
    }
    this.market.step();
  }

  /** The distance that an action component stands for. */
  distance(action: number): number {
    return this.#low + (action + 1) * this.#scale;
  }

  /** The action component for a distance, limited to the action range. */
  action(distance: number): number {
    return Math.min(Math.max((distance - this.#low) / this.#scale - 1, -1), 1);
  }

  info(path: number): Readonly<Record<string, number>> {
    const { inventory, cash, mid } = this.market;
    return {
      inventory: inventory[path],
      cash: cash[path],
      mid: mid[path],
      wealth: cash[path] + inventory[path] * mid[path],
    };
  }
}
