import type { Clock, Timer } from '../../live/clock.ts';

/** A clock that runs `factor` times as fast as the machine's, so that tests of minutes take seconds. */
export class AcceleratedClock implements Clock {
  readonly #factor: number;
  readonly #began = performance.now();
  readonly #epoch: number;

  constructor(factor: number, epoch = 1_767_225_600_000_000) {
    this.#factor = factor;
    this.#epoch = epoch;
  }

  now(): number {
    return this.#epoch + Math.floor((performance.now() - this.#began) * 1000 * this.#factor);
  }

  after(milliseconds: number, work: () => void): Timer {
    const handle = setTimeout(work, milliseconds / this.#factor);
    return { cancel: () => clearTimeout(handle) };
  }
}

/** A clock that stands still until it is moved. */
export class ManualClock implements Clock {
  #now: number;
  #timers: { at: number; work: () => void }[] = [];

  constructor(now = 1_767_225_600_000_000) {
    this.#now = now;
  }

  /** How many timers wait. */
  get timers(): number {
    return this.#timers.length;
  }

  now(): number {
    return this.#now;
  }

  after(milliseconds: number, work: () => void): Timer {
    const timer = { at: this.#now + milliseconds * 1000, work };
    this.#timers.push(timer);
    return {
      cancel: () => {
        this.#timers = this.#timers.filter((other) => other !== timer);
      },
    };
  }

  /** Time passes in which nothing gets its turn, ms: timers that were due go off at its end, once each. */
  standStill(milliseconds: number): void {
    this.#now += milliseconds * 1000;
    this.advance(0);
  }

  /** Lets time pass, ms; timers go off in order, each at its time. */
  advance(milliseconds: number): void {
    const end = this.#now + milliseconds * 1000;
    for (;;) {
      const due = this.#timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (due === undefined) break;
      this.#timers = this.#timers.filter((other) => other !== due);
      this.#now = Math.max(this.#now, due.at);
      due.work();
    }
    this.#now = end;
  }
}
