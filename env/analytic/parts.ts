import type { RandomColumns } from './random-columns.ts';
import type { StateMatrix } from './state-matrix.ts';

/** A column that the optimal action can depend on, as observed: (x − centre) ÷ scale. */
export interface ObservedColumn {
  readonly column: string;
  readonly centre: number;
  readonly scale: number;
}

/** What every part of an analytic market has: columns of its own and their values at the start. */
export interface MarketPart {
  readonly name: string;
  /** Columns beyond those every market has. */
  readonly columns: readonly string[];
  readonly observed: readonly ObservedColumn[];
  /** Sets its columns to the start of an episode. */
  begin(state: StateMatrix): void;
}

/** How the mid moves in a step. */
export interface MidPriceProcess extends MarketPart {
  /** σ per √(unit of time), for agents that want it; of the start where it varies. */
  readonly volatility: number;
  /** Moves the column `mid` and writes by how much to `midChange`. */
  advance(state: StateMatrix, random: RandomColumns): void;
}

/**
 * Market orders that arrive in a step. `draw` writes an urgency y for each path: y > 0 where an order arrives, and
 * P(y > ln(p/v)) as the fill functions need it: with literal probability p of an arrival, v·p is the probability of a
 * fill at a distance that an order reaches with probability v.
 */
export interface ArrivalProcess extends MarketPart {
  /** Writes urgencies of orders that sell to bids and of orders that buy from asks; moves intensities. */
  draw(state: StateMatrix, random: RandomColumns, bid: Float64Array, ask: Float64Array): void;
}

/** How far from the mid an arriving order reaches. */
export interface FillFunction {
  readonly name: string;
  /** Probability that an arriving order fills a quote at distance δ ≥ 0. */
  probability(distance: number): number;
  /** Turns urgencies into reaches in place: a quote is filled where its distance is below the reach. */
  reach(urgency: Float64Array, count: number): void;
}
