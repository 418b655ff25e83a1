import { DISTANCE_SYMBOLS, END, LEADS, LITERAL_SYMBOLS, MAX_CODE_BITS, NONE, SPECIAL } from './layout.ts';

/** Symbol of the end of a block; those before it are bytes, those after it lengths. */
export const END_OF_BLOCK = 256;

/** RFC 1951, 3.2.5: bits of the number that follows each symbol of a length, and of a distance. */
const LENGTH_BITS = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
const DISTANCE_BITS = Array.from({ length: 30 }, (_, symbol) => Math.max(0, (symbol >> 1) - 1));

/** What symbols mean, as entries of layout.ts without the bits of their codes. */
export const LITERALS: Int32Array = Int32Array.from({ length: LITERAL_SYMBOLS }, (_, symbol) =>
  symbol < END_OF_BLOCK ? (1 << 31) | (symbol << 16) : NONE,
);
LITERALS[END_OF_BLOCK] = END;
LITERALS.set(numbers(LENGTH_BITS, 3), END_OF_BLOCK + 1);
LITERALS[END_OF_BLOCK + LENGTH_BITS.length] = 258 << 16;

export const DISTANCES: Int32Array = new Int32Array(DISTANCE_SYMBOLS).fill(NONE);
DISTANCES.set(numbers(DISTANCE_BITS, 1));

function numbers(bits: readonly number[], smallest: number): readonly number[] {
  let next = smallest;
  return bits.map((count) => {
    const first = next;
    next += 1 << count;
    return (first << 16) | count;
  });
}

const counts = new Int32Array(MAX_CODE_BITS + 1);
const codes = new Int32Array(MAX_CODE_BITS + 1);

/**
 * Fills a table as layout.ts says from how many bits the code of each symbol has, 0 where it has none, and from what the
 * symbols mean. Returns false where that makes no prefix code; one that is not complete is a code only where it has one
 * symbol of one bit or none, and `complete` is not asked for (as in zlib).
 */
export function fillTable(
  table: Int32Array,
  width: number,
  lengths: Uint8Array,
  meanings: Int32Array,
  complete = false,
): boolean {
  if (!assignCodes(lengths, complete)) return false;
  let end = 1 << width;
  table.fill(NONE, 0, end);
  for (let symbol = 0; symbol < lengths.length; symbol++) {
    const bits = lengths[symbol];
    if (bits === 0) continue;
    const code = reversed(codes[bits]++, bits);
    if (bits <= width) {
      put(table, 0, width, code, bits, meanings[symbol]);
      continue;
    }
    const head = code & ((1 << width) - 1);
    if (table[head] === NONE) {
      const wide = MAX_CODE_BITS - width;
      table[head] = (end << 16) | LEADS | (wide << 8) | width;
      table.fill(NONE, end, end + (1 << wide));
      end += 1 << wide;
    }
    put(table, table[head] >>> 16, MAX_CODE_BITS - width, code >>> width, bits - width, meanings[symbol]);
  }
  return true;
}

/** `codes` ← the first code of each number of bits: RFC 1951, 3.2.2. */
function assignCodes(lengths: Uint8Array, complete: boolean): boolean {
  counts.fill(0);
  for (let symbol = 0; symbol < lengths.length; symbol++) counts[lengths[symbol]]++;
  const used = lengths.length - counts[0];
  counts[0] = 0;
  let code = 0;
  for (let bits = 1; bits <= MAX_CODE_BITS; bits++) {
    code = (code + counts[bits - 1]) << 1;
    codes[bits] = code;
    if (code + counts[bits] > 1 << bits) return false;
  }
  if (code + counts[MAX_CODE_BITS] === 1 << MAX_CODE_BITS) return true;
  return !complete && (used === 0 || (used === 1 && counts[1] === 1));
}

/** Fills the entries at all indices of `width` bits whose lowest are the code. */
function put(
  table: Int32Array,
  from: number,
  width: number,
  code: number,
  bits: number,
  meaning: number,
): void {
  const isNumber = meaning >= 0 && (meaning & SPECIAL) === 0;
  const entry = meaning + bits + (isNumber ? bits << 8 : 0);
  for (let index = code; index < 1 << width; index += 1 << bits) table[from + index] = entry;
}

/** Codes come with their highest bit first. */
function reversed(code: number, bits: number): number {
  let result = 0;
  for (let bit = 0; bit < bits; bit++) result |= ((code >>> bit) & 1) << (bits - 1 - bit);
  return result;
}
