const SMALLEST = 1 << 16;
const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const SPACE = 0x20;

// Hot path: a message that waits for the disk costs its bytes and no object.

/** Lines of a capture, one behind the other in a buffer of their own. */
export class LineBlock {
  #bytes = Buffer.allocUnsafeSlow(SMALLEST);
  #length = 0;

  /** Bytes written. */
  get length(): number {
    return this.#length;
  }

  /** Writes `<local µs> <message>`, or a REST answer as `URL -> <local µs>: <json>`; a message is one line, only a broken
   * one holds a line break. */
  write(localTime: number, message: Uint8Array, url = ''): void {
    const head = url === '' ? `${localTime} ` : `${url} -> ${localTime}: `;
    this.#reserve(3 * head.length + message.length + 1);
    const bytes = this.#bytes;
    const start = this.#length + bytes.write(head, this.#length);
    const end = start + message.length;
    bytes.set(message, start);
    if (message.indexOf(NEWLINE) >= 0 || message.indexOf(CARRIAGE_RETURN) >= 0)
      clearBreaks(bytes, start, end);
    bytes[end] = NEWLINE;
    this.#length = end + 1;
  }

  /** Writes lines that {@link take} gave. */
  append(lines: Uint8Array): void {
    this.#reserve(lines.length);
    this.#bytes.set(lines, this.#length);
    this.#length += lines.length;
  }

  /** What was written, for the caller to keep; the block is empty. */
  take(): Buffer {
    const bytes = this.#bytes.subarray(0, this.#length);
    this.#bytes = Buffer.allocUnsafeSlow(this.#bytes.length);
    this.#length = 0;
    return bytes;
  }

  #reserve(room: number): void {
    const needed = this.#length + room;
    if (needed <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, 2 * this.#bytes.length));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }
}

function clearBreaks(bytes: Uint8Array, start: number, end: number): void {
  for (let i = start; i < end; i++) {
    if (bytes[i] === NEWLINE || bytes[i] === CARRIAGE_RETURN) bytes[i] = SPACE;
  }
}
