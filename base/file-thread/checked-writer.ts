import { createHash } from 'node:crypto';
import { writeSync } from 'node:fs';

/** Writes blocks to where a file ends and keeps the SHA-256 of parts of them. */
export class CheckedWriter {
  readonly #descriptor: number;
  #failed = false;
  readonly #hash = createHash('sha256');

  constructor(descriptor: number) {
    this.#descriptor = descriptor;
  }

  /**
   * `checked`: where each part begins and ends. Throws what the file system does; from then on it writes nothing, for whoever
   * hears of it closes the file while more may be on the way.
   */
  write(block: Uint8Array, checked: readonly number[]): void {
    if (this.#failed) throw new Error('an earlier block was not written');
    this.#failed = true;
    for (let offset = 0; offset < block.length; )
      offset += writeSync(this.#descriptor, block, offset, block.length - offset);
    this.#failed = false;
    for (let i = 0; i < checked.length; i += 2) this.#hash.update(block.subarray(checked[i], checked[i + 1]));
  }

  /** Of all parts, in hex; once. */
  checksum(): string {
    return this.#hash.digest('hex');
  }
}
