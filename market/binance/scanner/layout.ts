/** Where things lie in the scanner's memory, as byte addresses. */

/** 10ⁿ, float64, for the decimals that a number may have. */
export const POWERS = 0;
export const POWER_COUNT = 20;
/** float64: ticks of a price of 1; NaN while the tick size is not known. */
export const PER_UNIT = 160;
/** What a line holds, float64, by its `Value`; the receive time in the place of none. −1 where it is absent. */
export const SLOTS = 256;
export const SLOT_COUNT = 16;
/** int32: how many quantities of levels, those of 0 left out, have 0, 1, … 8 decimals. */
export const DECIMALS = 384;
export const DECIMAL_COUNT = 9;
/** int32: number of the shape that the line is of, its bids, its bids and asks. */
export const SHAPE = 432;
export const BIDS = 436;
export const COUNT = 440;

/**
 * Shapes one after the other. A shape is a header (entries, bytes, number; int32) and its entries: what a value is, the
 * length of the text after it, bytes of the entry; int32; and the text in blocks of 16 bytes, each followed by a mask of
 * the bytes that count. The first entry has no value. A header of no entries ends the list.
 */
export const SHAPES = 1024;
export const SHAPES_END = 1 << 16;
export const HEADER = 16;
export const BLOCK = 16;

/** Levels, bids first: prices in ticks (int32), prices and quantities as they came (float64). */
export const LEVELS = 1 << 15;
export const TICKS = SHAPES_END;
export const PRICES = TICKS + 4 * LEVELS;
export const QUANTITIES = PRICES + 8 * LEVELS;

/** Lines, and after them the zeros that end every search. */
export const INPUT = QUANTITIES + 8 * LEVELS;
export const INPUT_BYTES = 5 << 18;
/** How the characters of decimals become digits: see `alignments`. */
export const ALIGNMENTS = INPUT + INPUT_BYTES + 64;
export const ALIGNMENT_BYTES = 16 * 16 * 16;
export const MEMORY_BYTES = ALIGNMENTS + ALIGNMENT_BYTES;
