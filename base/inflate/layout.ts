/** Where things lie in the memory of a `Gunzip`, as byte addresses. */

/**
 * Codes of a block, int32 each: an entry for each value of the next {@link LITERAL_BITS} (or {@link DISTANCE_BITS}) bits
 * of the input and, behind these, the tables that some of them lead to, for codes that are longer. An entry's bits:
 *
 * | bits | a literal | a length or distance | leads to a table |
 * |---|---|---|---|
 * | 0–7 | bits of its code | bits of its code and of the number that follows it | bits of the table that it is in |
 * | 8–12 | | bits of its code | bits of the table that it leads to |
 * | 13–15 | 0 | 0 | {@link LEADS} |
 * | 16–30 | the byte | the smallest length or distance | the number of that table's first entry |
 * | 31 | 1 | 0 | 0 |
 *
 * In tables that are led to, the bits of a code are those that are left. The end of a block is {@link END}, what is no code
 * {@link NONE}; these three have {@link SPECIAL} in common.
 */
export const LITERAL_BITS = 11;
export const DISTANCE_BITS = 8;
export const SPECIAL = 0x8000;
export const LEADS = 0xc000;
export const END = 0xa000;
export const NONE = 0x8000;

export const MAX_CODE_BITS = 15;
export const LITERAL_SYMBOLS = 288;
export const DISTANCE_SYMBOLS = 32;

/** A table that is led to has two codes at least. */
function entries(bits: number, symbols: number): number {
  return (1 << bits) + (symbols / 2) * (1 << (MAX_CODE_BITS - bits));
}

export const LITERALS = 0;
export const LITERAL_ENTRIES = entries(LITERAL_BITS, LITERAL_SYMBOLS);
export const DISTANCES = LITERALS + 4 * LITERAL_ENTRIES;
export const DISTANCE_ENTRIES = entries(DISTANCE_BITS, DISTANCE_SYMBOLS);

/** int32: byte and bit of the input, and byte of the output, at which decoding stopped. */
export const STOPPED = DISTANCES + 4 * DISTANCE_ENTRIES;

/** Compressed bytes, and zeros behind the end of the file. */
export const INPUT = STOPPED + 64;
export const INPUT_BYTES = 1 << 18;
export const INPUT_ZEROS = 64;

/** What matches may reach back to, a chunk of what was inflated, and what it may be longer by. */
export const HISTORY = INPUT + INPUT_BYTES + INPUT_ZEROS;
export const HISTORY_BYTES = 1 << 15;
export const CHUNK = HISTORY + HISTORY_BYTES;
export const CHUNK_BYTES = 1 << 19;
export const CHUNK_SLACK = 512;
export const MEMORY_BYTES = CHUNK + CHUNK_BYTES + CHUNK_SLACK;
