/**
 * Binance messages from bytes. Hot path: one pass over the bytes, numbers straight from digits, no strings and no
 * objects. Whatever the scanner does not expect (escapes, exponents, other shapes) goes to JSON.parse and
 * decode-object.ts, which decide; so the scanner need not know all of JSON, only never misread it.
 */
import { decodeObject, isPartialDepth, LEAST_MICROSECONDS } from './decode-object.ts';
import { type Levels, type Message, MessageKind } from './message.ts';

const SPACE = 0x20;
const QUOTE = 0x22;
const COMMA = 0x2c;
const DOT = 0x2e;
const ZERO = 0x30;
const COLON = 0x3a;
const OPEN_ARRAY = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

const POWERS = Float64Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`));
/** Integers up to here are exact in a double, so that integer ÷ 10ⁿ is the decimal, correctly rounded. */
const EXACT = Number.MAX_SAFE_INTEGER;
const SEEN_LEVELS = 1;

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
export class Decoder {
  #bytes: Uint8Array = new Uint8Array(0);
  #at = 0;
  #end = 0;
  #failed = false;
  /** The number just read: one that a function returns would be boxed. */
  readonly #number = new Float64Array(1);
  /** Why the last payload was malformed. */
  #reason = '';
  /** Bytes of the event type, the stream name and the symbol, as [start, end). */
  #typeStart = -1;
  #typeEnd = -1;
  #streamStart = -1;
  #streamEnd = -1;
  #bidsSeen = 0;
  #asksSeen = 0;
  #makerSeen = false;
  #hasLastUpdateId = false;
  #symbolBytes: Uint8Array = new Uint8Array(0);
  #symbol = '';

  /** Why the last payload was malformed. */
  get reason(): string {
    return this.#reason;
  }

  /** Decodes the JSON in `bytes[start, end)` into `message`. */
  decode(bytes: Uint8Array, start: number, end: number, message: Message): Decoded {
    if (this.#scan(bytes, start, end, message)) return 'message';
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

  #scan(bytes: Uint8Array, start: number, end: number, message: Message): boolean {
    message.clear();
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
    this.#failed = false;
    this.#typeStart = -1;
    this.#streamStart = -1;
    this.#bidsSeen = 0;
    this.#asksSeen = 0;
    this.#makerSeen = false;
    this.#hasLastUpdateId = false;
    this.#object(message, 0);
    this.#space();
    return !this.#failed && this.#at === end && this.#classify(message);
  }

  #classify(message: Message): boolean {
    const start = this.#typeStart;
    const length = start < 0 ? 0 : this.#typeEnd - start;
    if (this.#streamStart >= 0 && isPartialDepthBytes(this.#bytes, this.#streamStart, this.#streamEnd)) {
      message.type = 'partialDepth';
      return true;
    }
    if (length === 0) {
      if (this.#hasLastUpdateId) {
        message.kind = MessageKind.snapshot;
        return this.#bidsSeen === SEEN_LEVELS && this.#asksSeen === SEEN_LEVELS;
      }
      message.kind = MessageKind.bookTicker;
      return this.#isBookTicker(message);
    }
    if (this.#matches(start, length, DEPTH_UPDATE)) {
      message.kind = MessageKind.depth;
      const complete = this.#bidsSeen === SEEN_LEVELS && this.#asksSeen === SEEN_LEVELS;
      return complete && message.firstId >= 0 && message.lastId >= 0;
    }
    if (this.#matches(start, length, TRADE)) {
      message.kind = MessageKind.trade;
      return this.#makerSeen && message.price >= 0 && message.quantity >= 0;
    }
    if (this.#matches(start, length, AGG_TRADE)) {
      message.kind = MessageKind.aggTrade;
      return this.#makerSeen && message.price >= 0 && message.quantity >= 0;
    }
    if (this.#matches(start, length, BOOK_TICKER)) {
      message.kind = MessageKind.bookTicker;
      return this.#isBookTicker(message);
    }
    message.kind = MessageKind.other;
    message.type = this.#text(start, this.#typeEnd);
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
    const bytes = this.#bytes;
    if (!this.#expect(OPEN_OBJECT)) return;
    this.#space();
    if (bytes[this.#at] === CLOSE_OBJECT) {
      this.#at++;
      return;
    }
    while (!this.#failed) {
      this.#space();
      if (!this.#string()) return;
      const start = this.#stringStart;
      const length = this.#at - 1 - start;
      this.#space();
      if (!this.#expect(COLON)) return;
      this.#space();
      if (length === 1) this.#shortKey(bytes[start], message);
      else this.#longKey(start, length, message, depth);
      this.#space();
      const next = bytes[this.#at];
      this.#at++;
      if (next === COMMA) continue;
      if (next !== CLOSE_OBJECT || this.#at > this.#end) this.#failed = true;
      return;
    }
  }

  #shortKey(key: number, message: Message): void {
    const first = this.#bytes[this.#at];
    const isText = first === QUOTE;
    const isNumber = first >= ZERO && first < ZERO + 10;
    if (key === m) {
      message.buyerIsMaker = first === t;
      this.#makerSeen = first === t || first === f;
      this.#skip();
    } else if (isNumber) this.#shortInteger(key, message);
    else if (first === OPEN_ARRAY && key === b) this.#bidsSeen = this.#levels(message.bids);
    else if (first === OPEN_ARRAY && key === a) this.#asksSeen = this.#levels(message.asks);
    else if (isText && isDecimalKey(key)) this.#shortDecimal(key, message);
    else if (key === s && isText) this.#readSymbol(message);
    else if (key === e && isText) {
      if (!this.#string()) return;
      this.#typeStart = this.#stringStart;
      this.#typeEnd = this.#at - 1;
    } else if (key === X && isText) {
      if (!this.#string()) return;
      const start = this.#stringStart;
      const end = this.#at - 1;
      if (!this.#matches(start, end - start, MARKET)) message.execution = this.#text(start, end);
    } else this.#skip();
  }

  #shortInteger(key: number, message: Message): void {
    if (key !== E && key !== T && key !== U && key !== u && key !== t && key !== a) {
      this.#skip();
      return;
    }
    this.#integer();
    const value = this.#number[0];
    // As decode-object.ts does in a function, whose call would box the time.
    const scale = value < LEAST_MICROSECONDS ? 1000 : 1;
    if (key === E) message.eventTime = value * scale;
    else if (key === T) message.transactionTime = value * scale;
    else if (key === U) message.firstId = value;
    else if (key === u) message.lastId = value;
    else message.tradeId = value;
  }

  #shortDecimal(key: number, message: Message): void {
    this.#decimal();
    const value = this.#number[0];
    if (key === b) message.bidPrice = value;
    else if (key === a) message.askPrice = value;
    else if (key === B) message.bidQuantity = value;
    else if (key === A) message.askQuantity = value;
    else if (key === p) message.price = value;
    else message.quantity = value;
  }

  #longKey(start: number, length: number, message: Message, depth: number): void {
    const first = this.#bytes[this.#at];
    if (this.#matches(start, length, KEY_PU)) {
      this.#integer();
      message.previousId = this.#number[0];
    } else if (depth === 0 && first === OPEN_OBJECT && this.#matches(start, length, KEY_DATA))
      this.#object(message, 1);
    else if (depth === 0 && first === OPEN_OBJECT && this.#matches(start, length, KEY_RESULT))
      this.#object(message, 1);
    else if (first === OPEN_ARRAY && this.#matches(start, length, KEY_BIDS))
      this.#bidsSeen = this.#levels(message.bids);
    else if (first === OPEN_ARRAY && this.#matches(start, length, KEY_ASKS))
      this.#asksSeen = this.#levels(message.asks);
    else if (this.#matches(start, length, KEY_LAST_UPDATE_ID)) {
      this.#integer();
      message.lastId = this.#number[0];
      this.#hasLastUpdateId = true;
    } else if (first === QUOTE && this.#matches(start, length, KEY_STREAM)) {
      if (!this.#string()) return;
      this.#streamStart = this.#stringStart;
      this.#streamEnd = this.#at - 1;
    } else if (first === QUOTE && this.#matches(start, length, KEY_SYMBOL)) this.#readSymbol(message);
    else this.#skip();
  }

  /** Reads `[["price","quantity"],…]`. */
  #levels(into: Levels): number {
    const bytes = this.#bytes;
    into.count = 0;
    this.#at++;
    this.#space();
    if (bytes[this.#at] === CLOSE_ARRAY) {
      this.#at++;
      return SEEN_LEVELS;
    }
    for (;;) {
      if (this.#plainLevels(into)) return SEEN_LEVELS;
      if (!this.#expect(OPEN_ARRAY)) return 0;
      this.#space();
      this.#decimal();
      const price = this.#number[0];
      this.#space();
      if (!this.#expect(COMMA)) return 0;
      this.#space();
      this.#decimal();
      const quantity = this.#number[0];
      this.#space();
      if (!this.#expect(CLOSE_ARRAY)) return 0;
      into.push(price, quantity);
      this.#space();
      const next = bytes[this.#at++];
      if (next === CLOSE_ARRAY) return SEEN_LEVELS;
      if (next !== COMMA || this.#at > this.#end) {
        this.#failed = true;
        return 0;
      }
      this.#space();
    }
  }

  /**
   * Reads levels as Binance writes them, `["1234.50","0.001"],` without a space and with a point, up to the end of the
   * list, which it tells, or to the first level that is written otherwise.
   */
  #plainLevels(into: Levels): boolean {
    const bytes = this.#bytes;
    const end = this.#end;
    let at = this.#at;
    for (;;) {
      const start = at;
      let price = 0;
      for (let number = 0; number < 2; number++) {
        // `["` before the price, `,"` before the quantity.
        if (bytes[at] !== (number === 0 ? OPEN_ARRAY : COMMA) || bytes[at + 1] !== QUOTE)
          return this.#stop(start);
        at += 2;
        const first = at;
        let integer = 0;
        let digit = bytes[at] - ZERO;
        while (digit >= 0 && digit <= 9) {
          integer = integer * 10 + digit;
          digit = bytes[++at] - ZERO;
        }
        const point = at;
        if (at === first || bytes[at] !== DOT) return this.#stop(start);
        // Zeros count only once another digit follows: Binance pads to eight decimals.
        let written = at;
        digit = bytes[++at] - ZERO;
        while (digit >= 0 && digit <= 9) {
          if (digit !== 0) {
            const places = at - written;
            integer = (places === 1 ? integer * 10 : integer * POWERS[places]) + digit;
            written = at;
          }
          digit = bytes[++at] - ZERO;
        }
        if (at === point + 1 || at - first > 16 || bytes[at] !== QUOTE) return this.#stop(start);
        at++;
        const value = integer / POWERS[written - point];
        if (number === 0) price = value;
        else into.push(price, value);
      }
      if (bytes[at] !== CLOSE_ARRAY || at + 2 > end) {
        into.count--;
        return this.#stop(start);
      }
      const next = bytes[at + 1];
      at += 2;
      if (next === CLOSE_ARRAY) {
        this.#at = at;
        return true;
      }
      if (next !== COMMA) {
        into.count--;
        return this.#stop(start);
      }
    }
  }

  #stop(at: number): false {
    this.#at = at;
    return false;
  }

  /** Reads a quoted decimal into `#number`; false where there is none. */
  #decimal(): boolean {
    const bytes = this.#bytes;
    let at = this.#at;
    if (bytes[at] !== QUOTE) return this.#fail();
    const start = ++at;
    let integer = 0;
    let digit = bytes[at] - ZERO;
    while (digit >= 0 && digit <= 9) {
      integer = integer * 10 + digit;
      digit = bytes[++at] - ZERO;
    }
    if (at === start) return this.#fail();
    let decimals = 0;
    if (bytes[at] === DOT) {
      // Zeros count only once another digit follows: Binance pads to eight decimals.
      let zeros = 0;
      const point = at;
      digit = bytes[++at] - ZERO;
      while (digit >= 0 && digit <= 9) {
        if (digit === 0) zeros++;
        else {
          integer = integer * POWERS[zeros + 1] + digit;
          decimals += zeros + 1;
          zeros = 0;
        }
        digit = bytes[++at] - ZERO;
      }
      if (at === point + 1 || at - point > 22) return this.#fail();
    }
    if (bytes[at] !== QUOTE || at >= this.#end) return this.#fail();
    this.#at = at + 1;
    this.#number[0] = integer <= EXACT ? integer / POWERS[decimals] : Number(this.#text(start, at));
    return true;
  }

  /** Reads a plain non-negative integer into `#number`, ids need all their digits; false where there is none. */
  #integer(): boolean {
    const bytes = this.#bytes;
    let at = this.#at;
    const start = at;
    let value = 0;
    let digit = bytes[at] - ZERO;
    while (digit >= 0 && digit <= 9) {
      value = value * 10 + digit;
      digit = bytes[++at] - ZERO;
    }
    const next = bytes[at];
    const ended = next === COMMA || next === CLOSE_OBJECT || next === SPACE;
    if (at === start || !ended || value > EXACT || at > this.#end) return this.#fail();
    this.#at = at;
    this.#number[0] = value;
    return true;
  }

  #stringStart = 0;

  /** Passes a string without escapes; its bytes are [stringStart, at − 1). */
  #string(): boolean {
    const bytes = this.#bytes;
    let at = this.#at;
    if (bytes[at] !== QUOTE) this.#failed = true;
    const start = ++at;
    while (at < this.#end && bytes[at] !== QUOTE) {
      if (bytes[at] === BACKSLASH) this.#failed = true;
      at++;
    }
    if (at >= this.#end) this.#failed = true;
    this.#stringStart = start;
    this.#at = at + 1;
    return !this.#failed;
  }

  /** Passes a value of no interest. Nested ones are passed by their brackets. */
  #skip(): void {
    const bytes = this.#bytes;
    let nesting = 0;
    const start = this.#at;
    while (this.#at < this.#end) {
      const byte = bytes[this.#at];
      if (byte === QUOTE) {
        if (!this.#string()) return;
        if (nesting === 0) return;
        continue;
      }
      if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) nesting++;
      else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) {
        if (nesting === 0) break;
        if (--nesting === 0) {
          this.#at++;
          return;
        }
      } else if (byte === COMMA && nesting === 0) break;
      this.#at++;
    }
    if (this.#at === start || this.#at >= this.#end) this.#failed = true;
  }

  #readSymbol(message: Message): void {
    if (!this.#string()) return;
    const start = this.#stringStart;
    const end = this.#at - 1;
    if (!this.#matches(start, end - start, this.#symbolBytes)) {
      this.#symbolBytes = this.#bytes.slice(start, end);
      this.#symbol = this.#text(start, end).toUpperCase();
    }
    message.symbol = this.#symbol;
  }

  #matches(start: number, length: number, word: Uint8Array): boolean {
    if (length !== word.length) return false;
    for (let i = 0; i < length; i++) if (this.#bytes[start + i] !== word[i]) return false;
    return true;
  }

  #text(start: number, end: number): string {
    return Buffer.from(this.#bytes.buffer, this.#bytes.byteOffset + start, end - start).toString('latin1');
  }

  #expect(byte: number): boolean {
    if (this.#bytes[this.#at] !== byte || this.#at >= this.#end) this.#failed = true;
    else this.#at++;
    return !this.#failed;
  }

  #space(): void {
    let byte = this.#bytes[this.#at];
    while ((byte === SPACE || byte === 0x09 || byte === 0x0d || byte === 0x0a) && this.#at < this.#end) {
      byte = this.#bytes[++this.#at];
    }
  }

  #fail(): false {
    this.#failed = true;
    this.#number[0] = Number.NaN;
    return false;
  }
}

function isDecimalKey(key: number): boolean {
  return key === b || key === a || key === B || key === A || key === p || key === q;
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
