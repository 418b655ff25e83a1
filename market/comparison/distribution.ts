/** Digits that values are told apart by, so that memory is bounded however long the tape. */
const DIGITS = 4;

/** A distribution of numbers with weights (times, or 1 each), in memory bounded by how many numbers of 4 digits differ. */
export class Distribution {
  readonly #weights = new Map<number, number>();
  #sorted: { values: Float64Array; cumulated: Float64Array } | undefined;
  #total = 0;
  /** Values added. */
  count = 0;

  add(value: number, weight = 1): void {
    if (!(weight > 0) || Number.isNaN(value)) return;
    const key = round(value);
    this.#weights.set(key, (this.#weights.get(key) ?? 0) + weight);
    this.#total += weight;
    this.count++;
    this.#sorted = undefined;
  }

  get empty(): boolean {
    return this.#total === 0;
  }

  get mean(): number | null {
    if (this.empty) return null;
    let sum = 0;
    for (const [value, weight] of this.#weights) sum += value * weight;
    return sum / this.#total;
  }

  /** Share at or below `value`. */
  share(value: number): number {
    const { values, cumulated } = this.#sort();
    let low = 0;
    let high = values.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (values[middle] <= value) low = middle + 1;
      else high = middle;
    }
    return low === 0 ? 0 : cumulated[low - 1];
  }

  quantile(probability: number): number | null {
    const { values, cumulated } = this.#sort();
    if (values.length === 0) return null;
    const at = cumulated.findIndex((share) => share >= probability - 1e-12);
    return values[at < 0 ? values.length - 1 : at];
  }

  /** Every value, in order. */
  get values(): Float64Array {
    return this.#sort().values;
  }

  #sort(): { values: Float64Array; cumulated: Float64Array } {
    if (this.#sorted !== undefined) return this.#sorted;
    const pairs = [...this.#weights].sort(([a], [b]) => a - b);
    let sum = 0;
    this.#sorted = {
      values: Float64Array.from(pairs, ([value]) => value),
      cumulated: Float64Array.from(pairs, ([, weight]) => {
        sum += weight;
        return sum / this.#total;
      }),
    };
    return this.#sorted;
  }
}

/** Largest difference of two distribution functions (Kolmogorov–Smirnov), 0 to 1; null where one is empty. */
export function kolmogorovSmirnov(a: Distribution, b: Distribution): number | null {
  if (a.empty || b.empty) return null;
  let worst = 0;
  for (const value of [...a.values, ...b.values]) {
    worst = Math.max(worst, Math.abs(a.share(value) - b.share(value)));
  }
  return worst;
}

/** How far mass has to be moved, in the values' unit (Wasserstein-1: the area between the distribution functions). */
export function wasserstein(a: Distribution, b: Distribution): number | null {
  if (a.empty || b.empty) return null;
  const values = Float64Array.from([...a.values, ...b.values]).sort();
  let area = 0;
  for (let i = 1; i < values.length; i++) {
    const width = values[i] - values[i - 1];
    if (width > 0) area += width * Math.abs(a.share(values[i - 1]) - b.share(values[i - 1]));
  }
  return area;
}

function round(value: number): number {
  if (value === 0 || !Number.isFinite(value) || (Number.isInteger(value) && Math.abs(value) < 10_000))
    return value;
  const scale = 10 ** (DIGITS - 1 - Math.floor(Math.log10(Math.abs(value))));
  return Math.round(value * scale) / scale;
}
