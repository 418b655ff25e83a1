import { InterruptedError } from '../../base/errors.ts';
import type { MessageScanner } from '../binance/scanner/message-scanner.ts';
import type { CaptureFile } from './capture-file.ts';
import { foreign, MAX_LINE } from './lines.ts';

const NEWLINE = 0x0a;

/** Takes the lines of a capture in order, numbered from 1; false stops. */
export interface LineTaker {
  /** Lines that the scanner has passed. */
  onPassed?(lines: number): void;
  /** A line of so many bytes, its newline included, that the scanner has read and holds. */
  onScanned(line: number, length: number): boolean;
  /** Any other line: `bytes[start, end)` without the newline, valid during the call. */
  onLine(bytes: Uint8Array, start: number, end: number, line: number): boolean;
}

/**
 * Reads chunks of a capture line by line as `readLines` does, with those lines read by the scanner that it can read.
 * `afterChunk` is awaited now and then, so that who takes the lines can catch up.
 */
export async function scanLines(
  file: CaptureFile,
  chunks: AsyncIterable<Uint8Array>,
  scanner: MessageScanner,
  taker: LineTaker,
  afterChunk?: () => Promise<void>,
): Promise<void> {
  const { field, signal } = file.options;
  const lines = new ScannedLines(file.path, scanner, taker, field);
  try {
    for await (const chunk of chunks) {
      if (signal?.aborted) throw new InterruptedError();
      if (!lines.take(chunk)) return;
      await afterChunk?.();
    }
  } catch (error) {
    throw file.explain(error);
  }
  lines.finish();
}

/** Joins chunks to lines, in the scanner's memory where they fit. */
class ScannedLines {
  readonly #path: string;
  readonly #scanner: MessageScanner;
  readonly #taker: LineTaker;
  readonly #field: string;
  #line = 0;
  /** Bytes of an unfinished line at the beginning of the scanner's input. */
  #carried = 0;
  /** The beginning of a line that does not fit there. */
  #long: Uint8Array[] = [];
  #longBytes = 0;

  constructor(path: string, scanner: MessageScanner, taker: LineTaker, field: string) {
    this.#path = path;
    this.#scanner = scanner;
    this.#taker = taker;
    this.#field = field;
  }

  /** Takes the next bytes of the file; false where no more are wanted. */
  take(chunk: Uint8Array): boolean {
    let from = 0;
    if (this.#longBytes > 0) {
      const newline = chunk.indexOf(NEWLINE);
      this.#keep(newline < 0 ? chunk : chunk.subarray(0, newline));
      if (newline < 0) return true;
      if (!this.#finishLong()) return false;
      from = newline + 1;
    }
    const { capacity } = this.#scanner;
    while (from < chunk.length) {
      const to = Math.min(chunk.length, from + capacity - this.#carried);
      if (!this.#scan(chunk.subarray(from, to))) return false;
      from = to;
      if (this.#carried < capacity) continue;
      this.#keepCarried();
      return this.take(chunk.subarray(from));
    }
    return true;
  }

  /** The file has ended: what is left is a line. */
  finish(): void {
    if (this.#carried > 0) this.#keepCarried();
    if (this.#longBytes > 0) this.#finishLong();
  }

  #scan(part: Uint8Array): boolean {
    const scanner = this.#scanner;
    const { bytes, input } = scanner;
    const taker = this.#taker;
    bytes.set(part, input + this.#carried);
    const end = input + this.#carried + part.length;
    scanner.end(end);
    let at = input;
    for (;;) {
      const next = scanner.scan(at, end);
      const { passed } = scanner;
      if (passed > 0) {
        this.#line += passed;
        taker.onPassed?.(passed);
        at = scanner.line;
      }
      if (next !== 0) {
        if (!taker.onScanned(++this.#line, next - at)) return false;
        at = next;
        continue;
      }
      const newline = bytes.indexOf(NEWLINE, at);
      if (newline < 0 || newline >= end) break;
      if (!taker.onLine(bytes, at, newline, ++this.#line)) return false;
      at = newline + 1;
    }
    bytes.copyWithin(input, at, end);
    this.#carried = end - at;
    return true;
  }

  #keepCarried(): void {
    const { bytes, input } = this.#scanner;
    this.#keep(bytes.subarray(input, input + this.#carried));
    this.#carried = 0;
  }

  #keep(part: Uint8Array): void {
    this.#long.push(part.slice());
    this.#longBytes += part.length;
    if (this.#longBytes <= MAX_LINE) return;
    throw foreign(this.#path, this.#field, 'a line of it is longer than 128 MiB');
  }

  #finishLong(): boolean {
    const line = Buffer.concat(this.#long);
    this.#long = [];
    this.#longBytes = 0;
    return this.#taker.onLine(line, 0, line.length, ++this.#line);
  }
}
