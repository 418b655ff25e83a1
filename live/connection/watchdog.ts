/** How long a stream may be silent, µs. */
const SHORTEST = 5_000_000;
const LONGEST = 600_000_000;
/** A stream that has not said anything yet is waited for this long. */
const UNHEARD = 60_000_000;
const WEIGHT = 0.05;
const MEANS = 30;
const GAPS = 3;
/** Share of its longest pause that a stream forgets with each message. */
const FORGET = 1e-4;

interface Rhythm {
  /** When it spoke last, or was first watched. */
  last: number;
  /** From when its silence counts: also an alarm or a new socket. */
  since: number;
  mean: number;
  longest: number;
  /** Doubled by each alarm, back to 1 when the stream speaks. */
  patience: number;
  heard: boolean;
}

/**
 * Notices streams that have gone silent, each by its own usual rate: longer than 30 of its mean pauses and 3 of its
 * longest recent ones, between 5 s and 10 min. A quiet symbol may pause for a minute, a busy one not for five seconds.
 */
export class Watchdog {
  readonly #rhythms = new Map<string, Rhythm>();

  watch(streams: readonly string[], now: number): void {
    for (const name of streams) {
      if (!this.#rhythms.has(name)) {
        this.#rhythms.set(name, { last: now, since: now, mean: 0, longest: 0, patience: 1, heard: false });
      }
    }
  }

  /** A message of a stream came at `now`, µs. Hot path: allocates nothing. */
  heard(stream: string, now: number): void {
    const rhythm = this.#rhythms.get(stream);
    if (rhythm === undefined) return;
    const pause = now - rhythm.last;
    if (rhythm.heard) {
      rhythm.mean = rhythm.mean === 0 ? pause : rhythm.mean + WEIGHT * (pause - rhythm.mean);
      rhythm.longest = Math.max(pause, rhythm.longest * (1 - FORGET));
    }
    rhythm.last = now;
    rhythm.since = now;
    rhythm.heard = true;
    rhythm.patience = 1;
  }

  /** The streams were interrupted for a known reason: their pause is not their own. */
  restarted(streams: readonly string[], now: number): void {
    for (const name of streams) {
      const rhythm = this.#rhythms.get(name);
      if (rhythm === undefined) continue;
      rhythm.last = now;
      rhythm.since = now;
    }
  }

  /** Whether a stream has been heard since it was first watched. */
  hasSpoken(stream: string): boolean {
    return this.#rhythms.get(stream)?.heard ?? false;
  }

  /** Streams that have been silent for too long. Each is told once, then has twice the time. */
  silent(now: number): readonly string[] {
    const found: string[] = [];
    for (const [name, rhythm] of this.#rhythms) {
      if (now - rhythm.since <= this.#limit(rhythm)) continue;
      found.push(name);
      rhythm.patience *= 2;
      rhythm.since = now;
    }
    return found;
  }

  #limit(rhythm: Rhythm): number {
    if (!rhythm.heard) return Math.min(LONGEST, UNHEARD * rhythm.patience);
    const usual = Math.max(MEANS * rhythm.mean, GAPS * rhythm.longest, SHORTEST);
    return Math.min(LONGEST, usual * rhythm.patience);
  }
}
