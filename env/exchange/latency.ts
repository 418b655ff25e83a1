import type { LatencyModel } from './models.ts';

/** The same travel time for every message, leg by leg. */
export class ConstantLatency implements LatencyModel {
  readonly name: string;
  readonly #entry: number;
  readonly #response: number;
  /** Only where it takes time: a decision then need not ask. */
  readonly feed?: () => number;

  /** Travel times in ms; kept in whole µs. */
  constructor(entryMs: number, responseMs: number, feedMs = 0) {
    this.name = `constant ${entryMs} ms, ${responseMs} ms, feed ${feedMs} ms`;
    this.#entry = Math.round(1000 * entryMs);
    this.#response = Math.round(1000 * responseMs);
    const feed = Math.round(1000 * feedMs);
    if (feed > 0) this.feed = () => feed;
  }

  entry(): number {
    return this.#entry;
  }

  response(): number {
    return this.#response;
  }
}
