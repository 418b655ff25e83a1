import { FALLBACK_REASONS, type FallbackReason } from './fallback.ts';

/** A condition that no market data shows began or ended at `time`, µs on the tape's clock. */
export interface ToldCondition {
  readonly time: number;
  readonly reason: string;
  readonly active: boolean;
}

/** Entries behind the reader after which a growing timeline forgets them. */
const FORGET_AT = 1024;

/**
 * What a live process knew besides the market, in order of time: written by it as it happens, read from a tape when its
 * recording is replayed. One reader. Reasons that are none of {@link FALLBACK_REASONS} are passed over.
 */
export class ConditionTimeline {
  #entries: ToldCondition[];
  #next = 0;
  /** Bits of the reasons that hold. */
  #active = 0;

  constructor(entries: readonly ToldCondition[] = []) {
    this.#entries = [...entries];
  }

  /** Adds what took effect at a time not before those added so far. */
  push(condition: ToldCondition): void {
    this.#entries.push(condition);
  }

  /** Goes back to the beginning; what a growing timeline has forgotten does not come again. */
  restart(): void {
    this.#next = 0;
    this.#active = 0;
  }

  /** Bits, by their place in {@link FALLBACK_REASONS}, of what holds at `time`, which never runs back, µs. */
  activeAt(time: number): number {
    while (this.#next < this.#entries.length && this.#entries[this.#next].time <= time) {
      const { reason, active } = this.#entries[this.#next++];
      const index = FALLBACK_REASONS.indexOf(reason as FallbackReason);
      if (index < 0) continue;
      if (active) this.#active |= 1 << index;
      else this.#active &= ~(1 << index);
    }
    if (this.#next >= FORGET_AT) {
      this.#entries = this.#entries.slice(this.#next);
      this.#next = 0;
    }
    return this.#active;
  }
}
