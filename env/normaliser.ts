import { InputError } from '../base/errors.ts';
import { createNormaliseKernel, type NormaliseKernel } from './normalise-kernel.ts';

/**
 * Running statistics of raw features: normalised = clip((x − mean)/√(variance + ε), ±clip). Plain numbers, so that it
 * survives JSON exactly; the policy manifest carries one.
 */
export interface RunningNormaliserState {
  readonly count: number;
  readonly mean: readonly number[];
  /** Population variance. */
  readonly variance: readonly number[];
  readonly epsilon: number;
  readonly clip: number;
}

export interface NormaliserOptions {
  /** Added to the variance. The default is a floor of 0.01 under each deviation: a feature that hardly moved in
   * training then cannot shout when it does. */
  readonly epsilon?: number;
  /** Largest magnitude after normalising. */
  readonly clip?: number;
}

/** From so many rows on the kernel's copies cost less than it saves. */
const MANY_ROWS = 16;

/**
 * Mean and variance of observation features so far, in float64, updated batch by batch (Welford's recurrence in the
 * parallel form of Chan, Golub and LeVeque, 1983). Without data it only clips. Hot path: no allocation.
 */
export class RunningNormaliser {
  readonly size: number;
  readonly epsilon: number;
  readonly clip: number;
  #count = 0;
  #frozen = false;
  readonly #mean: Float64Array;
  readonly #variance: Float64Array;
  /** √(variance + ε), scratch of `normalise`. */
  readonly #deviation: Float64Array;
  /** Made when many rows first come; null where there is no WebAssembly SIMD. */
  #kernel: NormaliseKernel | null | undefined;

  constructor(size: number, options: NormaliserOptions = {}) {
    this.size = positive(size, 'size');
    this.epsilon = positive(options.epsilon ?? 1e-4, 'epsilon');
    this.clip = positive(options.clip ?? 10, 'clip');
    this.#mean = new Float64Array(size);
    this.#variance = new Float64Array(size).fill(1);
    this.#deviation = new Float64Array(size);
  }

  /** A normaliser in exactly the state that `exportState` gave. */
  static from(state: RunningNormaliserState): RunningNormaliser {
    const normaliser = new RunningNormaliser(state.mean.length, state);
    normaliser.importState(state);
    return normaliser;
  }

  /** Observations seen. */
  get count(): number {
    return this.#count;
  }

  get frozen(): boolean {
    return this.#frozen;
  }

  /** From here on `update` changes nothing, as evaluation and live use need it. */
  freeze(): void {
    this.#frozen = true;
  }

  unfreeze(): void {
    this.#frozen = false;
  }

  /** Takes in `count` rows of raw features, row-major. A value that is not finite throws an InputError. */
  update(batch: Float32Array, count: number): void {
    if (this.#frozen || count === 0) return;
    const { size } = this;
    if (batch.length < size * count) this.requireSize(batch.length / count);
    const before = this.#count;
    const total = before + count;
    for (let j = 0; j < size; j++) {
      let sum = 0;
      for (let i = 0, k = j; i < count; i++, k += size) sum += batch[k];
      if (!Number.isFinite(sum)) throw notFinite(batch, count, size);
      const batchMean = sum / count;
      let squares = 0;
      for (let i = 0, k = j; i < count; i++, k += size) {
        const deviation = batch[k] - batchMean;
        squares += deviation * deviation;
      }
      if (before === 0) {
        this.#mean[j] = batchMean;
        this.#variance[j] = squares / count;
      } else {
        const delta = batchMean - this.#mean[j];
        this.#mean[j] += (delta * count) / total;
        this.#variance[j] =
          (this.#variance[j] * before + squares + (delta * delta * before * count) / total) / total;
      }
    }
    this.#count = total;
  }

  /** Normalises `count` rows of `input` into `out`, which may be the same array. */
  normalise(input: Float32Array, count: number, out: Float32Array): void {
    const { size, clip, epsilon } = this;
    const mean = this.#mean;
    const deviation = this.#deviation;
    for (let j = 0; j < size; j++) deviation[j] = Math.sqrt(this.#variance[j] + epsilon);
    if (count >= MANY_ROWS) {
      if (this.#kernel === undefined) this.#kernel = createNormaliseKernel(size, clip);
      if (this.#kernel !== null) {
        this.#kernel.normalise(mean, deviation, input, count, out);
        return;
      }
    }
    for (let i = 0, k = 0; i < count; i++) {
      for (let j = 0; j < size; j++, k++) {
        const x = (input[k] - mean[j]) / deviation[j];
        out[k] = Math.min(Math.max(x, -clip), clip);
      }
    }
  }

  /** Copies the means, then the variances, into `out`, 2 × size: what {@link setStatistics} takes in another thread. */
  copyStatistics(out: Float64Array): void {
    out.set(this.#mean);
    out.set(this.#variance, this.size);
  }

  setStatistics(statistics: Float64Array): void {
    for (let j = 0; j < this.size; j++) {
      this.#mean[j] = statistics[j];
      this.#variance[j] = statistics[this.size + j];
    }
  }

  exportState(): RunningNormaliserState {
    return {
      count: this.#count,
      mean: Array.from(this.#mean),
      variance: Array.from(this.#variance),
      epsilon: this.epsilon,
      clip: this.clip,
    };
  }

  /** Takes over statistics of the same size; ε and clip must be the ones it was made with. */
  importState(state: RunningNormaliserState): void {
    this.requireSize(state.mean.length);
    this.requireSize(state.variance.length);
    const finite = [...state.mean, ...state.variance].every((x) => Number.isFinite(x));
    const same = state.epsilon === this.epsilon && state.clip === this.clip;
    if (!finite || !same || !(state.count >= 0) || state.variance.some((x) => x < 0)) {
      throw new InputError({
        code: 'bad-normaliser',
        message: 'The statistics of the observation normaliser are not usable.',
        field: 'normaliser',
        value: { count: state.count, epsilon: state.epsilon, clip: state.clip },
        expected: `finite means, variances of at least 0, epsilon ${this.epsilon}, clip ${this.clip}`,
        hint: 'Take them from an undamaged checkpoint or export.',
      });
    }
    this.#count = state.count;
    this.#mean.set(state.mean);
    this.#variance.set(state.variance);
  }

  /** Throws an InputError unless `size` is the number of features this normaliser knows. */
  requireSize(size: number): void {
    if (size === this.size) return;
    throw new InputError({
      code: 'bad-normaliser',
      message: `The observation normaliser has ${this.size} features; received ${size}.`,
      field: 'normaliser',
      value: size,
      expected: `${this.size} features`,
      hint: 'Use the normaliser that was trained on this observation.',
    });
  }
}

function positive(value: number, field: string): number {
  if (Number.isFinite(value) && value > 0) return value;
  throw new InputError({
    code: 'bad-normaliser',
    message: `The normaliser's ${field} is ${value}; expected a positive number.`,
    field,
    value,
    expected: 'a positive number',
  });
}

function notFinite(batch: Float32Array, count: number, size: number): InputError {
  const index = batch.subarray(0, count * size).findIndex((x) => !Number.isFinite(x));
  return new InputError({
    code: 'not-finite',
    message: `Feature ${index % size} of an observation is ${batch[index]}; expected a finite number.`,
    field: 'observation',
    value: batch[index],
    expected: 'finite numbers',
  });
}
