// Fed at every decision: no allocation in `observe`.
import { Histogram, type Registry } from 'prom-client';

/** Upper bounds, µs: close around the 100 µs that a decision may take at its 99th percentile, and its 1 ms at 99.9 %. */
export const LATENCY_BOUNDS_MICROSECONDS: readonly number[] = [
  5, 10, 15, 20, 30, 40, 50, 75, 100, 150, 200, 300, 500, 750, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000,
  100_000, 500_000,
];

/** Durations counted in fixed buckets, as a Prometheus histogram in seconds. */
export class LatencyHistogram {
  readonly #bounds = Float64Array.from(LATENCY_BOUNDS_MICROSECONDS);
  /** One more than bounds: what is above them all. */
  readonly #counts = new Float64Array(LATENCY_BOUNDS_MICROSECONDS.length + 1);
  readonly #sum = new Float64Array(1);

  /** Counts a duration, µs. What is no number is not counted. */
  observe(microseconds: number): void {
    if (!(microseconds >= 0 && microseconds < Number.POSITIVE_INFINITY)) return;
    let low = 0;
    let high = this.#bounds.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (microseconds <= this.#bounds[middle]) high = middle;
      else low = middle + 1;
    }
    this.#counts[low]++;
    this.#sum[0] += microseconds;
  }

  get count(): number {
    return this.#counts.reduce((sum, count) => sum + count, 0);
  }

  /** Sum of what was observed, µs. */
  get sum(): number {
    return this.#sum[0];
  }

  /** Observed at or below the i-th bound; the last is all. */
  cumulative(): Float64Array {
    let running = 0;
    return this.#counts.map((count) => {
      running += count;
      return running;
    });
  }

  /**
   * Quantile in µs, linear within its bucket as Prometheus' `histogram_quantile` has it; the highest bound for what lies
   * above; NaN before the first observation.
   */
  quantile(share: number): number {
    const cumulative = this.cumulative();
    const rank = share * cumulative[cumulative.length - 1];
    const bucket = cumulative.findIndex((count) => count >= rank && count > 0);
    if (bucket < 0) return Number.NaN;
    if (bucket === this.#bounds.length) return this.#bounds[bucket - 1];
    const below = bucket === 0 ? 0 : cumulative[bucket - 1];
    const start = bucket === 0 ? 0 : this.#bounds[bucket - 1];
    return start + ((this.#bounds[bucket] - start) * (rank - below)) / (cumulative[bucket] - below);
  }

  /** Registers it, in seconds. */
  register(registry: Registry, name: string, help: string): void {
    new PrometheusView(this, registry, name, help);
  }
}

/** prom-client's own histogram hashes labels at each observation; this one reads the buckets when it is scraped. */
class PrometheusView extends Histogram {
  readonly #source: LatencyHistogram;

  constructor(source: LatencyHistogram, registry: Registry, name: string, help: string) {
    const buckets = LATENCY_BOUNDS_MICROSECONDS.map((bound) => bound / 1e6);
    super({ name, help, buckets, registers: [registry] });
    this.#source = source;
  }

  override async get(): ReturnType<Histogram['get']> {
    return this.getForPromString();
  }

  /** What the registry asks for in place of `get` where it is there. */
  async getForPromString(): ReturnType<Histogram['get']> {
    const { name, help } = this as unknown as { name: string; help: string };
    const cumulative = this.#source.cumulative();
    const values = [...cumulative].map((value, i) => {
      const bound = LATENCY_BOUNDS_MICROSECONDS[i];
      const le = bound === undefined ? '+Inf' : bound / 1e6;
      return { value, labels: { le }, metricName: `${name}_bucket` };
    });
    const total = cumulative[cumulative.length - 1];
    const rest = [
      { value: this.#source.sum / 1e6, labels: {}, metricName: `${name}_sum` },
      { value: total, labels: {}, metricName: `${name}_count` },
    ];
    return {
      name,
      help,
      type: 'histogram',
      values: [...values, ...rest],
      aggregator: 'sum',
    } as unknown as Awaited<ReturnType<Histogram['get']>>;
  }
}
