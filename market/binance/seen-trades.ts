/** Trades that are remembered: more than arrive out of order or twice over within a minute. */
const REMEMBERED = 1 << 14;

/**
 * Tells trades that came before: overlapping sockets and a repeating exchange send some twice. Remembers the most
 * recent ids; hot path, allocates nothing.
 */
export class SeenTrades {
  readonly #ids = new Float64Array(REMEMBERED).fill(-1);

  /** Whether the id is new; remembers it. An id of −1 (none) is always new. */
  isNew(id: number): boolean {
    if (id < 0) return true;
    const slot = id % REMEMBERED;
    if (this.#ids[slot] === id) return false;
    this.#ids[slot] = id;
    return true;
  }
}
