import { type LevelMemory, roomFor } from '../kernel/level-memory.ts';
import type { TickLevels } from '../tick-levels.ts';

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
  /** What the kept levels lie in, where they do, and from where on. */
  #memory: LevelMemory | undefined;
  readonly #start: number;
  #prices: Int32Array;
  #quantities: Float64Array;
  #first = 0;
  #next = 0;
  #nextLevel = 0;

  /** Keeps at most `capacity` updates. Levels that lie in `memory` are kept faster. */
  constructor(memory?: LevelMemory, capacity = 4096) {
    this.#capacity = capacity;
    const place = roomFor(12 * INITIAL_LEVELS, memory);
    this.#memory = place.memory;
    this.#start = place.start;
    this.#quantities = new Float64Array(place.buffer, place.start, INITIAL_LEVELS);
    this.#prices = new Int32Array(place.buffer, place.start + 8 * INITIAL_LEVELS, INITIAL_LEVELS);
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

  keep(firstId: number, lastId: number, previousId: number, levels: TickLevels): void {
    const { bids, count } = levels;
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
    const at = this.#nextLevel % this.#prices.length;
    const head = Math.min(count, this.#prices.length - at);
    if (head > 0) this.#copy(levels, 0, at, head);
    if (head < count) this.#copy(levels, head, 0, count - head);
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

  #copy({ prices, quantities, place }: TickLevels, from: number, to: number, count: number): void {
    if (place !== undefined && place.memory === this.#memory) {
      const start = this.#start;
      place.memory.copyLevels(
        place.prices + 4 * from,
        place.quantities + 8 * from,
        start + 8 * INITIAL_LEVELS + 4 * to,
        start + 8 * to,
        count,
      );
      return;
    }
    const keptPrices = this.#prices;
    const keptQuantities = this.#quantities;
    for (let i = 0; i < count; i++) {
      keptPrices[to + i] = prices[from + i];
      keptQuantities[to + i] = quantities[from + i];
    }
  }

  #levelStart(index: number): number {
    return this.#shape[3 * (index % this.#capacity)];
  }

  /** An update larger than all the room there is: starts over with room for it. */
  #grow(count: number): void {
    this.clear();
    this.#memory = undefined;
    this.#prices = new Int32Array(2 * count);
    this.#quantities = new Float64Array(2 * count);
    this.#nextLevel = 0;
  }
}
