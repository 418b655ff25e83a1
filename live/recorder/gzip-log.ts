import { close, fsync, ftruncate, openSync, write } from 'node:fs';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { RunError } from '../../base/errors.ts';
import { cannotWrite } from '../../base/files.ts';

const compress = promisify(gzip);
const sync = promisify(fsync);
const truncate = promisify(ftruncate);
const closeFile = promisify(close);

/**
 * A gzip file that grows by whole members and is valid after each, whatever ends the process. A member becomes part of
 * the file by its first byte, written and synced after all others: until then the file ends, for every reader of gzip,
 * in padding (a zero byte).
 */
export class GzipLog {
  readonly path: string;
  readonly #descriptor: number;
  readonly #writeAt: WriteAt;
  #length = 0;

  /** Creates the file; it must not exist. `writeAt` is the system's unless a test has another. */
  constructor(path: string, writeAt: WriteAt = systemWriteAt) {
    this.path = path;
    this.#writeAt = writeAt;
    try {
      this.#descriptor = openSync(path, 'wx');
    } catch (cause) {
      throw cannotWrite(path, cause);
    }
  }

  /** Bytes that are in the file for good. */
  get length(): number {
    return this.#length;
  }

  /** Adds text as a member of its own; resolves when it is on the disk. One at a time. */
  async append(text: Uint8Array): Promise<void> {
    const member = await compress(text);
    try {
      await this.#write(member.subarray(1), this.#length + 1);
      await sync(this.#descriptor);
      await this.#write(member.subarray(0, 1), this.#length);
      await sync(this.#descriptor);
    } catch (cause) {
      await truncate(this.#descriptor, this.#length).catch(() => undefined);
      throw this.#failed(cause);
    }
    this.#length += member.length;
  }

  async close(): Promise<void> {
    await closeFile(this.#descriptor);
  }

  async #write(bytes: Uint8Array, at: number): Promise<void> {
    for (let done = 0; done < bytes.length; ) {
      done += await this.#writeAt(this.#descriptor, bytes.subarray(done), at + done);
    }
  }

  #failed(cause: unknown): RunError {
    const { code, message } = cause as NodeJS.ErrnoException;
    return new RunError(
      {
        code: code === 'ENOSPC' ? 'disk-full' : 'cannot-write',
        message: `Writing ${this.path} failed: ${message}. What was written before is kept.`,
        field: 'out',
        value: this.path,
        hint: code === 'ENOSPC' ? 'Free some space or choose another disk.' : undefined,
      },
      { cause },
    );
  }
}

/** Writes bytes at a place of an open file; resolves to how many. */
export type WriteAt = (descriptor: number, bytes: Uint8Array, at: number) => Promise<number>;

function systemWriteAt(descriptor: number, bytes: Uint8Array, at: number): Promise<number> {
  return new Promise((resolve, reject) => {
    write(descriptor, bytes, 0, bytes.length, at, (error, written) => {
      if (error === null) resolve(written);
      else reject(error);
    });
  });
}
