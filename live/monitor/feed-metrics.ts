import type { Registry } from 'prom-client';
import type { FeedCounters } from '../feed/events.ts';
import { addCounter, addGauge } from './readings.ts';

/** What a feed tells of itself, read when it is scraped. */
export interface WatchedFeed {
  readonly counters: FeedCounters;
  /** Messages waiting between sockets and book. */
  readonly waiting: number;
  /** µs; NaN where unknown. */
  readonly clock: { readonly offset: number; readonly roundTrip: number };
}

const COUNTERS: Readonly<Record<keyof FeedCounters, readonly [name: string, help: string]>> = {
  messages: ['messages', 'Messages from sockets, and snapshots.'],
  bytes: ['bytes', 'Bytes of those messages.'],
  gaps: ['gaps', 'Times the book was lost to missing updates or to an overflow of the ring.'],
  resyncs: ['resyncs', 'Times the book was established again after it, or a connection, had been lost.'],
  reconnects: ['reconnects', 'Connections opened again after they were lost.'],
  renewals: ['renewals', 'Sockets replaced without a break.'],
  overflows: ['overflows', 'Times the ring between sockets and book was full.'],
  overflowedMessages: [
    'overflowed_messages',
    'Messages that the book was not given because the ring was full.',
  ],
  malformed: ['malformed_messages', 'Messages that could not be read.'],
  snapshots: ['snapshots', 'Snapshots applied to the book.'],
  snapshotFailures: ['snapshot_failures', 'Requests for a snapshot that failed.'],
  silences: ['silences', 'Times a stream said nothing for too long.'],
  lostTrades: ['lost_trades', 'Holes in the ids of trades.'],
  checksums: ['checksums', 'Times the book was compared with a fresh snapshot.'],
  checksumMismatches: ['checksum_mismatches', 'Times the book differed from a fresh snapshot.'],
};

export function addFeedMetrics(registry: Registry, feed: WatchedFeed): void {
  for (const [field, [name, help]] of Object.entries(COUNTERS)) {
    addCounter(registry, {
      name: `makergym_feed_${name}_total`,
      help,
      read: (tell) => tell(feed.counters[field as keyof FeedCounters]),
    });
  }
  addGauge(registry, {
    name: 'makergym_feed_waiting_messages',
    help: 'Messages waiting between sockets and book.',
    read: (tell) => tell(feed.waiting),
  });
  addGauge(registry, {
    name: 'makergym_clock_offset_seconds',
    help: "The exchange's clock less this machine's.",
    read: (tell) => tell(feed.clock.offset / 1e6),
  });
  addGauge(registry, {
    name: 'makergym_exchange_round_trip_seconds',
    help: 'Fastest of the recent requests for the time of the exchange, there and back.',
    read: (tell) => tell(feed.clock.roundTrip / 1e6),
  });
}
