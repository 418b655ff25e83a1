const LOWEST = 1e-3;
const HIGHEST = 1e6;
const WIDTH = Math.log(1.005);
const BINS = Math.ceil(Math.log(HIGHEST / LOWEST) / WIDTH) + 2;

/**
 * Quantiles of positive numbers in constant memory: bins half a percent wide from 0.001 to 1 000 000. A quantile is
 * right to half a percent, and exact where all numbers are equal. Adding allocates nothing.
 */
export class QuantileSketch {
  readonly #counts = new Uint32Array(BINS);
  #count = 0;
  #lowest = Number.POSITIVE_INFINITY;
  #highest = Number.NEGATIVE_INFINITY;

  get count(): number {
    return this.#count;
  }

  add(value: number): void {
    if (!Number.isFinite(value)) return;
    const bin = value <= LOWEST ? 0 : Math.min(BINS - 1, 1 + Math.floor(Math.log(value / LOWEST) / WIDTH));
    this.#counts[bin]++;
    this.#count++;
    if (value < this.#lowest) this.#lowest = value;
    if (value > this.#highest) this.#highest = value;
  }

  /** The smallest number with at least the share `p` of all numbers at or below it; null without data. */
  quantile(p: number): number | null {
    if (this.#count === 0) return null;
    const rank = Math.max(1, Math.ceil(p * this.#count - 1e-9));
    let seen = 0;
    let bin = 0;
    while (bin < BINS - 1) {
      seen += this.#counts[bin];
      if (seen >= rank) break;
      bin++;
    }
    const upperEdge = LOWEST * Math.exp(bin * WIDTH);
    return Math.min(this.#highest, Math.max(this.#lowest, upperEdge));
  }
}
