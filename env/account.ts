import type { Instrument } from '../market/instrument.ts';
import { BID, type Side } from '../market/side.ts';

/**
 * Position and cash of one lane. Both are whole numbers (steps; ticks × steps), so they are exact: what a fill adds
 * and its opposite takes away leaves nothing behind. Fees are kept apart, in quote currency.
 */
export class Account {
  readonly #unit: number;
  #steps = 0;
  #knownSteps = 0;
  #cash = 0;
  #fees = 0;

  constructor(instrument: Instrument) {
    this.#unit = instrument.tickSize * instrument.stepSize;
  }

  /** Position, steps: what it is, and what the agent knows of. */
  get steps(): number {
    return this.#steps;
  }

  get knownSteps(): number {
    return this.#knownSteps;
  }

  /** Paid so far, quote currency; negative: received as rebates. */
  get fees(): number {
    return this.#fees;
  }

  /** Received less paid, net of fees, quote currency. */
  get cash(): number {
    return this.#cash * this.#unit - this.#fees;
  }

  /** Cash plus position at `mid` (ticks), net of fees, quote currency. */
  equity(mid: number): number {
    return (this.#cash + this.#steps * mid) * this.#unit - this.#fees;
  }

  /** `steps` were bought (BID) or sold (ASK) at `price`, ticks, for `fee`, quote currency. */
  fill(side: Side, price: number, steps: number, fee: number): void {
    const signed = side === BID ? steps : -steps;
    this.#steps += signed;
    this.#cash -= signed * price;
    this.#fees += fee;
  }

  /** The agent learns of `steps` bought (BID) or sold (ASK). */
  learn(side: Side, steps: number): void {
    this.#knownSteps += side === BID ? steps : -steps;
  }

  /** The agent knows all that happened. */
  learnAll(): void {
    this.#knownSteps = this.#steps;
  }
}
