import { Histogram, type HistogramState } from './histogram.ts';

/** What was gathered since the last record, at a timestep. */
export interface LogRecord {
  readonly timestep: number;
  readonly scalars: ReadonlyMap<string, number>;
  readonly histograms: ReadonlyMap<string, Histogram>;
}

/** Where records go: the console, a CSV file, TensorBoard. */
export interface LogSink {
  write(record: LogRecord): void;
  close(): void;
}

export interface RecorderState {
  readonly means: Readonly<Record<string, readonly [number, number]>>;
  readonly sums: Readonly<Record<string, number>>;
  /** Early checkpoints have neither of these. */
  readonly values?: Readonly<Record<string, number>>;
  readonly histograms?: Readonly<Record<string, HistogramState>>;
}

const ACTION_BINS = 40;

/** Gathers scalars between two log records: latest values, means and sums by key, and histograms of actions. */
export class Recorder {
  readonly #values = new Map<string, number>();
  readonly #means = new Map<string, { sum: number; count: number }>();
  readonly #sums = new Map<string, number>();
  #histograms = new Map<string, Histogram>();

  /** The latest value counts. A value that is not finite is left out. */
  set(key: string, value: number): void {
    this.#values.set(key, value);
  }

  /** The mean over the interval counts. */
  mean(key: string, value: number): void {
    const entry = this.#means.get(key);
    if (entry === undefined) this.#means.set(key, { sum: value, count: 1 });
    else {
      entry.sum += value;
      entry.count++;
    }
  }

  /** The sum over the interval counts. */
  sum(key: string, value: number): void {
    this.#sums.set(key, (this.#sums.get(key) ?? 0) + value);
  }

  /** Adds a component of an action in [−1, 1] to a histogram. */
  action(key: string, value: number): void {
    this.#histogram(key).add(value);
  }

  #histogram(key: string): Histogram {
    let histogram = this.#histograms.get(key);
    if (histogram === undefined) {
      histogram = new Histogram(-1, 1, ACTION_BINS);
      this.#histograms.set(key, histogram);
    }
    return histogram;
  }

  /** Whether anything was gathered since the last record. */
  get pending(): boolean {
    return this.#values.size + this.#means.size + this.#sums.size > 0;
  }

  /** Everything gathered, sorted by key, and starts anew. */
  flush(timestep: number): LogRecord {
    const scalars = new Map<string, number>(this.#values);
    for (const [key, { sum, count }] of this.#means) scalars.set(key, sum / count);
    for (const [key, sum] of this.#sums) scalars.set(key, sum);
    const finite = [...scalars].filter(([, value]) => Number.isFinite(value));
    finite.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    const histograms = this.#histograms;
    this.#values.clear();
    this.#means.clear();
    this.#sums.clear();
    this.#histograms = new Map();
    return { timestep, scalars: new Map(finite), histograms };
  }

  /** Everything gathered since the last record, so that the one a checkpoint falls into comes out whole. */
  exportState(): RecorderState {
    return {
      means: Object.fromEntries([...this.#means].map(([key, { sum, count }]) => [key, [sum, count]])),
      sums: Object.fromEntries(this.#sums),
      // What is not finite is left out of a record, and JSON has no word for it.
      values: Object.fromEntries([...this.#values].filter(([, value]) => Number.isFinite(value))),
      histograms: Object.fromEntries(
        [...this.#histograms].map(([key, histogram]) => [key, histogram.exportState()]),
      ),
    };
  }

  importState(state: RecorderState): void {
    for (const [key, [sum, count]] of Object.entries(state.means)) this.#means.set(key, { sum, count });
    for (const [key, sum] of Object.entries(state.sums)) this.#sums.set(key, sum);
    for (const [key, value] of Object.entries(state.values ?? {})) this.#values.set(key, value);
    for (const [key, histogram] of Object.entries(state.histograms ?? {})) {
      this.#histogram(key).importState(histogram);
    }
  }
}
