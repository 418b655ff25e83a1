import { describeFeature, type FeatureDistribution } from './feature-distribution.ts';

/** Observations kept; the error of a decile of so many independent ones is under a percentage point. */
const CAPACITY = 10_000;

/**
 * An evenly spaced sample of a stream of observations whose length is not known before: every one at first, and each
 * time it is full, every second one of it stays and half as many are taken from there on. Bounded memory, no chance in
 * it, no allocation when observing.
 */
export class ObservationSample {
  readonly #size: number;
  readonly #capacity: number;
  readonly #rows: Float32Array;
  #count = 0;
  #seen = 0;
  #stride = 1;

  /** `capacity` must be even. */
  constructor(size: number, capacity = CAPACITY) {
    this.#size = size;
    this.#capacity = capacity;
    this.#rows = new Float32Array(size * capacity);
  }

  /** Observations kept. */
  get count(): number {
    return this.#count;
  }

  observe(observation: Float32Array): void {
    if (this.#seen++ % this.#stride !== 0) return;
    // As the capacity is even, the one that finds it full is in step with those that stay.
    if (this.#count === this.#capacity) this.#thin();
    this.#rows.set(observation, this.#count * this.#size);
    this.#count++;
  }

  /** Distribution of a feature; undefined without observations. */
  describe(feature: number): FeatureDistribution | undefined {
    if (this.#count === 0) return undefined;
    return describeFeature(
      Float32Array.from({ length: this.#count }, (_, row) => this.#rows[row * this.#size + feature]),
    );
  }

  #thin(): void {
    const size = this.#size;
    for (let row = 0; 2 * row < this.#count; row++) {
      this.#rows.copyWithin(row * size, 2 * row * size, (2 * row + 1) * size);
    }
    this.#count = Math.ceil(this.#count / 2);
    this.#stride *= 2;
  }
}
