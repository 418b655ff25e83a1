/** A message as it came: from a socket (`url` empty) or from REST. */
export interface Frame {
  /** Upper case; empty where the message does not begin with its stream. */
  symbol: string;
  bytes: Uint8Array;
  /** When it came, µs. */
  localTime: number;
  url: string;
}

const NOTHING = new Uint8Array(0);
/** Places kept free for lines of our own. */
const RESERVE = 64;

/** Bounded queue between the sockets and the book; slots are used again and again. */
export class FrameRing {
  readonly #slots: Frame[];
  readonly #capacity: number;
  readonly #out: Frame = { symbol: '', bytes: NOTHING, localTime: 0, url: '' };
  #first = 0;
  #count = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
    this.#slots = Array.from({ length: capacity + RESERVE }, () => ({
      symbol: '',
      bytes: NOTHING,
      localTime: 0,
      url: '',
    }));
  }

  get length(): number {
    return this.#count;
  }

  /** Whether no message fits in; a few lines of our own still do. */
  get full(): boolean {
    return this.#count >= this.#capacity;
  }

  /** At most half full. */
  get relieved(): boolean {
    return this.#count <= this.#capacity / 2;
  }

  /** Local time of the oldest frame, Infinity where there is none. */
  get oldest(): number {
    return this.#count === 0 ? Number.POSITIVE_INFINITY : this.#slots[this.#first].localTime;
  }

  push(symbol: string, bytes: Uint8Array, localTime: number, url: string): void {
    if (this.#count === this.#slots.length) throw new RangeError('the ring is full');
    const slot = this.#slots[(this.#first + this.#count++) % this.#slots.length];
    slot.symbol = symbol;
    slot.bytes = bytes;
    slot.localTime = localTime;
    slot.url = url;
  }

  /** The oldest frame, valid until the next is taken; undefined where there is none. */
  shift(): Frame | undefined {
    if (this.#count === 0) return undefined;
    const slot = this.#slots[this.#first];
    const out = this.#out;
    out.symbol = slot.symbol;
    out.bytes = slot.bytes;
    out.localTime = slot.localTime;
    out.url = slot.url;
    // A slot that kept its bytes would keep the whole read of the socket that they are part of.
    slot.bytes = NOTHING;
    this.#first = (this.#first + 1) % this.#slots.length;
    this.#count--;
    return out;
  }
}
