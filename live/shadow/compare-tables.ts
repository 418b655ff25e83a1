import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { Table as ArrowTable, RecordBatchReader, type Table, tableFromIPC } from 'apache-arrow';
import { formatTime } from '../../base/time.ts';

/** Where two files of decisions or fills part: which row, when, and each field that differs with both values. */
export interface Difference {
  readonly file: string;
  readonly row: number;
  /** ISO 8601 UTC; null where neither has such a row. */
  readonly time: string | null;
  readonly fields: Readonly<Record<string, { readonly live: unknown; readonly replay: unknown }>>;
}

/** First row that differs between what a live session wrote and what its replay gave; null where the bytes are equal. */
export function compareFiles(live: string, replay: string): Difference | null {
  const [a, b] = [readFileSync(live), readFileSync(replay)];
  if (a.equals(b)) return null;
  const file = basename(live);
  return (
    firstRow(file, tableFromIPC(a), tableFromIPC(b)) ?? {
      // The rows are the same, and the bytes are not: another lot or instrument.
      file,
      row: -1,
      time: null,
      fields: { metadata: { live: metadata(a), replay: metadata(b) } },
    }
  );
}

/**
 * First row of a file that was never finished, `.NAME.….partial`, that differs from what its replay gave, as far as both
 * go; null where none does or there is no such file.
 */
export function compareUnfinished(live: string, replay: string): Difference | null {
  const partial = unfinished(live);
  if (partial === undefined) return null;
  const a = readUnfinished(partial);
  const b = tableFromIPC(readFileSync(replay));
  const rows = Math.min(a.numRows, b.numRows);
  return firstRow(basename(live), a.slice(0, rows), b.slice(0, rows));
}

/** What a killed process left of a file that it was writing. */
export function unfinished(path: string): string | undefined {
  const folder = dirname(path);
  if (!existsSync(folder)) return undefined;
  const name = readdirSync(folder).find(
    (entry) => entry.startsWith(`.${basename(path)}.`) && entry.endsWith('.partial'),
  );
  return name === undefined ? undefined : join(folder, name);
}

/** An Arrow file without its end is a stream behind eight bytes; the last batch may be cut. */
function readUnfinished(path: string): Table {
  const batches = [];
  try {
    for (const batch of RecordBatchReader.from(readFileSync(path).subarray(8))) batches.push(batch);
  } catch {
    // What was whole was read.
  }
  return batches.length === 0 ? new ArrowTable() : new ArrowTable(batches);
}

function firstRow(file: string, live: Table, replay: Table): Difference | null {
  const names = replay.schema.fields.map(({ name }) => name);
  const rows = Math.max(live.numRows, replay.numRows);
  for (let row = 0; row < rows; row++) {
    const a = live.get(row);
    const b = replay.get(row);
    const different = names.filter((name) => !Object.is(a?.[name] ?? null, b?.[name] ?? null));
    if (different.length === 0) continue;
    const time = Number(a?.time ?? b?.time);
    return {
      file,
      row,
      // The library gives timestamps in ms.
      time: Number.isFinite(time) ? formatTime(Math.round(time * 1000)) : null,
      fields: Object.fromEntries(
        different.map((name) => [name, { live: plain(a?.[name]), replay: plain(b?.[name]) }]),
      ),
    };
  }
  return null;
}

/** JSON knows no NaN. */
function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : (value ?? null);
}

function metadata(bytes: Buffer): Readonly<Record<string, string>> {
  return Object.fromEntries(tableFromIPC(bytes).schema.metadata);
}
