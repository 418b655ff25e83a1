// Asked at every decision: allocates nothing, and within a tape costs two comparisons.
import { HOLE } from '../env/session.ts';

/** A stretch of local time, µs. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/**
 * The time of a session that goes over several tapes: local time, less the holes between them in which nobody decides.
 * In a hole it stands still, so it never runs back.
 */
export class SessionTime {
  readonly #holes: readonly Span[];
  /** Local times, µs, between which `#lost` µs have gone by in holes. */
  #from = Number.POSITIVE_INFINITY;
  #until = Number.NEGATIVE_INFINITY;
  #lost = 0;

  /** `spans`: first and last local time of each tape, in order. */
  constructor(spans: readonly Span[] = []) {
    this.#holes = spans
      .slice(1)
      .map(({ start }, i) => ({ start: spans[i].end, end: start }))
      .filter(({ start, end }) => end - start > HOLE);
  }

  /** The session's time at a local time, both µs. */
  at(time: number): number {
    return time >= this.#from && time <= this.#until ? time - this.#lost : this.#find(time);
  }

  #find(time: number): number {
    this.#lost = 0;
    this.#from = Number.NEGATIVE_INFINITY;
    for (const hole of this.#holes) {
      this.#until = hole.start;
      if (time <= hole.start) return time - this.#lost;
      if (time < hole.end) return hole.start - this.#lost;
      this.#lost += hole.end - hole.start;
      this.#from = hole.end;
    }
    this.#until = Number.POSITIVE_INFINITY;
    return time - this.#lost;
  }
}
