/** Samples kept: the least disturbed of them is believed. */
const SAMPLES = 32;

/**
 * How far the local clock is from the exchange's and how long a message takes, by Cristian's method with a minimum
 * filter: of the recent requests for the exchange's time the one that came back fastest bounds the offset best, to
 * half its round trip. Times in µs.
 */
export class ClockEstimator {
  readonly #offsets = new Float64Array(SAMPLES);
  readonly #roundTrips = new Float64Array(SAMPLES).fill(Number.POSITIVE_INFINITY);
  #samples = 0;

  /** The exchange said `serverTime` to a request sent and answered at these local times. */
  add(sentAt: number, serverTime: number, receivedAt: number): void {
    const slot = this.#samples++ % SAMPLES;
    this.#offsets[slot] = serverTime - (sentAt + receivedAt) / 2;
    this.#roundTrips[slot] = receivedAt - sentAt;
  }

  get samples(): number {
    return this.#samples;
  }

  /** Exchange clock minus local clock; NaN before the first sample. */
  get offset(): number {
    return this.#samples === 0 ? Number.NaN : this.#offsets[this.#best()];
  }

  /** Fastest recent round trip, twice the error that {@link offset} can have; NaN before the first sample. */
  get roundTrip(): number {
    return this.#samples === 0 ? Number.NaN : this.#roundTrips[this.#best()];
  }

  #best(): number {
    let best = 0;
    for (let i = 1; i < SAMPLES; i++) if (this.#roundTrips[i] < this.#roundTrips[best]) best = i;
    return best;
  }
}
