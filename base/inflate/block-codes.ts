import type { BitReader } from './bit-reader.ts';
import * as layout from './layout.ts';
import { DISTANCES, END_OF_BLOCK, fillTable, LITERALS } from './tables.ts';

/** Most bytes that the head of a block takes. */
export const HEAD_BYTES = 512;

const ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
const LENGTH_BITS = 7;
const LENGTH_CODES = Int32Array.from(ORDER, (_, symbol) => symbol << 16);
/** Symbols for runs of lengths: bits of the number that follows, and the shortest run. */
const RUNS = [
  { bits: 2, shortest: 3 },
  { bits: 3, shortest: 3 },
  { bits: 7, shortest: 11 },
];
const REPEAT = 16;

/** The codes of a block (RFC 1951, 3.2.6 and 3.2.7) as tables in a memory. Every method returns whether they are codes. */
export class BlockCodes {
  readonly #literals: Int32Array;
  readonly #distances: Int32Array;
  readonly #lengths = new Uint8Array(layout.LITERAL_SYMBOLS + layout.DISTANCE_SYMBOLS);
  readonly #lengthBits = new Uint8Array(ORDER.length);
  readonly #lengthTable = new Int32Array(1 << LENGTH_BITS);

  constructor(memory: ArrayBuffer) {
    this.#literals = new Int32Array(memory, layout.LITERALS, layout.LITERAL_ENTRIES);
    this.#distances = new Int32Array(memory, layout.DISTANCES, layout.DISTANCE_ENTRIES);
  }

  setFixed(): boolean {
    const lengths = this.#lengths;
    lengths.fill(8, 0, 144).fill(9, 144, 256).fill(7, 256, 280).fill(8, 280, layout.LITERAL_SYMBOLS);
    lengths.fill(5, layout.LITERAL_SYMBOLS);
    return this.#fill(layout.LITERAL_SYMBOLS, layout.DISTANCE_SYMBOLS);
  }

  /** Reads the codes that a block begins with. */
  readDynamic(input: BitReader): boolean {
    const literals = 257 + input.read(5);
    const distances = 1 + input.read(5);
    const count = 4 + input.read(4);
    if (literals > 286 || distances > 30) return false;
    this.#lengthBits.fill(0);
    for (let i = 0; i < count; i++) this.#lengthBits[ORDER[i]] = input.read(3);
    return (
      this.#fillLengths() &&
      this.#readLengths(input, literals + distances) &&
      this.#lengths[END_OF_BLOCK] > 0 &&
      this.#fill(literals, distances)
    );
  }

  #fillLengths(): boolean {
    return fillTable(this.#lengthTable, LENGTH_BITS, this.#lengthBits, LENGTH_CODES, true);
  }

  #readLengths(input: BitReader, count: number): boolean {
    const lengths = this.#lengths;
    for (let at = 0; at < count; ) {
      const entry = this.#lengthTable[input.peek(LENGTH_BITS)];
      input.read(entry & 0xff);
      const symbol = entry >> 16;
      if (symbol < REPEAT) {
        lengths[at++] = symbol;
        continue;
      }
      if (symbol === REPEAT && at === 0) return false;
      const { bits, shortest } = RUNS[symbol - REPEAT];
      const end = at + shortest + input.read(bits);
      if (end > count) return false;
      lengths.fill(symbol === REPEAT ? lengths[at - 1] : 0, at, end);
      at = end;
    }
    return true;
  }

  #fill(literals: number, distances: number): boolean {
    const ofLiterals = this.#lengths.subarray(0, literals);
    const ofDistances = this.#lengths.subarray(literals, literals + distances);
    return (
      fillTable(this.#literals, layout.LITERAL_BITS, ofLiterals, LITERALS) &&
      fillTable(this.#distances, layout.DISTANCE_BITS, ofDistances, DISTANCES)
    );
  }
}
