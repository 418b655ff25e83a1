import type { Instrument } from '../instrument.ts';
import type { HawkesParameters } from './hawkes.ts';
import type { QuantileTable } from './quantile-table.ts';

/** Classes of queue size at the touch, and behind it. */
export const TOUCH_CLASSES = 8;
export const DEEP_CLASSES = 4;
/** Classes of spread wider than a tick: 2, 3–4, 5–8, … ticks, the last without end. */
export const SPREAD_CLASSES = 12;
/** Levels react no farther behind the best price than this, ticks. */
export const FARTHEST = 4096;

/**
 * Parameters of a market fitted to a recording. Rates are events per second, sizes steps of the instrument, distances
 * ticks behind the best price of the own side; both sides are alike.
 */
export interface FittedParameters {
  readonly instrument: Instrument;
  /** How often the exchange sums up changes of the book, ms. */
  readonly depthIntervalMs: number;
  /** Best bid at the beginning, ticks. */
  readonly startPrice: number;
  /** The best queue, by its size: `edges` divide the classes. */
  readonly touch: {
    readonly edges: readonly number[];
    /** Limit orders that join it, and cancels. */
    readonly limit: readonly number[];
    readonly cancel: readonly number[];
    /** Probability that a cancel empties it. */
    readonly wipe: readonly number[];
    readonly limitSize: readonly QuantileTable[];
    /** Factor on the rate of market orders that nothing brought about; about 1 over time. */
    readonly market: readonly number[];
    readonly marketSize: readonly QuantileTable[];
    /** Probability that a market order empties it. */
    readonly sweep: readonly number[];
  };
  /** Levels behind the best, by distance and size: `bins` holds the first distance of each bin and where the last ends. */
  readonly deep: {
    readonly bins: readonly number[];
    readonly edges: readonly number[];
    /** For each level: limit orders that join, cancels, and the probability that one empties it; by bin and class. */
    readonly limit: readonly (readonly number[])[];
    readonly cancel: readonly (readonly number[])[];
    readonly wipe: readonly (readonly number[])[];
    /** Limit orders at each empty price, by bin. */
    readonly fresh: readonly number[];
    /** Share of prices that hold a level, by bin. */
    readonly occupancy: readonly number[];
    readonly freshSize: readonly QuantileTable[];
    readonly limitSize: QuantileTable;
    /** Sizes of the levels beyond the last bin. */
    readonly outerSize: QuantileTable;
  };
  /** Share of a queue that a cancel takes which does not empty it. */
  readonly cancelShare: { readonly touch: QuantileTable; readonly deep: QuantileTable };
  /** Spread wider than a tick after a best queue emptied: the other side follows, or the same side comes back. */
  readonly spread: {
    /** Rates by class of spread. */
    readonly follow: readonly number[];
    readonly back: readonly number[];
    /** Probability that the order closes the spread to a tick, and else the share of the way that it goes. */
    readonly followFull: readonly number[];
    readonly backFull: readonly number[];
    readonly followShare: QuantileTable;
    readonly backShare: QuantileTable;
    readonly followSize: QuantileTable;
    readonly backSize: QuantileTable;
  };
  /** Moves of the reference price: how far behind an emptied best queue others are gone with it, ticks. */
  readonly moves: { readonly afterTrade: QuantileTable; readonly afterCancel: QuantileTable };
  readonly orders: HawkesParameters;
}

/** Class of a size among `edges`. */
export function classOf(size: number, edges: readonly number[] | Float64Array): number {
  let index = 0;
  while (index < edges.length && size > edges[index]) index++;
  return index;
}

/** Class of a spread of more than a tick. */
export function spreadClass(ticks: number): number {
  return Math.min(SPREAD_CLASSES - 1, Math.ceil(Math.log2(ticks)) - 1);
}
