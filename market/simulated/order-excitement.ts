import type { Side } from '../side.ts';
import { HAWKES_KERNELS, type HawkesParameters } from './hawkes.ts';

/** What market orders bring about: more of them, in their direction and the other, that fade with each kernel's decay. */
export class OrderExcitement {
  /** Excess of market orders per second at [kernel · 2 + direction] (BID: buying). */
  readonly #excess = new Float64Array(2 * HAWKES_KERNELS);
  readonly #decay: Float64Array;
  readonly #same: Float64Array;
  readonly #cross: Float64Array;

  constructor({ decay, same, cross }: HawkesParameters) {
    this.#decay = Float64Array.from(decay);
    this.#same = Float64Array.from(same, (n, k) => n * decay[k]);
    this.#cross = Float64Array.from(cross, (n, k) => n * decay[k]);
  }

  /** Market orders per second in a direction, where `base` come without any excitement. */
  rate(base: number, aggressor: Side): number {
    let rate = base;
    for (let k = 0; k < HAWKES_KERNELS; k++) rate += this.#excess[2 * k + aggressor];
    return rate;
  }

  /** Lets `wait` seconds pass. */
  fade(wait: number): void {
    const excess = this.#excess;
    for (let k = 0; k < HAWKES_KERNELS; k++) {
      const kept = Math.exp(-this.#decay[k] * wait);
      excess[2 * k] *= kept;
      excess[2 * k + 1] *= kept;
    }
  }

  onOrder(aggressor: Side): void {
    for (let k = 0; k < HAWKES_KERNELS; k++) {
      this.#excess[2 * k + aggressor] += this.#same[k];
      this.#excess[2 * k + 1 - aggressor] += this.#cross[k];
    }
  }
}
