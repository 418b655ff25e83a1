import { Flag, Kind, type Tape, timeAt } from './rows.ts';

/**
 * Stretches of a tape in which nobody listened: from the last depth message before a gap or a new snapshot to that. The
 * book stood still there because nothing of it was heard, which says nothing of the market: a pause of a day between two
 * captures is no day of one spread without a move. Trades after the pause come before the gap is found by the book.
 */
export class LostTime {
  /** Begin and end of each stretch in turn, local times in µs. */
  readonly #bounds: number[] = [];
  #at = 0;

  /** Reads the times of a tape. */
  constructor(tape: Tape) {
    let last = -1;
    for (let index = 0; index < tape.batches; index++) {
      const { length, kind, flags, localTime } = tape.readBatch(index);
      for (let row = 0; row < length; row++) {
        if (index > 0 && (flags[row] & Flag.carried) !== 0) continue;
        const breaks = kind[row] === Kind.reset || kind[row] === Kind.gap;
        const depth = kind[row] === Kind.bid || kind[row] === Kind.ask;
        if (!breaks && !depth) continue;
        const time = timeAt(localTime, row);
        if (breaks && last >= 0 && time > last) this.#bounds.push(last, time);
        last = time;
      }
    }
  }

  /** Whether a time lies within a stretch; times may not fall from call to call. */
  covers(time: number): boolean {
    const bounds = this.#bounds;
    while (this.#at < bounds.length && bounds[this.#at + 1] <= time) this.#at += 2;
    return this.#at < bounds.length && time > bounds[this.#at];
  }
}
