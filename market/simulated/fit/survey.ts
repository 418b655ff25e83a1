import type { Tape } from '../../tape/rows.ts';
import { FARTHEST } from '../fitted-parameters.ts';
import { QuantileSample } from '../quantile-table.ts';
import { type Span, TapeEvents } from './tape-events.ts';

/** Levels a side that react: their mean distance is the reach of the model. */
const LEVELS = 40;
const SAMPLE_SECONDS = 0.5;

/**
 * Shares of time that divide the classes of the best queue. Fine where it is small: after a move a small queue becomes
 * the best and grows within the same message, so that what is hardly ever seen lasts hardly any time.
 */
const TOUCH_SHARES = [0.005, 0.03, 0.1, 0.25, 0.45, 0.65, 0.85];

/** And those of the queues behind: what was the best queue until the price went on is far larger than the rest. */
const DEEP_SHARES = [0.35, 0.7, 0.95];

/** The grid that events are counted on: bins of distance, classes of size. */
export interface FitGrid {
  readonly bins: readonly number[];
  readonly touchEdges: readonly number[];
  readonly deepEdges: readonly number[];
  /** Best bid and ask where the tape ends. */
  readonly startPrice: number;
  readonly depthIntervalMs: number;
}

/** A first pass over the tape: how far levels lie, how large queues are, how often the book is told. */
export function surveyTape(tape: Tape, span: Span, onBatch?: (time: number) => void): FitGrid {
  const events = new TapeEvents(tape);
  const touch = new QuantileSample();
  const deep = new QuantileSample();
  const intervals = new QuantileSample();
  let distance = 0;
  let samples = 0;
  let due = 0;
  let startPrice = 0;
  events.walk(
    {
      onTime(seconds) {
        intervals.add(seconds);
        due -= seconds;
        if (due > 0) return;
        due = SAMPLE_SECONDS;
        for (const levels of events.sides) {
          const { keys, sizes, count, best } = levels;
          touch.add(sizes[count - 1]);
          const last = Math.max(0, count - LEVELS);
          for (let at = count - 2; at >= last; at--) deep.add(sizes[at]);
          distance += best - keys[last];
          samples++;
        }
        startPrice = events.sides[0].best;
      },
      onOrder() {},
      onChanges() {},
    },
    span,
    onBatch,
  );
  const reach = Math.min(FARTHEST, Math.max(8, Math.round(distance / Math.max(1, samples)) + 1));
  return {
    bins: binsUpTo(reach),
    touchEdges: edges(touch, TOUCH_SHARES),
    deepEdges: edges(deep, DEEP_SHARES),
    startPrice,
    depthIntervalMs: roundInterval(1000 * (intervals.quantiles([0.1])[0] ?? 0.1)),
  };
}

/** 1, 2, 3, then twice as wide each time; the last ends at `reach`. */
function binsUpTo(reach: number): number[] {
  const bins = [1, 2, 3];
  for (let width = 2; bins[bins.length - 1] + 1.5 * width < reach; width *= 2) {
    bins.push(bins[bins.length - 1] + width);
  }
  return [...bins.filter((from) => from < reach), reach];
}

/** Of a book without levels behind the best there is nothing to divide. */
function edges(sample: QuantileSample, shares: readonly number[]): number[] {
  if (sample.count === 0) return shares.map(() => 0);
  return sample.quantiles(shares).map(Math.round);
}

/** Streams come every 100, 250 or 500 ms, or, "in real time", about every 50. */
function roundInterval(ms: number): number {
  return ms > 75 ? 100 : 50;
}
