const INITIAL_LEVELS = 1 << 16;

/** Ids and size of a kept depth update. */
export interface KeptDiff {
  readonly firstId: number;
  readonly lastId: number;
  readonly previousId: number;
}

/**
 * The most recent depth updates, so that a snapshot that is older than the stream can still be brought up to it: before
 * the first snapshot this is the buffer of the synchronisation rules, later it lets a fresh snapshot re-anchor the book
 * without losing an update. Bounded: the oldest make room. Keeping an update allocates nothing.
 */
export class DiffHistory {
  readonly #capacity: number;
  readonly #ids: Float64Array;
  /** Per update: first level (a running number), bids, bids and asks. */
  readonly #shape: Float64Array;
  #prices = new Int32Array(INITIAL_LEVELS);
  #quantities = new Float64Array(INITIAL_LEVELS);
  #first = 0;
  #next = 0;
  #nextLevel = 0;

  /** Keeps at most `capacity` updates. */
  constructor(capacity = 4096) {
    this.#capacity = capacity;
    this.#ids = new Float64Array(3 * capacity);
    this.#shape = new Float64Array(3 * capacity);
  }

  /** Numbers of the kept updates: `first` up to and excluding `next`. */
  get first(): number {
    return this.#first;
  }

  get next(): number {
    return this.#next;
  }

  clear(): void {
    this.#first = this.#next;
  }

  /** Forgets updates before a number. */
  forgetBefore(index: number): void {
    if (index > this.#first) this.#first = index;
  }

  keep(
    firstId: number,
    lastId: number,
    previousId: number,
    prices: Int32Array,
    quantities: Float64Array,
    bids: number,
    count: number,
  ): void {
    if (count > this.#prices.length) this.#grow(count);
    if (this.#next - this.#first === this.#capacity) this.#first++;
    while (
      this.#first < this.#next &&
      this.#nextLevel + count - this.#levelStart(this.#first) > this.#prices.length
    ) {
      this.#first++;
    }
    const slot = 3 * (this.#next % this.#capacity);
    this.#ids[slot] = firstId;
    this.#ids[slot + 1] = lastId;
    this.#ids[slot + 2] = previousId;
    this.#shape[slot] = this.#nextLevel;
    this.#shape[slot + 1] = bids;
    this.#shape[slot + 2] = count;
    const keptPrices = this.#prices;
    const keptQuantities = this.#quantities;
    const size = keptPrices.length;
    for (let i = 0, at = this.#nextLevel % size; i < count; i++) {
      keptPrices[at] = prices[i];
      keptQuantities[at] = quantities[i];
      if (++at === size) at = 0;
    }
    this.#next++;
    this.#nextLevel += count;
  }

  at(index: number): KeptDiff {
    const slot = 3 * (index % this.#capacity);
    return { firstId: this.#ids[slot], lastId: this.#ids[slot + 1], previousId: this.#ids[slot + 2] };
  }

  /** Visits the levels of an update in order, bids first. */
  levels(index: number, visit: (isBid: boolean, price: number, quantity: number) => void): void {
    const slot = 3 * (index % this.#capacity);
    const start = this.#shape[slot];
    const bids = this.#shape[slot + 1];
    const count = this.#shape[slot + 2];
    for (let i = 0; i < count; i++) {
      const at = (start + i) % this.#prices.length;
      visit(i < bids, this.#prices[at], this.#quantities[at]);
    }
  }

  #levelStart(index: number): number {
    return this.#shape[3 * (index % this.#capacity)];
  }

  /** An update larger than all the room there is: starts over with room for it. */
  #grow(count: number): void {
    this.clear();
    this.#prices = new Int32Array(2 * count);
    this.#quantities = new Float64Array(2 * count);
    this.#nextLevel = 0;
  }
}
