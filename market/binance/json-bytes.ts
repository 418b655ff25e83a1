/**
 * Parts of JSON from bytes. Hot path: numbers straight from digits, no strings and no objects. What it does not expect
 * (escapes, exponents) it tells by `failed`; so it need not know all of JSON, only never misread it.
 */
import type { Levels } from './message.ts';

const SPACE = 0x20;
const QUOTE = 0x22;
const COMMA = 0x2c;
const DOT = 0x2e;
const ZERO = 0x30;
const OPEN_ARRAY = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const LETTER_T = 0x74;

const POWERS = Float64Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`));
/** Integers up to here are exact in a double, so that integer ÷ 10ⁿ is the decimal, correctly rounded. */
const EXACT = Number.MAX_SAFE_INTEGER;
/** Digits that an int32 always holds. */
const INT32_DIGITS = 9;
const INT32_POWERS = Int32Array.from({ length: 16 }, (_, exponent) =>
  exponent <= INT32_DIGITS ? 10 ** exponent : 0,
);

const TRUE = new TextEncoder().encode('true');
const FALSE = new TextEncoder().encode('false');

/** A place in bytes that moves on as its parts are read. */
export class JsonBytes {
  bytes: Uint8Array = new Uint8Array(0);
  at = 0;
  end = 0;
  /** Something was not as expected; what is read after that means nothing. */
  failed = false;
  /** Where the string passed last begins. */
  stringStart = 0;
  /** The number just read: one that a function returns would be boxed. */
  readonly number = new Float64Array(1);

  /** Reads `[["price","quantity"],…]`. */
  levels(into: Levels): boolean {
    const bytes = this.bytes;
    into.count = 0;
    this.at++;
    this.space();
    if (bytes[this.at] === CLOSE_ARRAY) {
      this.at++;
      return true;
    }
    for (;;) {
      if (this.#plainLevels(into)) return true;
      if (!this.expect(OPEN_ARRAY)) return false;
      this.space();
      this.decimal();
      const price = this.number[0];
      this.space();
      if (!this.expect(COMMA)) return false;
      this.space();
      this.decimal();
      const quantity = this.number[0];
      this.space();
      if (!this.expect(CLOSE_ARRAY)) return false;
      into.push(price, quantity);
      this.space();
      const next = bytes[this.at++];
      if (next === CLOSE_ARRAY) return true;
      if (next !== COMMA || this.at > this.end) {
        this.failed = true;
        return false;
      }
      this.space();
    }
  }

  /**
   * Reads levels as Binance writes them, `["1234.50","0.001"],` without a space and with a point, up to the end of the
   * list, which it tells, or to the first level that is written otherwise.
   */
  #plainLevels(into: Levels): boolean {
    const bytes = this.bytes;
    const end = this.end;
    let at = this.at;
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
          integer = (Math.imul(integer, 10) + digit) | 0;
          digit = bytes[++at] - ZERO;
        }
        const point = at;
        if (at === first || bytes[at] !== DOT) return this.#stop(start);
        // Zeros count only once another digit follows: Binance pads to eight decimals.
        let written = at;
        digit = bytes[++at] - ZERO;
        while (digit >= 0 && digit <= 9) {
          if (digit !== 0) {
            integer = (Math.imul(integer, INT32_POWERS[(at - written) & 15]) + digit) | 0;
            written = at;
          }
          digit = bytes[++at] - ZERO;
        }
        if (at === point + 1 || written - first > INT32_DIGITS || bytes[at] !== QUOTE)
          return this.#stop(start);
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
        this.at = at;
        return true;
      }
      if (next !== COMMA) {
        into.count--;
        return this.#stop(start);
      }
    }
  }

  #stop(at: number): false {
    this.at = at;
    return false;
  }

  /** Reads a quoted decimal into `number`; false where there is none. */
  decimal(): boolean {
    const bytes = this.bytes;
    let at = this.at;
    if (bytes[at] !== QUOTE) return this.fail();
    const start = ++at;
    let integer = 0;
    let digit = bytes[at] - ZERO;
    while (digit >= 0 && digit <= 9) {
      integer = (Math.imul(integer, 10) + digit) | 0;
      digit = bytes[++at] - ZERO;
    }
    const point = at;
    if (at === start) return this.fail();
    let written = at;
    if (bytes[at] === DOT) {
      // Zeros count only once another digit follows: Binance pads to eight decimals.
      digit = bytes[++at] - ZERO;
      while (digit >= 0 && digit <= 9) {
        if (digit !== 0) {
          integer = (Math.imul(integer, INT32_POWERS[(at - written) & 15]) + digit) | 0;
          written = at;
        }
        digit = bytes[++at] - ZERO;
      }
      if (at === point + 1 || at - point > 22) return this.fail();
    }
    if (bytes[at] !== QUOTE || at >= this.end) return this.fail();
    this.at = at + 1;
    const digits = written - start;
    this.number[0] =
      digits <= INT32_DIGITS ? integer / POWERS[written - point] : this.#long(start, point, written);
    return true;
  }

  /** A decimal whose digits an int32 does not hold: from `start` to its last digit that counts, around the point. */
  #long(start: number, point: number, written: number): number {
    let integer = 0;
    for (let at = start; at < point; at++) integer = integer * 10 + this.bytes[at] - ZERO;
    for (let at = point + 1; at <= written; at++) integer = integer * 10 + this.bytes[at] - ZERO;
    if (integer <= EXACT) return integer / POWERS[written - point];
    return Number(this.text(start, written === point ? point : written + 1));
  }

  boolean(): boolean {
    const isTrue = this.bytes[this.at] === LETTER_T;
    const word = isTrue ? TRUE : FALSE;
    if (this.matches(this.at, word.length, word)) this.at += word.length;
    else this.failed = true;
    return isTrue;
  }

  /** Reads a plain non-negative integer into `number`, ids need all their digits; false where there is none. */
  integer(): boolean {
    const bytes = this.bytes;
    const start = this.at;
    let at = start;
    let high = 0;
    let digit = bytes[at] - ZERO;
    while (digit >= 0 && digit <= 9 && at - start < INT32_DIGITS) {
      high = (Math.imul(high, 10) + digit) | 0;
      digit = bytes[++at] - ZERO;
    }
    const middle = at;
    let low = 0;
    while (digit >= 0 && digit <= 9 && at - middle < INT32_DIGITS) {
      low = (Math.imul(low, 10) + digit) | 0;
      digit = bytes[++at] - ZERO;
    }
    const value = high * POWERS[at - middle] + low;
    const next = bytes[at];
    const ended = next === COMMA || next === CLOSE_OBJECT || next === SPACE;
    if (at === start || !ended || value > EXACT || at > this.end) return this.fail();
    this.at = at;
    this.number[0] = value;
    return true;
  }

  /** Passes a string without escapes; its bytes are [stringStart, at − 1). */
  string(): boolean {
    const bytes = this.bytes;
    let at = this.at;
    if (bytes[at] !== QUOTE) this.failed = true;
    const start = ++at;
    while (at < this.end && bytes[at] !== QUOTE) {
      if (bytes[at] === BACKSLASH) this.failed = true;
      at++;
    }
    if (at >= this.end) this.failed = true;
    this.stringStart = start;
    this.at = at + 1;
    return !this.failed;
  }

  /** Passes a value of no interest. Nested ones are passed by their brackets. */
  skip(): void {
    const bytes = this.bytes;
    let nesting = 0;
    const start = this.at;
    while (this.at < this.end) {
      const byte = bytes[this.at];
      if (byte === QUOTE) {
        if (!this.string()) return;
        if (nesting === 0) return;
        continue;
      }
      if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) nesting++;
      else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) {
        if (nesting === 0) break;
        if (--nesting === 0) {
          this.at++;
          return;
        }
      } else if (byte === COMMA && nesting === 0) break;
      this.at++;
    }
    if (this.at === start || this.at >= this.end) this.failed = true;
  }

  matches(start: number, length: number, word: Uint8Array): boolean {
    if (length !== word.length) return false;
    for (let i = 0; i < length; i++) if (this.bytes[start + i] !== word[i]) return false;
    return true;
  }

  text(start: number, end: number): string {
    return Buffer.from(this.bytes.buffer, this.bytes.byteOffset + start, end - start).toString('latin1');
  }

  expect(byte: number): boolean {
    if (this.bytes[this.at] !== byte || this.at >= this.end) this.failed = true;
    else this.at++;
    return !this.failed;
  }

  space(): void {
    let byte = this.bytes[this.at];
    while ((byte === SPACE || byte === 0x09 || byte === 0x0d || byte === 0x0a) && this.at < this.end) {
      byte = this.bytes[++this.at];
    }
  }

  fail(): false {
    this.failed = true;
    this.number[0] = Number.NaN;
    return false;
  }
}
