import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { InputError } from '../base/errors.ts';
import { appendToFile, requireFile, writeFileAtomic } from '../base/files.ts';
import { checkpointSteps } from './policy.ts';
import { mendReplacements } from './replacement.ts';

const FORMAT = 'makergym-run';
/** What a folder may hold before a run begins in it: a simulated market. */
const BEFORE = new Set(['market']);

/** `run.json`: what a run is and how to make it again. The resolved configuration is in `config.json` beside it. */
export interface RunRecord {
  readonly format: typeof FORMAT;
  readonly version: 1;
  /** The command line that began it, and those that went on with it. */
  readonly command: readonly string[];
  readonly versions: Readonly<Record<string, string>>;
  /** Git revision of the working directory; null outside one. */
  readonly revision: string | null;
  readonly seed: number;
  readonly totalTimesteps: number;
  readonly engine: string;
  /** Whatever else whoever trains needs to go on: tapes, spans, environments. */
  readonly training: Readonly<Record<string, unknown>>;
}

/** One line of `evaluations.jsonl`. */
export interface EvaluationRecord {
  readonly timestep: number;
  readonly score: number;
  readonly metrics: Readonly<Record<string, number>>;
}

/**
 * The folder of a run: `run.json`, `config.json`, `tb/`, `progress.csv`, `evaluations.jsonl`,
 * `checkpoints/step_N/`, `best/`.
 */
export class RunDirectory {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /** Throws an InputError if a path holds a run, or anything else that a run would be mixed with. */
  static refuseExisting(path: string): void {
    if (!existsSync(path)) {
      requireFolderAround(path);
      return;
    }
    const isRun = existsSync(join(path, 'run.json'));
    const isFile = !statSync(path).isDirectory();
    if (!isRun && !isFile && readdirSync(path).every((name) => BEFORE.has(name))) return;
    throw new InputError({
      code: isRun ? 'run-exists' : 'out-not-empty',
      message: `${path} ${isRun ? 'holds a run already' : isFile ? 'is a file' : 'is not empty'}.`,
      field: 'out',
      value: path,
      expected: 'a folder that is empty or not there yet',
      hint: `Choose another --out${isRun ? `, or go on with it: --resume ${path}` : ''}.`,
    });
  }

  /** Begins a run in a folder that holds none yet. */
  static create(path: string, record: Omit<RunRecord, 'format' | 'version'>, config: unknown): RunDirectory {
    RunDirectory.refuseExisting(path);
    const run = new RunDirectory(path);
    mkdirSync(run.tensorboard, { recursive: true });
    mkdirSync(join(path, 'checkpoints'), { recursive: true });
    writeFileAtomic(join(path, 'config.json'), `${JSON.stringify(config, null, 2)}\n`);
    run.writeRecord({ format: FORMAT, version: 1, ...record });
    return run;
  }

  /** Opens a run, which another process may go on with meanwhile; throws an InputError where there is none. */
  static open(path: string): RunDirectory {
    const run = new RunDirectory(path);
    requireFile(path, 'run');
    const { format, version }: Partial<RunRecord> = (run.readJson('run.json') ?? {}) as object;
    if (format !== FORMAT || version !== 1) {
      throw new InputError({
        code: 'not-a-run',
        message: `${path} is not a run this release reads: ${
          format === undefined
            ? 'it has no run.json that says so'
            : `format ${JSON.stringify(format)}, version ${JSON.stringify(version ?? null)}`
        }.`,
        field: 'run',
        value: path,
        expected: `format ${FORMAT}, version 1`,
        hint: 'Name the folder that makergym train wrote.',
      });
    }
    return run;
  }

  /**
   * Opens a run to go on with it, as no other process may do. Folders that a crash left half written are removed, and
   * those it left without their name get it back.
   */
  static resume(path: string): RunDirectory {
    const run = RunDirectory.open(path);
    for (const folder of [path, join(path, 'checkpoints')]) mendReplacements(folder);
    return run;
  }

  get tensorboard(): string {
    return join(this.path, 'tb');
  }

  get progress(): string {
    return join(this.path, 'progress.csv');
  }

  get best(): string {
    return join(this.path, 'best');
  }

  /** Throws an InputError that names the field where one that a resumed run needs is missing or of another kind. */
  get record(): RunRecord {
    const path = join(this.path, 'run.json');
    const record = readJson(path) as RunRecord;
    const { command, engine, totalTimesteps } = record;
    const strings = Array.isArray(command) && command.every((line) => typeof line === 'string');
    if (!strings) throw badRecord(path, 'command', command, 'a list of command lines');
    if (typeof engine !== 'string') throw badRecord(path, 'engine', engine, 'the name of an engine');
    if (!Number.isSafeInteger(totalTimesteps) || totalTimesteps < 1) {
      throw badRecord(path, 'totalTimesteps', totalTimesteps, 'a whole number of at least 1');
    }
    return record;
  }

  get config(): unknown {
    return readJson(join(this.path, 'config.json'));
  }

  writeRecord(record: RunRecord): void {
    writeFileAtomic(join(this.path, 'run.json'), `${JSON.stringify(record, null, 2)}\n`);
  }

  /** Folder of the checkpoint at a timestep. */
  checkpoint(step: number): string {
    return join(this.path, 'checkpoints', `step_${step}`);
  }

  /** Timesteps of the checkpoints there are, rising. */
  get checkpoints(): readonly number[] {
    return checkpointSteps(this.path);
  }

  /** The newest checkpoint; undefined before the first. */
  get lastCheckpoint(): string | undefined {
    const step = this.checkpoints.at(-1);
    return step === undefined ? undefined : this.checkpoint(step);
  }

  /** Removes all but the newest `keep` checkpoints, of which one always stays. Call it once the newest is in place. */
  prune(keep: number): void {
    for (const step of this.checkpoints.slice(0, -Math.max(1, keep))) {
      rmSync(this.checkpoint(step), { recursive: true, force: true });
    }
  }

  /** Removes checkpoints beyond `step`: the run goes on from there and will write its own. */
  rewind(step: number): void {
    for (const later of this.checkpoints.filter((each) => each > step)) {
      rmSync(this.checkpoint(later), { recursive: true, force: true });
    }
    const kept = this.evaluations.filter(({ timestep }) => timestep <= step);
    writeFileAtomic(this.#evaluations, kept.map((each) => `${JSON.stringify(each)}\n`).join(''));
  }

  appendEvaluation(evaluation: EvaluationRecord): void {
    appendToFile(this.#evaluations, `${JSON.stringify(evaluation)}\n`);
  }

  /** Evaluations so far, in order. A last line that a crash cut short is left out; the resumed run writes it anew. */
  get evaluations(): readonly EvaluationRecord[] {
    if (!existsSync(this.#evaluations)) return [];
    const lines = readFileSync(this.#evaluations, 'utf8').split('\n');
    return lines.slice(0, -1).map((line, i) => {
      try {
        return JSON.parse(line) as EvaluationRecord;
      } catch (cause) {
        throw unreadable(`${this.#evaluations}:${i + 1}`, cause);
      }
    });
  }

  /** A JSON file of the run; null where there is none. Throws an InputError where it is damaged. */
  readJson(...names: readonly string[]): unknown {
    const path = join(this.path, ...names);
    return existsSync(path) ? readJson(path) : null;
  }

  get #evaluations(): string {
    return join(this.path, 'evaluations.jsonl');
  }
}

/** Throws an InputError where a file stands in the way of a folder to be made. */
function requireFolderAround(path: string): void {
  let around = dirname(resolve(path));
  while (!existsSync(around)) around = dirname(around);
  if (statSync(around).isDirectory()) return;
  throw new InputError({
    code: 'cannot-write',
    message: `${path} cannot be made: ${around} is a file.`,
    field: 'out',
    value: path,
    expected: 'a folder that is empty or not there yet',
    hint: 'Choose another --out.',
  });
}

/** Git revision that the current folder is at, null where there is none. */
export function gitRevision(): string | null {
  try {
    return execFileSync('git', ['rev-parse', 'HEAD'], { stdio: ['ignore', 'pipe', 'ignore'] })
      .toString()
      .trim();
  } catch {
    return null;
  }
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

function unreadable(path: string, cause: unknown): InputError {
  return new InputError(
    {
      code: 'bad-run',
      message: `${path} cannot be read: ${(cause as Error).message}.`,
      field: 'run',
      value: path,
      expected: 'JSON as makergym train wrote it',
      hint: 'Restore the file, or train anew.',
    },
    { cause },
  );
}

function badRecord(path: string, field: string, value: unknown, expected: string): InputError {
  return new InputError({
    code: 'bad-run',
    message: `${path} is damaged or was changed: ${field} is not ${expected}.`,
    field,
    value,
    expected,
    hint: 'Restore the file, or train anew.',
  });
}
