const WINDOW = 60_000_000;

/**
 * The 99th percentile of send→acknowledge over the trailing minute, exact. Nearest rank: the smallest sample that at
 * least 99 % of the samples do not exceed. Samples are ranked when somebody asks: many agents never do.
 */
export class Acknowledgements {
  /** Samples in order of time, a ring: when they came, µs, and how long they took, µs. */
  #times = new Float64Array(256);
  #durations = new Float64Array(256);
  #first = 0;
  #count = 0;
  /** Of the first so many of them, how long they took, ascending. */
  #ranked = new Float64Array(256);
  #rankedCount = 0;

  /** Takes a sample that became known at `time`, µs, not before the samples already taken. */
  add(time: number, duration: number): void {
    this.#expire(time);
    if (this.#count === this.#times.length) this.#grow();
    const last = (this.#first + this.#count++) & (this.#times.length - 1);
    this.#times[last] = time;
    this.#durations[last] = duration;
  }

  /** In ms as of `time`, µs; NaN without a sample in the minute before. */
  p99Ms(time: number): number {
    this.#expire(time);
    if (this.#count === 0) return Number.NaN;
    while (this.#rankedCount < this.#count) this.#rankNext();
    return this.#ranked[Math.ceil(0.99 * this.#count) - 1] / 1000;
  }

  #expire(time: number): void {
    while (this.#count > 0 && this.#times[this.#first] <= time - WINDOW) {
      if (this.#rankedCount > 0) this.#unrank(this.#durations[this.#first]);
      this.#count--;
      this.#first = (this.#first + 1) & (this.#times.length - 1);
    }
  }

  #rankNext(): void {
    const duration = this.#durations[(this.#first + this.#rankedCount) & (this.#times.length - 1)];
    const index = this.#rank(duration);
    if (index < this.#rankedCount) this.#ranked.copyWithin(index + 1, index, this.#rankedCount);
    this.#ranked[index] = duration;
    this.#rankedCount++;
  }

  #unrank(duration: number): void {
    const after = this.#rank(duration);
    if (after < this.#rankedCount) this.#ranked.copyWithin(after - 1, after, this.#rankedCount);
    this.#rankedCount--;
  }

  #grow(): void {
    const size = this.#count;
    const times = new Float64Array(2 * size);
    const durations = new Float64Array(2 * size);
    const ranked = new Float64Array(2 * size);
    for (let i = 0; i < size; i++) {
      times[i] = this.#times[(this.#first + i) & (size - 1)];
      durations[i] = this.#durations[(this.#first + i) & (size - 1)];
    }
    ranked.set(this.#ranked);
    this.#times = times;
    this.#durations = durations;
    this.#ranked = ranked;
    this.#first = 0;
  }

  /** Index behind the last ranked sample that is not larger: among equal ones the last comes and goes, so that nothing
   * has to move where all are equal. */
  #rank(duration: number): number {
    let low = 0;
    let high = this.#rankedCount;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#ranked[middle] <= duration) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
