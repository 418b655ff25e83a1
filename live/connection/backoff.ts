import type { Generator } from '../../base/random.ts';

/** Growing pauses between attempts: doubling from `base` to `most` ms, each shortened by up to half at random. */
export class Backoff {
  readonly #random: Generator;
  readonly #base: number;
  readonly #most: number;
  #attempts = 0;

  constructor(random: Generator, base = 250, most = 30_000) {
    this.#random = random;
    this.#base = base;
    this.#most = most;
  }

  /** Attempts since the last success. */
  get attempts(): number {
    return this.#attempts;
  }

  /** ms to wait before the next attempt. */
  next(): number {
    const whole = Math.min(this.#most, this.#base * 2 ** Math.min(this.#attempts++, 30));
    return whole * (1 - this.#random.uniform() / 2);
  }

  succeeded(): void {
    this.#attempts = 0;
  }
}
