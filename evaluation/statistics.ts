import { stream } from '../base/random.ts';
import type { BlockTable } from './block-table.ts';
import { pairedBootstrap } from './bootstrap.ts';
import { expandedPercentile } from './intervals.ts';
import { RATIO_NAMES } from './kpi-sums.ts';
import type { Kpis } from './kpis.ts';

/** KPIs that are compared: all but the two that describe the session itself. */
export const COMPARED_KPIS = [
  ...RATIO_NAMES,
  'maxInventory',
  'maxDrawdown',
  'ackP99Ms',
] as const satisfies readonly (keyof Kpis)[];
export type ComparedKpi = (typeof COMPARED_KPIS)[number];

/** Candidate minus baseline of one KPI. */
export interface Difference {
  readonly absolute: number | null;
  /** (candidate − baseline) ÷ |baseline|, a plain ratio: 0.15 is +15 %. Null where that means nothing. */
  readonly relative: number | null;
  /** Why `relative` is null. */
  readonly relativeNote: 'no data' | 'baseline is 0' | 'baseline has the other sign' | null;
  /** 95 % confidence interval of `absolute`; null for extremes (largest inventory, drawdown, P99), to which the
   * bootstrap does not apply, and where there are too few blocks. */
  readonly ci95: readonly [number, number] | null;
  /** Two-sided p-value of a difference of 0. */
  readonly pValue: number | null;
}

export type Verdict = 'better' | 'worse' | 'inconclusive';

export interface Comparison {
  readonly difference: Readonly<Record<ComparedKpi, Difference>>;
  /** On net PnL. Never `better` or `worse` while the interval contains 0. */
  readonly verdict: Verdict;
  /** The verdict's ground in a sentence. */
  readonly reason: string;
  readonly bootstrap: {
    readonly method: 'paired circular block bootstrap, expanded percentile';
    readonly blockSeconds: number;
    readonly blocks: number;
    readonly resamples: number;
  };
}

/** A lane's score: what a KpiRecorder gives. */
export interface Score {
  readonly kpis: Kpis;
  /** Rows of equal time; of the same length and start for both lanes. */
  readonly blocks: BlockTable | null;
}

export interface ComparisonOptions {
  readonly blockSeconds: number;
  readonly resamples: number;
  /** Significance of the verdict; the interval stays at 95 %. */
  readonly significance: number;
  readonly seed: number;
}

/** Fewer blocks than this say nothing about how much one stretch of time differs from another. */
export const MINIMUM_BLOCKS = 10;
/** An interval needs the KPI to exist in nearly every resample. */
const MINIMUM_SHARE = 0.95;

/** Compares two lanes that traded the same ticks. */
export function compare(candidate: Score, baseline: Score, options: ComparisonOptions): Comparison {
  const ours = candidate.blocks;
  const theirs = baseline.blocks;
  const rowLength = ours?.blockLength ?? options.blockSeconds * 1e6;
  const rowsPerBlock = Math.max(1, Math.round((options.blockSeconds * 1e6) / rowLength));
  const blockSeconds = (rowsPerBlock * rowLength) / 1e6;
  const rows = Math.max(ours?.blocks ?? 0, theirs?.blocks ?? 0);
  const blocks = Math.floor(rows / rowsPerBlock);
  const resampled =
    ours === null || theirs === null || blocks < MINIMUM_BLOCKS
      ? null
      : pairedBootstrap(ours, theirs, {
          rowsPerBlock,
          resamples: options.resamples,
          generator: stream(options.seed, 'evaluation/bootstrap'),
        });

  const difference = {} as Record<ComparedKpi, Difference>;
  for (const name of COMPARED_KPIS) {
    const values = resampled !== null && name in resampled ? resampled[name as keyof typeof resampled] : null;
    const interval =
      values !== null && values.length >= MINIMUM_SHARE * options.resamples && values.length > 0
        ? expandedPercentile(values, blocks, 0.05)
        : null;
    const sides = subtract(candidate.kpis[name], baseline.kpis[name]);
    difference[name] =
      sides.absolute === null || interval === null
        ? { ...sides, ci95: null, pValue: null }
        : { ...sides, ci95: interval.ci, pValue: interval.pValue };
  }
  return {
    difference,
    ...judge(difference.pnl, blocks, blockSeconds, options.significance),
    bootstrap: {
      method: 'paired circular block bootstrap, expanded percentile',
      blockSeconds,
      blocks,
      resamples: options.resamples,
    },
  };
}

function subtract(
  candidate: number | null,
  baseline: number | null,
): Pick<Difference, 'absolute' | 'relative' | 'relativeNote'> {
  if (candidate === null || baseline === null)
    return { absolute: null, relative: null, relativeNote: 'no data' };
  const absolute = candidate - baseline;
  if (baseline === 0) return { absolute, relative: null, relativeNote: 'baseline is 0' };
  if (candidate * baseline < 0)
    return { absolute, relative: null, relativeNote: 'baseline has the other sign' };
  return { absolute, relative: absolute / Math.abs(baseline), relativeNote: null };
}

function judge(
  pnl: Difference,
  blocks: number,
  blockSeconds: number,
  significance: number,
): { verdict: Verdict; reason: string } {
  if (pnl.absolute === null)
    return { verdict: 'inconclusive', reason: 'One of the two has no PnL on these ticks.' };
  if (pnl.ci95 === null || pnl.pValue === null) {
    return {
      verdict: 'inconclusive',
      reason:
        `${blocks} blocks of ${blockSeconds} s are too few to tell skill from chance ` +
        `(at least ${MINIMUM_BLOCKS}): evaluate on a longer tape.`,
    };
  }
  const [low, high] = pnl.ci95;
  if (low <= 0 && high >= 0) {
    return {
      verdict: 'inconclusive',
      reason: 'The 95 % interval of the difference in net PnL contains 0: chance alone could have made it.',
    };
  }
  if (pnl.pValue >= significance) {
    return {
      verdict: 'inconclusive',
      reason:
        `The p-value of the difference in net PnL, ${Number(pnl.pValue.toPrecision(2))}, is not below the ` +
        `significance asked for, ${significance}: chance alone could have made it.`,
    };
  }
  const better = low > 0;
  return {
    verdict: better ? 'better' : 'worse',
    reason: `Net PnL is ${better ? 'higher' : 'lower'} than the baseline's by more than chance explains.`,
  };
}
