import type { Clock } from '../clock.ts';
import type { AlarmName, LiveEvent } from './events.ts';

/** An alarm of one kind is raised at most this often, µs. */
const AT_MOST_EVERY = 1e6;

/** Alarms of a feed as a whole: told at most once a second each, and of what lasts only that it has begun. */
export class Alarms {
  readonly #clock: Clock;
  readonly #emit: (event: LiveEvent) => void;
  readonly #lasting = new Set<AlarmName>();
  readonly #raisedAt = new Map<AlarmName, number>();

  constructor(clock: Clock, emit: (event: LiveEvent) => void) {
    this.#clock = clock;
    this.#emit = emit;
  }

  raise(name: AlarmName, text: string): void {
    const localTime = this.#clock.now();
    if (localTime - (this.#raisedAt.get(name) ?? Number.NEGATIVE_INFINITY) < AT_MOST_EVERY) return;
    this.#raisedAt.set(name, localTime);
    this.#emit({ type: 'alarm', name, symbol: '', localTime, text });
  }

  /** Raises an alarm when a condition begins, not while it lasts. */
  raiseWhile(condition: boolean, name: AlarmName, text: string): void {
    if (condition && !this.#lasting.has(name)) this.raise(name, text);
    if (condition) this.#lasting.add(name);
    else this.#lasting.delete(name);
  }
}
