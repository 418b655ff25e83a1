import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { constants, gunzipSync } from 'node:zlib';
import { Decompress } from 'fzstd';
import { InputError } from './errors.ts';

export type Compression = 'gzip' | 'zstd' | 'none';

/** How a file is compressed, as its first bytes say. */
export function compressionOf(head: Uint8Array): Compression {
  if (head[0] === 0x1f && head[1] === 0x8b) return 'gzip';
  if (head[0] === 0x28 && head[1] === 0xb5 && head[2] === 0x2f && head[3] === 0xfd) return 'zstd';
  return 'none';
}

/** First bytes of a file, fewer where it is shorter. */
export function firstBytes(path: string, count: number): Uint8Array {
  const head = new Uint8Array(count);
  const descriptor = openSync(path, 'r');
  try {
    return head.subarray(0, readSync(descriptor, head, 0, count, 0));
  } finally {
    closeSync(descriptor);
  }
}

/** The beginning of what a file holds, decompressed; empty where there is none or it cannot be decompressed. */
export function firstContent(path: string): Uint8Array {
  // A block of zstd holds at most 128 KiB.
  const head = firstBytes(path, 1 << 18);
  const compression = compressionOf(head);
  if (compression === 'none') return head;
  let content: Uint8Array = new Uint8Array(0);
  try {
    // Without a flush at the end a part of the data is an error.
    if (compression === 'gzip') content = gunzipSync(head, { finishFlush: constants.Z_SYNC_FLUSH });
    else {
      const stream = new Decompress((chunk) => {
        if (content.length === 0) content = chunk.slice();
      });
      stream.push(head);
    }
  } catch {
    // What came before the damage is what there is.
  }
  return content;
}

/**
 * Hands `take` the content of a file, decompressed if it is gzip or zstd. For files read whole: a capture is read in
 * constant memory by its own reader. Throws an InputError naming `field` where compressed data is truncated or damaged.
 */
export function readDecompressed(path: string, field: string, take: (chunk: Uint8Array) => void): void {
  const bytes = readFileSync(path);
  const compression = compressionOf(bytes);
  if (compression === 'none') {
    take(bytes);
    return;
  }
  let wanted: Error | undefined;
  const guarded = (chunk: Uint8Array): void => {
    try {
      take(chunk);
    } catch (error) {
      wanted = error as Error;
      throw error;
    }
  };
  try {
    if (compression === 'gzip') guarded(gunzipSync(bytes));
    else new Decompress(guarded).push(bytes, true);
  } catch (cause) {
    if (wanted !== undefined) throw wanted;
    throw new InputError(
      {
        code: 'damaged-file',
        message: `${path} is truncated or damaged: its ${compression} data cannot be decompressed (${(cause as Error).message}).`,
        field,
        value: path,
        expected: `a whole ${compression} file`,
        hint: 'Copy or download it again.',
      },
      { cause },
    );
  }
}
