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

/** Places of columns in a batch, as TAPE_FIELDS orders them. */
const [EXCHANGE_TIME, LOCAL_TIME, KIND, PRICE, QUANTITY, FLAGS] = [0, 1, 2, 3, 4, 5];

/** A batch as it was read. The exchange's clock is read when somebody asks: a replay runs on the local one. */
class FileBatch implements RowBatch {
  readonly length: number;
  readonly localTime: Uint32Array;
  readonly kind: Uint8Array;
  readonly price: Int32Array;
  readonly quantity: Float64Array;
  readonly flags: Uint8Array;
  readonly #readExchangeTime: () => Uint32Array;
  #exchangeTime: Uint32Array | undefined;

  constructor(
    length: number,
    localTime: Uint32Array,
    kind: Uint8Array,
    price: Int32Array,
    quantity: Float64Array,
    flags: Uint8Array,
    readExchangeTime: () => Uint32Array,
  ) {
    this.length = length;
    this.localTime = localTime;
    this.kind = kind;
    this.price = price;
    this.quantity = quantity;
    this.flags = flags;
    this.#readExchangeTime = readExchangeTime;
  }

  get exchangeTime(): Uint32Array {
    this.#exchangeTime ??= this.#readExchangeTime();
    return this.#exchangeTime;
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
    return this.#read(index, 0, this.#entry(index).rows);
  }

  readRows(index: number, from: number, most: number): RowBatch | null {
    const length = Math.min(most, this.#entry(index).rows - from);
    return length > 0 ? this.#read(index, from, length) : null;
  }

  #read(index: number, from: number, length: number): RowBatch {
    const { rows } = this.#entry(index);
    const { starts } = bodyLayout(this.#entries[index]);
    const places: number[] = [];
    let bytes: Uint8Array;
    if (length === rows) {
      bytes = this.#readColumns(index, LOCAL_TIME, FLAGS);
      for (let column = LOCAL_TIME; column <= FLAGS; column++)
        places[column] = starts[column] - starts[LOCAL_TIME];
    } else {
      let end = 0;
      for (let column = LOCAL_TIME; column <= FLAGS; column++) {
        places[column] = end;
        end += padded(length * TAPE_WIDTHS[column]);
      }
      bytes = this.#room(end);
      for (let column = LOCAL_TIME; column <= FLAGS; column++)
        this.#readColumn(index, column, from, length, bytes.subarray(places[column]));
    }
    const { buffer, byteOffset: at } = bytes;
    return new FileBatch(
      length,
      new Uint32Array(buffer, at + places[LOCAL_TIME], 2 * length),
      new Uint8Array(buffer, at + places[KIND], length),
      new Int32Array(buffer, at + places[PRICE], length),
      new Float64Array(buffer, at + places[QUANTITY], length),
      new Uint8Array(buffer, at + places[FLAGS], length),
      () => this.#readExchangeTime(index, from, length),
    );
  }

  hashBatch(index: number, hash: { update(bytes: Uint8Array): unknown }): void {
    for (let column = 0; column < TAPE_WIDTHS.length; column++)
      hash.update(this.#readColumns(index, column, column));
  }

  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
    this.#plain?.remove();
  }

  #readExchangeTime(index: number, from: number, length: number): Uint32Array {
    const times = new Uint32Array(2 * length);
    this.#readColumn(index, EXCHANGE_TIME, from, length, new Uint8Array(times.buffer));
    return times;
  }

  #entry(index: number): BatchEntry {
    const entry = this.#entries[index];
    if (entry === undefined) throw new RangeError(`batch ${index} of ${this.batches}`);
    return entry;
  }

  /** The bytes from the first row of one column of a batch to the last of another, aligned to eight. */
  #readColumns(index: number, first: number, last: number): Uint8Array {
    const entry = this.#entry(index);
    const { offset, metaDataLength } = this.#blocks[index];
    const { starts } = bodyLayout(entry);
    const length = starts[last] + entry.rows * TAPE_WIDTHS[last] - starts[first];
    return this.#readAt(offset + metaDataLength + starts[first], length);
  }

  #readColumn(index: number, column: number, from: number, length: number, into: Uint8Array): void {
    const { offset, metaDataLength } = this.#blocks[index];
    const width = TAPE_WIDTHS[column];
    const start = bodyLayout(this.#entries[index]).starts[column] + from * width;
    this.#readAt(offset + metaDataLength + start, length * width, into);
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

  /** The buffer that batches are read into, one after the other. */
  #room(length: number): Uint8Array {
    if (this.#bytes.byteLength < length) this.#bytes = new Uint8Array(Math.ceil(length / 65_536) * 65_536);
    return this.#bytes;
  }

  #readAt(position: number, length: number, into = this.#room(length)): Uint8Array {
    let read = 0;
    while (read < length) {
      const count = readSync(this.#open(), into, read, length - read, position + read);
      if (count === 0) throw this.#truncated();
      read += count;
    }
    return into.subarray(0, length);
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
