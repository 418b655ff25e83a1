/**
 * The bytes of an Arrow IPC file, written and read one record batch at a time. The Arrow library's own file writer keeps
 * the whole file in memory and its synchronous reader wants it there, so the framing is here and the metadata
 * (flatbuffers) is the library's. Format: https://arrow.apache.org/docs/format/Columnar.html#ipc-file-format
 */
import { createHash } from 'node:crypto';
import { MetadataVersion } from 'apache-arrow/enum';
import { FileBlock, Footer } from 'apache-arrow/ipc/metadata/file';
import { BufferRegion, FieldNode, Message, RecordBatch } from 'apache-arrow/ipc/metadata/message';
import type { Schema } from 'apache-arrow/schema';

export const MAGIC = 'ARROW1';
const CONTINUATION = 0xffffffff;
const PADDING = new Uint8Array(8);

/** Where a column's values go: bytes to write, the rows they hold and, if any value is missing, which. */
export interface ColumnBytes {
  readonly values: Uint8Array;
  readonly validity: Uint8Array | null;
  readonly nulls: number;
  /** Of a column of texts: where each begins in `values` and the last ends, int32, one more than there are rows. */
  readonly offsets?: Uint8Array;
}

/** Receives bytes of a file, in order. `values`: whether they are values of columns, which a checksum is of, or framing. */
export type Write = (bytes: Uint8Array, values: boolean) => void;

/** Writes an Arrow file through `write`. Nothing is held but the block list. */
export class ArrowFileWriter {
  readonly #write: Write;
  readonly #blocks: FileBlock[] = [];
  #position = 0;

  constructor(schema: Schema, write: Write) {
    this.#write = write;
    this.#append(new TextEncoder().encode(MAGIC));
    this.#pad();
    this.#message(Message.from(schema));
  }

  writeBatch(rows: number, columns: readonly ColumnBytes[]): void {
    const nodes = columns.map(({ nulls }) => new FieldNode(rows, nulls));
    const parts = columns.flatMap(({ values, validity, offsets }) =>
      [validity ?? new Uint8Array(0), offsets, values].filter((part) => part !== undefined),
    );
    let bodyLength = 0;
    const regions = parts.map((part) => {
      const region = new BufferRegion(bodyLength, part.byteLength);
      bodyLength += padded(part.byteLength);
      return region;
    });
    const start = this.#position;
    const metadataLength = this.#message(
      Message.from(new RecordBatch(rows, nodes, regions, null), bodyLength),
    );
    this.#blocks.push(new FileBlock(metadataLength, bodyLength, start));
    const values = new Set(columns.map((column) => column.values));
    for (const part of parts) {
      this.#append(part, values.has(part));
      this.#pad();
    }
  }

  /** Writes the footer. Its schema may carry metadata that was not known when the file began. */
  finish(schema: Schema): void {
    this.#append(new Uint8Array(Uint32Array.of(CONTINUATION, 0).buffer));
    const footer = Footer.encode(new Footer(schema, MetadataVersion.V5, this.#blocks, []));
    // Readers of Arrow find the footer from the end; what lies between the end of the stream and the footer is ours.
    this.#append(footerSeal(footer));
    this.#append(footer);
    this.#append(new Uint8Array(Uint32Array.of(footer.byteLength).buffer));
    this.#append(new TextEncoder().encode(MAGIC));
  }

  #message(message: Message): number {
    const metadata = Message.encode(message);
    const length = padded(metadata.byteLength);
    this.#append(new Uint8Array(Uint32Array.of(CONTINUATION, length).buffer));
    this.#append(metadata);
    this.#pad();
    return length + 8;
  }

  #append(bytes: Uint8Array, values = false): void {
    if (bytes.byteLength === 0) return;
    this.#write(bytes, values);
    this.#position += bytes.byteLength;
  }

  #pad(): void {
    const missing = padded(this.#position) - this.#position;
    if (missing > 0) this.#append(PADDING.subarray(0, missing));
  }
}

/** Bytes of the seal that precedes the footer. */
export const SEAL_BYTES = 40;

/**
 * What a writer of ours puts before a footer: a mark and the footer's SHA-256. The metadata decoder trusts its bytes and
 * would follow damaged ones anywhere, so that a footer is only decoded when its seal is right.
 */
export function footerSeal(footer: Uint8Array): Uint8Array {
  const mark = new TextEncoder().encode('makegym1');
  return Buffer.concat([mark, createHash('sha256').update(footer).digest()]);
}

/** Bytes rounded up to a multiple of eight, as every part of a file is. */
export function padded(bytes: number): number {
  return Math.ceil(bytes / 8) * 8;
}

export { type FileBlock, Footer };
