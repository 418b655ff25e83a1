import { MICROSECONDS } from '../../base/time.ts';

/** Half-life of the running mean and variance behind every z-score, µs of observed time: five minutes. */
export const Z_SCORE_HALF_LIFE = 300 * MICROSECONDS;
/** The prior counts as much as this much observed time, µs. */
const PRIOR_SPAN = 10 * MICROSECONDS;
const CLAMP = 3;
const PRIOR_WEIGHT = 1 - decayOver(PRIOR_SPAN);

/** What is left of an observation's weight after `elapsed` µs. */
export function decayOver(elapsed: number): number {
  return Math.exp((-Math.LN2 / Z_SCORE_HALF_LIFE) * elapsed);
}

/**
 * Running mean and variance of a signal, weighted by time with a half-life of five minutes, and the z-score against
 * them clamped at ±3. It starts from a prior (mean 0, a stated deviation) worth ten seconds of observation, so that
 * the first scores are neither 0/0 nor saturated. West's update: no cancellation. No allocation.
 */
export class ZScore {
  readonly #priorVariance: number;
  #weight = PRIOR_WEIGHT;
  #mean = 0;
  #squares: number;

  constructor(priorDeviation: number) {
    this.#priorVariance = priorDeviation ** 2;
    this.#squares = PRIOR_WEIGHT * this.#priorVariance;
  }

  reset(): void {
    this.#weight = PRIOR_WEIGHT;
    this.#mean = 0;
    this.#squares = PRIOR_WEIGHT * this.#priorVariance;
  }

  /** Takes in that the signal was `value` for some time; `decay` is {@link decayOver} that time. */
  observe(value: number, decay: number): void {
    if (decay >= 1) return;
    const weight = 1 - decay;
    this.#weight = this.#weight * decay + weight;
    const before = value - this.#mean;
    this.#mean += (before * weight) / this.#weight;
    this.#squares = this.#squares * decay + weight * before * (value - this.#mean);
  }

  get mean(): number {
    return this.#mean;
  }

  get deviation(): number {
    return Math.sqrt(this.#squares / this.#weight);
  }

  /** (value − mean)/deviation within ±3; 0 for a signal that never varied. */
  score(value: number): number {
    const deviation = this.deviation;
    if (deviation < 1e-9) return 0;
    return Math.max(-CLAMP, Math.min(CLAMP, (value - this.#mean) / deviation));
  }
}
