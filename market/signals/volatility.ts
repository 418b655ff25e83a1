import { MICROSECONDS } from '../../base/time.ts';

/** Observations (mid changes) that the EWMA `sigma` spans: its weight is α = 2/(N + 1). */
const OBSERVATIONS = 100;
const DECAY = 1 - 2 / (OBSERVATIONS + 1);
/** Realised variance is never averaged over less than this, µs: one jump right after the start is not a volatility. */
const SHORTEST_SPAN = MICROSECONDS;

/**
 * Volatility of the mid, ticks/√s, from its changes. No allocation after construction.
 *
 * `sigma` is the ratio of two exponentially weighted sums over mid changes i, with the same weights w:
 *
 *     σ² = Σ wᵢ (Δmidᵢ)² / Σ wᵢ Δtᵢ
 *
 * The ratio of sums, not the mean of ratios: Δmid²/Δt of single changes has no finite mean when Δt can be tiny, and by
 * Wald's second identity E[Σ Δmid²] = σ² E[Σ Δt] also where the sampling times are set by the price itself, as they
 * are when an observation is a change of the mid.
 *
 * `rolling` is realised variance per second under a kernel of time constant τ, corrected for the time before the
 * first observation, so that it decays in quiet times:
 *
 *     σ_τ²(t) = Σ (Δmidᵢ)² e^(−(t−tᵢ)/τ) / (τ (1 − e^(−(t−t₀)/τ)))
 */
export class Volatility {
  readonly #constants: Float64Array;
  readonly #kernelSums: Float64Array;
  #squares = 0;
  #seconds = 0;
  #changes = 0;
  /** Start of the observed time, last mid change, last kernel update, µs. */
  #start = Number.NaN;
  #lastChange = Number.NaN;

  /** `constants`: the time constants τ of {@link rolling}, in µs. */
  constructor(constants: readonly number[]) {
    this.#constants = Float64Array.from(constants);
    this.#kernelSums = new Float64Array(constants.length);
  }

  reset(): void {
    this.#kernelSums.fill(0);
    this.#squares = 0;
    this.#seconds = 0;
    this.#changes = 0;
    this.#start = Number.NaN;
    this.#lastChange = Number.NaN;
  }

  /** The first mid that is known: from here time counts. */
  begin(time: number): void {
    this.#start = time;
    this.#lastChange = time;
  }

  /** The mid changed by `change` ticks at `time`, µs. */
  observe(time: number, change: number): void {
    const elapsed = time - this.#lastChange;
    const square = change * change;
    for (let i = 0; i < this.#kernelSums.length; i++) {
      this.#kernelSums[i] = this.#kernelSums[i] * Math.exp(-elapsed / this.#constants[i]) + square;
    }
    this.#squares = this.#squares * DECAY + square;
    this.#seconds = this.#seconds * DECAY + elapsed / MICROSECONDS;
    this.#lastChange = time;
    this.#changes++;
  }

  /** Leaves `elapsed` µs in which the mid was not known out of the observed time. */
  skip(elapsed: number): void {
    this.#start += elapsed;
    this.#lastChange += elapsed;
  }

  /** How many mid changes were seen. */
  get changes(): number {
    return this.#changes;
  }

  /** EWMA over 100 mid changes, ticks/√s; 0 before the first. */
  get sigma(): number {
    return this.#seconds > 0 ? Math.sqrt(this.#squares / this.#seconds) : 0;
  }

  /** Realised volatility at `time` with the `index`-th time constant, ticks/√s; 0 before the first mid change. */
  rolling(index: number, time: number): number {
    if (this.#changes === 0) return 0;
    const constant = this.#constants[index];
    const sum = this.#kernelSums[index] * Math.exp(-Math.max(0, time - this.#lastChange) / constant);
    const covered = -Math.expm1(-Math.max(SHORTEST_SPAN, time - this.#start) / constant);
    return Math.sqrt(sum / ((constant / MICROSECONDS) * covered));
  }
}
