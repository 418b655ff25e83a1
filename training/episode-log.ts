/**
 * What it takes to be in the middle of an episode again: the seeds it was reset with and every action since.
 * Environments repeat an episode bit for bit from these, so no state of theirs is ever serialised.
 */
export class EpisodeLog {
  /** Values of one step: the actions as proposed in [−1, 1], then the bound of the curriculum. */
  readonly #width: number;
  #values = new Float32Array(0);
  #steps = 0;
  #seeds: readonly number[] = [];

  constructor(width: number) {
    this.#width = width + 1;
    this.#values = new Float32Array(256 * this.#width);
  }

  get seeds(): readonly number[] {
    return this.#seeds;
  }

  get steps(): number {
    return this.#steps;
  }

  begin(seeds: readonly number[]): void {
    this.#seeds = seeds;
    this.#steps = 0;
  }

  push(actions: Float32Array, allowedShift: number): void {
    const end = (this.#steps + 1) * this.#width;
    if (end > this.#values.length) {
      const grown = new Float32Array(2 * this.#values.length);
      grown.set(this.#values);
      this.#values = grown;
    }
    this.#values.set(actions, end - this.#width);
    this.#values[end - 1] = allowedShift;
    this.#steps++;
  }

  actions(step: number): Float32Array {
    return this.#values.slice(step * this.#width, (step + 1) * this.#width - 1);
  }

  /** The curriculum's bound at a step, NaN where there is none. */
  allowedShift(step: number): number {
    return this.#values[(step + 1) * this.#width - 1];
  }

  exportState(): EpisodeLogState {
    return {
      seeds: this.#seeds,
      steps: this.#steps,
      values: this.#values.slice(0, this.#steps * this.#width),
    };
  }

  importState(state: EpisodeLogState): void {
    this.#seeds = state.seeds;
    this.#steps = state.steps;
    this.#values = new Float32Array(Math.max(256 * this.#width, state.values.length));
    this.#values.set(state.values);
  }
}

export interface EpisodeLogState {
  readonly seeds: readonly number[];
  readonly steps: number;
  readonly values: Float32Array;
}
