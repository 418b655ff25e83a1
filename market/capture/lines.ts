import { closeSync, createReadStream, openSync, readSync, statSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { constants, createGunzip, gunzipSync } from 'node:zlib';
import { Decompress } from 'fzstd';
import { type Compression, compressionOf } from '../../base/decompress.ts';
import { InputError, InterruptedError } from '../../base/errors.ts';
import type { FileThread } from '../../base/file-thread/file-thread.ts';
import { GzipFile } from '../../base/file-thread/gzip-file.ts';
import { requireFile } from '../../base/files.ts';

/** Decompressed in another thread, a chunk ahead. */
const CHUNK = 1 << 20;
/** Captures are compressed to less than a fourth. */
const HEAD_RATIO = 4;
/** A line longer than this is no line of a capture. */
export const MAX_LINE = 1 << 27;
const NEWLINE = 0x0a;

export interface ReadOptions {
  /** Option that named the file, for error messages. */
  readonly field: string;
  readonly signal?: AbortSignal;
  /** Told how many bytes of the file have been read. */
  readonly onBytes?: (bytes: number) => void;
  /** Bytes of a chunk at most, decompressed; less than by default where only a file's beginning is wanted. */
  readonly chunkBytes?: number;
  /** Inflates gzip faster than zlib's stream, one file at a time. */
  readonly thread?: FileThread;
}

/**
 * Reads a file line by line in constant memory, compressed with gzip (any number of members), zstd or not at all, as
 * its first bytes say. `onLine` gets `bytes[start, end)` without the newline, valid during the call, and the line's
 * number from 1; it returns false to stop. Throws InputErrors for files that are missing, empty, truncated or damaged.
 */
export async function readLines(
  path: string,
  onLine: (bytes: Uint8Array, start: number, end: number, line: number) => boolean,
  options: ReadOptions,
): Promise<void> {
  const compression = detectCompression(path, options.field);
  let carry: Uint8Array = new Uint8Array(0);
  let line = 0;
  try {
    for await (const chunk of decompressed(path, compression, options)) {
      if (options.signal?.aborted) throw new InterruptedError();
      let start = 0;
      if (carry.length > 0) {
        const newline = chunk.indexOf(NEWLINE);
        if (newline < 0) {
          carry = Buffer.concat([carry, chunk]);
          if (carry.length > MAX_LINE)
            throw foreign(path, options.field, 'a line of it is longer than 128 MiB');
          continue;
        }
        const joined = Buffer.concat([carry, chunk.subarray(0, newline)]);
        if (!onLine(joined, 0, joined.length, ++line)) return;
        start = newline + 1;
      }
      for (
        let newline = chunk.indexOf(NEWLINE, start);
        newline >= 0;
        newline = chunk.indexOf(NEWLINE, start)
      ) {
        if (!onLine(chunk, start, newline, ++line)) return;
        start = newline + 1;
      }
      // Copied: the decompressor may reuse its chunk.
      carry = chunk.slice(start);
    }
  } catch (error) {
    throw readError(error, path, compression, options.field);
  }
  if (carry.length > 0) onLine(carry, 0, carry.length, line + 1);
}

/** Reads the first bytes of a file and says how it is compressed. Refuses what is missing, empty or no file. */
export function detectCompression(path: string, field: string): Compression {
  requireFile(path, field);
  const stat = statSync(path);
  if (stat.isDirectory()) throw foreign(path, field, 'it is a folder');
  const head = Buffer.alloc(6);
  let length: number;
  try {
    const descriptor = openSync(path, 'r');
    length = readSync(descriptor, head, 0, head.length, 0);
    closeSync(descriptor);
  } catch (error) {
    throw foreign(path, field, (error as Error).message);
  }
  if (length === 0) throw emptyFile(path, field);
  if (head.toString('latin1') === 'ARROW1') throw foreign(path, field, 'it is a tape already');
  return compressionOf(head.subarray(0, length));
}

/** The bytes of a file, decompressed, chunk by chunk; a chunk is valid until the next is asked for. */
export async function* decompressed(
  path: string,
  compression: Compression,
  options: ReadOptions,
): AsyncGenerator<Uint8Array> {
  const { chunkBytes = CHUNK, thread, onBytes } = options;
  let given = 0;
  if (compression === 'gzip' && chunkBytes < CHUNK) {
    const head = gunzippedHead(path, chunkBytes);
    given = head.length;
    if (given > 0) yield head;
  } else if (compression === 'gzip' && thread !== undefined) {
    const file = new GzipFile(path, thread);
    try {
      for (let chunk = await file.next(); chunk !== undefined; chunk = await file.next()) {
        given += chunk.length;
        onBytes?.(file.read);
        yield chunk;
      }
      return;
    } catch {
      // zlib has the last word on what is wrong with the rest, if anything.
    } finally {
      await file.close();
    }
  }
  const source = createReadStream(path, { highWaterMark: chunkBytes });
  try {
    for await (const chunk of decompress(source, compression, chunkBytes)) {
      onBytes?.(source.bytesRead);
      const known = Math.min(given, chunk.length);
      given -= known;
      if (known < chunk.length) yield chunk.subarray(known);
    }
  } finally {
    source.destroy();
  }
}

/** What the first bytes of a gzip file hold, without a stream's doings; nothing where they are damaged. */
function gunzippedHead(path: string, bytes: number): Uint8Array {
  const head = Buffer.alloc(bytes / HEAD_RATIO);
  const descriptor = openSync(path, 'r');
  try {
    const length = readSync(descriptor, head, 0, head.length, 0);
    return gunzipSync(head.subarray(0, length), {
      finishFlush: constants.Z_SYNC_FLUSH,
      chunkSize: 2 * bytes,
    });
  } catch {
    return new Uint8Array(0);
  } finally {
    closeSync(descriptor);
  }
}

function decompress(
  source: Readable,
  compression: Compression,
  chunkSize: number,
): AsyncIterable<Uint8Array> {
  if (compression === 'none') return source;
  if (compression === 'zstd') return zstd(source);
  const gunzip = createGunzip({ chunkSize });
  source.on('error', (error) => gunzip.destroy(error));
  return source.pipe(gunzip);
}

async function* zstd(source: Readable): AsyncGenerator<Uint8Array> {
  const ready: Uint8Array[] = [];
  const stream = new Decompress((chunk) => ready.push(chunk));
  for await (const chunk of source) {
    stream.push(chunk as Uint8Array, false);
    yield* ready.splice(0);
  }
  stream.push(new Uint8Array(0), true);
  yield* ready.splice(0);
}

/** What a failed read says to a person. */
export function readError(error: unknown, path: string, compression: Compression, field: string): unknown {
  if (error instanceof InputError || error instanceof InterruptedError) return error;
  const { message, code } = error as NodeJS.ErrnoException;
  const truncated = code === 'Z_BUF_ERROR' || message === 'unexpected EOF';
  const fromDecompressor =
    truncated || (typeof code === 'string' && code.startsWith('Z_')) || typeof code === 'number';
  if (compression === 'none' || !fromDecompressor) return error;
  return new InputError(
    {
      code: truncated ? 'truncated-file' : 'damaged-file',
      message: truncated
        ? `${path} is truncated: its ${compression} data stops before its end.`
        : `${path} is damaged: its ${compression} data cannot be decompressed (${message}).`,
      field,
      value: path,
      expected: `a whole ${compression} file`,
      hint: 'Copy or download it again; to use the part that is there, decompress it first and import that.',
    },
    { cause: error },
  );
}

export function emptyFile(path: string, field: string): InputError {
  return new InputError({
    code: 'empty-file',
    message: `${path} is empty.`,
    field,
    value: path,
    expected: 'a capture with at least one line',
    hint: 'Leave it out, or check how it was recorded.',
  });
}

export function foreign(path: string, field: string, reason: string): InputError {
  return new InputError({
    code: 'foreign-file',
    message: `${path} is no capture: ${reason}.`,
    field,
    value: path,
    expected: 'lines of "<local time> <json>", plain or compressed with gzip or zstd',
    hint: 'See docs/data.md for the forms that are read.',
  });
}
