import { InputError, InterruptedError } from '../../../base/errors.ts';
import type { Tape } from '../../tape/rows.ts';
import { DEEP_CLASSES, type FittedParameters } from '../fitted-parameters.ts';
import {
  backgroundShares,
  fitHawkes,
  type HawkesFit,
  type HawkesParameters,
  type OrderFlow,
} from '../hawkes.ts';
import { QUANTILES, type QuantileSample, type QuantileTable } from '../quantile-table.ts';
import { calibrate } from './calibrate.ts';
import { EventCounts } from './counts.ts';
import { type FitGrid, surveyTape } from './survey.ts';
import { type Span, TapeEvents } from './tape-events.ts';

/** What a tape must hold to be fitted. */
export const NEEDED = { seconds: 60, orders: 300, changes: 2_000, moves: 30 } as const;
/** Samples with fewer values than this are no distribution. */
const FEW = 8;
/** No event is taken to need less time than this on average, seconds: far less than streams tell apart. */
const SHORTEST = 1e-5;
/** Alternations of the Hawkes process and what the queues do to its base rate. */
const ALTERNATIONS = 4;

/** Standard errors of the parameters that have them; rates are counts over time, so theirs is rate / √count. */
export interface FitErrors {
  readonly touch: { readonly limit: readonly number[]; readonly cancel: readonly number[] };
  readonly deep: {
    readonly limit: readonly (readonly number[])[];
    readonly cancel: readonly (readonly number[])[];
    readonly fresh: readonly number[];
  };
  readonly spread: { readonly follow: readonly number[]; readonly back: readonly number[] };
  readonly orders: HawkesParameters;
  readonly branchingRatio: number;
  readonly theta: number;
}

export interface MarketFit {
  readonly parameters: FittedParameters;
  readonly errors: FitErrors;
  /** What was counted. */
  readonly events: {
    readonly seconds: number;
    readonly marketOrders: number;
    readonly limitOrders: number;
    readonly cancels: number;
    readonly emptied: number;
  };
  /** Probability that after a best queue emptied the reference price moves: the other side follows. */
  readonly theta: number;
  /** What the probabilities that a best queue empties were multiplied by, so that it happens as often as on the tape. */
  readonly emptyingFactor: number;
  /** And the base rate of market orders, for theirs. */
  readonly orderFactor: number;
  readonly hawkes: Omit<HawkesFit, 'parameters' | 'standardErrors'>;
}

export interface FitOptions extends Span {
  readonly signal?: AbortSignal;
  /** Told the time on the tape that was reached, µs, and which of the two passes it is. */
  readonly onProgress?: (time: number, pass: number) => void;
}

/**
 * Estimates a market from a tape: rates by counting events and the time in which they could have happened (the maximum
 * likelihood of piecewise constant intensities), market orders as a Hawkes process by maximum likelihood. Throws an
 * InputError that says what is missing where the tape is too short.
 */
export function fitMarket(tape: Tape, options: FitOptions = {}): MarketFit {
  const told = (pass: number) => (time: number) => {
    if (options.signal?.aborted) throw new InterruptedError('The fit was interrupted; nothing was written.');
    options.onProgress?.(time, pass);
  };
  const grid = surveyTape(tape, options, told(0));
  const events = new TapeEvents(tape);
  const counts = new EventCounts(events, grid);
  events.walk(counts, options, told(1));
  requireEnough(counts);
  const { flow, classes } = orderFlow(counts);
  const { fit, factors } = fitOrders(flow, classes, counts);
  const raw = parametersOf(tape, grid, counts, fit.parameters, factors);
  const { parameters, emptyingFactor, orderFactor } = calibrate(raw, {
    emptied: counts.moves / counts.seconds,
    orders: flow.times.length / counts.seconds,
  });
  const follows = sum(counts.follows);
  const backs = sum(counts.backs);
  const theta = follows / Math.max(1, follows + backs);
  return {
    parameters,
    errors: {
      touch: {
        limit: rateErrors(counts.touchLimits, counts.touchSeconds),
        cancel: rateErrors(counts.touchCancels, counts.touchSeconds),
      },
      deep: {
        limit: rows(rateErrors(counts.deepLimits, counts.levelSeconds)),
        cancel: rows(rateErrors(counts.deepCancels, counts.levelSeconds)),
        fresh: rateErrors(counts.fresh, counts.emptySeconds),
      },
      spread: {
        follow: rateErrors(counts.follows, counts.spreadSeconds),
        back: rateErrors(counts.backs, counts.spreadSeconds),
      },
      orders: fit.standardErrors,
      branchingRatio: fit.branchingRatioError,
      theta: Math.sqrt((theta * (1 - theta)) / Math.max(1, follows + backs)),
    },
    events: {
      seconds: counts.seconds,
      marketOrders: flow.times.length,
      limitOrders: sum(counts.touchLimits) + sum(counts.deepLimits) + sum(counts.fresh) + follows + backs,
      cancels: sum(counts.touchCancels) + sum(counts.deepCancels),
      emptied: counts.moves,
    },
    theta,
    emptyingFactor,
    orderFactor,
    hawkes: {
      branchingRatio: fit.branchingRatio,
      branchingRatioError: fit.branchingRatioError,
      logLikelihood: fit.logLikelihood,
      poissonLogLikelihood: fit.poissonLogLikelihood,
      residualKs: fit.residualKs,
    },
  };
}

function requireEnough(counts: EventCounts): void {
  const { seconds, changes, moves } = counts;
  const orders = counts.orderTimes.length;
  const enough =
    seconds >= NEEDED.seconds &&
    orders >= NEEDED.orders &&
    changes >= NEEDED.changes &&
    moves >= NEEDED.moves;
  if (enough) return;
  throw new InputError({
    code: 'tape-too-short',
    message:
      `The tape is too short to fit a market to: a known book for ${seconds.toFixed(1)} s, ${orders} market ` +
      `orders, ${changes} changes near the best prices, ${moves} best queues that emptied.`,
    field: 'tape',
    value: seconds,
    expected:
      `at least ${NEEDED.seconds} s with a known book, ${NEEDED.orders} market orders, ${NEEDED.changes} changes, ` +
      `${NEEDED.moves} emptied queues`,
    hint: 'Record for longer, or import more captures into the tape.',
  });
}

/** Market orders on the exchange's clock, in seconds. Orders of the same millisecond are spread over it. */
function orderFlow(counts: EventCounts): { flow: OrderFlow; classes: Uint8Array } {
  const order = counts.orderTimes.map((_, i) => i);
  order.sort((a, b) => counts.orderTimes[a] - counts.orderTimes[b] || a - b);
  const first = counts.orderTimes[order[0]];
  const times = Float64Array.from(order, (i) => (counts.orderTimes[i] - first) / 1e6);
  for (let from = 0; from < times.length; ) {
    let to = from;
    while (to < times.length && times[to] === times[from]) to++;
    const at = times[from];
    for (let i = from; i < to; i++) times[i] = at + (0.001 * (i - from + 0.5)) / (to - from);
    from = to;
  }
  const directions = Uint8Array.from(order, (i) => counts.orderDirections[i]);
  const seconds = Math.max(counts.seconds, times[times.length - 1] + 0.001);
  const factors = new Float64Array(times.length).fill(1);
  return {
    flow: { times, directions, factors, seconds },
    classes: Uint8Array.from(order, (i) => counts.orderClasses[i]),
  };
}

/**
 * The Hawkes process and the factors by queue size on its base rate, in turns: given the process each order has a
 * probability that nothing brought it about, and the factors are the rates of such orders by class.
 */
function fitOrders(flow: OrderFlow, classes: Uint8Array, counts: EventCounts) {
  const time = counts.touchSeconds;
  const whole = sum(time);
  let factors: number[] = Array.from(time, () => 1);
  let fit = fitHawkes(flow);
  for (let i = 0; i < ALTERNATIONS; i++) {
    const shares = backgroundShares(flow, fit.parameters);
    const orders = new Float64Array(time.length);
    shares.forEach((share, k) => {
      orders[classes[k]] += share;
    });
    const rates = Array.from(orders, (count, index) => count / Math.max(time[index], 1e-9));
    const mean = rates.reduce((total, rate, index) => total + rate * time[index], 0) / whole;
    factors = rates.map((rate) => rate / mean);
    flow.factors.set(Float64Array.from(classes, (index) => Math.max(1e-3, factors[index])));
    fit = fitHawkes(flow, fit.parameters);
  }
  return { fit, factors };
}

function parametersOf(
  tape: Tape,
  grid: FitGrid,
  counts: EventCounts,
  orders: HawkesParameters,
  factors: readonly number[],
): FittedParameters {
  const widths = grid.bins.slice(1).map((to, bin) => to - grid.bins[bin]);
  // Both sides are counted in one.
  const bookSeconds = 2 * counts.seconds;
  const fresh = tables(counts.freshSizes, [counts.followSizes, counts.backSizes]);
  return {
    instrument: tape.info.instrument,
    depthIntervalMs: grid.depthIntervalMs,
    startPrice: grid.startPrice,
    touch: {
      edges: grid.touchEdges,
      limit: rates(counts.touchLimits, counts.touchSeconds),
      cancel: rates(counts.touchCancels, counts.touchSeconds),
      wipe: rates(counts.touchWipes, counts.touchCancels),
      limitSize: tables(counts.touchLimitSizes),
      market: factors,
      marketSize: tables(counts.marketSizes),
      sweep: rates(
        counts.sweeps,
        Float64Array.from(counts.marketSizes, ({ count }) => count),
      ),
    },
    deep: {
      bins: grid.bins,
      edges: grid.deepEdges,
      limit: rows(rates(counts.deepLimits, counts.levelSeconds, DEEP_CLASSES)),
      cancel: rows(rates(counts.deepCancels, counts.levelSeconds, DEEP_CLASSES)),
      wipe: rows(rates(counts.deepWipes, counts.deepCancels, DEEP_CLASSES)),
      fresh: rates(counts.fresh, counts.emptySeconds),
      occupancy: widths.map((width, bin) => {
        const seconds = counts.levelSeconds.subarray(bin * DEEP_CLASSES, (bin + 1) * DEEP_CLASSES);
        return Math.min(1, sum(seconds) / (width * bookSeconds));
      }),
      freshSize: fresh,
      limitSize: table(counts.deepLimitSizes, fresh[0]),
      outerSize: table(counts.outerSizes, fresh[fresh.length - 1]),
    },
    cancelShare: {
      touch: table(counts.touchCancelShares, EVEN),
      deep: table(counts.deepCancelShares, EVEN),
    },
    spread: {
      follow: rates(counts.follows, counts.spreadSeconds, counts.follows.length),
      back: rates(counts.backs, counts.spreadSeconds, counts.backs.length),
      followFull: rates(counts.fullFollows, counts.follows, counts.follows.length),
      backFull: rates(counts.fullBacks, counts.backs, counts.backs.length),
      followShare: table(counts.followShares, EVEN),
      backShare: table(counts.backShares, EVEN),
      followSize: table(counts.followSizes, fresh[0]),
      backSize: table(counts.backSizes, fresh[0]),
    },
    moves: {
      afterTrade: table(counts.afterTrade, ZERO),
      afterCancel: table(counts.afterCancel, ZERO),
    },
    orders,
  };
}

/** Evenly spread over (0, 1); nothing but 0. */
const EVEN: QuantileTable = QUANTILES;
const ZERO: QuantileTable = QUANTILES.map(() => 0);

/**
 * Events per unit of what they could have happened in. The rate of the cell's row (of `width` cells) counts as one event
 * more, so that a cell that was hardly ever there takes that, and one that was there for long keeps its own. What always
 * happened before the next message, as a spread that never stays wider than a tick closes, has a rate no one can tell.
 */
function rates(counts: Float64Array, exposure: Float64Array, width = counts.length): number[] {
  return Array.from(counts, (count, i) => {
    const row = Math.floor(i / width) * width;
    const events = sum(counts.subarray(row, row + width));
    if (events === 0) return 0;
    const each = Math.max(sum(exposure.subarray(row, row + width)) / events, SHORTEST);
    return (count + 1) / (exposure[i] + each);
  });
}

/** Of cells that were never there none: not finite, null in a file. */
function rateErrors(counts: Float64Array, exposure: Float64Array): number[] {
  return Array.from(counts, (count, i) => Math.sqrt(Math.max(1, count)) / exposure[i]);
}

function rows(values: readonly number[]): number[][] {
  const result: number[][] = [];
  for (let i = 0; i < values.length; i += DEEP_CLASSES) result.push(values.slice(i, i + DEEP_CLASSES));
  return result;
}

/** Tables of samples; one with too few takes that of the nearest with enough. */
function tables(list: readonly QuantileSample[], others: readonly QuantileSample[] = []): QuantileTable[] {
  return list.map((_, i) => {
    const near = [...list]
      .map((sample, j) => ({ sample, far: Math.abs(i - j) }))
      .filter(({ sample }) => sample.count >= FEW)
      .sort((a, b) => a.far - b.far)[0]?.sample;
    const sample = near ?? others.find(({ count }) => count > 0);
    return sample === undefined ? QUANTILES.map(() => 1) : sample.quantiles();
  });
}

function table(sample: QuantileSample, otherwise: QuantileTable): QuantileTable {
  return sample.count >= FEW ? sample.quantiles() : otherwise;
}

function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
