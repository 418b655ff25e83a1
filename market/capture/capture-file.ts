import type { Compression } from '../../base/decompress.ts';
import { decompressed, detectCompression, type ReadOptions, readError } from './lines.ts';

/**
 * The bytes of a capture, decompressed. Its beginning may be looked at before it is read: what was seen is kept and comes
 * again. Whoever opens one closes it.
 */
export class CaptureFile {
  readonly path: string;
  readonly options: ReadOptions;
  readonly #compression: Compression;
  readonly #source: AsyncGenerator<Uint8Array>;
  readonly #seen: Uint8Array[] = [];
  /** The first chunk, until it is asked for. */
  #first: Promise<IteratorResult<Uint8Array>> | undefined;

  /** Begins to read. Refuses what is missing, empty or no file. */
  constructor(path: string, options: ReadOptions) {
    this.path = path;
    this.options = options;
    this.#compression = detectCompression(path, options.field);
    this.#source = decompressed(path, this.#compression, options);
    this.#first = this.#source.next();
    // Whoever asks for it hears of what failed.
    this.#first.catch(() => undefined);
  }

  /** Chunks from the beginning, which {@link chunks} will give again. */
  async *look(): AsyncGenerator<Uint8Array> {
    for (let next = await this.#next(); next.done !== true; next = await this.#next()) {
      // Copied: the decompressor may reuse its chunk.
      this.#seen.push(next.value.slice());
      yield next.value;
    }
  }

  /** All chunks; each is valid until the next is asked for. */
  async *chunks(): AsyncGenerator<Uint8Array> {
    for (let seen = this.#seen.shift(); seen !== undefined; seen = this.#seen.shift()) yield seen;
    for (let next = await this.#next(); next.done !== true; next = await this.#next()) yield next.value;
  }

  #next(): Promise<IteratorResult<Uint8Array>> {
    const next = this.#first ?? this.#source.next();
    this.#first = undefined;
    return next;
  }

  /** What an error met while reading says to a person. */
  explain(error: unknown): unknown {
    return readError(error, this.path, this.#compression, this.options.field);
  }

  async close(): Promise<void> {
    this.#seen.length = 0;
    await this.#source.return(undefined);
  }
}
