import type { LatencyModel } from './models.ts';

/** The same travel time for every message, leg by leg. */
export class ConstantLatency implements LatencyModel {
  readonly name: string;
  readonly #entry: number;
  readonly #response: number;
  readonly #feed: number;

  /** Travel times in ms; kept in whole µs. */
  constructor(entryMs: number, responseMs: number, feedMs = 0) {
    this.name = `constant ${entryMs} ms, ${responseMs} ms, feed ${feedMs} ms`;
    this.#entry = Math.round(1000 * entryMs);
    this.#response = Math.round(1000 * responseMs);
    this.#feed = Math.round(1000 * feedMs);
  }

  entry(): number {
    return this.#entry;
  }

  response(): number {
    return this.#response;
  }

  feed(): number {
    return this.#feed;
  }
}
