import type { Generator } from '../base/random.ts';

/** A set of values an observation or action may take. */
export interface Space<T> {
  readonly kind: string;
  /** Shape of an element; empty for a scalar. */
  readonly shape: readonly number[];
  /** Draws an element with the given generator. */
  sample(generator: Generator): T;
  contains(value: unknown): value is T;
  /** A short description for error messages, e.g. `Box(-1, 1, [3], float32)`. */
  toString(): string;
}
