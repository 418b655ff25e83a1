import { fdatasync, write } from 'node:fs';
import { AtomicFile } from './files.ts';

const BLOCK = 1 << 20;
/** Blocks that may wait to be written. */
const AHEAD = 8;
/** Blocks that are synced together. */
const SYNCED = 4;

/**
 * An atomic file whose bytes are written in another thread while their producer goes on. What `write` is given is copied
 * into blocks; a producer that awaits `room` now and then is never more than some blocks ahead, which bounds the memory.
 * Some blocks at a time are synced once they are written, so that little is left to wait for at the end.
 *
 * What fails is thrown by the next call, as {@link AtomicFile} throws it.
 */
export class BackgroundFile {
  readonly #file: AtomicFile;
  /** Blocks to write, oldest first. */
  readonly #queue: Uint8Array[] = [];
  /** Blocks that have been written and may be filled again. */
  readonly #free: Uint8Array[] = [];
  #block: Uint8Array = new Uint8Array(BLOCK);
  #filled = 0;
  /** Resolves when the queue is empty; never rejects. */
  #work: Promise<void> | undefined;
  #failure: Error | undefined;
  #written = 0;
  #ending = false;

  constructor(path: string) {
    this.#file = new AtomicFile(path);
  }

  write(bytes: Uint8Array): void {
    this.#check();
    for (let from = 0; from < bytes.length; ) {
      const part = bytes.subarray(from, from + BLOCK - this.#filled);
      this.#block.set(part, this.#filled);
      this.#filled += part.length;
      from += part.length;
      if (this.#filled === BLOCK) this.#handOver();
    }
  }

  /** Resolves at once unless too much waits to be written; then when it is. */
  async room(): Promise<void> {
    if (this.#queue.length > AHEAD) await this.#work;
    this.#check();
  }

  /** Writes the rest, syncs it and gives the file its name. */
  async commit(): Promise<void> {
    this.#ending = true;
    if (this.#filled > 0) this.#handOver();
    await this.#work;
    this.#check();
    this.#file.commit();
  }

  /** Removes what was written; does nothing after a commit. */
  async discard(): Promise<void> {
    this.#queue.length = 0;
    await this.#work;
    this.#file.discard();
  }

  #handOver(): void {
    this.#queue.push(this.#block.subarray(0, this.#filled));
    this.#block = this.#free.pop() ?? new Uint8Array(BLOCK);
    this.#filled = 0;
    this.#work ??= this.#writeQueue();
  }

  async #writeQueue(): Promise<void> {
    try {
      for (let block = this.#queue.shift(); block !== undefined; block = this.#queue.shift()) {
        await writeWhole(this.#file.descriptor, block);
        // The last ones are synced by the commit.
        if (++this.#written % SYNCED === 0 && !this.#ending) await synced(this.#file.descriptor);
        this.#free.push(new Uint8Array(block.buffer));
      }
    } catch (cause) {
      this.#queue.length = 0;
      this.#failure = this.#file.failed(cause);
    }
    this.#work = undefined;
  }

  #check(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }
}

function writeWhole(descriptor: number, block: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    const next = (offset: number): void =>
      write(descriptor, block, offset, block.length - offset, null, (error, written) => {
        if (error !== null) reject(error);
        else if (offset + written < block.length) next(offset + written);
        else resolve();
      });
    next(0);
  });
}

function synced(descriptor: number): Promise<void> {
  return new Promise((resolve, reject) => {
    fdatasync(descriptor, (error) => (error === null ? resolve() : reject(error)));
  });
}
