import type { Message } from '../../market/binance/message.ts';

/** Why the book was lost: ids that do not connect, or a consumer too slow for the ring. */
export type GapCause = 'ids' | 'overflow';

export type AlarmName =
  | 'clock-offset'
  | 'round-trip'
  | 'checksum'
  | 'stream-silent'
  | 'horizon'
  | 'malformed'
  | 'off-grid-price'
  | 'rest';

/**
 * What a live feed tells. `localTime` is when it came, µs. The `message` of a `market` event is valid until the next
 * event is asked for (or the listener returns).
 */
export type LiveEvent =
  | {
      readonly type: 'market';
      readonly symbol: string;
      readonly message: Message;
      /** When the exchange did it, µs; the local time where the message does not say. */
      readonly exchangeTime: number;
      readonly localTime: number;
      /** Whether the book is known after it. */
      readonly synchronised: boolean;
    }
  | {
      readonly type: 'gap';
      readonly symbol: string;
      readonly localTime: number;
      readonly cause: GapCause;
      /** Ids, −1 where unknown. */
      readonly expected: number;
      readonly received: number;
    }
  | {
      /** The book is known (again); `resync` where it had been known before. */
      readonly type: 'synchronised';
      readonly symbol: string;
      readonly localTime: number;
      readonly lastId: number;
      readonly resync: boolean;
    }
  | {
      readonly type: 'connected' | 'disconnected' | 'renewed';
      /** Streams of the socket. */
      readonly streams: readonly string[];
      readonly localTime: number;
      readonly reason: string;
    }
  | {
      readonly type: 'alarm';
      readonly name: AlarmName;
      /** Empty where it concerns all. */
      readonly symbol: string;
      readonly localTime: number;
      readonly text: string;
    };

/** What a feed has counted since it began. */
export interface FeedCounters {
  /** Messages from sockets, and snapshots. */
  messages: number;
  bytes: number;
  /** Times the book was lost to missing updates or to an overflow of the ring. */
  gaps: number;
  /** Times the book was re-established after it had been lost, or a connection had. */
  resyncs: number;
  /** Connections opened again after they were lost. */
  reconnects: number;
  /** Sockets replaced without a break. */
  renewals: number;
  overflows: number;
  /** Messages the ring could not hold; they are in the recording all the same. */
  overflowedMessages: number;
  malformed: number;
  snapshots: number;
  snapshotFailures: number;
  silences: number;
  lostTrades: number;
  checksums: number;
  checksumMismatches: number;
}

export function newCounters(): FeedCounters {
  return {
    messages: 0,
    bytes: 0,
    gaps: 0,
    resyncs: 0,
    reconnects: 0,
    renewals: 0,
    overflows: 0,
    overflowedMessages: 0,
    malformed: 0,
    snapshots: 0,
    snapshotFailures: 0,
    silences: 0,
    lostTrades: 0,
    checksums: 0,
    checksumMismatches: 0,
  };
}
