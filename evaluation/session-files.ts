import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { InputError } from '../base/errors.ts';
import { requireFile, writeFileAtomic } from '../base/files.ts';
import type { SessionRecord } from './session-record.ts';
import type { Comparison } from './statistics.ts';
import type { Target } from './targets.ts';

/** What `evaluate` found, beside the session itself. */
export interface Judgement extends Comparison {
  readonly targets: readonly Target[];
}

/** `evaluation.json`: the document that `evaluate --json` prints, less its envelope. */
export type EvaluationDocument = Judgement & Readonly<Record<string, unknown>>;

const SESSION = 'session.json';
const EVALUATION = 'evaluation.json';
const EVALUATIONS = 'evaluations';
/** Files that the folder of a session is given, records of decisions and fills left out. */
export const SESSION_FILES = [SESSION, EVALUATION, 'kpis.json'] as const;

/** Writes what a report needs of a session, and of its evaluation where there was one. */
export function writeSession(
  directory: string,
  session: SessionRecord,
  evaluation?: EvaluationDocument,
): void {
  mkdirSync(directory, { recursive: true });
  writeFileAtomic(join(directory, SESSION), `${JSON.stringify(session)}\n`);
  if (evaluation === undefined) return;
  writeFileAtomic(join(directory, EVALUATION), `${JSON.stringify(evaluation, null, 2)}\n`);
}

export function hasSession(directory: string): boolean {
  return existsSync(join(directory, SESSION));
}

/** Reads a session and, where there is one, its judgement. Throws an InputError for what is no session. */
export function readSession(directory: string): { session: SessionRecord; judgement: Judgement | null } {
  const path = join(directory, SESSION);
  const session = readJson(path) as SessionRecord;
  if (session?.format !== 'makergym-session' || session.version !== 1 || !Array.isArray(session.lanes)) {
    throw new InputError({
      code: 'not-a-session',
      message: `${path} is no session this release reads.`,
      field: 'session',
      value: session?.format,
      expected: 'format makergym-session, version 1',
      hint: 'Make it anew with `makergym evaluate` or `makergym backtest`.',
    });
  }
  const evaluation = join(directory, EVALUATION);
  return { session, judgement: existsSync(evaluation) ? (readJson(evaluation) as Judgement) : null };
}

/** Folders of a run's evaluations, oldest first: RUN/evaluations/1, 2, … */
export function evaluationFolders(run: string): readonly string[] {
  const directory = join(run, EVALUATIONS);
  if (!existsSync(directory)) return [];
  return readdirSync(directory)
    .filter((name) => /^\d+$/.test(name) && hasSession(join(directory, name)))
    .sort((a, b) => Number(a) - Number(b))
    .map((name) => join(directory, name));
}

/** Where a run's next evaluation goes. */
export function nextEvaluationFolder(run: string): string {
  const directory = join(run, EVALUATIONS);
  const taken = existsSync(directory) ? readdirSync(directory).map(Number).filter(Number.isInteger) : [];
  return join(directory, String(Math.max(0, ...taken) + 1));
}

function readJson(path: string): unknown {
  requireFile(path, 'session');
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw new InputError(
      {
        code: 'bad-json',
        message: `${path} cannot be read: ${(cause as Error).message}.`,
        field: 'session',
        value: path,
        expected: 'JSON as makergym wrote it',
        hint: 'Make it anew with `makergym evaluate` or `makergym backtest`.',
      },
      { cause },
    );
  }
}
