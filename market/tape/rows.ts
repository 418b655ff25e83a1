import type { Instrument } from '../instrument.ts';

/** Version of the tape layout; a reader refuses any other. */
export const TAPE_VERSION = 1;

/** What a row says. `bid`/`ask`: the level at `price` now holds `quantity` (0: it is gone). `buy`/`sell`: a trade
 * whose aggressor bought or sold. `reset`: the book is dropped and the level rows of the same message rebuild it.
 * `gap`: updates are missing, the book is unknown until the next `reset`. */
export const Kind = { bid: 0, ask: 1, buy: 2, sell: 3, reset: 4, gap: 5 } as const;
export type Kind = (typeof Kind)[keyof typeof Kind];

/** Bits of a row's `flags`. */
export const Flag = {
  /** Last row of its exchange message: the book is consistent after it. */
  messageEnd: 1,
  /** On a `reset`: the snapshot lists every bid (asks) there is; otherwise prices beyond its worst bid (ask) are
   * unknown, not empty. "Worst" is the lowest bid (highest ask) row of the reset's own message, whatever its quantity:
   * a carried reset marks a horizon without a level by a row of quantity 0, and carries levels beyond the horizon, which
   * updates have named, in a second carried message. */
  allBids: 2,
  allAsks: 4,
  /** The row repeats the state that the rows before it already gave (a snapshot at the head of a record batch, so
   * that reading can start there). Whoever replays in sequence skips it. */
  carried: 8,
} as const;

/**
 * A bounded run of tape rows as parallel typed arrays; only the first `length` entries mean anything, and the arrays
 * belong to the reader, which may reuse them for the next batch, all but `exchangeTime`.
 * Times are µs since the epoch split in halves: time = high · 2³² + low, at indices 2i (low) and 2i + 1 (high).
 */
export interface RowBatch {
  readonly length: number;
  readonly exchangeTime: Uint32Array;
  /** Receive time, never decreasing along a tape: the clock that replays run on. */
  readonly localTime: Uint32Array;
  readonly kind: Uint8Array;
  /** Ticks; 0 on `reset` and `gap`. */
  readonly price: Int32Array;
  /** Base currency. */
  readonly quantity: Float64Array;
  readonly flags: Uint8Array;
}

/** A condition that no row shows, known to the process that recorded: it began or ended at `time`, µs. */
export interface TapeCondition {
  readonly time: number;
  readonly reason: string;
  readonly active: boolean;
}

/** What a tape keeps of the live session whose recording it was made of. */
export interface LiveSession {
  /** In order of time. */
  readonly conditions: readonly TapeCondition[];
}

export interface TapeInfo {
  readonly version: number;
  readonly instrument: Instrument;
  /** Names of the captures it came from, in order. */
  readonly source: readonly string[];
  /** SHA-256 over the rows, hex. */
  readonly checksum: string;
  readonly rows: number;
  /** First and last local time, µs: the last row's, or that at which the recording was ended. */
  readonly start: number;
  readonly end: number;
  /** Present where a live session decided on the stream: it saw no close coming, and neither does who replays it. */
  readonly live?: LiveSession;
}

/** A tape that can be read batch by batch, synchronously, in constant memory. */
export interface Tape {
  readonly info: TapeInfo;
  readonly batches: number;
  /** Local time of the first row of a batch, µs. Each batch begins with a carried or real `reset`. */
  batchStart(index: number): number;
  /** Reads one batch; the result is valid until the next call. */
  readBatch(index: number): RowBatch;
  /**
   * Reads rows of one batch from its row `from` on, `most` at most, as a batch of their own, valid until the next call; null
   * where the batch has none. For who goes over the rows once: a part stays in the processor's caches. A tape without it is
   * read by the batch.
   */
  readRows?(index: number, from: number, most: number): RowBatch | null;
  close(): void;
}

/** Combines the two halves of a time. */
export function timeAt(halves: Uint32Array, row: number): number {
  return halves[2 * row + 1] * 4294967296 + halves[2 * row];
}
