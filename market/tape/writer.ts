import { createHash, type Hash } from 'node:crypto';
import { AtomicFile } from '../../base/files.ts';
import type { Instrument } from '../instrument.ts';
import { TapeEncoder, type TapeEnd, type TapeOptions } from './encoder.ts';
import type { TapeInfo } from './rows.ts';

/**
 * Writes a tape to a file, which appears under its name only when `finish` has been called; a full disk removes what was
 * written.
 */
export class TapeWriter extends TapeEncoder {
  readonly #file: AtomicFile;
  readonly #hash: Hash;

  constructor(path: string, options: TapeOptions) {
    const file = new AtomicFile(path);
    const hash = createHash('sha256');
    super((bytes, checked) => {
      file.write(bytes);
      if (checked) hash.update(bytes);
    }, options);
    this.#file = file;
    this.#hash = hash;
  }

  /** Writes the rest and the footer and gives the file its name: see {@link TapeEncoder.seal}. */
  finish(instrument?: Instrument, end?: TapeEnd): TapeInfo {
    this.flush();
    const info = this.seal(this.#hash.digest('hex'), instrument, end);
    this.#file.commit();
    return info;
  }

  /** Removes what was written; does nothing after `finish`. */
  discard(): void {
    this.#file.discard();
  }
}
