import { MICROSECONDS } from '../base/time.ts';

/** Equity and inventory over time, ready to be drawn or written. Parallel arrays. */
export interface EquityPoints {
  /** µs since the epoch. */
  readonly time: readonly number[];
  /** Quote currency, net of fees, marked to mid. */
  readonly equity: readonly number[];
  /** Lots. */
  readonly inventory: readonly number[];
  /** Ticks. */
  readonly mid: readonly number[];
}

/**
 * Samples of a session about one second apart, in constant memory: when full, every other sample is dropped and the
 * period doubles. Adding allocates nothing.
 */
export class EquitySeries {
  readonly #capacity: number;
  readonly #time: Float64Array;
  readonly #equity: Float64Array;
  readonly #inventory: Float64Array;
  readonly #mid: Float64Array;
  #period: number;
  #length = 0;
  #next = Number.NEGATIVE_INFINITY;

  constructor(capacity = 8192, period = MICROSECONDS) {
    this.#capacity = capacity;
    this.#period = period;
    this.#time = new Float64Array(capacity);
    this.#equity = new Float64Array(capacity);
    this.#inventory = new Float64Array(capacity);
    this.#mid = new Float64Array(capacity);
  }

  get length(): number {
    return this.#length;
  }

  /** Whether a sample of `time` would be kept: a period has passed since the last one kept. */
  wants(time: number): boolean {
    return time >= this.#next;
  }

  /** Offers a sample, which is kept when it is wanted. */
  offer(time: number, equity: number, inventory: number, mid: number): void {
    if (this.wants(time)) this.#keep(time, equity, inventory, mid);
  }

  /** Keeps the last sample whatever the period, replacing one at the same time. */
  close(time: number, equity: number, inventory: number, mid: number): void {
    if (this.#length > 0 && this.#time[this.#length - 1] >= time) this.#length--;
    this.#keep(time, equity, inventory, mid);
  }

  points(): EquityPoints {
    const take = (values: Float64Array) => Array.from(values.subarray(0, this.#length));
    return {
      time: take(this.#time),
      equity: take(this.#equity),
      inventory: take(this.#inventory),
      mid: take(this.#mid),
    };
  }

  #keep(time: number, equity: number, inventory: number, mid: number): void {
    if (this.#length === this.#capacity) this.#halve();
    this.#time[this.#length] = time;
    this.#equity[this.#length] = equity;
    this.#inventory[this.#length] = inventory;
    this.#mid[this.#length] = mid;
    this.#length++;
    this.#next = time + this.#period;
  }

  #halve(): void {
    const half = this.#capacity >> 1;
    for (let i = 0; i < half; i++) {
      this.#time[i] = this.#time[2 * i];
      this.#equity[i] = this.#equity[2 * i];
      this.#inventory[i] = this.#inventory[2 * i];
      this.#mid[i] = this.#mid[2 * i];
    }
    this.#length = half;
    this.#period *= 2;
  }
}
