/** Where things lie in the scanner's memory, as byte addresses. */
import { rowLayout } from '../../kernel/row-layout.ts';
import { REMEMBERED } from '../seen-trades.ts';
import { TICKER_VALUES, WAITING } from '../ticker-queue.ts';

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
/** int32: lines that were passed before this one, and where this one begins. */
export const PASSED = 444;
export const LINE = 448;
/** float64: see ReceiveClock, and the book's id of TickerQueue. */
export const CLOCK = 512;
export const CLOCK_VALUES = 3;
export const BOOK_ID = 536;
/** int32: first and count of a TickerQueue. */
export const QUEUE = 544;
/** int32: trades that were passed, and how many of their quantities have 0, 1, … 8 decimals. */
export const TRADE_COUNT = 552;
export const TRADE_DECIMALS = 556;

/**
 * Shapes one after the other. A shape is a header (entries, bytes, number, whether its
 * messages are passed; int32) and its entries: what a value is, the
 * length of the text after it, bytes of the entry; int32; and the text in blocks of 16 bytes, each followed by a mask of
 * the bytes that count. The first entry has no value. A header of no entries ends the list.
 */
export const SHAPES = 1024;
export const SHAPES_END = 1 << 16;
export const HEADER = 16;
/** Address in a header of what becomes of its messages: see {@link Passing}. */
export const PASSING = 12;
/** Messages are read, or they are tickers or trades that are passed. */
export const Passing = { none: 0, tickers: 1, trades: 2 } as const;
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
/** Ids and values of a TickerQueue, float64. */
export const WAITING_IDS = ALIGNMENTS + ALIGNMENT_BYTES;
export const WAITING_VALUES = WAITING_IDS + 8 * WAITING;
/** Largest trade id taken and ids that are remembered, float64: see SeenTrades. */
export const LAST_TRADE = WAITING_VALUES + 8 * TICKER_VALUES * WAITING;
export const SEEN_TRADES = LAST_TRADE + 8;
/** Trades that were passed, as rows laid out as row-layout.ts says. */
export const TRADES = SEEN_TRADES + 8 * REMEMBERED;
export const TRADE_ROOM = 256;
export const MEMORY_BYTES = TRADES + rowLayout.bytes * TRADE_ROOM;
