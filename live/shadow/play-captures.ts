import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { InterruptedError } from '../../base/errors.ts';
import { keepFolder, removeFolder } from '../../base/files.ts';
import { type ImportSummary, importCaptures } from '../../market/import.ts';
import { TapeReplay } from '../../market/replay.ts';
import { openTape } from '../../market/tape/reader.ts';
import { Flag, Kind, type Tape, timeAt } from '../../market/tape/rows.ts';
import { ConditionTimeline } from '../../safety/condition-timeline.ts';
import { SystemClock } from '../clock.ts';
import { ClockEstimator } from '../feed/clock-estimator.ts';
import { newCounters } from '../feed/events.ts';
import { Desk } from './desk.ts';
import { keepCaptures } from './keep-captures.ts';
import { CAPTURES, type ShadowOptions } from './session.ts';
import { type ShadowSummary, summariseDesk } from './summary.ts';

/** Wall time between two turns for others, ms, and rows between two looks at the clock. */
const BREATH = 40;
const ROWS_PER_LOOK = 4096;

/**
 * A session over captures, as fast as they can be played, on the clock of their own local times. They are copied to the
 * session's folder as its recording, as far as they are played. Throws an InterruptedError, and keeps nothing, when
 * `signal` aborts.
 */
export async function playCaptures(
  options: ShadowOptions,
  captures: readonly string[],
): Promise<ShadowSummary> {
  const began = performance.now();
  const folder = join(options.out, CAPTURES);
  const path = join(options.out, `.tape.${randomBytes(4).toString('hex')}`);
  let files: readonly string[] = [];
  try {
    files = await keepCaptures(captures, folder, options.duration, options.signal);
    const summary = await importCaptures({ captures: files, out: path, signal: options.signal });
    const tape = openTape(path);
    try {
      const desk = await play(options, tape, summary);
      keepFolder(folder);
      return {
        ...summariseDesk(desk, summary.instrument),
        decisionLatenessMs: null,
        gaps: summary.gaps.length,
        resyncs: desk.status.counters.resyncs,
        reconnects: 0,
        overflows: 0,
        messages: summary.messages,
        files,
        durationSeconds: Math.round(performance.now() - began) / 1000,
      };
    } finally {
      tape.close();
    }
  } catch (error) {
    for (const file of files) rmSync(file, { force: true });
    removeFolder(folder);
    throw error;
  } finally {
    rmSync(path, { force: true });
  }
}

async function play(options: ShadowOptions, tape: Tape, summary: ImportSummary): Promise<Desk> {
  const { info } = tape;
  options.checkInstrument(info.instrument);
  const { live } = new TapeReplay([tape]);
  const counters = newCounters();
  counters.messages = summary.messages;
  counters.gaps = summary.gaps.length;
  counters.snapshots = summary.snapshots;
  const { createAgent, settings, seed, sharpeIntervalSeconds, laneListeners, listeners = [] } = options;
  const desk = new Desk({
    createAgent,
    conditions: new ConditionTimeline(live?.conditions),
    instrument: info.instrument,
    settings,
    seed,
    sharpeIntervalSeconds,
    laneListeners: (lot) => laneListeners(info.instrument, lot),
    listeners,
    startedAt: new SystemClock().now(),
    counters,
    clock: new ClockEstimator(),
    waiting: () => 0,
    // As in a backtest: the end of a capture is known, that of a live session was not.
    sessionEnd: live === undefined ? info.end : undefined,
  });
  options.onStart?.(desk.status);
  await pushRows(options, tape, desk);
  return desk;
}

async function pushRows({ signal, onProgress }: ShadowOptions, tape: Tape, desk: Desk): Promise<void> {
  let looked = performance.now();
  let last = tape.info.start;
  let lost = false;
  const { counters } = desk.status;
  for (let index = 0; index < tape.batches; index++) {
    const { length, exchangeTime, localTime, kind, price, quantity, flags } = tape.readBatch(index);
    for (let row = 0; row < length; row++) {
      // The head of a later batch repeats what came before it.
      if (index > 0 && (flags[row] & Flag.carried) !== 0) continue;
      last = timeAt(localTime, row);
      if (kind[row] === Kind.gap) lost = (flags[row] & Flag.carried) === 0;
      else if (lost && kind[row] === Kind.reset) {
        lost = false;
        counters.resyncs++;
      }
      desk.driver.push(timeAt(exchangeTime, row), last, kind[row], price[row], quantity[row], flags[row], -1);
      if (row % ROWS_PER_LOOK !== 0 || performance.now() - looked < BREATH) continue;
      onProgress?.(last - tape.info.start, tape.info.end - tape.info.start);
      await new Promise((resolve) => setImmediate(resolve));
      looked = performance.now();
      if (signal.aborted) throw new InterruptedError('The session was interrupted; nothing was written.');
    }
  }
  desk.driver.finish(tape.info.end);
}
