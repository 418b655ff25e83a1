import { type CompiledModule, compile, instantiate } from '../../../base/wasm/web-assembly.ts';
import { LevelMemory } from '../../kernel/level-memory.ts';
import type { LevelPlace, TickLevels } from '../../tick-levels.ts';
import { toMicroseconds } from '../decode-object.ts';
import { Decoder } from '../decoder.ts';
import { Message, MessageKind } from '../message.ts';
import { ReceiveClock } from '../receive-clock.ts';
import { REMEMBERED, SeenTrades } from '../seen-trades.ts';
import type { Shape } from '../shape.ts';
import { TICKER_VALUES, TickerQueue, WAITING } from '../ticker-queue.ts';
import { LAST_DECIMAL, Value } from '../value.ts';
import { alignments } from './decimal.ts';
import * as layout from './layout.ts';
import { PassedTrades } from './passed-trades.ts';
import { scannerProgram } from './program.ts';

const SHAPES = 8;
/** Room for a book, the updates that it keeps, and two batches of tape rows. */
const BOOK_BYTES = 12 << 20;
const MAX_SHAPE_BYTES = (layout.SHAPES_END - layout.SHAPES) / SHAPES - layout.HEADER;

/** Levels of a depth update or a snapshot that was scanned. */
export interface ScannedLevels extends TickLevels {
  /** Prices as they came. */
  readonly writtenPrices: Float64Array;
  /** How many of the quantities, those of 0 left out, have 0, 1, … 8 decimals. */
  readonly decimals: Int32Array;
}

/** Snapshots name no symbol, so that they are written alike for all. */
const SNAPSHOTS = [
  '{"lastUpdateId":1,"bids":[],"asks":[]}',
  '{"lastUpdateId":1,"E":1,"T":1,"bids":[],"asks":[]}',
];

/** Messages that a scanner passes. */
export interface Passing {
  /** Of none where it is empty. */
  readonly symbol: string;
  readonly tradeKind: MessageKind | undefined;
}

const NOTHING: Passing = { symbol: '', tradeKind: undefined };

let compiled: CompiledModule | undefined;
/** What a scanner has given back: fresh memory costs more than what is written into it. */
let idle: LevelMemory | undefined;

/**
 * Reads lines of captures that are written like lines before, in WebAssembly: receive time, message, and levels on the
 * tick grid. Whatever else a line is, `scan` leaves to the decoder, and `learn` takes the shape of what that read. Hot
 * path: nothing is allocated.
 */
export class MessageScanner implements ScannedLevels {
  /** Where lines are put, from `input` on, `capacity` bytes at most and {@link end} after them. */
  readonly bytes: Uint8Array;
  readonly input = layout.INPUT;
  readonly capacity = layout.INPUT_BYTES;
  /** Behind what is the scanner's there is room for who takes the levels. */
  readonly memory: LevelMemory;
  /** Levels of the message scanned last. */
  readonly place: LevelPlace;
  readonly prices: Int32Array;
  readonly quantities: Float64Array;
  readonly writtenPrices: Float64Array;
  readonly decimals: Int32Array;
  /** What takes in the messages that are passed. */
  readonly clock: ReceiveClock;
  readonly queue: TickerQueue;
  readonly seenTrades: SeenTrades;
  readonly trades: PassedTrades;
  /**
   * Reads the line at `at` in `bytes`, or the first one after it that is not passed, and returns where the next one begins; 0
   * where it is left to the decoder.
   */
  readonly scan: (at: number, end: number) => number;
  readonly #slots: Float64Array;
  readonly #found: Int32Array;
  readonly #line: Int32Array;
  /** What the shapes' texts are in memory. */
  readonly #shapes: { readonly shape: Shape; readonly bytes: Uint8Array }[] = [];
  #nextShape = 0;
  #learnt = 0;
  #hits = 0;
  #passing = NOTHING;

  constructor() {
    compiled ??= compile(scannerProgram());
    const memory = idle ?? new LevelMemory(layout.MEMORY_BYTES, BOOK_BYTES);
    idle = undefined;
    const { buffer } = memory;
    this.memory = memory;
    this.place = { memory, prices: layout.TICKS, quantities: layout.QUANTITIES };
    this.scan = instantiate<number>(compiled, memory.memory);
    this.bytes = new Uint8Array(buffer);
    this.bytes.fill(0, 0, layout.SHAPES_END);
    this.prices = new Int32Array(buffer, layout.TICKS, layout.LEVELS);
    this.quantities = new Float64Array(buffer, layout.QUANTITIES, layout.LEVELS);
    this.writtenPrices = new Float64Array(buffer, layout.PRICES, layout.LEVELS);
    this.decimals = new Int32Array(buffer, layout.DECIMALS, layout.DECIMAL_COUNT);
    this.#slots = new Float64Array(buffer, layout.SLOTS, layout.SLOT_COUNT);
    this.#found = new Int32Array(buffer, layout.SHAPE, 3);
    this.#line = new Int32Array(buffer, layout.PASSED, 2);
    this.clock = new ReceiveClock(new Float64Array(buffer, layout.CLOCK, layout.CLOCK_VALUES));
    this.seenTrades = new SeenTrades(
      new Float64Array(buffer, layout.LAST_TRADE, 1),
      new Float64Array(buffer, layout.SEEN_TRADES, REMEMBERED),
    );
    this.trades = new PassedTrades(memory);
    this.queue = new TickerQueue(
      new Float64Array(buffer, layout.BOOK_ID, 1),
      new Int32Array(buffer, layout.QUEUE, 2),
      new Float64Array(buffer, layout.WAITING_IDS, WAITING),
      new Float64Array(buffer, layout.WAITING_VALUES, TICKER_VALUES * WAITING),
    );
    const powers = new Float64Array(buffer, layout.POWERS, layout.POWER_COUNT);
    for (let i = 0; i < powers.length; i++) powers[i] = Number(`1e${i}`);
    this.bytes.set(alignments(), layout.ALIGNMENTS);
    this.tickSize = Number.NaN;
    const decoder = new Decoder();
    for (const text of SNAPSHOTS) {
      decoder.decode(Buffer.from(text), 0, text.length, new Message());
      if (decoder.shape !== undefined) this.learn(decoder.shape);
    }
  }

  /** Forgets what was taken in of lines, and who took room in the memory; what it has learnt it keeps. */
  clear(): void {
    this.memory.clear();
    this.clock.clear();
    this.queue.clear();
    this.seenTrades.clear();
    this.trades.clear();
    this.passing = NOTHING;
  }

  /** For the next scanner; nobody uses this one any more. */
  release(): void {
    this.memory.clear();
    idle = this.memory;
  }

  /** Until it is set, levels have no prices in ticks. Prices off the grid are left to the decoder. */
  set tickSize(tickSize: number) {
    new Float64Array(this.memory.buffer, layout.PER_UNIT, 1)[0] = 1 / tickSize;
  }

  /**
   * Which messages are passed: tickers of the symbol whose id the book has not come to, for they only wait, and trades of the
   * kind that are new, on the grid, and of the book. None by default.
   */
  set passing(passing: Passing) {
    const { symbol, tradeKind } = this.#passing;
    if (symbol === passing.symbol && tradeKind === passing.tradeKind) return;
    this.#passing = passing;
    this.#writeShapes();
  }

  /** Lines that were passed before the line scanned last. */
  get passed(): number {
    return this.#line[0];
  }

  /** Where the line scanned last begins, also where it is left to the decoder. */
  get line(): number {
    return this.#line[1];
  }

  /** Marks the end of the lines. */
  end(at: number): void {
    this.bytes.fill(0, at, at + layout.BLOCK);
  }

  /** Receive time of the line scanned last, µs. */
  get localTime(): number {
    return this.#slots[Value.none];
  }

  get bids(): number {
    return this.#found[1];
  }

  get count(): number {
    return this.#found[2];
  }

  /** Fills `message` with what was scanned last; levels are not copied. */
  read(message: Message): void {
    const slots = this.#slots;
    const { shape } = this.#shapes[this.#found[0]];
    const { kind } = shape;
    this.#hits++;
    message.kind = kind;
    message.symbol = shape.symbol;
    message.execution = shape.execution;
    message.eventTime = toMicroseconds(slots[Value.eventTime]);
    message.transactionTime = toMicroseconds(slots[Value.transactionTime]);
    message.lastId = slots[Value.lastId];
    if (kind === MessageKind.bookTicker) {
      message.bidPrice = slots[Value.bidPrice];
      message.bidQuantity = slots[Value.bidQuantity];
      message.askPrice = slots[Value.askPrice];
      message.askQuantity = slots[Value.askQuantity];
    } else if (hasLevels(kind)) {
      message.firstId = slots[Value.firstId];
      message.previousId = slots[Value.previousId];
    } else {
      message.tradeId = slots[Value.tradeId];
      message.price = slots[Value.price];
      message.quantity = slots[Value.quantity];
      message.buyerIsMaker = slots[Value.buyerIsMaker] === 1;
    }
  }

  /** Takes the shape of a message that the decoder had to read, unless messages turn out to be seldom written alike. */
  learn(shape: Shape): void {
    if (this.#learnt++ > this.#hits + SHAPES * SHAPES) return;
    if (this.#shapes.some((known) => known.shape === shape) || !isInOrder(shape)) return;
    const bytes = encode(shape, this.#nextShape);
    if (bytes.length > MAX_SHAPE_BYTES) return;
    this.#shapes[this.#nextShape] = { shape, bytes };
    this.#nextShape = (this.#nextShape + 1) % SHAPES;
    this.#writeShapes();
  }

  #writeShapes(): void {
    let at: number = layout.SHAPES;
    for (const { shape, bytes } of this.#shapes) {
      this.bytes.set(bytes, at);
      this.bytes[at + layout.PASSING] = passingOf(shape, this.#passing);
      at += bytes.length;
    }
    this.bytes.fill(0, at, at + layout.HEADER);
  }
}

/** What becomes of messages of a shape. */
function passingOf({ kind, symbol, execution, values }: Shape, passing: Passing): number {
  if (symbol === '' || symbol !== passing.symbol) return layout.Passing.none;
  if (kind === MessageKind.bookTicker) return layout.Passing.tickers;
  // The decimals of a trade's quantity are those of what is read last.
  const decimals = values.filter((value) => value <= LAST_DECIMAL);
  const isTrade = kind === passing.tradeKind && execution === '' && decimals.at(-1) === Value.quantity;
  return isTrade ? layout.Passing.trades : layout.Passing.none;
}

function hasLevels(kind: MessageKind): boolean {
  return kind === MessageKind.depth || kind === MessageKind.snapshot;
}

/** Bids come before asks, where there are levels. */
function isInOrder({ kind, values }: Shape): boolean {
  const levels = values.filter((value) => value === Value.bids || value === Value.asks);
  return hasLevels(kind)
    ? levels.length === 2 && levels[0] === Value.bids && levels[1] === Value.asks
    : levels.length === 0;
}

/** A shape as layout.ts says. */
function encode(shape: Shape, number: number): Uint8Array {
  const entries = [Value.none, ...shape.values].map((value, index) => {
    const text = shape.text(index);
    const blocks = Math.ceil(text.length / layout.BLOCK);
    const entry = new Uint8Array(layout.HEADER + 2 * layout.BLOCK * blocks);
    new Int32Array(entry.buffer, 0, 3).set([value, text.length, entry.length]);
    text.forEach((byte, i) => {
      const at = layout.HEADER + 2 * layout.BLOCK * Math.floor(i / layout.BLOCK) + (i % layout.BLOCK);
      entry[at] = byte;
      entry[at + layout.BLOCK] = 0xff;
    });
    return entry;
  });
  const header = new Uint8Array(layout.HEADER);
  const length = entries.reduce((sum, entry) => sum + entry.length, header.length);
  new Int32Array(header.buffer, 0, 3).set([entries.length, length, number]);
  return Uint8Array.from(Buffer.concat([header, ...entries]));
}
