import { keepFolder, removeFolder } from '../base/files.ts';
import type { Venue } from '../market/instrument.ts';
import type { TradeStream } from './binance/venue.ts';
import { type Clock, pause, SystemClock } from './clock.ts';
import type { LiveEvent } from './feed/events.ts';
import { LiveFeed } from './feed/live-feed.ts';
import type { WriteAt } from './recorder/gzip-log.ts';
import { Recorder } from './recorder/recorder.ts';

export interface RecordOptions {
  readonly venue: Venue;
  readonly symbols: readonly string[];
  /** Folder the files go to. */
  readonly out: string;
  readonly ws?: string;
  readonly rest?: string;
  readonly trades?: TradeStream;
  /** How long, µs; until `signal` aborts where absent. */
  readonly duration?: number;
  /** At most this much is lost to a crash, s. */
  readonly syncSeconds?: number;
  readonly seed?: number;
  readonly signal: AbortSignal;
  readonly clock?: Clock;
  /** In place of the system's, for tests of full and slow disks. */
  readonly writeAt?: WriteAt;
  readonly onEvent?: (event: LiveEvent) => void;
  /** The feed is about to start, for those who watch it. */
  readonly onStart?: (feed: LiveFeed) => void;
}

export interface RecordSummary {
  /** In order of time for each symbol. */
  readonly files: readonly string[];
  readonly messages: number;
  readonly gaps: number;
  readonly resyncs: number;
  readonly reconnects: number;
  readonly renewals: number;
  readonly snapshots: number;
  readonly malformed: number;
  readonly lostTrades: number;
  readonly silences: number;
  readonly bookTicker: { readonly checked: number; readonly mismatches: number };
  /** The book beside fresh snapshots, by CRC-32. */
  readonly checksums: { readonly checked: number; readonly mismatches: number };
  /** Exchange clock minus local clock; null where it was never measured. */
  readonly clockOffsetMs: number | null;
  readonly roundTripMs: number | null;
  readonly durationSeconds: number;
}

/**
 * Records live streams to capture files until its time is up or `signal` aborts, and keeps the books beside to know
 * what was missed. Throws an InputError for a symbol that is not traded, a RunError where the exchange cannot be reached
 * or the disk is full; what was recorded until then stays.
 */
export async function recordStreams(options: RecordOptions): Promise<RecordSummary> {
  const { venue, symbols, out, signal, duration } = options;
  const clock = options.clock ?? new SystemClock();
  const began = clock.now();
  const done = new AbortController();
  const stop = (): void => done.abort();
  let recorder: Recorder;
  // First: it refuses addresses that cannot be used, and a recorder must be closed.
  const feed = new LiveFeed({
    venue,
    symbols,
    ws: options.ws,
    rest: options.rest,
    trades: options.trades,
    seed: options.seed,
    clock,
    onFrame: (frame) => recorder.write(frame),
  });
  recorder = new Recorder({
    folder: out,
    venue,
    symbols,
    clock,
    syncSeconds: options.syncSeconds,
    onRotate: () => feed.refresh(),
    onPressure: (pressed) => feed.setPaused(pressed),
    onFailure: stop,
    writeAt: options.writeAt,
  });
  signal.addEventListener('abort', stop);
  if (signal.aborted) stop();
  if (options.onEvent !== undefined) feed.on(options.onEvent);
  options.onStart?.(feed);
  const halt = (): void => feed.stop();
  done.signal.addEventListener('abort', halt);
  try {
    if (!done.signal.aborted) await feed.start();
    if (duration === undefined) await aborted(done.signal);
    else await pause(clock, Math.max(0, began + duration - clock.now()) / 1000, done.signal);
  } finally {
    signal.removeEventListener('abort', stop);
    feed.stop();
    try {
      await recorder.close();
    } finally {
      if (recorder.files.length > 0) keepFolder(out);
      else removeFolder(out);
    }
  }
  return summarise(feed, recorder, (clock.now() - began) / 1e6);
}

function summarise(feed: LiveFeed, recorder: Recorder, durationSeconds: number): RecordSummary {
  const {
    gaps,
    resyncs,
    reconnects,
    renewals,
    snapshots,
    malformed,
    lostTrades,
    silences,
    checksums,
    checksumMismatches,
  } = feed.counters;
  const oracles = feed.instruments.map(({ symbol }) => feed.symbol(symbol).oracle);
  const { offset, roundTrip } = feed.clockEstimate;
  return {
    files: recorder.files,
    messages: recorder.messages,
    gaps,
    resyncs,
    reconnects,
    renewals,
    snapshots,
    malformed,
    lostTrades,
    silences,
    bookTicker: {
      checked: oracles.reduce((sum, { checked }) => sum + checked, 0),
      mismatches: oracles.reduce((sum, { mismatches }) => sum + mismatches, 0),
    },
    checksums: { checked: checksums, mismatches: checksumMismatches },
    clockOffsetMs: Number.isNaN(offset) ? null : Math.round(offset) / 1000,
    roundTripMs: Number.isNaN(roundTrip) ? null : Math.round(roundTrip) / 1000,
    durationSeconds: Math.round(durationSeconds * 1000) / 1000,
  };
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
