/**
 * Binance messages from bytes. Hot path: one pass over the bytes, numbers straight from digits, no strings and no
 * objects. A message written like one before is read by its shape, any other by a scanner of JSON. Whatever the scanner
 * does not expect (escapes, exponents, other shapes) goes to JSON.parse and decode-object.ts, which decide; so the
 * scanner need not know all of JSON, only never misread it.
 */
import { decodeObject, isPartialDepth, LEAST_MICROSECONDS } from './decode-object.ts';
import { JsonBytes } from './json-bytes.ts';
import { type Levels, type Message, MessageKind } from './message.ts';
import { Shape } from './shape.ts';
import { LAST_DECIMAL, Value } from './value.ts';

const QUOTE = 0x22;
const COMMA = 0x2c;
const ZERO = 0x30;
const COLON = 0x3a;
const OPEN_ARRAY = 0x5b;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** Streams of a symbol are few, symbols of a capture seldom more. */
const SHAPES = 8;
const MARKS = 32;
/** Bytes that hold many messages: part of a file, not one message from a socket. */
const MANY = 1 << 16;

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);
const code = (character: string): number => character.charCodeAt(0);

const DEPTH_UPDATE = ascii('depthUpdate');
const TRADE = ascii('trade');
const AGG_TRADE = ascii('aggTrade');
const BOOK_TICKER = ascii('bookTicker');
const MARKET = ascii('MARKET');
const KEY_PU = ascii('pu');
const KEY_DATA = ascii('data');
const KEY_BIDS = ascii('bids');
const KEY_ASKS = ascii('asks');
const KEY_STREAM = ascii('stream');
const KEY_RESULT = ascii('result');
const KEY_SYMBOL = ascii('symbol');
const KEY_LAST_UPDATE_ID = ascii('lastUpdateId');
// Binance's field names are single letters.
const [a, b, e, f, m, p, q, s, t, u] = [...'abefmpqstu'].map(code);
const [A, B, E, T, U, X] = [...'ABETUX'].map(code);

/** What came of a payload: understood, JSON that is not what its type promises, or not JSON at all. */
export type Decoded = 'message' | 'malformed';

/** Decodes payloads one after the other; keeps nothing of them but interned symbols. */
export class Decoder extends JsonBytes {
  /** Why the last payload was malformed. */
  #reason = '';
  /** Bytes of the event type, the stream name and the symbol, as [start, end). */
  #typeStart = -1;
  #typeEnd = -1;
  #streamStart = -1;
  #streamEnd = -1;
  #bidsSeen = false;
  #asksSeen = false;
  #makerSeen = false;
  #hasLastUpdateId = false;
  #symbolBytes: Uint8Array = new Uint8Array(0);
  #symbol = '';
  /** On the bytes, where they are many messages. */
  #view: DataView | null = null;
  readonly #shapes: Shape[] = [];
  #nextShape = 0;
  #shape: Shape | undefined;
  /** Messages read by a shape, and those that could have been. */
  #hits = 0;
  #misses = 0;
  /** What the value scanned last is. */
  #value: Value = Value.none;
  /** Values of the message: what, from where, to where. */
  readonly #marks = new Int32Array(3 * MARKS);
  #markCount = 0;

  /** Why the last payload was malformed. */
  get reason(): string {
    return this.#reason;
  }

  /** How the last message was written, where that is remembered. */
  get shape(): Shape | undefined {
    return this.#shape;
  }

  /** Decodes the JSON in `bytes[start, end)` into `message`. */
  decode(bytes: Uint8Array, start: number, end: number, message: Message): Decoded {
    if (this.#follow(bytes, start, end, message)) return 'message';
    this.#shape = undefined;
    if (this.#scan(bytes, start, end, message)) {
      this.#learn(start, message);
      return 'message';
    }
    const text = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('utf8');
    try {
      const payload: unknown = JSON.parse(text);
      if (decodeObject(payload, message)) return 'message';
      this.#reason = 'the message lacks a field of its type or has an unusable one';
    } catch (error) {
      this.#reason = `not JSON: ${(error as Error).message}`;
    }
    return 'malformed';
  }

  /** Reads a message that is written like one before. */
  #follow(bytes: Uint8Array, start: number, end: number, message: Message): boolean {
    if (this.bytes !== bytes) {
      this.bytes = bytes;
      this.#view =
        bytes.length < MANY ? null : new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    }
    this.end = end;
    const shapes = this.#shapes;
    for (let i = 0; i < shapes.length; i++) {
      const at = shapes[i].pass(bytes, this.#view, start, end, 0);
      if (at < 0) continue;
      this.at = at;
      if (!this.#followShape(shapes[i], message)) continue;
      this.#shape = shapes[i];
      this.#hits++;
      return true;
    }
    return false;
  }

  #followShape(shape: Shape, message: Message): boolean {
    const { values } = shape;
    const bytes = this.bytes;
    const view = this.#view;
    const end = this.end;
    message.clear();
    this.failed = false;
    for (let i = 0; ; ) {
      this.#readValue(values[i], message);
      if (this.failed) return false;
      const at = shape.pass(bytes, view, this.at, end, ++i);
      if (at < 0) return false;
      this.at = at;
      if (i === values.length) break;
    }
    message.kind = shape.kind;
    message.symbol = shape.symbol;
    message.execution = shape.execution;
    return this.at === end;
  }

  #readValue(value: number, message: Message): void {
    if (value === Value.buyerIsMaker) message.buyerIsMaker = this.boolean();
    else if (value === Value.bids) this.#readLevels(message.bids);
    else if (value === Value.asks) this.#readLevels(message.asks);
    else if (value <= LAST_DECIMAL) {
      this.decimal();
      const number = this.number[0];
      if (value === Value.bidPrice) message.bidPrice = number;
      else if (value === Value.bidQuantity) message.bidQuantity = number;
      else if (value === Value.askPrice) message.askPrice = number;
      else if (value === Value.askQuantity) message.askQuantity = number;
      else if (value === Value.price) message.price = number;
      else message.quantity = number;
    } else {
      this.integer();
      const number = this.number[0];
      // As decode-object.ts does in a function, whose call would box the time.
      const scale = number < LEAST_MICROSECONDS ? 1000 : 1;
      if (value === Value.lastId) message.lastId = number;
      else if (value === Value.transactionTime) message.transactionTime = number * scale;
      else if (value === Value.eventTime) message.eventTime = number * scale;
      else if (value === Value.tradeId) message.tradeId = number;
      else if (value === Value.firstId) message.firstId = number;
      else message.previousId = number;
    }
  }

  #readLevels(into: Levels): void {
    if (this.bytes[this.at] !== OPEN_ARRAY || !this.levels(into)) this.failed = true;
  }

  /** Remembers how a message is written, unless messages turn out to be seldom written alike. */
  #learn(start: number, message: Message): void {
    const { kind } = message;
    const count = this.#markCount;
    if (kind === MessageKind.other || count === 0 || count > MARKS) return;
    if (this.#misses++ > this.#hits + SHAPES * SHAPES) return;
    this.#shape = new Shape(this.bytes, start, this.end, this.#marks, count, message);
    this.#shapes[this.#nextShape] = this.#shape;
    this.#nextShape = (this.#nextShape + 1) % SHAPES;
  }

  #scan(bytes: Uint8Array, start: number, end: number, message: Message): boolean {
    message.clear();
    this.bytes = bytes;
    this.at = start;
    this.end = end;
    this.failed = false;
    this.#typeStart = -1;
    this.#streamStart = -1;
    this.#bidsSeen = false;
    this.#asksSeen = false;
    this.#makerSeen = false;
    this.#hasLastUpdateId = false;
    this.#markCount = 0;
    this.#object(message, 0);
    this.space();
    return !this.failed && this.at === end && this.#classify(message);
  }

  #classify(message: Message): boolean {
    const start = this.#typeStart;
    const length = start < 0 ? 0 : this.#typeEnd - start;
    if (this.#streamStart >= 0 && isPartialDepthBytes(this.bytes, this.#streamStart, this.#streamEnd)) {
      message.type = 'partialDepth';
      return true;
    }
    if (length === 0) {
      if (this.#hasLastUpdateId) {
        message.kind = MessageKind.snapshot;
        return this.#bidsSeen && this.#asksSeen;
      }
      message.kind = MessageKind.bookTicker;
      return this.#isBookTicker(message);
    }
    if (this.matches(start, length, DEPTH_UPDATE)) {
      message.kind = MessageKind.depth;
      const complete = this.#bidsSeen && this.#asksSeen;
      return complete && message.firstId >= 0 && message.lastId >= 0;
    }
    if (this.matches(start, length, TRADE)) {
      message.kind = MessageKind.trade;
      return this.#makerSeen && message.price >= 0 && message.quantity >= 0;
    }
    if (this.matches(start, length, AGG_TRADE)) {
      message.kind = MessageKind.aggTrade;
      return this.#makerSeen && message.price >= 0 && message.quantity >= 0;
    }
    if (this.matches(start, length, BOOK_TICKER)) {
      message.kind = MessageKind.bookTicker;
      return this.#isBookTicker(message);
    }
    message.kind = MessageKind.other;
    message.type = this.text(start, this.#typeEnd);
    return true;
  }

  #isBookTicker(message: Message): boolean {
    return (
      message.lastId >= 0 &&
      message.bidPrice >= 0 &&
      message.askPrice >= 0 &&
      message.bidQuantity >= 0 &&
      message.askQuantity >= 0
    );
  }

  #object(message: Message, depth: number): void {
    const bytes = this.bytes;
    if (!this.expect(OPEN_OBJECT)) return;
    this.space();
    if (bytes[this.at] === CLOSE_OBJECT) {
      this.at++;
      return;
    }
    while (!this.failed) {
      this.space();
      if (!this.string()) return;
      const start = this.stringStart;
      const length = this.at - 1 - start;
      this.space();
      if (!this.expect(COLON)) return;
      this.space();
      this.#value = Value.none;
      const valueStart = this.at;
      if (length === 1) this.#shortKey(bytes[start], message);
      else this.#longKey(start, length, message, depth);
      if (this.#value !== Value.none) this.#mark(valueStart);
      this.space();
      const next = bytes[this.at];
      this.at++;
      if (next === COMMA) continue;
      if (next !== CLOSE_OBJECT || this.at > this.end) this.failed = true;
      return;
    }
  }

  #mark(start: number): void {
    const count = this.#markCount++;
    if (count >= MARKS) return;
    this.#marks[3 * count] = this.#value;
    this.#marks[3 * count + 1] = start;
    this.#marks[3 * count + 2] = this.at;
    this.#value = Value.none;
  }

  #shortKey(key: number, message: Message): void {
    const value = this.#valueOf(key, this.bytes[this.at]);
    if (value !== Value.none) {
      this.#value = value;
      this.#readValue(value, message);
      if (value === Value.bids) this.#bidsSeen = true;
      else if (value === Value.asks) this.#asksSeen = true;
      else if (value === Value.buyerIsMaker) this.#makerSeen = true;
      return;
    }
    const isText = this.bytes[this.at] === QUOTE;
    if (key === s && isText) this.#readSymbol(message);
    else if (key === e && isText) {
      if (!this.string()) return;
      this.#typeStart = this.stringStart;
      this.#typeEnd = this.at - 1;
    } else if (key === X && isText) {
      if (!this.string()) return;
      const start = this.stringStart;
      const end = this.at - 1;
      if (!this.matches(start, end - start, MARKET)) message.execution = this.text(start, end);
    } else this.skip();
  }

  /** What the value of a field is, by its name and its first byte. */
  #valueOf(key: number, first: number): Value {
    if (first === QUOTE) {
      if (key === b) return Value.bidPrice;
      if (key === B) return Value.bidQuantity;
      if (key === a) return Value.askPrice;
      if (key === A) return Value.askQuantity;
      if (key === p) return Value.price;
      return key === q ? Value.quantity : Value.none;
    }
    if (first >= ZERO && first < ZERO + 10) {
      if (key === u) return Value.lastId;
      if (key === E) return Value.eventTime;
      if (key === T) return Value.transactionTime;
      if (key === U) return Value.firstId;
      return key === t || key === a ? Value.tradeId : Value.none;
    }
    if (first === OPEN_ARRAY) return key === b ? Value.bids : key === a ? Value.asks : Value.none;
    return key === m && (first === t || first === f) ? Value.buyerIsMaker : Value.none;
  }

  #longKey(start: number, length: number, message: Message, depth: number): void {
    const first = this.bytes[this.at];
    if (this.matches(start, length, KEY_PU)) {
      this.#value = Value.previousId;
      this.integer();
      message.previousId = this.number[0];
    } else if (depth === 0 && first === OPEN_OBJECT && this.matches(start, length, KEY_DATA))
      this.#object(message, 1);
    else if (depth === 0 && first === OPEN_OBJECT && this.matches(start, length, KEY_RESULT))
      this.#object(message, 1);
    else if (first === OPEN_ARRAY && this.matches(start, length, KEY_BIDS)) {
      this.#value = Value.bids;
      this.#bidsSeen = this.levels(message.bids);
    } else if (first === OPEN_ARRAY && this.matches(start, length, KEY_ASKS)) {
      this.#value = Value.asks;
      this.#asksSeen = this.levels(message.asks);
    } else if (this.matches(start, length, KEY_LAST_UPDATE_ID)) {
      this.#value = Value.lastId;
      this.integer();
      message.lastId = this.number[0];
      this.#hasLastUpdateId = true;
    } else if (first === QUOTE && this.matches(start, length, KEY_STREAM)) {
      if (!this.string()) return;
      this.#streamStart = this.stringStart;
      this.#streamEnd = this.at - 1;
    } else if (first === QUOTE && this.matches(start, length, KEY_SYMBOL)) this.#readSymbol(message);
    else this.skip();
  }

  #readSymbol(message: Message): void {
    if (!this.string()) return;
    const start = this.stringStart;
    const end = this.at - 1;
    if (!this.matches(start, end - start, this.#symbolBytes)) {
      this.#symbolBytes = this.bytes.slice(start, end);
      this.#symbol = this.text(start, end).toUpperCase();
    }
    message.symbol = this.#symbol;
  }
}

function isPartialDepthBytes(bytes: Uint8Array, start: number, end: number): boolean {
  // Only the rare name with a digit after "@depth" needs the full look.
  for (let at = start; at + 6 < end; at++) {
    if (bytes[at] !== 0x40 || bytes[at + 1] !== 0x64) continue;
    const digit = bytes[at + 6] - ZERO;
    if (digit < 0 || digit > 9) return false;
    return isPartialDepth(
      Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1'),
    );
  }
  return false;
}
