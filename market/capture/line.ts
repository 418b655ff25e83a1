/**
 * One line of a capture. Understood are `<local time> <json>` and `<local time>: <json>` with the time in s (with or
 * without a fraction), ms, µs or ns; `URL <-> time`, the head of a recorded WebSocket; and `URL -> time: json`, a
 * recorded REST answer. Hot path: the plain form is read from bytes without making strings.
 */
import { LATEST_TIME } from '../binance/receive-clock.ts';

export type LineKind = 'blank' | 'message' | 'header' | 'unknown';

const ZERO = 0x30;
const SPACE = 0x20;
const TAB = 0x09;
const CARRIAGE_RETURN = 0x0d;
const COLON = 0x3a;
const DOT = 0x2e;
const LETTER_H = 0x68;
const LETTER_W = 0x77;

/** What a line says; one object is filled again and again. */
export class CaptureLine {
  kind: LineKind = 'blank';
  /** Receive time, µs since the epoch. */
  localTime = -1;
  /** Where the JSON of a `message` begins. */
  jsonStart = 0;
  /** The URL of `header` lines and REST answers, empty otherwise. */
  url = '';

  /** Reads `bytes[start, end)`, without the newline. */
  read(bytes: Uint8Array, start: number, end: number): LineKind {
    this.url = '';
    let at = skipSpace(bytes, afterMark(bytes, start), end);
    if (at === end) this.kind = 'blank';
    else if (bytes[at] === LETTER_W || bytes[at] === LETTER_H) this.kind = this.#readUrl(bytes, at, end);
    else {
      at = this.#readTime(bytes, at, end);
      this.kind = at < 0 ? 'unknown' : 'message';
      this.jsonStart = at;
    }
    return this.kind;
  }

  /** Reads a time and what separates it from the JSON; returns where the JSON begins, −1 where this is no time. */
  #readTime(bytes: Uint8Array, start: number, end: number): number {
    let at = start;
    let value = 0;
    let digits = 0;
    let digit = bytes[at] - ZERO;
    while (at < end && digit >= 0 && digit <= 9) {
      // Nanoseconds have 19 digits, more than a double holds: the last three are dropped with the µs fraction.
      if (digits < 16) value = value * 10 + digit;
      digits++;
      digit = bytes[++at] - ZERO;
    }
    if (digits < 9 || digits > 20) return -1;
    if (digits > 17) {
      // The first sixteen digits of a time in ns are its whole µs.
      if (digits !== 19) return -1;
    } else if (digits > 14) {
      if (digits > 16) return -1;
    } else if (digits > 11) value *= 1e3;
    else value *= 1e6;
    if (bytes[at] === DOT) {
      const unit = digits > 14 ? 0 : digits > 11 ? 1e3 : 1e6;
      let scale = unit;
      let fraction = 0;
      digit = bytes[++at] - ZERO;
      while (at < end && digit >= 0 && digit <= 9) {
        scale /= 10;
        fraction += digit * scale;
        digit = bytes[++at] - ZERO;
      }
      value += Math.round(fraction);
    }
    if (value > LATEST_TIME) return -1;
    this.localTime = value;
    const separated = at;
    if (bytes[at] === COLON) at++;
    at = skipSpace(bytes, at, end);
    return at > separated && at < end ? at : -1;
  }

  #readUrl(bytes: Uint8Array, start: number, end: number): LineKind {
    // URLs of many streams are long; the JSON after them is longer and is not made a string.
    const head = Buffer.from(bytes.buffer, bytes.byteOffset + start, Math.min(end - start, 65_536)).toString(
      'latin1',
    );
    const match = /^((?:wss?|https?):\/\/\S+) (<->|->) (?=\d)/.exec(head);
    if (match === null) return 'unknown';
    this.url = match[1];
    const timeStart = start + match[0].length;
    if (match[2] === '<->') {
      // The end of the line ends the time: a colon and a brace make the plain form of it.
      const time = Buffer.concat([bytes.subarray(timeStart, end), Buffer.from(': {')]);
      return this.#readTime(time, 0, time.length) < 0 ? 'unknown' : 'header';
    }
    this.jsonStart = this.#readTime(bytes, timeStart, end);
    return this.jsonStart < 0 ? 'unknown' : 'message';
  }
}

function skipSpace(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && (bytes[at] === SPACE || bytes[at] === TAB || bytes[at] === CARRIAGE_RETURN)) at++;
  return at;
}

/** Editors and shells of some systems begin text with a byte order mark. */
function afterMark(bytes: Uint8Array, start: number): number {
  const marked = bytes[start] === 0xef && bytes[start + 1] === 0xbb && bytes[start + 2] === 0xbf;
  return marked ? start + 3 : start;
}
