/** Probabilities at which a distribution is kept. */
export const QUANTILES = [0, 0.1, 0.25, 0.5, 0.75, 0.9, 0.97, 0.995, 1] as const;
/** A distribution of a number that is never negative, by its values at {@link QUANTILES}. */
export type QuantileTable = readonly number[];

/** Draws from a table: between two quantiles log(1 + x) is uniform. Hot path: nothing is allocated. */
export class TableSampler {
  readonly #logs: Float64Array;

  constructor(table: QuantileTable) {
    this.#logs = Float64Array.from(table, (value) => Math.log1p(value));
  }

  /** The value at probability `u` in [0, 1). */
  at(u: number): number {
    let i = 1;
    while (i < QUANTILES.length - 1 && u >= QUANTILES[i]) i++;
    const from = QUANTILES[i - 1];
    const share = (u - from) / (QUANTILES[i] - from);
    return Math.expm1(this.#logs[i - 1] + share * (this.#logs[i] - this.#logs[i - 1]));
  }
}

/** Keeps a sample of bounded size of all that it is shown, and gives its quantiles. */
export class QuantileSample {
  readonly #values: number[] = [];
  #seen = 0;
  #stride = 1;

  get count(): number {
    return this.#seen;
  }

  add(value: number): void {
    if (this.#seen++ % this.#stride !== 0) return;
    this.#values.push(value);
    if (this.#values.length < 65_536) return;
    // Every second one from here on: evenly over time, and without chance.
    for (let i = 0; i < this.#values.length / 2; i++) this.#values[i] = this.#values[2 * i];
    this.#values.length /= 2;
    this.#stride *= 2;
  }

  quantiles(probabilities: readonly number[] = QUANTILES): number[] {
    const sorted = Float64Array.from(this.#values).sort();
    if (sorted.length === 0) return [];
    return probabilities.map((p) => {
      const at = p * (sorted.length - 1);
      const low = Math.floor(at);
      const high = Math.min(low + 1, sorted.length - 1);
      return sorted[low] + (at - low) * (sorted[high] - sorted[low]);
    });
  }
}
