import {
  type DataType,
  Field,
  Float64,
  MetadataVersion,
  Schema,
  TimestampMicrosecond,
  Uint16,
  Utf8,
} from 'apache-arrow';
import { AtomicFile } from '../base/files.ts';
import { ArrowFileWriter, type ColumnBytes } from '../market/tape/arrow-file.ts';

/** What a column holds: µs since the epoch, numbers, small whole numbers, or texts. */
export type ColumnKind = 'time' | 'number' | 'bits' | 'text';
export type Cell = number | string;

const BATCH_ROWS = 8192;

/**
 * Writes rows to an Arrow IPC file in bounded batches, in constant memory. The file appears under its name at `finish`;
 * the same rows give the same bytes.
 */
export class ArrowTableWriter {
  readonly #file: AtomicFile;
  readonly #arrow: ArrowFileWriter;
  readonly #schema: Schema;
  readonly #columns: readonly ColumnBuffer[];
  #rows = 0;
  #inBatch = 0;

  constructor(
    path: string,
    columns: Readonly<Record<string, ColumnKind>>,
    metadata: Readonly<Record<string, string>>,
  ) {
    const fields = Object.entries(columns).map(([name, kind]) => new Field(name, arrowType(kind), false));
    this.#schema = new Schema(fields, new Map(Object.entries(metadata)), new Map(), MetadataVersion.V5);
    this.#columns = Object.values(columns).map(createBuffer);
    this.#file = new AtomicFile(path);
    this.#arrow = new ArrowFileWriter(this.#schema, (bytes) => this.#file.write(bytes));
  }

  get rows(): number {
    return this.#rows;
  }

  /** Appends a row: a cell for each column, in order. */
  push(...cells: readonly Cell[]): void {
    for (let i = 0; i < this.#columns.length; i++) this.#columns[i].set(this.#inBatch, cells[i]);
    this.#rows++;
    this.#inBatch++;
    if (this.#inBatch === BATCH_ROWS) this.#flush();
  }

  finish(): void {
    if (this.#inBatch > 0) this.#flush();
    this.#arrow.finish(this.#schema);
    this.#file.commit();
  }

  /** Removes what was written; does nothing after `finish`. */
  discard(): void {
    this.#file.discard();
  }

  #flush(): void {
    const rows = this.#inBatch;
    this.#arrow.writeBatch(
      rows,
      this.#columns.map((column) => column.bytes(rows)),
    );
    this.#inBatch = 0;
  }
}

interface ColumnBuffer {
  set(row: number, cell: Cell): void;
  bytes(rows: number): ColumnBytes;
}

function arrowType(kind: ColumnKind): DataType {
  if (kind === 'time') return new TimestampMicrosecond('UTC');
  if (kind === 'number') return new Float64();
  return kind === 'bits' ? new Uint16() : new Utf8();
}

function createBuffer(kind: ColumnKind): ColumnBuffer {
  if (kind === 'time') return new Times();
  if (kind === 'number') return new Numbers(new Float64Array(BATCH_ROWS));
  return kind === 'bits' ? new Numbers(new Uint16Array(BATCH_ROWS)) : new Texts();
}

class Numbers implements ColumnBuffer {
  readonly #values: Float64Array | Uint16Array;

  constructor(values: Float64Array | Uint16Array) {
    this.#values = values;
  }

  set(row: number, cell: Cell): void {
    this.#values[row] = cell as number;
  }

  bytes(rows: number): ColumnBytes {
    return { values: bytesOf(this.#values.subarray(0, rows)), validity: null, nulls: 0 };
  }
}

class Times implements ColumnBuffer {
  readonly #halves = new Uint32Array(2 * BATCH_ROWS);

  set(row: number, cell: Cell): void {
    const time = cell as number;
    const high = Math.floor(time / 4294967296);
    this.#halves[2 * row] = time - high * 4294967296;
    this.#halves[2 * row + 1] = high;
  }

  bytes(rows: number): ColumnBytes {
    return { values: bytesOf(this.#halves.subarray(0, 2 * rows)), validity: null, nulls: 0 };
  }
}

class Texts implements ColumnBuffer {
  readonly #texts: string[] = [];

  set(row: number, cell: Cell): void {
    this.#texts[row] = String(cell);
  }

  bytes(rows: number): ColumnBytes {
    const encoded = this.#texts.slice(0, rows).map((text) => Buffer.from(text));
    const offsets = new Int32Array(rows + 1);
    for (let row = 0; row < rows; row++) offsets[row + 1] = offsets[row] + encoded[row].length;
    return { values: Buffer.concat(encoded), validity: null, nulls: 0, offsets: bytesOf(offsets) };
  }
}

function bytesOf(values: Float64Array | Uint16Array | Uint32Array | Int32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
