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
/** Values left over at the end are joined to the bin before where they are less than this share. */
const SMALLEST = 0.005;
/** Runs of values whose means tell how independent the values are. */
const BLOCKS = 100;
/** How near a value must be to one that has a bin of its own to be that one. */
const SAME = 1e-6;

/**
 * Distribution of one feature, from values in the order of time. Without ties the bins are its deciles. A value that
 * makes up a tenth or more (an order that is there or not, a count that is mostly 0, a constant) has a bin of its own,
 * told from all below and above it even where there were none, and what lies between two such values is binned as far
 * as it goes. Throws a RangeError without values.
 */
export function describeFeature(values: Float32Array): FeatureDistribution {
  const count = values.length;
  if (count === 0) throw new RangeError('no values to describe');
  let sum = 0;
  for (let i = 0; i < count; i++) sum += values[i];
  const mean = sum / count;
  let squares = 0;
  for (let i = 0; i < count; i++) squares += (values[i] - mean) ** 2;
  return {
    mean,
    deviation: Math.sqrt(squares / count),
    ...binsOf(values.slice().sort()),
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

function binsOf(sorted: Float32Array): Pick<FeatureDistribution, 'edges' | 'shares'> {
  const count = sorted.length;
  const target = count / BINS;
  /** Ranks at which bins end. */
  const ends: number[] = [];
  let begin = 0;
  let isAtom = false;
  const close = (rank: number): void => {
    ends.push(rank);
    begin = rank;
  };
  for (let at = 0; at < count; ) {
    let end = at + 1;
    while (end < count && sorted[end] === sorted[at]) end++;
    isAtom = end - at >= target;
    if (isAtom && at > begin) close(at);
    if (isAtom || end - begin >= target) close(end);
    at = end;
  }
  const left = count - begin;
  const endsWithAtom = left === 0 && isAtom;
  if (left > 0 && (left >= SMALLEST * count || endsAtom(sorted, begin, target))) ends.push(count);
  else if (left > 0) ends[ends.length - 1] = count;
  const edges = ends.slice(0, -1).map((rank) => (sorted[rank - 1] + sorted[rank]) / 2);
  const shares = ends.map((rank, i) => (rank - (ends[i - 1] ?? 0)) / count);
  if (endsAtom(sorted, ends[0], target)) {
    edges.unshift(sorted[0] - SAME * Math.max(1, Math.abs(sorted[0])));
    shares.unshift(0);
  }
  if (endsWithAtom) {
    edges.push(sorted[count - 1] + SAME * Math.max(1, Math.abs(sorted[count - 1])));
    shares.push(0);
  }
  return { edges, shares };
}

/** Whether the values before a rank are, by so many, one and the same. */
function endsAtom(sorted: Float32Array, rank: number, target: number): boolean {
  const first = rank - Math.ceil(target);
  return first >= 0 && sorted[first] === sorted[rank - 1];
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
