/**
 * How a raw feature was distributed, in bins that hold about equally many values, so that a later stream can be compared
 * with it. Plain numbers: the policy manifest carries one a feature.
 */
export interface FeatureDistribution {
  readonly mean: number;
  /** Population standard deviation. */
  readonly deviation: number;
  /** Rising inner edges: bin i holds the values x with edges[i − 1] < x ≤ edges[i]. */
  readonly edges: readonly number[];
  /** Share of the values in each of the edges.length + 1 bins. */
  readonly shares: readonly number[];
  /** Values looked at. */
  readonly count: number;
  /** How many independent values they are worth, as far as their mean tells: values in a row resemble one another. */
  readonly effective: number;
}

/** Bins of a feature without ties. */
const BINS = 10;
/** A bin with less than this share is joined to its neighbour. */
const SMALLEST = 0.005;
/** Runs of values whose means tell how independent the values are. */
const BLOCKS = 100;

/**
 * Distribution of one feature, from values in the order of time. Without ties the bins are its deciles. A value that
 * makes up a tenth or more (an order that is there or not, a count that is mostly 0) has a bin of its own, and what lies
 * between two such values is binned as far as it goes. A constant has three: below, equal (to a millionth), above.
 * Throws a RangeError without values.
 */
export function describeFeature(values: Float32Array): FeatureDistribution {
  const count = values.length;
  if (count === 0) throw new RangeError('no values to describe');
  let sum = 0;
  for (let i = 0; i < count; i++) sum += values[i];
  const mean = sum / count;
  let squares = 0;
  for (let i = 0; i < count; i++) squares += (values[i] - mean) ** 2;
  const sorted = values.slice().sort();
  return {
    mean,
    deviation: Math.sqrt(squares / count),
    ...(sorted[0] === sorted[count - 1] ? constantBins(sorted[0]) : equalCountBins(sorted)),
    count,
    effective: effectiveCount(values, mean, squares / count),
  };
}

/**
 * Independent values that a number of correlated ones are worth, by batch means: `between` is Σ n·(batch mean − mean)²
 * over all batches, and without correlation its expectation is (batches − 1)·variance.
 */
export function effectiveSize(count: number, batches: number, between: number, variance: number): number {
  if (batches < 2 || !(variance > 0)) return count;
  const inflation = between / ((batches - 1) * variance);
  return Math.max(1, count / Math.max(1, inflation));
}

function constantBins(value: number): Pick<FeatureDistribution, 'edges' | 'shares'> {
  const width = 1e-6 * Math.max(1, Math.abs(value));
  return { edges: [value - width, value + width], shares: [0, 1, 0] };
}

function equalCountBins(sorted: Float32Array): Pick<FeatureDistribution, 'edges' | 'shares'> {
  const count = sorted.length;
  const target = count / BINS;
  const least = SMALLEST * count;
  /** Ranks at which bins end. */
  const ends: number[] = [];
  let begin = 0;
  const close = (rank: number): void => {
    ends.push(rank);
    begin = rank;
  };
  for (let at = 0; at < count; ) {
    let end = at + 1;
    while (end < count && sorted[end] === sorted[at]) end++;
    const isAtom = end - at >= target;
    if (isAtom && at - begin >= least) close(at);
    if (isAtom || end - begin >= target) close(end);
    at = end;
  }
  if (count - begin >= least) ends.push(count);
  else ends[ends.length - 1] = count;
  return {
    edges: ends.slice(0, -1).map((rank) => (sorted[rank - 1] + sorted[rank]) / 2),
    shares: ends.map((rank, i) => (rank - (ends[i - 1] ?? 0)) / count),
  };
}

function effectiveCount(values: Float32Array, mean: number, variance: number): number {
  const blocks = Math.min(BLOCKS, values.length);
  let between = 0;
  for (let block = 0; block < blocks; block++) {
    const from = Math.floor((block * values.length) / blocks);
    const to = Math.floor(((block + 1) * values.length) / blocks);
    let sum = 0;
    for (let i = from; i < to; i++) sum += values[i] - mean;
    between += (sum * sum) / (to - from);
  }
  return effectiveSize(values.length, blocks, between, variance);
}
