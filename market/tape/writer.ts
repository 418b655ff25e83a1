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

  constructor(path: string, options: TapeOptions) {
    const file = new AtomicFile(path);
    super((bytes) => file.write(bytes), options);
    this.#file = file;
  }

  /** Writes the rest and the footer and gives the file its name: see {@link TapeEncoder.finish}. */
  override finish(instrument?: Instrument, end?: TapeEnd): TapeInfo {
    const info = super.finish(instrument, end);
    this.#file.commit();
    return info;
  }

  /** Removes what was written; does nothing after `finish`. */
  discard(): void {
    this.#file.discard();
  }
}
