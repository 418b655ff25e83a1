import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { writeFileAtomic } from '../../base/files.ts';
import type { LogRecord, LogSink } from '../recorder.ts';

const STEP = 'time/total_timesteps';

/**
 * Writes records to a CSV file with a column a key, the timestep first. A key that appears later gets a column of its
 * own and the file is written anew; a missing value is an empty cell. A resumed run drops rows beyond `resumedAt`.
 */
export class CsvLogger implements LogSink {
  readonly #path: string;
  #columns: string[] = [STEP];
  #rows: string[] = [];

  constructor(path: string, resumedAt?: number) {
    this.#path = path;
    if (resumedAt !== undefined && existsSync(path)) {
      const [header, ...rows] = readFileSync(path, 'utf8').trimEnd().split('\n');
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
    else appendFileSync(this.#path, `${row}\n`);
  }

  close(): void {}

  #rewrite(): void {
    writeFileAtomic(this.#path, `${[this.#columns.join(','), ...this.#rows].join('\n')}\n`);
  }
}
