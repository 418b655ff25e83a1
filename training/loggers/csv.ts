import { existsSync, readFileSync } from 'node:fs';
import { InputError } from '../../base/errors.ts';
import { appendToFile, writeFileAtomic } from '../../base/files.ts';
import type { LogRecord, LogSink } from '../recorder.ts';

const STEP = 'time/total_timesteps';

/**
 * Writes records to a CSV file with a column a key, the timestep first. A key that appears later gets a column of its
 * own and the file is written anew; a missing value is an empty cell. A resumed run drops rows beyond `resumedAt`, and
 * a last one that a crash cut short, whose timestep may be cut too.
 */
export class CsvLogger implements LogSink {
  readonly #path: string;
  #columns: string[] = [STEP];
  #rows: string[] = [];

  constructor(path: string, resumedAt?: number) {
    this.#path = path;
    if (resumedAt !== undefined && existsSync(path)) {
      const [header, ...rows] = readFileSync(path, 'utf8').split('\n').slice(0, -1);
      if (header === undefined) throw damaged(path, '');
      if (header.split(',', 1)[0] !== STEP) throw damaged(path, header);
      this.#columns = header.split(',');
      this.#rows = rows.filter((row) => Number(row.split(',', 1)[0]) <= resumedAt);
    }
    this.#rewrite();
  }

  write({ timestep, scalars }: LogRecord): void {
    const known = new Set(this.#columns);
    const added = [...scalars.keys()].filter((key) => !known.has(key));
    if (added.length > 0) {
      this.#columns.push(...added);
      this.#rows = this.#rows.map((row) => row + ','.repeat(added.length));
    }
    const cells = this.#columns.map((key) => (key === STEP ? timestep : (scalars.get(key) ?? '')));
    const row = cells.join(',');
    this.#rows.push(row);
    if (added.length > 0) this.#rewrite();
    else appendToFile(this.#path, `${row}\n`);
  }

  close(): void {}

  #rewrite(): void {
    writeFileAtomic(this.#path, `${[this.#columns.join(','), ...this.#rows].join('\n')}\n`);
  }
}

function damaged(path: string, header: string): InputError {
  return new InputError({
    code: 'bad-run',
    message: `${path} does not begin as a table of learning curves.`,
    field: 'run',
    value: header.slice(0, 80),
    expected: `columns that begin with ${STEP}`,
    hint: 'Restore the file, or remove it to do without its curves.',
  });
}
