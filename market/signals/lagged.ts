/**
 * Values as they are now and as they were a fixed time ago, for several lags at once.
 *
 * Kept as a ring of states; each lag has a cursor on it. A sum over a trailing window is the difference of a running
 * total now and then, so an empty window is exactly 0, rounding never accumulates beyond that of the total itself,
 * and the result does not depend on how often `advance` was called in between.
 * Hot path: typed arrays, no allocation but the rare doubling of the ring.
 */
export class Lagged {
  /** The values now. The caller changes them, then calls {@link push}. */
  readonly now: Float64Array;
  readonly #columns: number;
  readonly #lags: Float64Array;
  /** Values at each lag: what the last state at or before (time − lag) held; 0 before there was one. */
  readonly #past: Float64Array;
  readonly #covered: Uint8Array;
  /** Sequence number of the first state that each lag has not passed yet; the longest lag is last. */
  readonly #cursors: Float64Array;
  #times: Float64Array;
  #values: Float64Array;
  #mask: number;
  #pushed = 0;
  /** Earliest time at which a lag passes another state, µs. */
  #due = Number.POSITIVE_INFINITY;

  /** `lags` in µs, ascending. `capacity` is a power of two; the ring doubles when the longest lag needs more. */
  constructor(columns: number, lags: readonly number[], capacity = 256) {
    this.#columns = columns;
    this.#lags = Float64Array.from(lags);
    this.now = new Float64Array(columns);
    this.#past = new Float64Array(columns * lags.length);
    this.#covered = new Uint8Array(lags.length);
    this.#cursors = new Float64Array(lags.length);
    this.#times = new Float64Array(capacity);
    this.#values = new Float64Array(capacity * columns);
    this.#mask = capacity - 1;
  }

  reset(): void {
    this.now.fill(0);
    this.#past.fill(0);
    this.#covered.fill(0);
    this.#cursors.fill(0);
    this.#pushed = 0;
    this.#due = Number.POSITIVE_INFINITY;
  }

  /** Records that the values became `now` at `time` (µs, never decreasing). */
  push(time: number): void {
    if (this.#pushed - this.#cursors[this.#cursors.length - 1] > this.#mask) {
      this.advance(time);
      if (this.#pushed - this.#cursors[this.#cursors.length - 1] > this.#mask) this.#grow();
    }
    const slot = this.#pushed & this.#mask;
    this.#times[slot] = time;
    const at = slot * this.#columns;
    for (let c = 0; c < this.#columns; c++) this.#values[at + c] = this.now[c];
    this.#pushed++;
    this.#due = Math.min(this.#due, time + this.#lags[0]);
  }

  /** Moves every lag to `time` (µs): a state that began at or before time − lag is the past one. Returns whether any
   * past changed. */
  advance(time: number): boolean {
    if (time < this.#due) return false;
    const columns = this.#columns;
    let due = Number.POSITIVE_INFINITY;
    for (let lag = 0; lag < this.#lags.length; lag++) {
      const limit = time - this.#lags[lag];
      const passed = this.#cursors[lag];
      let cursor = passed;
      while (cursor < this.#pushed && this.#times[cursor & this.#mask] <= limit) cursor++;
      if (cursor < this.#pushed) due = Math.min(due, this.#times[cursor & this.#mask] + this.#lags[lag]);
      if (cursor === passed) continue;
      this.#cursors[lag] = cursor;
      this.#covered[lag] = 1;
      const at = ((cursor - 1) & this.#mask) * columns;
      for (let c = 0; c < columns; c++) this.#past[lag * columns + c] = this.#values[at + c];
    }
    this.#due = due;
    return true;
  }

  /** Whether there was a state at time − lag. */
  covers(lag: number): boolean {
    return this.#covered[lag] === 1;
  }

  /** The value that `column` had at time − lag. */
  past(lag: number, column: number): number {
    return this.#past[lag * this.#columns + column];
  }

  /** How much `column` changed within the lag: for a running total, the sum over the trailing window (t − lag, t]. */
  change(lag: number, column: number): number {
    return this.now[column] - this.#past[lag * this.#columns + column];
  }

  #grow(): void {
    const size = this.#mask + 1;
    const times = new Float64Array(2 * size);
    const values = new Float64Array(2 * size * this.#columns);
    const mask = 2 * size - 1;
    for (let sequence = this.#pushed - size; sequence < this.#pushed; sequence++) {
      const from = sequence & this.#mask;
      const to = sequence & mask;
      times[to] = this.#times[from];
      for (let c = 0; c < this.#columns; c++) {
        values[to * this.#columns + c] = this.#values[from * this.#columns + c];
      }
    }
    this.#times = times;
    this.#values = values;
    this.#mask = mask;
  }
}
