import type { Lane } from './lane.ts';
import type { Quoter } from './quoter.ts';
import type { SessionLane } from './session.ts';

/**
 * Which lane decides when: on the multiples of its interval since the epoch, from `start` on. Who drives it moves the
 * market to {@link next}, every row with local time up to then applied and none after, and calls {@link decide}. The
 * same for a replay and for a live stream, so that the same rows give the same decisions.
 */
export class DecisionSchedule {
  readonly #lanes: readonly Lane[];
  readonly #quoters: readonly Quoter[];
  readonly #intervals: Float64Array;
  readonly #due: Float64Array;
  /** The interval of all, µs, where all have the same: they then decide together, always. */
  readonly #common: number | undefined;
  #next: number;

  constructor(lanes: readonly SessionLane[], start: number) {
    this.#lanes = lanes.map(({ lane }) => lane);
    this.#quoters = lanes.map(({ quoter }) => quoter);
    this.#intervals = Float64Array.from(lanes, ({ lane }) => lane.context.decisionInterval);
    this.#due = this.#intervals.map((interval) => Math.ceil(start / interval) * interval);
    this.#common = this.#intervals.every((interval) => interval === this.#intervals[0])
      ? this.#intervals[0]
      : undefined;
    this.#next = earliest(this.#due);
  }

  /** Time of the next decision, µs. */
  get next(): number {
    return this.#next;
  }

  /** Lets every lane that is due decide; the next decisions fall on or after `skipTo`, µs. Returns how many decided. */
  decide(skipTo = 0): number {
    return this.#common === undefined ? this.#decideDue(skipTo) : this.#decideAll(this.#common, skipTo);
  }

  #decideAll(interval: number, skipTo: number): number {
    const lanes = this.#lanes;
    const quoters = this.#quoters;
    for (let i = 0; i < lanes.length; i++) lanes[i].decide(quoters[i]);
    this.#next = following(this.#next, interval, skipTo);
    return lanes.length;
  }

  #decideDue(skipTo: number): number {
    const lanes = this.#lanes;
    const due = this.#due;
    const now = this.#next;
    let next = Number.POSITIVE_INFINITY;
    let decisions = 0;
    for (let i = 0; i < lanes.length; i++) {
      if (due[i] === now) {
        lanes[i].decide(this.#quoters[i]);
        decisions++;
        due[i] = following(now, this.#intervals[i], skipTo);
      }
      if (due[i] < next) next = due[i];
    }
    this.#next = next;
    return decisions;
  }
}

/** The first multiple of an interval after `now`, one itself, that is not before `skipTo`. */
function following(now: number, interval: number, skipTo: number): number {
  return skipTo > now + interval ? Math.ceil(skipTo / interval) * interval : now + interval;
}

function earliest(times: Float64Array): number {
  let first = Number.POSITIVE_INFINITY;
  for (let i = 0; i < times.length; i++) if (times[i] < first) first = times[i];
  return first;
}
