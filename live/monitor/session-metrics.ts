import type { Registry } from 'prom-client';
import type { EventLog } from './event-log.ts';
import type { LagReading } from './event-loop-lag.ts';
import type { EventStream } from './event-stream.ts';
import type { Health, WatchedBook } from './health.ts';
import { addCounter, addGauge } from './readings.ts';

export interface SessionParts {
  /** What runs: version, command, policy; told as labels of a constant 1. */
  readonly info: Readonly<Record<string, string>>;
  /** µs since the epoch. */
  readonly startedAt: number;
  readonly lag: () => LagReading;
  readonly health: Health;
  readonly stream: EventStream | undefined;
  readonly log: EventLog | undefined;
  /** Alarms so far, by name. */
  readonly alarms: ReadonlyMap<string, number>;
}

/** What every session tells of itself, whatever it does. */
export function addSessionMetrics(registry: Registry, parts: SessionParts): void {
  const { info, startedAt, lag, health, stream, log, alarms } = parts;
  addGauge(registry, {
    name: 'makergym_session_info',
    help: 'What runs, as labels; always 1.',
    labels: Object.keys(info),
    read: (tell) => tell(1, info),
  });
  addGauge(registry, {
    name: 'makergym_session_start_time_seconds',
    help: 'When the session began, since the epoch.',
    read: (tell) => tell(startedAt / 1e6),
  });
  addGauge(registry, {
    name: 'makergym_healthy',
    help: '1 where /healthz says ok.',
    read: (tell) => tell(health.report().status === 'ok' ? 1 : 0),
  });
  addGauge(registry, {
    name: 'makergym_event_loop_lag_seconds',
    help: 'How late timers were over the last 10 s; quantile 1 is the largest.',
    labels: ['quantile'],
    read: (tell) => {
      const { p50, p99, max } = lag();
      tell(p50, { quantile: '0.5' });
      tell(p99, { quantile: '0.99' });
      tell(max, { quantile: '1' });
    },
  });
  addCounter(registry, {
    name: 'makergym_alarms_total',
    help: 'Alarms by name.',
    labels: ['name'],
    read: (tell) => {
      for (const [name, count] of alarms) tell(count, { name });
    },
  });
  addCounter(registry, {
    name: 'makergym_log_dropped_lines_total',
    help: 'Lines of the log that were lost because it could not be written.',
    read: (tell) => tell(log?.dropped ?? 0),
  });
  addGauge(registry, {
    name: 'makergym_page_clients',
    help: 'Browsers that watch the live page.',
    read: (tell) => tell(stream?.clients ?? 0),
  });
  addCounter(registry, {
    name: 'makergym_page_updates_total',
    help: 'Updates sent to live pages.',
    read: (tell) => tell(stream?.sent ?? 0),
  });
  addCounter(registry, {
    name: 'makergym_page_skipped_updates_total',
    help: 'Updates that live pages were too slow for.',
    read: (tell) => tell(stream?.skipped ?? 0),
  });
}

/** The books, by symbol. `lag` is how long a book's messages travel, µs; NaN where unknown. */
export function addBookMetrics(
  registry: Registry,
  health: Health,
  books: () => readonly (WatchedBook & { readonly lag: number })[],
): void {
  addGauge(registry, {
    name: 'makergym_book_synchronised',
    help: '1 while the book is known.',
    labels: ['symbol'],
    read: (tell) => {
      for (const { symbol, synchronised } of books()) tell(synchronised ? 1 : 0, { symbol });
    },
  });
  addGauge(registry, {
    name: 'makergym_book_age_seconds',
    help: 'Time since a message changed the book, to a quarter of a second.',
    labels: ['symbol'],
    read: (tell) => {
      for (const { symbol } of books()) tell(health.bookAge(symbol), { symbol });
    },
  });
  addGauge(registry, {
    name: 'makergym_book_lag_seconds',
    help: "Local time less exchange time of the latest message of the book, corrected by the clock's offset.",
    labels: ['symbol'],
    read: (tell) => {
      for (const { symbol, lag } of books()) tell(lag / 1e6, { symbol });
    },
  });
}
