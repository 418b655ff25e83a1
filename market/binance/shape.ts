/**
 * How messages of one stream are written: an exchange writes the same names in the same order again and again, so that
 * a message is known by comparing what lies between its values. Hot path: four bytes at a time, nothing is allocated
 * once a shape is learnt.
 */
import type { MessageKind } from './message.ts';

/** The bytes between the values of a message, and what the values are. */
export class Shape {
  readonly kind: MessageKind;
  readonly symbol: string;
  readonly execution: string;
  /** What each value is, in order; the numbers are whoever's who made them. */
  readonly values: Uint8Array;
  /** Texts before each value and after the last, one after the other. */
  readonly #bytes: Uint8Array;
  readonly #words: DataView;
  /** Where each text begins in `#bytes`, and where the last ends. */
  readonly #starts: Int32Array;

  /**
   * Learns from a message in `bytes[start, end)` whose values are, in `marks`, `count` triples of what it is, where it
   * begins and where it ends.
   */
  constructor(
    bytes: Uint8Array,
    start: number,
    end: number,
    marks: Int32Array,
    count: number,
    meaning: { readonly kind: MessageKind; readonly symbol: string; readonly execution: string },
  ) {
    this.kind = meaning.kind;
    this.symbol = meaning.symbol;
    this.execution = meaning.execution;
    this.values = new Uint8Array(count);
    this.#starts = new Int32Array(count + 2);
    const texts: Uint8Array[] = [];
    for (let i = 0, from = start, length = 0; i <= count; i++) {
      const to = i < count ? marks[3 * i + 1] : end;
      texts.push(bytes.subarray(from, to));
      length += to - from;
      this.#starts[i + 1] = length;
      if (i === count) break;
      this.values[i] = marks[3 * i];
      from = marks[3 * i + 2];
    }
    this.#bytes = Uint8Array.from(Buffer.concat(texts));
    this.#words = new DataView(this.#bytes.buffer);
  }

  /** The text before value `index`, or after the last. */
  text(index: number): Uint8Array {
    return this.#bytes.subarray(this.#starts[index], this.#starts[index + 1]);
  }

  /** Where the text before value `index` ends if it stands at `at`, −1 if not. A `view` on the bytes makes it faster. */
  pass(bytes: Uint8Array, view: DataView | null, at: number, end: number, index: number): number {
    const from = this.#starts[index];
    const length = this.#starts[index + 1] - from;
    const next = at + length;
    if (next > end) return -1;
    if (view === null || length < 4) {
      const own = this.#bytes;
      for (let i = 0; i < length; i++) if (bytes[at + i] !== own[from + i]) return -1;
      return next;
    }
    const words = this.#words;
    const last = length - 4;
    for (let i = 0; i < last; i += 4)
      if (view.getInt32(at + i, true) !== words.getInt32(from + i, true)) return -1;
    return view.getInt32(at + last, true) === words.getInt32(from + last, true) ? next : -1;
  }
}
