import type { LatencyModel } from './models.ts';

/** The same travel time for every message, each way. */
export class ConstantLatency implements LatencyModel {
  readonly name: string;
  readonly #entry: number;
  readonly #response: number;

  /** Travel times in ms; kept in whole µs. */
  constructor(entryMs: number, responseMs: number) {
    this.name = `constant ${entryMs} ms, ${responseMs} ms`;
    this.#entry = Math.round(1000 * entryMs);
    this.#response = Math.round(1000 * responseMs);
  }

  entry(): number {
    return this.#entry;
  }

  response(): number {
    return this.#response;
  }
}
