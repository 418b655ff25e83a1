import { constants, copyFileSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { AtomicFile } from '../../base/files.ts';
import { encodeControl } from '../../market/capture/control-line.ts';
import { CaptureLine } from '../../market/capture/line.ts';
import { readLines } from '../../market/capture/lines.ts';

/** Text compressed at once. */
const MEMBER_BYTES = 1 << 20;

/**
 * Copies captures, in order, under names that keep their order: whole, or the first `duration` of them, µs, with a line
 * that says where they end. Returns the copies.
 */
export async function keepCaptures(
  captures: readonly string[],
  folder: string,
  duration?: number,
  signal?: AbortSignal,
): Promise<readonly string[]> {
  const files: string[] = [];
  let start: number | undefined;
  try {
    for (const [i, capture] of captures.entries()) {
      const number = captures.length === 1 ? '' : `${String(i).padStart(4, '0')}-`;
      const name = `${number}${basename(capture)}`;
      const path = join(
        folder,
        duration === undefined ? name : `${name.replace(/\.(gz|zst|zstd)$/i, '')}.gz`,
      );
      files.push(path);
      if (duration === undefined) {
        copyFileSync(capture, path, constants.COPYFILE_FICLONE);
        continue;
      }
      const part = await copyUntil(capture, path, start, duration, signal);
      start = part.start;
      if (part.ended) break;
    }
  } catch (error) {
    for (const file of files) rmSync(file, { force: true });
    throw error;
  }
  return files;
}

/** Copies the lines up to `start + duration`; the first line with a time gives `start` where it is not known yet. */
async function copyUntil(
  capture: string,
  path: string,
  begun: number | undefined,
  duration: number,
  signal: AbortSignal | undefined,
): Promise<{ readonly start: number | undefined; readonly ended: boolean }> {
  const file = new AtomicFile(path);
  const line = new CaptureLine();
  const pending: Uint8Array[] = [];
  let bytesPending = 0;
  let start = begun;
  let ended = false;
  const flush = (): void => {
    if (pending.length > 0) file.write(gzipSync(Buffer.concat(pending.splice(0))));
    bytesPending = 0;
  };
  const add = (text: Uint8Array): void => {
    pending.push(Buffer.concat([text, Buffer.from('\n')]));
    bytesPending += text.length + 1;
    if (bytesPending >= MEMBER_BYTES) flush();
  };
  const onLine = (bytes: Uint8Array, from: number, to: number): boolean => {
    if (line.read(bytes, from, to) === 'message') {
      start ??= line.localTime;
      if (line.localTime > start + duration) {
        ended = true;
        const end = encodeControl({ e: 'makergymEnd' });
        add(Buffer.concat([Buffer.from(`${start + duration} `), end]));
        return false;
      }
    }
    add(bytes.subarray(from, to));
    return true;
  };
  try {
    await readLines(capture, onLine, { field: 'source', signal });
    flush();
    file.commit();
  } catch (error) {
    file.discard();
    throw error;
  }
  return { start, ended };
}
