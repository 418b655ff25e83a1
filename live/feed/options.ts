import type { Venue } from '../../market/instrument.ts';
import type { RowSink } from '../../market/tape/row-sink.ts';
import type { TapeCondition } from '../../market/tape/rows.ts';
import type { TradedInstrument } from '../binance/exchange-info.ts';
import { SOCKET_LIFE_SECONDS, type TradeStream } from '../binance/venue.ts';
import type { Clock } from '../clock.ts';
import type { Frame } from './frame-ring.ts';

export interface LiveFeedOptions {
  readonly venue: Venue;
  /** Upper case, as the exchange writes them. */
  readonly symbols: readonly string[];
  /** Base addresses; Binance's own where absent. No other host is contacted. */
  readonly ws?: string;
  readonly rest?: string;
  readonly trades?: TradeStream;
  readonly seed?: number;
  readonly clock?: Clock;
  /** Where the tape rows of a symbol go, as `import` would write them; in step with the events. */
  readonly sink?: (instrument: TradedInstrument) => RowSink;
  /** Every message as it came, before anything is done with it; the frame is valid during the call. */
  readonly onFrame?: (frame: Frame) => void;
  /** A condition that was told to {@link LiveFeed.control} takes effect, in step with the tape rows. */
  readonly onConditions?: (symbol: string, conditions: readonly TapeCondition[]) => void;
  /** All that had come has been handled. */
  readonly onIdle?: () => void;
  /** A request or a ping was answered after so many µs. */
  readonly onRoundTrip?: (microseconds: number) => void;
  /** Streams that have gone silent, as their number changes. */
  readonly onSilence?: (streams: readonly string[]) => void;
  /** Messages that may wait between sockets and book. */
  readonly ringCapacity?: number;
  readonly snapshotLimit?: number;
  readonly refreshSeconds?: number;
  readonly clockSampleSeconds?: number;
  /** Above these an alarm is raised. */
  readonly clockOffsetAlarmMs?: number;
  readonly roundTripAlarmMs?: number;
  /** Age at which the exchange cuts a socket, s; it is replaced before. */
  readonly socketLifeSeconds?: number;
}

export const LIVE_FEED_DEFAULTS = {
  trades: 'aggTrade',
  seed: 0,
  ringCapacity: 1 << 16,
  refreshSeconds: 1800,
  clockSampleSeconds: 10,
  clockOffsetAlarmMs: 1000,
  roundTripAlarmMs: 200,
  socketLifeSeconds: SOCKET_LIFE_SECONDS,
} as const;

/** Options with their defaults filled in. */
export type ResolvedOptions = LiveFeedOptions &
  Required<Pick<LiveFeedOptions, keyof typeof LIVE_FEED_DEFAULTS>>;

/** Fills in what was left out, or named without a value. */
export function resolveOptions(options: LiveFeedOptions): ResolvedOptions {
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  return { ...LIVE_FEED_DEFAULTS, ...(given as unknown as LiveFeedOptions) };
}
