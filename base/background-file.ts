import { fdatasync } from 'node:fs';
import { CheckedWriter } from './file-thread/checked-writer.ts';
import { BUFFER_BYTES, type FileThread } from './file-thread/file-thread.ts';
import { AtomicFile } from './files.ts';

/** Blocks that may wait to be written. */
const AHEAD = 16;
/** Bytes that are synced together. */
const SYNCED = 4 << 20;
/** Bytes that are not copied into a block before they are written, where no thread does it. */
const LARGE = 1 << 16;

/** Bytes to be written. */
interface Block {
  readonly bytes: Uint8Array<ArrayBuffer>;
  filled: number;
  /** Where each part begins and ends that the checksum takes in. */
  readonly checked: number[];
}

/**
 * An atomic file, with a checksum, whose bytes a thread writes and sums up while their producer goes on; without a thread it
 * is done at once. What `write` is given is written before it returns or copied into blocks; a producer that awaits `room` now
 * and then is never more than some blocks ahead, which bounds the memory. What was written is synced now and then, so that
 * little is left to wait for at the end.
 *
 * What fails is thrown by the next call, as {@link AtomicFile} throws it.
 */
export class BackgroundFile {
  readonly #file: AtomicFile;
  readonly #thread: FileThread | undefined;
  /** Where there is no thread. */
  readonly #writer: CheckedWriter | undefined;
  /** The block that was written. */
  #spare: ArrayBuffer | undefined;
  #block: Block;
  /** Blocks that the thread has not written yet, and the last one's answer, which never rejects. */
  #waiting = 0;
  #last: Promise<void> | undefined;
  /** Bytes that were written since the last sync began. */
  #unsynced = 0;
  #sync: Promise<void> | undefined;
  /** What is still to come is synced by the commit. */
  #ending = false;
  #syncFailure: Error | undefined;
  #failure: Error | undefined;

  constructor(path: string, thread?: FileThread) {
    this.#file = new AtomicFile(path);
    this.#thread = thread;
    const { descriptor } = this.#file;
    if (thread === undefined) this.#writer = new CheckedWriter(descriptor);
    else thread.request({ kind: 'create', descriptor });
    this.#block = this.#newBlock();
  }

  /** `checked`: whether the checksum takes them in. */
  write(bytes: Uint8Array, checked = false): void {
    this.#check();
    if (this.#writer !== undefined && bytes.length >= LARGE) {
      this.#handOver();
      this.#writeHere(this.#writer, bytes, checked ? [0, bytes.length] : []);
      return;
    }
    for (let from = 0; from < bytes.length; ) {
      const block = this.#block;
      const part = bytes.subarray(from, from + BUFFER_BYTES - block.filled);
      block.bytes.set(part, block.filled);
      if (checked) block.checked.push(block.filled, block.filled + part.length);
      block.filled += part.length;
      from += part.length;
      if (block.filled === BUFFER_BYTES) this.#handOver();
    }
  }

  /** Resolves at once unless too much waits to be written; then when it is. */
  async room(): Promise<void> {
    if (this.#waiting > AHEAD) await this.#last;
    this.#check();
  }

  /** Writes what there is. Returns the SHA-256 of all bytes that were to be checked, in hex; once. */
  async checksum(): Promise<string> {
    this.#ending = true;
    this.#handOver();
    await this.#last;
    this.#check();
    if (this.#thread === undefined) return this.#writer?.checksum() ?? '';
    return (await this.#thread.request({ kind: 'checksum' })).checksum ?? '';
  }

  /** Writes the rest, syncs it and gives the file its name. */
  async commit(): Promise<void> {
    this.#handOver();
    await this.#last;
    await this.#sync;
    if (this.#syncFailure !== undefined) this.#fail(this.#syncFailure);
    this.#check();
    this.#file.commit();
  }

  /** Removes what was written; does nothing after a commit. */
  async discard(): Promise<void> {
    await this.#last;
    await this.#sync;
    this.#file.discard();
  }

  #handOver(): void {
    const block = this.#block;
    if (block.filled === 0) return;
    if (this.#writer !== undefined) {
      this.#writeHere(this.#writer, block.bytes.subarray(0, block.filled), block.checked);
      this.#spare = block.bytes.buffer;
    } else if (this.#thread !== undefined) this.#last = this.#writeThere(block, this.#thread);
    this.#block = this.#newBlock();
  }

  #writeHere(writer: CheckedWriter, bytes: Uint8Array, checked: readonly number[]): void {
    try {
      writer.write(bytes, checked);
      this.#onWritten(bytes.length);
    } catch (cause) {
      this.#fail(cause);
    }
  }

  async #writeThere(
    { bytes: { buffer }, filled: length, checked }: Block,
    thread: FileThread,
  ): Promise<void> {
    this.#waiting++;
    try {
      const answer = await thread.request({ kind: 'write', buffer, length, checked });
      thread.giveBuffer(answer.buffer);
      this.#onWritten(length);
    } catch (cause) {
      this.#fail(cause);
    }
    this.#waiting--;
  }

  #onWritten(bytes: number): void {
    this.#unsynced += bytes;
    if (this.#ending || this.#unsynced < SYNCED || this.#sync !== undefined) return;
    this.#unsynced = 0;
    this.#sync = new Promise((resolve) => {
      fdatasync(this.#file.descriptor, (error) => {
        // The file stays open for as long as the thread may write to it.
        this.#syncFailure ??= error ?? undefined;
        this.#sync = undefined;
        resolve();
      });
    });
  }

  #newBlock(): Block {
    const buffer = this.#thread?.takeBuffer() ?? this.#spare ?? new ArrayBuffer(BUFFER_BYTES);
    return { bytes: new Uint8Array(buffer), filled: 0, checked: [] };
  }

  #fail(cause: unknown): void {
    this.#failure ??= this.#file.failed(cause);
  }

  #check(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }
}
