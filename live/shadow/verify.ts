import { mkdtempSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { InputError } from '../../base/errors.ts';
import { requireFile } from '../../base/files.ts';
import type { Quoter } from '../../env/quoter.ts';
import { runPairedSession } from '../../evaluation/paired-session.ts';
import { DecisionFile, FillFile } from '../../evaluation/records.ts';
import { importCaptures } from '../../market/import.ts';
import type { Instrument } from '../../market/instrument.ts';
import { TapeReplay } from '../../market/replay.ts';
import { openTape } from '../../market/tape/reader.ts';
import { ConditionTimeline } from '../../safety/condition-timeline.ts';
import { compareFiles, compareUnfinished, type Difference, unfinished } from './compare-tables.ts';
import { CAPTURES } from './session.ts';
import type { ShadowSessionFile } from './session-file.ts';
import { capturesIn } from './source.ts';

export const DECISIONS = 'decisions.arrow';
export const FILLS = 'fills.arrow';

export interface VerifyOptions {
  /** Folder of the session. */
  readonly directory: string;
  readonly session: ShadowSessionFile;
  readonly createQuoter: (conditions: ConditionTimeline) => Quoter;
  readonly checkInstrument: (instrument: Instrument) => void;
  readonly sharpeIntervalSeconds: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (share: number) => void;
}

export interface Verdict {
  readonly equal: boolean;
  /** Decisions that the recording gives. */
  readonly decisions: number;
  readonly fills: number;
  readonly firstDifference: Difference | null;
  /** The session was killed: its files of decisions and fills have been made now, from the recording. */
  readonly recreated: boolean;
}

/**
 * Imports the recording of a shadow session, backtests it with the same policy and compares each decision and each fill
 * with what the session wrote, byte for byte. Of a session that was killed the files are made anew.
 */
export async function verifyShadow(options: VerifyOptions): Promise<Verdict> {
  const { directory, session } = options;
  const live = { decisions: join(directory, DECISIONS), fills: join(directory, FILLS) };
  if (session.finished?.decisions === 0) return verifyNothing(options);
  if (session.finished !== null) for (const path of Object.values(live)) requireFile(path, 'verify');
  const folder = mkdtempSync(join(directory, '.verify-'));
  try {
    const replay = { decisions: join(folder, DECISIONS), fills: join(folder, FILLS) };
    const counts = await backtest(options, folder, replay);
    if (session.finished !== null) {
      const firstDifference =
        compareFiles(live.decisions, replay.decisions) ?? compareFiles(live.fills, replay.fills);
      return { equal: firstDifference === null, ...counts, firstDifference, recreated: false };
    }
    const firstDifference =
      compareUnfinished(live.decisions, replay.decisions) ?? compareUnfinished(live.fills, replay.fills);
    for (const name of ['decisions', 'fills'] as const) {
      const partial = unfinished(live[name]);
      renameSync(replay[name], live[name]);
      if (partial !== undefined && firstDifference === null) rmSync(partial);
    }
    return { equal: firstDifference === null, ...counts, firstDifference, recreated: true };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A session that never decided: its recording must give nothing to decide on either. */
async function verifyNothing(options: VerifyOptions): Promise<Verdict> {
  const folder = mkdtempSync(join(options.directory, '.verify-'));
  try {
    const files = { decisions: join(folder, DECISIONS), fills: join(folder, FILLS) };
    const counts = await backtest(options, folder, files);
    const firstDifference =
      counts.decisions === 0 ? null : { file: DECISIONS, row: 0, time: null, fields: {} };
    return { equal: firstDifference === null, ...counts, firstDifference, recreated: false };
  } catch (error) {
    if (!(error instanceof InputError) || !NOTHING.includes(error.code)) throw error;
    return { equal: true, decisions: 0, fills: 0, firstDifference: null, recreated: false };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What import and backtest say of a recording without a book. */
const NOTHING: readonly string[] = ['no-book', 'no-symbol', 'empty-span'];

async function backtest(
  options: VerifyOptions,
  folder: string,
  files: { readonly decisions: string; readonly fills: string },
): Promise<{ readonly decisions: number; readonly fills: number }> {
  const { directory, session, createQuoter, checkInstrument, signal, onProgress } = options;
  const { venue, symbol } = session;
  const tapePath = join(folder, 'recording.arrow');
  const captures = capturesIn(join(directory, CAPTURES));
  await importCaptures({
    captures,
    out: tapePath,
    venue,
    symbol,
    signal,
    onProgress: (bytes, total) => onProgress?.((0.5 * bytes) / total),
  });
  const tape = openTape(tapePath);
  const open: (DecisionFile | FillFile)[] = [];
  try {
    const replay = new TapeReplay([tape]);
    const { instrument, start, end, live } = replay;
    checkInstrument(instrument);
    const result = await runPairedSession({
      replay,
      contenders: [
        {
          name: 'policy',
          role: 'control',
          quoter: createQuoter(new ConditionTimeline(live?.conditions)),
          listeners: (lot) => {
            open.push(new DecisionFile(files.decisions, { instrument, lot }));
            open.push(new FillFile(files.fills, { instrument, lot }));
            return open;
          },
        },
      ],
      settings: session.lane,
      seed: session.seed,
      sharpeIntervalSeconds: options.sharpeIntervalSeconds,
      signal,
      onProgress: (time) => onProgress?.(0.5 + (0.5 * (time - start)) / (end - start)),
    });
    for (const file of open) file.finish();
    return { decisions: result.decisions, fills: result.lanes[0].kpis.fills ?? 0 };
  } catch (error) {
    for (const file of open) file.discard();
    throw error;
  } finally {
    tape.close();
  }
}

/** The error for a policy that is not the one the session decided with. */
export function otherPolicy(path: string, found: string, expected: string): InputError {
  return new InputError({
    code: 'other-policy',
    message: `${path} is not the policy that the session decided with: its manifest has changed.`,
    field: 'policy',
    value: found,
    expected,
    hint: 'Bring back the export, or name a copy of it: makergym shadow EXPORT --verify DIR.',
  });
}
