import type { Message } from './message.ts';

/** Trades that are remembered, a power of two: more than arrive out of order or twice over within a minute. */
export const REMEMBERED = 1 << 14;

/**
 * Tells trades that came before: overlapping sockets and a repeating exchange send some twice. Remembers the most
 * recent ids; hot path, allocates nothing. The scanner of messages, which adds to it too, has the arrays in its memory.
 */
export class SeenTrades {
  readonly #lastId: Float64Array;
  readonly #ids: Float64Array;

  constructor(lastId = new Float64Array(1), ids = new Float64Array(REMEMBERED)) {
    this.#lastId = lastId;
    this.#ids = ids;
    this.clear();
  }

  clear(): void {
    this.#lastId[0] = Number.NEGATIVE_INFINITY;
    this.#ids.fill(-1);
  }

  /** The largest id of those that were taken. */
  get lastId(): number {
    return this.#lastId[0];
  }

  /** Whether the id is new; remembers it. An id of −1 (none) is always new. */
  isNew(id: number): boolean {
    if (id < 0) return true;
    const slot = id % REMEMBERED;
    if (this.#ids[slot] === id) return false;
    this.#ids[slot] = id;
    return true;
  }

  /** A trade was taken. */
  onTaken({ tradeId }: Message): void {
    if (tradeId > this.#lastId[0]) this.#lastId[0] = tradeId;
  }
}
