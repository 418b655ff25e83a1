import { Generator, type GeneratorState, stream } from '../../base/random.ts';
import { LONGEST_TRAVEL } from './latency-log-normal.ts';
import type { LatencyModel, ModelSession } from './models.ts';

export interface SpikesOptions {
  /** What every message takes at least, ms; a feed of 0 is none, and meets neither jitter nor spikes. */
  readonly entryMs: number;
  readonly responseMs: number;
  readonly feedMs: number;
  /** Mean of the exponential jitter of each message, ms. */
  readonly jitterMs: number;
  /** Chance that a stretch of time is a spike, in [0, 1]; its length; and what a message sent within it takes longer. */
  readonly spikeProbability: number;
  readonly spikeDurationMs: number;
  readonly spikeMs: number;
  readonly inOrder: boolean;
}

/** Draws of a generator after which near-by states have nothing in common any more. */
const MIXING = 16;

/**
 * A base time, jitter, and now and then a stretch in which everything is late. Time is cut into stretches of the spike's
 * length; which of them are spikes follows from the seed and the time alone, so that two lanes with one seed meet the
 * same spikes whatever each of them sends.
 */
export class SpikesLatency implements LatencyModel {
  readonly name: string;
  readonly inOrder: boolean;
  readonly #options: SpikesOptions;
  #jitter: Generator = stream(0, 'latency');
  readonly #mixer = new Generator([1, 2, 3, 4]);
  #key: GeneratorState = [1, 2, 3, 4];
  #stretch = Number.NaN;
  #isSpike = false;

  constructor(options: SpikesOptions) {
    const { entryMs, responseMs, feedMs, jitterMs, spikeProbability, spikeMs, spikeDurationMs } = options;
    this.name =
      `${entryMs} ms, ${responseMs} ms, feed ${feedMs} ms, jitter ${jitterMs} ms, ` +
      `spikes of ${spikeMs} ms for ${spikeDurationMs} ms, ${100 * spikeProbability} % of the time`;
    this.inOrder = options.inOrder;
    this.#options = options;
  }

  begin({ seed }: ModelSession): void {
    this.#jitter = stream(seed, 'latency');
    this.#key = stream(seed, 'latency/spikes').getState();
    this.#stretch = Number.NaN;
  }

  entry(time: number): number {
    return this.#take(this.#options.entryMs, time);
  }

  response(time: number): number {
    return this.#take(this.#options.responseMs, time);
  }

  feed(time: number): number {
    return this.#options.feedMs === 0 ? 0 : this.#take(this.#options.feedMs, time);
  }

  #take(baseMs: number, time: number): number {
    const { jitterMs, spikeMs } = this.#options;
    const jitter = jitterMs > 0 ? this.#jitter.exponential(1 / jitterMs) : 0;
    const spike = spikeMs > 0 && this.#spikes(time) ? spikeMs : 0;
    return Math.min(1000 * (baseMs + jitter + spike), LONGEST_TRAVEL);
  }

  #spikes(time: number): boolean {
    const stretch = Math.floor(time / (1000 * this.#options.spikeDurationMs));
    if (stretch === this.#stretch) return this.#isSpike;
    const [a, b, c, d] = this.#key;
    const high = Math.floor(stretch / 4294967296);
    // The key makes the state differ from 0 in every word that could all be 0.
    this.#mixer.setState([(a ^ stretch) >>> 0, (b ^ high) >>> 0, c, d | 1]);
    for (let i = 0; i < MIXING; i++) this.#mixer.uint32();
    this.#stretch = stretch;
    this.#isSpike = this.#mixer.uniform() < this.#options.spikeProbability;
    return this.#isSpike;
  }
}
