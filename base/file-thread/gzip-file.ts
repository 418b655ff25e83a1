import { closeSync, openSync } from 'node:fs';
import type { FileThread } from './file-thread.ts';
import type { Answer } from './requests.ts';

/**
 * Chunks that are inflated before they are wanted, and how few are left when more are asked for: a thread that is asked for
 * one at a time falls asleep between them.
 */
const AHEAD = 8;
const FEW = 4;

/** A gzip file, inflated chunk by chunk ahead in another thread. One at a time of a thread. Whoever opens one closes it. */
export class GzipFile {
  readonly #thread: FileThread;
  readonly #descriptor: number;
  /** Chunks that have been asked for, oldest first. */
  readonly #ahead: Promise<Answer>[] = [];
  #chunk: ArrayBuffer | undefined;
  #read = 0;

  /** Throws what the file system does. */
  constructor(path: string, thread: FileThread) {
    this.#thread = thread;
    this.#descriptor = openSync(path, 'r');
    thread.request({ kind: 'open', descriptor: this.#descriptor });
    this.#ask();
  }

  /** Bytes of the file that have been read. */
  get read(): number {
    return this.#read;
  }

  /** The next bytes, valid until the next call; undefined at the end. Throws where the data is for zlib to read. */
  async next(): Promise<Uint8Array | undefined> {
    this.#thread.giveBuffer(this.#chunk);
    this.#chunk = undefined;
    if (this.#ahead.length <= FEW) this.#ask();
    const { buffer, length, read } = await (this.#ahead.shift() as Promise<Answer>);
    this.#chunk = buffer;
    this.#read = read ?? 0;
    return buffer === undefined || !length ? undefined : new Uint8Array(buffer, 0, length);
  }

  async close(): Promise<void> {
    const answers = await Promise.allSettled(this.#ahead.splice(0));
    for (const answer of answers)
      if (answer.status === 'fulfilled') this.#thread.giveBuffer(answer.value.buffer);
    this.#thread.giveBuffer(this.#chunk);
    this.#chunk = undefined;
    closeSync(this.#descriptor);
  }

  #ask(): void {
    while (this.#ahead.length < AHEAD) {
      const buffer = this.#thread.takeBuffer();
      this.#ahead.push(this.#thread.request({ kind: 'inflate', buffer }));
    }
  }
}
