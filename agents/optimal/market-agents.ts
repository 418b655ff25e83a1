import type { AnalyticMarket } from '../../env/analytic/market.ts';
import { averageSpread, halfSpread } from '../closed-form.ts';
import type { GlftQuotes } from './glft.ts';
import type { ValueFunction } from './value-function.ts';

/** Quotes all paths of an analytic market: writes `market.bidDistance` and `market.askDistance`. Allocates nothing. */
export interface MarketAgent {
  readonly name: string;
  quote(market: AnalyticMarket): void;
}

export interface AvellanedaStoikovOptions {
  /** γ. */
  readonly riskAversion: number;
  /** k of the fill intensity. */
  readonly decay: number;
  readonly volatility: number;
}

/**
 * The inventory strategy of Avellaneda and Stoikov (2008): both quotes half of γσ²(T−t) + (2/γ)ln(1 + γ/k) from
 * r = s − qγσ²(T−t).
 */
export class InventoryStrategy implements MarketAgent {
  readonly name = 'inventory';
  readonly #half: number;
  readonly #risk: number;

  constructor({ riskAversion, decay, volatility }: AvellanedaStoikovOptions) {
    this.#half = halfSpread(riskAversion, decay);
    this.#risk = riskAversion * volatility * volatility;
  }

  quote(market: AnalyticMarket): void {
    const { inventory, bidDistance, askDistance } = market;
    const shift = this.#risk * market.timeLeft;
    const half = this.#half + shift / 2;
    for (let j = 0; j < inventory.length; j++) {
      const offset = inventory[j] * shift;
      bidDistance[j] = half + offset;
      askDistance[j] = half - offset;
    }
  }
}

/** The same distances on both sides always; with the time-average spread it is the paper's benchmark. */
export class SymmetricStrategy implements MarketAgent {
  readonly name = 'symmetric';
  readonly distance: number;

  constructor(distance: number) {
    this.distance = distance;
  }

  /** Half the time-average spread of the inventory strategy around the mid. */
  static benchmark(options: AvellanedaStoikovOptions, duration: number): SymmetricStrategy {
    const { riskAversion, decay, volatility } = options;
    return new SymmetricStrategy(averageSpread(riskAversion, decay, volatility, duration) / 2);
  }

  quote(market: AnalyticMarket): void {
    market.bidDistance.fill(this.distance);
    market.askDistance.fill(this.distance);
  }
}

/** Asymptotic quotes: affine in the inventory, the same at all times. */
export class AsymptoticStrategy implements MarketAgent {
  readonly name = 'asymptotic';
  readonly #quotes: GlftQuotes;

  constructor(quotes: GlftQuotes) {
    this.#quotes = quotes;
  }

  quote(market: AnalyticMarket): void {
    const { inventory, bidDistance, askDistance } = market;
    const { halfSpread: half, skew } = this.#quotes;
    for (let j = 0; j < inventory.length; j++) {
      bidDistance[j] = half + skew * inventory[j];
      askDistance[j] = half - skew * inventory[j];
    }
  }
}

/** What quotes by time step and inventory: an exact solution. */
export interface DistanceTable {
  bidDistance(step: number, q: number): number;
  askDistance(step: number, q: number): number;
}

/** Quotes by a {@link ValueFunction} on the market's own time grid. */
export class OptimalStrategy implements MarketAgent {
  readonly name = 'optimal';
  readonly #bid: Float64Array;
  readonly #ask: Float64Array;
  readonly #width: number;
  readonly #limit: number;

  constructor(table: DistanceTable, maxInventory: number, steps: number) {
    this.#limit = maxInventory;
    this.#width = 2 * maxInventory + 1;
    this.#bid = new Float64Array(this.#width * steps);
    this.#ask = new Float64Array(this.#width * steps);
    for (let step = 0; step < steps; step++) {
      for (let q = -maxInventory; q <= maxInventory; q++) {
        const at = step * this.#width + q + maxInventory;
        this.#bid[at] = table.bidDistance(step, q);
        this.#ask[at] = table.askDistance(step, q);
      }
    }
  }

  static of(solution: ValueFunction): OptimalStrategy {
    return new OptimalStrategy(solution, solution.problem.maxInventory, solution.problem.steps);
  }

  quote(market: AnalyticMarket): void {
    const { inventory, bidDistance, askDistance } = market;
    const from = market.stepsTaken * this.#width + this.#limit;
    for (let j = 0; j < inventory.length; j++) {
      const at = from + inventory[j];
      bidDistance[j] = this.#bid[at];
      askDistance[j] = this.#ask[at];
    }
  }
}
