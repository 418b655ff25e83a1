import { erf } from 'mathjs/number';

/** Confidence interval and two-sided p-value of a difference being 0, from its resampled values. */
export interface Interval {
  readonly ci: readonly [number, number];
  readonly pValue: number;
}

/**
 * The expanded percentile interval (Hesterberg 2015, The American Statistician 69:371, section 3.2): percentiles of
 * the resampled values at tails Φ(−√(n/(n−1))·t_{n−1}) in place of α/2, which gives back the width that a percentile
 * interval loses with few blocks. The p-value is the smallest α whose interval leaves out 0, so the two never
 * disagree. `values` are sorted in place; `blocks` is n, the number of independent blocks of time.
 */
export function expandedPercentile(values: Float64Array, blocks: number, alpha: number): Interval {
  values.sort();
  const tail = expandedTail(alpha, blocks);
  const below = countBelow(values, 0, true);
  const above = values.length - countBelow(values, 0, false);
  const share = (Math.min(below, above) + 1) / (values.length + 1);
  return {
    ci: [percentile(values, tail), percentile(values, 1 - tail)],
    pValue: share >= 0.5 ? 1 : levelOfTail(share, blocks),
  };
}

/** The tail of the resampled values that answers to α/2 with n blocks. */
export function expandedTail(alpha: number, blocks: number): number {
  return normalCdf(-Math.sqrt(blocks / (blocks - 1)) * studentQuantile(1 - alpha / 2, blocks - 1));
}

/** The α that {@link expandedTail} turns into `tail`. */
function levelOfTail(tail: number, blocks: number): number {
  const student = -normalQuantile(tail) / Math.sqrt(blocks / (blocks - 1));
  // Student's quantile rises with the normal one it is expanded from: bisect on that.
  let low = 0;
  let high = 9;
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (studentFromNormal(middle, blocks - 1) < student) low = middle;
    else high = middle;
  }
  return Math.min(1, 2 * normalCdf(-low));
}

/** Linear between order statistics; `values` are sorted. */
function percentile(values: Float64Array, p: number): number {
  const position = Math.min(values.length - 1, Math.max(0, p * (values.length + 1) - 1));
  const lower = Math.floor(position);
  const upper = Math.min(values.length - 1, lower + 1);
  return values[lower] + (position - lower) * (values[upper] - values[lower]);
}

/** How many sorted values lie below `limit`, or at it where `inclusive`. */
function countBelow(values: Float64Array, limit: number, inclusive: boolean): number {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle] < limit || (inclusive && values[middle] === limit)) low = middle + 1;
    else high = middle;
  }
  return low;
}

function normalCdf(x: number): number {
  return (1 + erf(x / Math.SQRT2)) / 2;
}

function normalQuantile(p: number): number {
  let low = -9;
  let high = 9;
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (normalCdf(middle) < p) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** Quantile of Student's t, good to 1e−3 from five degrees of freedom. */
export function studentQuantile(p: number, degrees: number): number {
  return studentFromNormal(normalQuantile(p), degrees);
}

/** The Cornish–Fisher expansion of Abramowitz and Stegun 26.7.5. */
function studentFromNormal(z: number, degrees: number): number {
  const g1 = (z ** 3 + z) / 4;
  const g2 = (5 * z ** 5 + 16 * z ** 3 + 3 * z) / 96;
  const g3 = (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / 384;
  const g4 = (79 * z ** 9 + 776 * z ** 7 + 1482 * z ** 5 - 1920 * z ** 3 - 945 * z) / 92160;
  return z + g1 / degrees + g2 / degrees ** 2 + g3 / degrees ** 3 + g4 / degrees ** 4;
}
