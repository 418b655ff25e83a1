import { COLUMNS, Column } from './kpi-sums.ts';

/**
 * Sums of a session cut in blocks of equal time: block b covers (start + b·length, start + (b + 1)·length], times in
 * µs. Grows by a row a block; adding allocates only when a new row does not fit.
 */
export class BlockTable {
  readonly start: number;
  /** µs. */
  readonly blockLength: number;
  #rows = new Float64Array(64 * COLUMNS);
  #blocks = 0;
  /** The block that a time was last looked up for, and its bounds, µs: the next time mostly lies in the same. */
  #current = 0;
  #after: number;
  #until: number;

  constructor(start: number, blockLength: number) {
    this.start = start;
    this.blockLength = blockLength;
    this.#after = start;
    this.#until = start + blockLength;
  }

  get blocks(): number {
    return this.#blocks;
  }

  /** The sums of one block: a view, valid until the table grows. */
  row(block: number): Float64Array {
    return this.#rows.subarray(block * COLUMNS, (block + 1) * COLUMNS);
  }

  /** All blocks as one array of `blocks × COLUMNS` numbers: a copy. */
  values(): Float64Array {
    return this.#rows.slice(0, this.#blocks * COLUMNS);
  }

  blockAt(time: number): number {
    if (time > this.#after && time <= this.#until) return this.#current;
    const block = Math.max(0, Math.ceil((time - this.start) / this.blockLength) - 1);
    this.#current = block;
    this.#after = this.start + block * this.blockLength;
    this.#until = this.start + (block + 1) * this.blockLength;
    return block;
  }

  add(block: number, column: number, value: number): void {
    if (block >= this.#blocks) this.#extend(block + 1);
    this.#rows[block * COLUMNS + column] += value;
  }

  /** Adds `squared`·dt and dt over (from, until], split where a block ends. */
  addTime(from: number, until: number, squared: number): void {
    let begin = from;
    while (begin < until) {
      if (begin >= this.#after && until <= this.#until) {
        this.#addTime(this.#current, until - begin, squared);
        return;
      }
      const block = this.blockAt(begin) + (this.#atBoundary(begin) ? 1 : 0);
      const end = Math.min(until, this.start + (block + 1) * this.blockLength);
      this.#addTime(block, end - begin, squared);
      begin = end;
    }
  }

  #addTime(block: number, elapsed: number, squared: number): void {
    const seconds = elapsed / 1e6;
    this.add(block, Column.squaredInventory, squared * seconds);
    this.add(block, Column.seconds, seconds);
  }

  /** The sums of the whole session, into `out`. */
  total(out = new Float64Array(COLUMNS)): Float64Array {
    out.fill(0);
    for (let i = 0; i < this.#blocks * COLUMNS; i++) out[i % COLUMNS] += this.#rows[i];
    return out;
  }

  #atBoundary(time: number): boolean {
    return time > this.start && (time - this.start) % this.blockLength === 0;
  }

  #extend(blocks: number): void {
    if (blocks * COLUMNS > this.#rows.length) {
      const grown = new Float64Array(Math.max(2 * this.#rows.length, blocks * COLUMNS));
      grown.set(this.#rows);
      this.#rows = grown;
    }
    this.#blocks = blocks;
  }
}
