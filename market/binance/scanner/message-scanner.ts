import {
  type CompiledModule,
  compile,
  createMemory,
  instantiate,
  type WebAssemblyMemory,
} from '../../../base/wasm/web-assembly.ts';
import { toMicroseconds } from '../decode-object.ts';
import { Decoder } from '../decoder.ts';
import { Message, MessageKind } from '../message.ts';
import type { Shape } from '../shape.ts';
import type { TickLevels } from '../tick-levels.ts';
import { Value } from '../value.ts';
import { alignments } from './decimal.ts';
import * as layout from './layout.ts';
import { scannerProgram } from './program.ts';

const SHAPES = 8;
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

let compiled: CompiledModule | undefined;
/** What a scanner has given back: fresh memory costs more than what is written into it. */
let idle: WebAssemblyMemory | undefined;

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
  /** Levels of the message scanned last. */
  readonly prices: Int32Array;
  readonly quantities: Float64Array;
  readonly writtenPrices: Float64Array;
  readonly decimals: Int32Array;
  /** Reads the line at `at` in `bytes`, and returns where the next one begins; 0 where it is left to the decoder. */
  readonly scan: (at: number, end: number) => number;
  readonly #memory: WebAssemblyMemory;
  readonly #slots: Float64Array;
  readonly #found: Int32Array;
  /** What the shapes' texts are in memory. */
  readonly #shapes: { readonly shape: Shape; readonly bytes: Uint8Array }[] = [];
  #nextShape = 0;
  #learnt = 0;
  #hits = 0;

  constructor() {
    compiled ??= compile(scannerProgram());
    const memory = idle ?? createMemory(layout.MEMORY_BYTES);
    idle = undefined;
    const { buffer } = memory;
    this.#memory = memory;
    this.scan = instantiate<number>(compiled, memory);
    this.bytes = new Uint8Array(buffer);
    this.bytes.fill(0, 0, layout.SHAPES_END);
    this.prices = new Int32Array(buffer, layout.TICKS, layout.LEVELS);
    this.quantities = new Float64Array(buffer, layout.QUANTITIES, layout.LEVELS);
    this.writtenPrices = new Float64Array(buffer, layout.PRICES, layout.LEVELS);
    this.decimals = new Int32Array(buffer, layout.DECIMALS, layout.DECIMAL_COUNT);
    this.#slots = new Float64Array(buffer, layout.SLOTS, layout.SLOT_COUNT);
    this.#found = new Int32Array(buffer, layout.SHAPE, 3);
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

  /** For the next scanner; nobody uses this one any more. */
  release(): void {
    idle = this.#memory;
  }

  /** Until it is set, levels have no prices in ticks. Prices off the grid are left to the decoder. */
  set tickSize(tickSize: number) {
    new Float64Array(this.#memory.buffer, layout.PER_UNIT, 1)[0] = 1 / tickSize;
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
    let at: number = layout.SHAPES;
    for (const known of this.#shapes) {
      this.bytes.set(known.bytes, at);
      at += known.bytes.length;
    }
    this.bytes.fill(0, at, at + layout.HEADER);
  }
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
