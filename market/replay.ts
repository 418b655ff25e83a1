import { InputError } from '../base/errors.ts';
import { formatTime, MICROSECONDS } from '../base/time.ts';
import type { Instrument } from './instrument.ts';
import { Market } from './market.ts';
import {
  Flag,
  Kind,
  type LiveSession,
  type RowBatch,
  type Tape,
  type TapeCondition,
  timeAt,
} from './tape/rows.ts';

export interface ReplayOptions {
  /** Market data before the time of a `seek` that signals are given to settle, s. */
  readonly warmupSeconds?: number;
}

const DEFAULT_WARMUP_SECONDS = 60;
/** Rows that are read at once: their columns stay in the processor's second cache. */
const PART = 16_384;

/**
 * Walks one tape, or several in order, and moves a {@link Market} by it. The clock is the tape's local time. Between
 * two tapes the market is not synchronised. A replay owns its tapes: two replays need a tape object each.
 */
export class TapeReplay {
  readonly market = new Market();
  readonly instrument: Instrument;
  /** First and last local time, µs. */
  readonly start: number;
  readonly end: number;
  /** First and last local time of each tape, µs: between them is nothing to see. */
  readonly spans: readonly { readonly start: number; readonly end: number }[];
  /** What the tapes keep of a live session; undefined where there was none. */
  readonly live: LiveSession | undefined;
  readonly #tapes: readonly Tape[];
  readonly #warmup: number;
  #rows = 0;
  /** Where the next row is: tape, batch, first row of a part of it, row of the part, which is read when it is needed. */
  #tape = 0;
  #batch = 0;
  #part = 0;
  #row = 0;
  #loaded: RowBatch | null = null;
  #first: FirstBook | undefined;
  #holeSince = Number.POSITIVE_INFINITY;
  /** Time of the next row where it is known, µs: nothing happens before. */
  #quietUntil = Number.NEGATIVE_INFINITY;

  constructor(tapes: readonly Tape[], options: ReplayOptions = {}) {
    this.#tapes = checkTapes(tapes);
    this.#warmup = (options.warmupSeconds ?? DEFAULT_WARMUP_SECONDS) * MICROSECONDS;
    this.instrument = tapes[0].info.instrument;
    this.start = tapes[0].info.start;
    this.end = tapes[tapes.length - 1].info.end;
    this.live = mergeLive(tapes);
    this.spans = tapes.map(({ info }) => ({ start: info.start, end: info.end }));
  }

  /** Rows applied since this object was made, warm-ups included. */
  get rows(): number {
    return this.#rows;
  }

  /** Local time of the next row, µs; Infinity when there is none. */
  get nextTime(): number {
    const batch = this.#load();
    return batch === null ? Number.POSITIVE_INFINITY : timeAt(batch.localTime, this.#row);
  }

  /** While the replay is between two tapes, when the one before ended, µs; Infinity while it is within one. */
  get holeSince(): number {
    return this.#holeSince;
  }

  /**
   * Goes to `time`, µs. The market is rebuilt from the last snapshot at the head of a batch at or before `time` less the
   * warm-up (for the time of the first book from the very beginning), so what it is then depends on `time` alone, whatever was replayed before. Whoever listened to the market
   * is let go: what they know belongs to the history before.
   */
  seek(time: number): void {
    if (!Number.isFinite(time)) {
      throw new InputError({
        code: 'bad-time',
        message: `A replay cannot go to time ${time}.`,
        field: 'time',
        value: time,
        expected: `µs since the epoch, ${this.start} to ${this.end}`,
        hint: 'Give a finite time.',
      });
    }
    // Before the first book is nothing to skip: whoever begins there sees all there is.
    const whole = time - this.#warmup > this.start && time === this.firstBook();
    const from = whole ? this.start : time - this.#warmup;
    this.#tape = lastIndex(this.#tapes.length, (index) => this.#tapes[index].info.start <= from);
    const tape = this.#tapes[this.#tape];
    this.#batch = lastIndex(tape.batches, (index) => tape.batchStart(index) <= from);
    this.#part = 0;
    this.#row = 0;
    this.#loaded = null;
    this.#quietUntil = Number.NEGATIVE_INFINITY;
    this.#holeSince = Number.POSITIVE_INFINITY;
    this.market.restart();
    this.advanceTo(time);
  }

  /** Applies all rows with local time ≤ `time`, µs, and sets the clock to it; false when no row is left. */
  advanceTo(time: number): boolean {
    const { market } = this;
    // Decisions outnumber messages in a quiet market.
    if (time < this.#quietUntil) {
      market.advance(time);
      return true;
    }
    for (let batch = this.#load(); batch !== null; batch = this.#load()) {
      const from = this.#row;
      this.#row = market.applyBatch(batch, from, time);
      this.#rows += this.#row - from;
      if (this.#row > from) this.#holeSince = Number.POSITIVE_INFINITY;
      if (this.#row < batch.length) {
        this.#quietUntil = timeAt(batch.localTime, this.#row);
        break;
      }
      this.#endPart();
    }
    market.advance(time);
    return this.#loaded !== null;
  }

  /** The first mid of the tapes, ticks; NaN when there is none. Leaves the market as it is. */
  firstMid(): number {
    return this.#findFirst().mid;
  }

  /** When the book is known first, µs; NaN when it never is. Leaves the market as it is. */
  firstBook(): number {
    return this.#findFirst().time;
  }

  #findFirst(): FirstBook {
    if (this.#first === undefined) {
      this.#first = findFirstBook(this.#tapes);
      // The search read from the same tape objects, so the batch at hand is no longer ours.
      this.#loaded = null;
    }
    return this.#first;
  }

  close(): void {
    for (const tape of this.#tapes) tape.close();
  }

  /** The part that holds the next row, or null at the end of the last tape. */
  #load(): RowBatch | null {
    if (this.#loaded === null && this.#tape < this.#tapes.length)
      this.#loaded = readPart(this.#tapes[this.#tape], this.#batch, this.#part);
    return this.#loaded;
  }

  /** Goes to the part behind one that has been read, where there is one. */
  #nextPart(): RowBatch | null {
    this.#part += this.#loaded?.length ?? 0;
    this.#row = 0;
    this.#loaded = readPart(this.#tapes[this.#tape], this.#batch, this.#part);
    return this.#loaded;
  }

  #endPart(): void {
    if (this.#nextPart() !== null) return;
    this.#batch++;
    this.#part = 0;
    if (this.#batch < this.#tapes[this.#tape].batches) {
      for (let part = this.#load(); part !== null; part = this.#nextPart()) {
        this.#row = carriedRows(part);
        if (this.#row < part.length) break;
      }
      return;
    }
    this.#batch = 0;
    this.#tape++;
    // A tape's end is not the market's: what it did until the next one begins is unknown.
    if (this.#tape < this.#tapes.length) {
      this.#holeSince = this.market.time;
      this.market.applyRow(this.market.time, Kind.gap, 0, 0, Flag.messageEnd);
    }
  }
}

/** Rows of a batch from one on, as many as are gone over at once; null behind its last. */
function readPart(tape: Tape, batch: number, from: number): RowBatch | null {
  if (tape.readRows !== undefined) return tape.readRows(batch, from, PART);
  return from === 0 ? tape.readBatch(batch) : null;
}

/** Rows at the head of a batch that repeat what the batches before it gave. */
function carriedRows(batch: RowBatch): number {
  let row = 0;
  while (row < batch.length && (batch.flags[row] & Flag.carried) !== 0) row++;
  return row;
}

/** The last index in [0, count) that satisfies a condition true of a first few; 0 where none does. */
function lastIndex(count: number, satisfies: (index: number) => boolean): number {
  let low = 0;
  let high = count;
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if (satisfies(middle)) low = middle;
    else high = middle;
  }
  return low;
}

interface FirstBook {
  readonly time: number;
  readonly mid: number;
}

function findFirstBook(tapes: readonly Tape[]): FirstBook {
  const market = new Market();
  for (const tape of tapes) {
    for (let index = 0; index < tape.batches; index++) {
      for (let from = 0, part = readPart(tape, index, 0); part !== null; part = readPart(tape, index, from)) {
        for (let row = 0; row < part.length; ) {
          const time = timeAt(part.localTime, row);
          row = market.applyBatch(part, row, time);
          if (market.synchronised && market.book.ready) return { time, mid: market.book.mid };
        }
        from += part.length;
      }
    }
  }
  return { time: Number.NaN, mid: Number.NaN };
}

/** Conditions of tapes in order; what holds at the end of one is over there. */
function mergeLive(tapes: readonly Tape[]): LiveSession | undefined {
  if (tapes.every(({ info }) => info.live === undefined)) return undefined;
  const conditions: TapeCondition[] = [];
  for (const { info } of tapes) {
    const open = new Set<string>();
    for (const condition of info.live?.conditions ?? []) {
      conditions.push(condition);
      if (condition.active) open.add(condition.reason);
      else open.delete(condition.reason);
    }
    if (tapes.length === 1) break;
    for (const reason of open) conditions.push({ time: info.end, reason, active: false });
  }
  return { conditions };
}

function checkTapes(tapes: readonly Tape[]): readonly Tape[] {
  if (tapes.length === 0 || tapes.some((tape) => tape.batches === 0)) {
    throw new InputError({
      code: 'empty-tape',
      message: tapes.length === 0 ? 'There is no tape to replay.' : 'A tape without rows cannot be replayed.',
      field: 'tape',
      expected: 'at least one tape that holds rows',
      hint: 'Make one with `makergym import` or `makergym simulate`.',
    });
  }
  for (let i = 1; i < tapes.length; i++) {
    const [before, info] = [tapes[i - 1].info, tapes[i].info];
    if (
      before.instrument.venue !== info.instrument.venue ||
      before.instrument.symbol !== info.instrument.symbol
    ) {
      throw new InputError({
        code: 'different-instruments',
        message: `The tapes hold ${name(before.instrument)} and ${name(info.instrument)}.`,
        field: 'tape',
        value: name(info.instrument),
        expected: `tapes of one instrument, ${name(before.instrument)}`,
        hint: 'Replay each instrument by itself.',
      });
    }
    if (before.instrument.tickSize !== info.instrument.tickSize) {
      throw new InputError({
        code: 'different-ticks',
        message: `The tapes of ${name(info.instrument)} have ticks of ${before.instrument.tickSize} and ${info.instrument.tickSize}.`,
        field: 'tape',
        value: info.instrument.tickSize,
        expected: `a tick of ${before.instrument.tickSize}`,
        hint: 'Import the captures together into one tape.',
      });
    }
    if (info.start < before.end) {
      throw new InputError({
        code: 'tapes-out-of-order',
        message: `A tape that begins ${formatTime(info.start)} follows one that ends ${formatTime(before.end)}.`,
        field: 'tape',
        value: formatTime(info.start),
        expected: 'tapes in order of time that do not overlap',
        hint: 'Give the earlier tape first.',
      });
    }
  }
  return tapes;
}

function name({ venue, symbol }: Instrument): string {
  return `${venue} ${symbol}`;
}
