// Runs at every decision, live too: writes into arrays made once, allocates nothing but when a bucket ends.
import { effectiveSize, type FeatureDistribution } from '../env/feature-distribution.ts';
import type { LaneListener } from '../env/lane-listener.ts';
import type { QuoterView } from '../env/quoter.ts';
import type { DriftSettings } from './drift-settings.ts';
import { chanceIndex, populationStabilityIndex } from './stability-index.ts';

/** How far a feature is from what the policy was trained on. */
export interface FeatureDrift {
  readonly feature: string;
  /** Population stability index; null before there are enough decisions. */
  readonly psi: number | null;
  /** What the index reaches by chance once in 100,000 times without any drift, given how alike values in a row are; null
   * before that is known. */
  readonly chance: number | null;
  /** Shift of the mean in training deviations, and ratio of the deviations; null too for a constant of training. */
  readonly meanShift: number | null;
  readonly deviationRatio: number | null;
  readonly level: DriftLevel;
  readonly alarmed: boolean;
}

/** `unjudged`: too few decisions, or a feature that the clock alone decides. */
export type DriftLevel = 'unjudged' | 'stable' | 'watch' | 'alarm';

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

export interface DriftOptions {
  /** Feature names in order, and how each was distributed in training. */
  readonly names: readonly string[];
  readonly reference: readonly FeatureDistribution[];
  /** Where the raw features of the latest decision stand: `PolicyQuoter.observation`. */
  readonly observation: Float32Array;
  readonly settings: DriftSettings;
  /** Features that are measured and never alarmed. */
  readonly unjudged?: readonly string[];
  /** A feature has begun to differ, at the tape's time, µs. The object goes on being updated. */
  readonly onAlarm?: (drift: FeatureDrift, time: number) => void;
}

/** The window moves on by this share of itself. */
const BUCKETS = 60;
/** Buckets in a row that are taken together to see how alike values are over longer times. */
const RUN = 5;
/** Buckets that it takes to judge: they tell how alike values in a row are. */
const FEWEST_BUCKETS = 2 * RUN;
const MICROSECONDS = 1e6;
/** An alarm for mean or deviation ends below this share of its threshold. */
const RELIEF = 0.8;

/**
 * Compares the features that a policy decides on with those it was trained on: population stability index, shift of the
 * mean and ratio of the deviations, over a rolling window and over the whole session. The window consists of buckets
 * that end on multiples of a sixtieth of its length since the epoch, on the tape's clock, so that a backtest and a
 * shadow session over the same ticks say the same at the same time. Decisions on a book that is not known are left out.
 */
export class DriftDetector implements LaneListener {
  /** The rolling window as of the bucket that ended last; one object a feature, updated in place. */
  readonly features: readonly FeatureDrift[];
  readonly #options: DriftOptions;
  readonly #rolling: readonly Mutable<FeatureDrift>[];
  readonly #judged: readonly boolean[];
  /** Whether a feature was alarmed at any time. */
  readonly #everAlarmed: Uint8Array;
  /** Edges of all features one behind the other; feature f has those from `#edgeFrom[f]` to `#edgeFrom[f + 1]`. */
  readonly #edges: Float64Array;
  readonly #edgeFrom: Int32Array;
  readonly #bins: number;
  readonly #current: Bucket;
  readonly #ring: readonly Bucket[];
  /** Buckets of the ring in use, the oldest at `#first`. */
  #first = 0;
  #used = 0;
  readonly #window: Totals;
  readonly #session: Totals;

  constructor(options: DriftOptions) {
    const { names, reference, unjudged = [] } = options;
    this.#options = options;
    this.#rolling = names.map(unknown);
    this.features = this.#rolling;
    this.#judged = names.map((name) => !unjudged.includes(name));
    this.#everAlarmed = new Uint8Array(names.length);
    this.#edges = Float64Array.from(reference.flatMap(({ edges }) => edges));
    this.#edgeFrom = new Int32Array(names.length + 1);
    for (const [f, { edges }] of reference.entries())
      this.#edgeFrom[f + 1] = this.#edgeFrom[f] + edges.length;
    // A feature has one bin more than edges: its bins begin at its edges' place plus its number.
    this.#bins = this.#edges.length + names.length;
    const features = names.length;
    this.#current = new Bucket(this.#bins, features);
    this.#ring = Array.from({ length: BUCKETS }, () => new Bucket(this.#bins, features));
    this.#window = new Totals(this.#bins, features);
    this.#session = new Totals(this.#bins, features);
  }

  /** Whether any feature is alarmed now. */
  get alarmed(): boolean {
    return this.#rolling.some(({ alarmed }) => alarmed);
  }

  onDecision(view: QuoterView): void {
    const { market } = view;
    if (market.synchronised && market.book.ready) this.observe(market.time);
  }

  /** Counts the observation of a decision at `time`, µs. One with a feature that is not finite is left out. */
  observe(time: number): void {
    const { observation, reference, settings } = this.#options;
    const bucketLength = (settings.windowSeconds * MICROSECONDS) / BUCKETS;
    const current = this.#current;
    const number = Math.floor(time / bucketLength);
    if (current.count > 0) {
      const full = current.count >= settings.windowDecisions / BUCKETS;
      if (number !== current.number || full) this.#endBucket(time);
    }
    const features = reference.length;
    let sum = 0;
    for (let f = 0; f < features; f++) sum += observation[f];
    if (!Number.isFinite(sum)) return;
    current.number = number;
    current.time = time;
    current.count++;
    const { counts, sums, squares } = current;
    const edges = this.#edges;
    const edgeFrom = this.#edgeFrom;
    for (let f = 0; f < features; f++) {
      const x = observation[f];
      const to = edgeFrom[f + 1];
      let edge = edgeFrom[f];
      while (edge < to && x > edges[edge]) edge++;
      counts[edge + f]++;
      // About the mean of training, so that the squares keep their digits.
      const difference = x - reference[f].mean;
      sums[f] += difference;
      squares[f] += difference * difference;
    }
  }

  /** The whole session so far; `alarmed` where a feature is, or was at any time. */
  session(): readonly FeatureDrift[] {
    const totals = new Totals(this.#bins, this.#options.names.length);
    totals.addTotals(this.#session);
    totals.addBucket(this.#current);
    return this.#options.names.map((name, f) => {
      const drift = unknown(name);
      this.#judge(f, totals, drift, false);
      if (this.#everAlarmed[f] === 1) drift.alarmed = true;
      return drift;
    });
  }

  #endBucket(time: number): void {
    const { settings, onAlarm } = this.#options;
    const current = this.#current;
    this.#session.addBucket(current);
    if (this.#used === BUCKETS) this.#dropOldest();
    this.#ring[(this.#first + this.#used++) % BUCKETS].take(current);
    const oldest = current.time - settings.windowSeconds * MICROSECONDS;
    while (this.#ring[this.#first].time <= oldest) this.#dropOldest();
    const window = this.#window;
    window.clear();
    for (let i = 0; i < this.#used; i++) window.addBucket(this.#ring[(this.#first + i) % BUCKETS]);
    for (let f = 0; f < this.#rolling.length; f++) {
      const drift = this.#rolling[f];
      const before = drift.alarmed;
      this.#judge(f, window, drift, before);
      if (!drift.alarmed || before) continue;
      this.#everAlarmed[f] = 1;
      onAlarm?.(drift, time);
    }
  }

  #dropOldest(): void {
    this.#first = (this.#first + 1) % BUCKETS;
    this.#used--;
  }

  /** Writes how feature `f` stands; an alarm that is on goes on until all its causes are well below their thresholds. */
  #judge(f: number, totals: Totals, drift: Mutable<FeatureDrift>, alarmed: boolean): void {
    const { reference, settings } = this.#options;
    const { shares, deviation, effective } = reference[f];
    const { count } = totals;
    if (count < settings.minimumDecisions) {
      Object.assign(drift, unknown(drift.feature));
      return;
    }
    const shift = totals.sums[f] / count;
    const variance = Math.max(0, totals.squares[f] / count - shift * shift);
    const psi = populationStabilityIndex(shares, totals.counts, this.#edgeFrom[f] + f, count);
    drift.psi = psi;
    drift.meanShift = deviation > 0 ? shift / deviation : null;
    drift.deviationRatio = deviation > 0 ? Math.sqrt(variance) / deviation : null;
    drift.level = 'unjudged';
    drift.alarmed = false;
    if (totals.buckets.count < FEWEST_BUCKETS) return;
    const worth = Math.min(
      totals.buckets.effective(f, count, shift, variance),
      totals.runs.effective(f, count, shift, variance),
    );
    const occupied = shares.reduce((sum, share) => sum + (share > 0 ? 1 : 0), 0);
    drift.chance = chanceIndex(occupied, worth, effective);
    if (!this.#judged[f]) return;
    const far = Math.max(
      Math.abs(drift.meanShift ?? 0) / settings.meanShift,
      (drift.deviationRatio ?? 0) / settings.deviationRatio,
    );
    const significant = psi > drift.chance;
    const raised = (psi >= settings.alarm && significant) || far >= 1;
    drift.alarmed = raised || (alarmed && (psi >= settings.watch || far >= RELIEF));
    drift.level = drift.alarmed ? 'alarm' : psi >= settings.watch && significant ? 'watch' : 'stable';
  }
}

/** What was seen within a stretch of time. */
class Bucket {
  number = 0;
  /** Of the latest decision, µs. */
  time = 0;
  count = 0;
  readonly counts: Uint32Array;
  /** Of the differences from the mean of training, and of their squares. */
  readonly sums: Float64Array;
  readonly squares: Float64Array;

  constructor(bins: number, features: number) {
    this.counts = new Uint32Array(bins);
    this.sums = new Float64Array(features);
    this.squares = new Float64Array(features);
  }

  /** Takes over what `other` holds and empties it. */
  take(other: Bucket): void {
    this.number = other.number;
    this.time = other.time;
    this.count = other.count;
    this.counts.set(other.counts);
    this.sums.set(other.sums);
    this.squares.set(other.squares);
    other.count = 0;
    other.counts.fill(0);
    other.sums.fill(0);
    other.squares.fill(0);
  }
}

/** Sums of squares between batches, for how many independent values the correlated ones are worth. */
class Batches {
  count = 0;
  /** Decisions in them. */
  #size = 0;
  /** Σ n·(batch mean)², of the differences from the mean of training. */
  readonly #between: Float64Array;

  constructor(features: number) {
    this.#between = new Float64Array(features);
  }

  clear(): void {
    this.count = 0;
    this.#size = 0;
    this.#between.fill(0);
  }

  add(sums: Float64Array, size: number): void {
    this.count++;
    this.#size += size;
    for (let f = 0; f < sums.length; f++) this.#between[f] += (sums[f] * sums[f]) / size;
  }

  addBatches(other: Batches): void {
    this.count += other.count;
    this.#size += other.#size;
    for (let f = 0; f < this.#between.length; f++) this.#between[f] += other.#between[f];
  }

  effective(f: number, count: number, mean: number, variance: number): number {
    const between = Math.max(0, this.#between[f] - this.#size * mean * mean);
    return effectiveSize(count, this.count, between, variance);
  }
}

/** Buckets added up. */
class Totals {
  count = 0;
  readonly counts: Float64Array;
  readonly sums: Float64Array;
  readonly squares: Float64Array;
  readonly buckets: Batches;
  readonly runs: Batches;
  /** The run that is not whole yet. */
  readonly #runSums: Float64Array;
  #runCount = 0;
  #runBuckets = 0;

  constructor(bins: number, features: number) {
    this.counts = new Float64Array(bins);
    this.sums = new Float64Array(features);
    this.squares = new Float64Array(features);
    this.buckets = new Batches(features);
    this.runs = new Batches(features);
    this.#runSums = new Float64Array(features);
  }

  clear(): void {
    this.count = 0;
    this.counts.fill(0);
    this.sums.fill(0);
    this.squares.fill(0);
    this.buckets.clear();
    this.runs.clear();
    this.#clearRun();
  }

  addBucket({ count, counts, sums, squares }: Bucket): void {
    if (count === 0) return;
    this.count += count;
    for (let i = 0; i < counts.length; i++) this.counts[i] += counts[i];
    for (let f = 0; f < sums.length; f++) {
      this.sums[f] += sums[f];
      this.squares[f] += squares[f];
      this.#runSums[f] += sums[f];
    }
    this.buckets.add(sums, count);
    this.#runCount += count;
    if (++this.#runBuckets < RUN) return;
    this.runs.add(this.#runSums, this.#runCount);
    this.#clearRun();
  }

  /** Takes over what `other` holds. */
  addTotals(other: Totals): void {
    this.count += other.count;
    for (let i = 0; i < other.counts.length; i++) this.counts[i] += other.counts[i];
    for (let f = 0; f < other.sums.length; f++) {
      this.sums[f] += other.sums[f];
      this.squares[f] += other.squares[f];
      this.#runSums[f] += other.#runSums[f];
    }
    this.buckets.addBatches(other.buckets);
    this.runs.addBatches(other.runs);
    this.#runCount += other.#runCount;
    this.#runBuckets += other.#runBuckets;
  }

  #clearRun(): void {
    this.#runSums.fill(0);
    this.#runCount = 0;
    this.#runBuckets = 0;
  }
}

function unknown(feature: string): Mutable<FeatureDrift> {
  return {
    feature,
    psi: null,
    chance: null,
    meanShift: null,
    deviationRatio: null,
    level: 'unjudged',
    alarmed: false,
  };
}
