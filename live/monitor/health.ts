import type { Clock } from '../clock.ts';
import type { LagReading } from './event-loop-lag.ts';

/** From here on a session is not healthy. */
export interface HealthLimits {
  /** The book of a symbol has been unknown for this long, s. */
  readonly unsynchronisedSeconds: number;
  /** No message has changed the book of a symbol for this long, s. */
  readonly staleBookSeconds: number;
  /** 99th percentile of the event loop's lag over the last 10 s, s. */
  readonly eventLoopLagSeconds: number;
}

export const DEFAULT_HEALTH: HealthLimits = {
  unsynchronisedSeconds: 10,
  staleBookSeconds: 30,
  eventLoopLagSeconds: 0.25,
};

/** The book of a symbol, as health is judged by it. */
export interface WatchedBook {
  readonly symbol: string;
  readonly synchronised: boolean;
  /** Anything that moves when a message has changed the book; NaN before the first. */
  readonly lastChange: number;
}

export interface HealthCheck {
  readonly check: 'started' | 'synchronised' | 'book-fresh' | 'event-loop';
  /** Empty where it concerns all. */
  readonly symbol: string;
  readonly ok: boolean;
  /** Measured and allowed, s; null where there is nothing to measure yet. */
  readonly seconds: number | null;
  readonly limitSeconds: number | null;
}

export interface HealthReport {
  readonly status: 'ok' | 'failing';
  /** What fails, in words. */
  readonly reasons: readonly string[];
  readonly checks: readonly HealthCheck[];
}

interface Seen {
  lastChange: number;
  changedAt: number;
  synchronisedAt: number;
}

/**
 * Whether a session does its work: its books are known and move, its event loop keeps up. It looks at the books when
 * told to (`look`), a few times a second, so that nothing is asked of the path that changes them, and by the machine's
 * clock, so that a replay is judged as a live stream is.
 */
export class Health {
  readonly #clock: Clock;
  readonly #limits: HealthLimits;
  readonly #lag: () => LagReading;
  readonly #seen = new Map<string, Seen>();
  #books: (() => readonly WatchedBook[]) | undefined;

  constructor(clock: Clock, lag: () => LagReading, limits: HealthLimits = DEFAULT_HEALTH) {
    this.#clock = clock;
    this.#lag = lag;
    this.#limits = limits;
  }

  /** From now on these books are judged; before, a session is starting. */
  watch(books: () => readonly WatchedBook[]): void {
    this.#books = books;
    this.look();
  }

  look(): void {
    const now = this.#clock.now();
    for (const { symbol, synchronised, lastChange } of this.#books?.() ?? []) {
      const seen = this.#seen.get(symbol) ?? { lastChange, changedAt: now, synchronisedAt: now };
      // NaN, before the first change, is the same as NaN.
      if (!Object.is(lastChange, seen.lastChange)) seen.changedAt = now;
      seen.lastChange = lastChange;
      if (synchronised) seen.synchronisedAt = now;
      this.#seen.set(symbol, seen);
    }
  }

  /** Seconds since the book of a symbol was seen to change; NaN before it was watched. */
  bookAge(symbol: string): number {
    const seen = this.#seen.get(symbol);
    return seen === undefined ? Number.NaN : (this.#clock.now() - seen.changedAt) / 1e6;
  }

  report(): HealthReport {
    this.look();
    const checks = [...this.#bookChecks(), this.#loopCheck()];
    const reasons = checks.filter(({ ok }) => !ok).map(describe);
    return { status: reasons.length === 0 ? 'ok' : 'failing', reasons, checks };
  }

  *#bookChecks(): Generator<HealthCheck> {
    const { unsynchronisedSeconds, staleBookSeconds } = this.#limits;
    if (this.#books === undefined || this.#seen.size === 0) {
      yield { check: 'started', symbol: '', ok: false, seconds: null, limitSeconds: null };
      return;
    }
    const now = this.#clock.now();
    for (const [symbol, { changedAt, synchronisedAt }] of this.#seen) {
      yield judge('synchronised', symbol, (now - synchronisedAt) / 1e6, unsynchronisedSeconds);
      yield judge('book-fresh', symbol, (now - changedAt) / 1e6, staleBookSeconds);
    }
  }

  #loopCheck(): HealthCheck {
    return judge('event-loop', '', this.#lag().p99, this.#limits.eventLoopLagSeconds);
  }
}

function judge(
  check: HealthCheck['check'],
  symbol: string,
  seconds: number,
  limitSeconds: number,
): HealthCheck {
  return { check, symbol, ok: seconds <= limitSeconds, seconds, limitSeconds };
}

function describe({ check, symbol, seconds, limitSeconds }: HealthCheck): string {
  if (check === 'started') return 'the session has not begun';
  const measured = `${(seconds ?? 0).toFixed(1)} s (limit ${limitSeconds} s)`;
  if (check === 'synchronised') return `the book of ${symbol} has been unknown for ${measured}`;
  if (check === 'book-fresh') return `the book of ${symbol} has not changed for ${measured}`;
  return `the event loop lags by ${(seconds ?? 0).toFixed(3)} s (limit ${limitSeconds} s)`;
}
