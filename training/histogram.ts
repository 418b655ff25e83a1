/** All of a histogram that values have left in it. */
export interface HistogramState {
  readonly counts: readonly number[];
  readonly count: number;
  readonly sum: number;
  readonly sumOfSquares: number;
  readonly minimum: number;
  readonly maximum: number;
}

/** Counts of values in equal bins over [low, high], with what TensorBoard wants beside. Values outside are counted in
 * the outermost bins. */
export class Histogram {
  readonly low: number;
  readonly high: number;
  readonly counts: Float64Array;
  #count = 0;
  #sum = 0;
  #squares = 0;
  #minimum = Infinity;
  #maximum = -Infinity;

  constructor(low: number, high: number, bins: number) {
    this.low = low;
    this.high = high;
    this.counts = new Float64Array(bins);
  }

  get count(): number {
    return this.#count;
  }

  get sum(): number {
    return this.#sum;
  }

  get sumOfSquares(): number {
    return this.#squares;
  }

  get minimum(): number {
    return this.#minimum;
  }

  get maximum(): number {
    return this.#maximum;
  }

  /** Upper edge of a bin. */
  edge(bin: number): number {
    return this.low + ((bin + 1) * (this.high - this.low)) / this.counts.length;
  }

  add(value: number): void {
    const bins = this.counts.length;
    const bin = Math.floor(((value - this.low) / (this.high - this.low)) * bins);
    this.counts[Math.min(Math.max(bin, 0), bins - 1)]++;
    this.#count++;
    this.#sum += value;
    this.#squares += value * value;
    this.#minimum = Math.min(this.#minimum, value);
    this.#maximum = Math.max(this.#maximum, value);
  }

  exportState(): HistogramState {
    return {
      counts: [...this.counts],
      count: this.#count,
      sum: this.#sum,
      sumOfSquares: this.#squares,
      minimum: this.#minimum,
      maximum: this.#maximum,
    };
  }

  importState(state: HistogramState): void {
    this.counts.set(state.counts);
    this.#count = state.count;
    this.#sum = state.sum;
    this.#squares = state.sumOfSquares;
    this.#minimum = state.minimum;
    this.#maximum = state.maximum;
  }
}
