import { randomBytes } from 'node:crypto';
import {
  appendFileSync,
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  realpathSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { InputError, RunError } from './errors.ts';

/**
 * A file that appears under its name only when it is whole: bytes go to a hidden neighbour, `commit` syncs and
 * renames it, `discard` removes it and the folders made for it. A full disk raises a {@link RunError} and leaves nothing
 * behind.
 */
export class AtomicFile {
  readonly path: string;
  readonly #partial: string;
  #descriptor: number | undefined;
  #bytes = 0;
  #done = false;

  constructor(path: string) {
    this.path = path;
    this.#partial = join(dirname(path), `.${basename(path)}.${randomBytes(4).toString('hex')}.partial`);
    try {
      refuseOtherThanFile(path);
      makeFolder(dirname(path));
      this.#descriptor = openSync(this.#partial, 'w');
    } catch (cause) {
      removeFolder(dirname(path));
      throw cannotWrite(path, cause);
    }
  }

  /** Bytes written so far. */
  get bytes(): number {
    return this.#bytes;
  }

  write(chunk: Uint8Array | string): void {
    const data = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    try {
      for (let offset = 0; offset < data.byteLength; ) {
        offset += writeSync(this.descriptor, data, offset, data.byteLength - offset);
      }
      this.#bytes += data.byteLength;
    } catch (cause) {
      throw this.failed(cause);
    }
  }

  commit(): void {
    try {
      const { descriptor } = this;
      fsyncSync(descriptor);
      closeSync(descriptor);
      this.#descriptor = undefined;
      renameSync(this.#partial, this.path);
      this.#done = true;
      keepFolder(dirname(this.path));
    } catch (cause) {
      throw this.failed(cause);
    }
  }

  /** Removes what was written; does nothing after a commit. */
  discard(): void {
    if (this.#done) return;
    this.#done = true;
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
    rmSync(this.#partial, { force: true });
    removeFolder(dirname(this.path));
  }

  /** Of the partial file, for who writes it by other means. */
  get descriptor(): number {
    if (this.#descriptor === undefined) throw new Error(`${this.path} is closed already`);
    return this.#descriptor;
  }

  /** The error for a write that failed; removes what was written. */
  failed(cause: unknown): RunError {
    this.discard();
    return writeFailed(this.path, cause, ' The partial file was removed.');
  }
}

/** Folders made for what may yet fail. */
const made = new Set<string>();

/** Makes a folder for something that may yet fail, with those around it. */
export function makeFolder(path: string): void {
  const missing: string[] = [];
  let folder = resolve(path);
  for (; !existsSync(folder); folder = dirname(folder)) missing.unshift(folder);
  // The system says what is wrong with a file in its place.
  if (!statSync(folder).isDirectory()) missing.unshift(folder);
  // One by one: where a folder takes no others, as /proc does, Node's own recursion tries for ever.
  for (const next of missing) {
    try {
      makeOne(next);
    } catch (error) {
      removeFolder(dirname(next));
      throw error;
    }
  }
}

function makeOne(folder: string): void {
  try {
    mkdirSync(folder);
    made.add(folder);
  } catch (error) {
    // Somebody else may have made it meanwhile.
    if (!existsSync(folder) || !statSync(folder).isDirectory()) throw error;
  }
}

/** Taking the name of a device or a pipe would put a file in its place. */
function refuseOtherThanFile(path: string): void {
  if (!existsSync(path)) return;
  const stat = statSync(path);
  if (stat.isDirectory()) throw new Error('it is a folder');
  if (!stat.isFile()) throw new Error('it is a device or a pipe, and no file');
}

/**
 * Makes the first folder of a row of names, from number 1 on, that is not there yet, for something that may yet fail. Of
 * several processes that look for a name at once each gets one of its own.
 */
export function claimFolder(name: (n: number) => string): string {
  for (let n = 1; ; ) {
    const path = name(n);
    try {
      makeFolder(dirname(path));
    } catch (cause) {
      throw cannotWrite(path, cause);
    }
    try {
      mkdirSync(path);
      made.add(resolve(path));
      return path;
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException;
      if (code === 'EEXIST') n++;
      // Gone in between is the folder around it: another process had made it for what then failed.
      else if (code !== 'ENOENT') {
        removeFolder(dirname(path));
        throw cannotWrite(path, cause);
      }
    }
  }
}

/** A folder that `makeFolder` made stays: what it was made for is there. */
export function keepFolder(path: string): void {
  for (let folder = resolve(path); made.delete(folder); ) folder = dirname(folder);
}

/** Removes a folder and those around it, as far as they were made here for what may yet fail and are empty. */
export function removeFolder(path: string): void {
  for (let folder = resolve(path); made.has(folder); folder = dirname(folder)) {
    try {
      rmdirSync(folder);
    } catch {
      // Something lies there; whoever discards it last comes here again.
      return;
    }
    made.delete(folder);
  }
}

/** Adds to the end of a file. A full disk raises a {@link RunError}; what was there stays. */
export function appendToFile(path: string, text: Uint8Array | string): void {
  try {
    appendFileSync(path, text);
  } catch (cause) {
    throw writeFailed(path, cause, '');
  }
}

/** The error for a file that cannot be opened to be written. */
export function cannotWrite(path: string, cause: unknown): InputError {
  return new InputError(
    {
      code: 'cannot-write',
      message: `Cannot write ${path}: ${(cause as Error).message}.`,
      field: 'out',
      value: path,
      hint: 'Choose the name of a file, in a folder that can be written.',
    },
    { cause },
  );
}

function writeFailed(path: string, cause: unknown, remark: string): RunError {
  const { code, message } = cause as NodeJS.ErrnoException;
  return new RunError(
    {
      code: code === 'ENOSPC' ? 'disk-full' : 'cannot-write',
      message: `Writing ${path} failed: ${message}.${remark}`,
      field: 'out',
      value: path,
      hint: code === 'ENOSPC' ? 'Free some space or choose another disk.' : undefined,
    },
    { cause },
  );
}

/** Writes a whole file beside its name and renames it into place. */
export function writeFileAtomic(path: string, data: Uint8Array | string): void {
  const file = new AtomicFile(path);
  try {
    file.write(data);
    file.commit();
  } catch (error) {
    file.discard();
    throw error;
  }
}

/** Throws an {@link InputError} naming `field` unless `path` exists. */
export function requireFile(path: string, field: string): void {
  if (existsSync(path)) return;
  throw new InputError({
    code: 'file-not-found',
    message: `No such file: ${path}.`,
    field,
    value: path,
    hint: 'Check the path; relative paths start at the current folder.',
  });
}

/**
 * Throws an {@link InputError} where a file to write, named by `field`, is one of the files to read, or of those written
 * beside it: a recording is lost for ever.
 */
export function refuseSameFile(path: string, field: string, others: readonly string[]): void {
  const place = placeOf(path);
  const same = others.find((other) => placeOf(other) === place);
  if (same === undefined) return;
  throw new InputError({
    code: 'same-file',
    message: `${field} ${path} would overwrite ${same === path ? 'what this command reads or writes' : same}.`,
    field,
    value: path,
    expected: 'a file of its own',
    hint: `Choose another ${field}.`,
  });
}

function placeOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return resolve(path);
  }
}
