import { createHash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { compressionOf, firstBytes, firstContent } from '../../base/decompress.ts';
import { InputError, MakergymError } from '../../base/errors.ts';
import { requireFile } from '../../base/files.ts';
import { type FileBlock, Footer, footerSeal, MAGIC, padded, SEAL_BYTES } from './arrow-file.ts';
import { type PlainFile, plainCopy } from './plain-copy.ts';
import type { RowBatch, Tape, TapeInfo } from './rows.ts';
import { type BatchEntry, readBatchEntries, readTapeSchema, TAPE_WIDTHS } from './schema.ts';

/**
 * Opens a tape for reading, batch by batch, in constant memory; one kept as gzip or zstd is decompressed to a temporary
 * file first. Refuses with an InputError what is missing, truncated,
 * foreign or of another version, and says what to do.
 */
export function openTape(path: string): Tape {
  return new TapeFile(path);
}

/**
 * Reads a tape through and throws an InputError where its rows are not those its checksum was made of. Costs a pass
 * over the file; `openTape` checks the frame only.
 */
export function verifyTape(path: string): TapeInfo {
  const tape = new TapeFile(path);
  try {
    const hash = createHash('sha256');
    for (let index = 0; index < tape.batches; index++) tape.hashBatch(index, hash);
    const checksum = hash.digest('hex');
    if (checksum === tape.info.checksum) return tape.info;
    throw new InputError({
      code: 'damaged-tape',
      message: `The rows of ${path} are not the ones that were written.`,
      field: 'tape',
      value: checksum,
      expected: tape.info.checksum,
      hint: 'Import its captures again.',
    });
  } finally {
    tape.close();
  }
}

class TapeFile implements Tape {
  readonly info: TapeInfo;
  readonly batches: number;
  readonly #path: string;
  readonly #blocks: readonly FileBlock[];
  readonly #entries: readonly BatchEntry[];
  #descriptor: number | undefined;
  #plain: PlainFile | undefined;
  /** The block being read, reused from batch to batch. */
  #bytes = new Uint8Array(0);

  constructor(path: string) {
    requireFile(path, 'tape');
    this.#path = path;
    try {
      if (!statSync(path).isFile()) throw this.#foreign('it is no regular file');
      this.#descriptor = this.#openPlain();
      const size = this.#checkFrame();
      const footer = this.#readFooter(size);
      this.info = readTapeSchema(footer.schema, path);
      this.#blocks = [...footer.recordBatches()];
      this.batches = this.#blocks.length;
      this.#entries = readBatchEntries(footer.schema);
      this.#checkEntries();
      for (const { offset, metaDataLength, bodyLength } of this.#blocks) {
        if (offset < 8 || offset + metaDataLength + bodyLength > size) throw this.#truncated();
      }
    } catch (error) {
      this.close();
      throw error instanceof MakergymError ? error : this.#unreadable(error);
    }
  }

  batchStart(index: number): number {
    return this.#entries[index].start;
  }

  readBatch(index: number): RowBatch {
    const { rows, columns } = this.#readColumns(index);
    return {
      length: rows,
      exchangeTime: new Uint32Array(columns[0].buffer, columns[0].byteOffset, 2 * rows),
      localTime: new Uint32Array(columns[1].buffer, columns[1].byteOffset, 2 * rows),
      kind: columns[2],
      price: new Int32Array(columns[3].buffer, columns[3].byteOffset, rows),
      quantity: new Float64Array(columns[4].buffer, columns[4].byteOffset, rows),
      flags: columns[5],
    };
  }

  hashBatch(index: number, hash: { update(bytes: Uint8Array): unknown }): void {
    for (const column of this.#readColumns(index).columns) hash.update(column);
  }

  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
    this.#plain?.remove();
  }

  /** The bytes of each column of a batch, aligned to eight, valid until the next read. */
  #readColumns(index: number): { readonly rows: number; readonly columns: readonly Uint8Array[] } {
    const block = this.#blocks[index];
    if (block === undefined) throw new RangeError(`batch ${index} of ${this.batches}`);
    const { rows } = this.#entries[index];
    const body = this.#readAt(block.offset + block.metaDataLength, block.bodyLength);
    const columns = bodyLayout(this.#entries[index]).starts.map((start, column) =>
      body.subarray(start, start + rows * TAPE_WIDTHS[column]),
    );
    return { rows, columns };
  }

  #checkEntries(): void {
    const sound =
      this.#entries.length === this.batches &&
      this.#entries.every((entry, index) => bodyLayout(entry).bytes === this.#blocks[index].bodyLength) &&
      this.#entries.reduce((sum, { rows }) => sum + rows, 0) === this.info.rows;
    if (!sound) throw new Error('its record batches are not those its footer lists');
  }

  #openPlain(): number {
    if (compressionOf(firstBytes(this.#path, 4)) === 'none') return openSync(this.#path, 'r');
    const content = Buffer.from(firstContent(this.#path)).toString('latin1', 0, MAGIC.length);
    if (content !== MAGIC) throw this.#foreign('it is compressed, as captures are, and holds no Arrow file');
    this.#plain = plainCopy(this.#path);
    const descriptor = openSync(this.#plain.path, 'r');
    // An open file outlives its name where the system allows it, and is gone with the process.
    if (process.platform !== 'win32') this.#plain.remove();
    return descriptor;
  }

  #checkFrame(): number {
    const { size } = fstatSync(this.#open());
    if (size === 0) throw this.#foreign('it is empty');
    const head = Buffer.from(this.#readAt(0, Math.min(size, 8)));
    if (head.subarray(0, MAGIC.length).toString('latin1') !== MAGIC) {
      throw this.#foreign('it does not begin as Arrow files do');
    }
    if (size < 32) throw this.#truncated();
    const tail = Buffer.from(this.#readAt(size - MAGIC.length, MAGIC.length)).toString('latin1');
    if (tail !== MAGIC) throw this.#truncated();
    return size;
  }

  #readFooter(size: number): Footer {
    const lengthAt = size - MAGIC.length - 4;
    const length = Buffer.from(this.#readAt(lengthAt, 4)).readUInt32LE(0);
    if (length === 0 || length > lengthAt - 8) throw this.#truncated();
    const sealAt = lengthAt - length - SEAL_BYTES;
    if (sealAt < 8) throw this.#foreign('it is an Arrow file that another program wrote');
    const bytes = this.#readAt(sealAt, SEAL_BYTES + length).slice();
    const footer = bytes.subarray(SEAL_BYTES);
    const seal = Buffer.from(bytes.subarray(0, SEAL_BYTES));
    if (!seal.subarray(0, 8).equals(footerSeal(footer).subarray(0, 8))) {
      throw this.#foreign('it is an Arrow file that another program wrote, or its end is damaged');
    }
    if (!seal.equals(footerSeal(footer))) throw new Error('its footer is damaged');
    return Footer.decode(footer);
  }

  #readAt(position: number, length: number): Uint8Array {
    if (this.#bytes.byteLength < length) this.#bytes = new Uint8Array(Math.ceil(length / 65_536) * 65_536);
    let read = 0;
    while (read < length) {
      const count = readSync(this.#open(), this.#bytes, read, length - read, position + read);
      if (count === 0) throw this.#truncated();
      read += count;
    }
    return this.#bytes.subarray(0, length);
  }

  #open(): number {
    if (this.#descriptor === undefined) throw new Error(`${this.#path} is closed already`);
    return this.#descriptor;
  }

  #truncated(): InputError {
    return new InputError({
      code: 'truncated-tape',
      message: `${this.#path} is truncated: it begins as an Arrow file and does not end as one.`,
      field: 'tape',
      value: this.#path,
      expected: 'a whole file',
      hint: 'Copy it again, or import its captures again.',
    });
  }

  #foreign(reason: string): InputError {
    return new InputError({
      code: 'foreign-tape',
      message: `${this.#path} is no tape: ${reason}.`,
      field: 'tape',
      value: this.#path,
      expected: 'a tape written by `makergym import`',
      hint: 'Turn captures into a tape with `makergym import CAPTURE… --out TAPE`.',
    });
  }

  #unreadable(cause: unknown): InputError {
    return new InputError(
      {
        code: 'damaged-tape',
        message: `${this.#path} cannot be read as a tape: ${(cause as Error).message}.`,
        field: 'tape',
        value: this.#path,
        hint: 'Copy it again, or import its captures again.',
      },
      { cause },
    );
  }
}

/** Where the columns of a batch lie in its body, as ArrowFileWriter puts them: validity (where any is missing), values. */
function bodyLayout({ rows, nulls }: BatchEntry): {
  readonly starts: readonly number[];
  readonly bytes: number;
} {
  let at = 0;
  const starts = TAPE_WIDTHS.map((width, column) => {
    if (column === TAPE_WIDTHS.length - 1 && nulls > 0) at += padded(Math.ceil(rows / 8));
    const start = at;
    at += padded(rows * width);
    return start;
  });
  return { starts, bytes: at };
}
