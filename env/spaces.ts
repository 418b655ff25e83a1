import { InputError } from '../base/errors.ts';
import type { Generator } from '../base/random.ts';

/** A set of values an observation or action may take. */
export interface Space<T> {
  readonly kind: string;
  /** Shape of an element; empty for a scalar. */
  readonly shape: readonly number[];
  /** Draws an element with the given generator. */
  sample(generator: Generator): T;
  contains(value: unknown): value is T;
  /** Why `value` is no element, as the end of the sentence "received …"; null where it is one. */
  explain(value: unknown): string | null;
  /** A short description for error messages, e.g. `Box(-1, 1, [3], float32)`. */
  toString(): string;
}

/** Bounded or unbounded float32 arrays. Bounds are inclusive; ±Infinity leaves a side open. */
export class Box implements Space<Float32Array> {
  readonly kind = 'box';
  readonly shape: readonly number[];
  /** Number of components. */
  readonly size: number;
  /** Bounds of each component, rounded to float32. */
  readonly low: Float32Array;
  readonly high: Float32Array;

  constructor(low: number | ArrayLike<number>, high: number | ArrayLike<number>, shape: readonly number[]) {
    if (!shape.every((n) => Number.isInteger(n) && n > 0)) {
      throw badSpace('shape', shape, 'positive whole numbers');
    }
    this.shape = [...shape];
    this.size = shape.reduce((product, n) => product * n, 1);
    this.low = spread(low, this.size, 'low');
    this.high = spread(high, this.size, 'high');
    for (let i = 0; i < this.size; i++) {
      if (!(this.low[i] <= this.high[i]) || this.low[i] === Infinity || this.high[i] === -Infinity) {
        throw badSpace('low', this.low[i], `at most high, which is ${this.high[i]} at index ${i}`);
      }
    }
  }

  /**
   * Uniform where both sides are bounded, an exponential deviate beyond the bound where one is, standard normal where
   * none is (as Gymnasium's Box).
   */
  sample(generator: Generator): Float32Array {
    const element = new Float32Array(this.size);
    for (let i = 0; i < this.size; i++) {
      const low = this.low[i];
      const high = this.high[i];
      if (low === -Infinity) {
        element[i] = high === Infinity ? generator.normal() : high - generator.exponential(1);
      } else {
        element[i] =
          high === Infinity ? low + generator.exponential(1) : low + generator.uniform() * (high - low);
      }
    }
    return element;
  }

  contains(value: unknown): value is Float32Array {
    return this.explain(value) === null;
  }

  explain(value: unknown): string | null {
    if (!(value instanceof Float32Array)) return describe(value);
    if (value.length !== this.size) return `a Float32Array of length ${value.length}`;
    for (let i = 0; i < this.size; i++) {
      const x = value[i];
      if (Number.isNaN(x)) return `NaN at index ${i}`;
      if (x < this.low[i]) return `${x} at index ${i}, below ${this.low[i]}`;
      if (x > this.high[i]) return `${x} at index ${i}, above ${this.high[i]}`;
    }
    return null;
  }

  toString(): string {
    return `Box(${bounds(this.low)}, ${bounds(this.high)}, [${this.shape.join(', ')}], float32)`;
  }
}

/** Whole numbers from `start` to `start + n − 1`. */
export class Discrete implements Space<number> {
  readonly kind = 'discrete';
  readonly shape: readonly number[] = [];
  readonly n: number;
  readonly start: number;

  constructor(n: number, start = 0) {
    if (!Number.isInteger(n) || n < 1) throw badSpace('n', n, 'a whole number of at least 1');
    if (!Number.isInteger(start)) throw badSpace('start', start, 'a whole number');
    this.n = n;
    this.start = start;
  }

  sample(generator: Generator): number {
    return this.start + generator.integer(this.n);
  }

  contains(value: unknown): value is number {
    return this.explain(value) === null;
  }

  explain(value: unknown): string | null {
    if (typeof value !== 'number') return describe(value);
    if (!Number.isInteger(value)) return `${value}, which is no whole number`;
    const last = this.start + this.n - 1;
    return value < this.start || value > last ? `${value}, outside ${this.start} to ${last}` : null;
  }

  toString(): string {
    return this.start === 0 ? `Discrete(${this.n})` : `Discrete(${this.n}, start ${this.start})`;
  }
}

export function box(
  low: number | ArrayLike<number>,
  high: number | ArrayLike<number>,
  shape: readonly number[],
): Box {
  return new Box(low, high, shape);
}

export function discrete(n: number, start = 0): Discrete {
  return new Discrete(n, start);
}

function spread(bound: number | ArrayLike<number>, size: number, field: string): Float32Array {
  if (typeof bound === 'number') return new Float32Array(size).fill(bound);
  if (bound.length !== size) {
    throw badSpace(field, `${bound.length} numbers`, `one number or ${size} of them`);
  }
  return Float32Array.from(bound);
}

function badSpace(field: string, value: unknown, expected: string): InputError {
  return new InputError({
    code: 'bad-space',
    message: `A space's ${field} is ${String(value)}; expected ${expected}.`,
    field,
    value,
    expected,
  });
}

function bounds(values: Float32Array): string {
  return values.every((x) => x === values[0]) ? String(values[0]) : `[${values.join(', ')}]`;
}

/** What kind of thing a value is, in words. */
export function describe(value: unknown): string {
  if (value === null) return 'null';
  if (typeof value === 'number') return `the number ${value}`;
  if (Array.isArray(value)) return `a plain array of length ${value.length}`;
  if (ArrayBuffer.isView(value)) {
    return 'length' in value
      ? `a ${value.constructor.name} of length ${value.length}`
      : `a ${value.constructor.name}`;
  }
  if (typeof value === 'object') return `an object of class ${value.constructor?.name ?? 'null'}`;
  return typeof value === 'undefined' ? 'undefined' : `the ${typeof value} ${String(value)}`;
}
