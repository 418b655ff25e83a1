import { InputError } from '../base/errors.ts';
import { formatTime, MICROSECONDS } from '../base/time.ts';
import type { TapeReplay } from '../market/replay.ts';
import { DecisionSchedule } from './decision-schedule.ts';
import type { Lane } from './lane.ts';
import type { Quoter } from './quoter.ts';

export interface SessionLane {
  readonly lane: Lane;
  readonly quoter: Quoter;
}

export interface SessionOptions {
  readonly replay: TapeReplay;
  /** All ride the one pass; each decides on its own interval. Lanes must not have been used before. */
  readonly lanes: readonly SessionLane[];
  /** First and last time, µs; by default from the first book to the end. Signals settle before `start`, as `seek` says. */
  readonly start?: number;
  readonly end?: number;
  /** Stops the session between two decisions. */
  readonly signal?: AbortSignal;
  /** Now and then, with the market's time, µs. */
  readonly onProgress?: (time: number) => void;
  /** Whether positions are traded away at the end, as a taker. Default true. */
  readonly flattenAtEnd?: boolean;
}

export interface SessionResult {
  /** Decisions of all lanes together. */
  readonly decisions: number;
  /** Tape rows applied, warm-up included. */
  readonly rows: number;
  readonly wallSeconds: number;
  /** The signal stopped it: lanes are neither flattened nor told that the session is over. */
  readonly interrupted: boolean;
}

/** Wall time between two looks at the signal, ms, and decisions between two looks at the wall clock. */
const BREATH = 40;
const DECISIONS_PER_LOOK = 256;
/** A hole between two tapes longer than this is skipped: nobody decides there, µs. */
export const HOLE = MICROSECONDS;

/**
 * Walks the tapes once with any number of lanes, each of which decides on the multiples of its interval since the epoch
 * that lie in [start, end). Resets the quoters first. Wall time decides only when other work gets a turn.
 */
export async function runSession(options: SessionOptions): Promise<SessionResult> {
  const { replay, lanes, signal } = options;
  const { start, end } = checkSpan(options);
  const began = performance.now();
  const rowsBefore = replay.rows;
  replay.seek(start);
  for (const { lane, quoter } of lanes) {
    lane.attach(replay.market);
    quoter.reset(lane.context);
  }
  const schedule = new DecisionSchedule(lanes, start);
  let decisions = 0;
  let looked = began;
  let interrupted = signal?.aborted ?? false;
  while (schedule.next < end && !interrupted) {
    decisions += walk(replay, schedule, end);
    if (performance.now() - looked < BREATH) continue;
    options.onProgress?.(replay.market.time);
    await new Promise((resolve) => setImmediate(resolve));
    interrupted = signal?.aborted ?? false;
    looked = performance.now();
  }
  if (!interrupted) finish(options, end);
  for (const { lane } of lanes) lane.detach(replay.market);
  const wallSeconds = (performance.now() - began) / 1000;
  return { decisions, rows: replay.rows - rowsBefore, wallSeconds, interrupted };
}

/** Moves from decision to decision until it is time for a look or `end`, µs, is reached; returns how many there were. A
 * function of its own, and no part of one that waits, because that is what a compiler makes fast. */
function walk(replay: TapeReplay, schedule: DecisionSchedule, end: number): number {
  let decisions = 0;
  for (let time = schedule.next; time < end && decisions < DECISIONS_PER_LOOK; time = schedule.next) {
    replay.advanceTo(time);
    decisions += schedule.decide(time - replay.holeSince > HOLE ? replay.nextTime : 0);
  }
  return decisions;
}

function finish({ replay, lanes, onProgress, flattenAtEnd = true }: SessionOptions, end: number): void {
  replay.advanceTo(end);
  endLanes(lanes, flattenAtEnd);
  onProgress?.(end);
}

/** The session is over: positions are traded away, and whoever listens is told. */
export function endLanes(lanes: readonly SessionLane[], flatten = true): void {
  for (const { lane } of lanes) {
    if (flatten) lane.flatten();
    lane.end();
  }
}

/** The span of a session, µs. Throws an InputError unless it lies within the tapes and holds something. */
export function checkSpan({
  replay,
  start = replay.firstBook() || replay.start,
  end = replay.end,
}: Pick<SessionOptions, 'replay' | 'start' | 'end'>): { readonly start: number; readonly end: number } {
  const span = `${formatTime(replay.start)} to ${formatTime(replay.end)}`;
  for (const [field, time] of [
    ['start', start],
    ['end', end],
  ] as const) {
    if (time >= replay.start && time <= replay.end) continue;
    throw new InputError({
      code: 'outside-tape',
      message: `The ${field} ${Number.isFinite(time) ? formatTime(time) : time} lies outside the tape.`,
      field,
      value: Number.isFinite(time) ? formatTime(time) : String(time),
      expected: span,
      hint: `Choose a time within ${span}.`,
    });
  }
  if (start >= end) {
    throw new InputError({
      code: 'empty-span',
      message: `There is nothing between ${formatTime(start)} and ${formatTime(end)}.`,
      field: 'end',
      value: formatTime(end),
      expected: `a time after ${formatTime(start)}`,
      hint: 'Put the end after the start.',
    });
  }
  return { start, end };
}
