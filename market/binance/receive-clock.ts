import type { Message } from './message.ts';

/**
 * A time beyond the year 2254, µs, is a damaged one: µs are exact in a double little longer, and all that follows would be
 * put behind it. Simulated markets live up to then.
 */
export const LATEST_TIME = Date.UTC(2255, 0) * 1000 - 1;

/**
 * The clock of a tape: receive times as they come, never running back. The scanner of messages, which advances it too, has
 * its values in its memory.
 */
export class ReceiveClock {
  /** Time, messages received before they were sent, messages whose time was behind. */
  readonly #values: Float64Array;

  constructor(values = new Float64Array(3)) {
    this.#values = values;
    this.clear();
  }

  clear(): void {
    this.#values.fill(0);
  }

  /** µs. */
  get time(): number {
    return this.#values[0];
  }

  /** Messages received, by the local clock, before they were sent. */
  get negativeLatencies(): number {
    return this.#values[1];
  }

  /** Messages whose receive time was behind the one before and was set to it. */
  get clamped(): number {
    return this.#values[2];
  }

  onMessage({ exchangeTime }: Message, receivedAt: number): void {
    const values = this.#values;
    if (exchangeTime > receivedAt) values[1]++;
    if (receivedAt < values[0]) values[2]++;
    else values[0] = receivedAt;
  }

  /** Something came that is no message of the exchange. */
  onTime(receivedAt: number): void {
    if (receivedAt > this.#values[0]) this.#values[0] = receivedAt;
  }
}
