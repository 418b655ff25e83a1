const WINDOW = 60_000_000;

/**
 * The 99th percentile of send→acknowledge over the trailing minute, exact: the samples of the minute are kept sorted.
 * Nearest rank: the smallest sample that at least 99 % of the samples do not exceed.
 */
export class Acknowledgements {
  /** Samples in order of time, a ring: when they came, µs, and how long they took, µs. */
  #times = new Float64Array(256);
  #durations = new Float64Array(256);
  #first = 0;
  /** The same, by how long they took. */
  #sorted = new Float64Array(256);
  #count = 0;

  /** Takes a sample that became known at `time`, µs, not before the samples already taken. */
  add(time: number, duration: number): void {
    this.#expire(time);
    if (this.#count === this.#sorted.length) this.#grow();
    const last = (this.#first + this.#count) & (this.#times.length - 1);
    this.#times[last] = time;
    this.#durations[last] = duration;
    const index = this.#rank(duration);
    if (index < this.#count) this.#sorted.copyWithin(index + 1, index, this.#count);
    this.#sorted[index] = duration;
    this.#count++;
  }

  /** In ms as of `time`, µs; NaN without a sample in the minute before. */
  p99Ms(time: number): number {
    this.#expire(time);
    if (this.#count === 0) return Number.NaN;
    return this.#sorted[Math.ceil(0.99 * this.#count) - 1] / 1000;
  }

  #expire(time: number): void {
    while (this.#count > 0 && this.#times[this.#first] <= time - WINDOW) {
      const after = this.#rank(this.#durations[this.#first]);
      if (after < this.#count) this.#sorted.copyWithin(after - 1, after, this.#count);
      this.#count--;
      this.#first = (this.#first + 1) & (this.#times.length - 1);
    }
  }

  #grow(): void {
    const size = this.#count;
    const times = new Float64Array(2 * size);
    const durations = new Float64Array(2 * size);
    const sorted = new Float64Array(2 * size);
    for (let i = 0; i < size; i++) {
      times[i] = this.#times[(this.#first + i) & (size - 1)];
      durations[i] = this.#durations[(this.#first + i) & (size - 1)];
    }
    sorted.set(this.#sorted);
    this.#times = times;
    this.#durations = durations;
    this.#sorted = sorted;
    this.#first = 0;
  }

  /** Index behind the last sorted sample that is not larger: among equal ones the last comes and goes, so that nothing
   * has to move where all are equal. */
  #rank(duration: number): number {
    let low = 0;
    let high = this.#count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#sorted[middle] <= duration) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
