import { EMPTY_SLOT, farLayout, GOLDEN } from './kernel/far-layout.ts';
import { type LevelMemory, roomFor } from './kernel/level-memory.ts';
import { NO_KEY } from './level-key.ts';

const INITIAL_SLOTS = 1024;
/** In a memory, where functions find no more room than there was. */
const SLOTS_IN_MEMORY = 1 << 14;

/**
 * Levels of one side of a book that lie beyond its dense window, by key: an open-addressing hash table. Hot path: typed
 * arrays only; they double on the rare occasion that the table fills.
 */
export class FarLevels {
  #keys: Int32Array;
  #quantities: Float64Array;
  /** Slots in use, in its only element. */
  readonly #count: Int32Array;
  #shift: number;
  /** Address of the table in the memory, 0 where it is elsewhere. */
  #start: number;
  /** What {@link set} replaced, in its only element: a number handed back would be boxed. */
  readonly before = new Float64Array(1);

  constructor(memory?: LevelMemory) {
    const slots = memory === undefined ? INITIAL_SLOTS : SLOTS_IN_MEMORY;
    const layout = farLayout(slots);
    const room = roomFor(layout.bytes, memory);
    const { buffer, start } = room;
    this.#keys = new Int32Array(buffer, start + layout.keys, slots).fill(EMPTY_SLOT);
    this.#quantities = new Float64Array(buffer, start, slots);
    this.#count = new Int32Array(buffer, start + layout.count, 1).fill(0);
    this.#shift = 32 - Math.log2(slots);
    this.#start = room.memory === undefined ? 0 : start;
  }

  /** Address of the table in the memory that it was made in, 0 where it is elsewhere. */
  get start(): number {
    return this.#start;
  }

  /** Levels that it may hold in a memory. */
  get mostInMemory(): number {
    return SLOTS_IN_MEMORY / 2;
  }

  /** Its number of slots is 2 to the power of 32 less this. */
  get shift(): number {
    return this.#shift;
  }

  /** Number of levels with a quantity; counts them. */
  get levels(): number {
    let levels = 0;
    for (let slot = 0; slot < this.#keys.length; slot++) {
      if (this.#keys[slot] !== EMPTY_SLOT && this.#quantities[slot] > 0) levels++;
    }
    return levels;
  }

  clear(): void {
    if (this.#count[0] > 0) this.#keys.fill(EMPTY_SLOT);
    this.#count[0] = 0;
  }

  /** Quantity at a key, 0 where an update has emptied it; NaN where nothing is kept. */
  get(key: number): number {
    const slot = this.#find(key);
    return this.#keys[slot] === key ? this.#quantities[slot] : Number.NaN;
  }

  /** Sets a key to the quantity at an index of an array; an empty level up to `horizon` is not kept. */
  set(key: number, quantities: Float64Array, index: number, horizon: number): void {
    const quantity = quantities[index];
    let slot = this.#find(key);
    const known = this.#keys[slot] === key;
    this.before[0] = known ? this.#quantities[slot] : 0;
    if (quantity === 0 && key <= horizon) {
      if (known) this.#delete(slot);
      return;
    }
    if (!known) {
      if (2 * (this.#count[0] + 1) > this.#keys.length) {
        this.#grow();
        slot = this.#find(key);
      }
      this.#keys[slot] = key;
      this.#count[0]++;
    }
    this.#quantities[slot] = quantity;
  }

  /** Smallest key of a level beyond `key`, {@link NO_KEY} where there is none. */
  next(key: number): number {
    let best = NO_KEY;
    if (this.#count[0] === 0) return best;
    const keys = this.#keys;
    for (let slot = 0; slot < keys.length; slot++) {
      const far = keys[slot];
      if (far > key && far < best && this.#quantities[slot] > 0 && far !== EMPTY_SLOT) best = far;
    }
    return best;
  }

  /** Takes out all that lies in [`low`, `high`), in no order. */
  take(low: number, high: number, into: (key: number, quantity: number) => void): void {
    if (this.#count[0] === 0) return;
    for (let slot = 0; slot < this.#keys.length; slot++) {
      let key = this.#keys[slot];
      while (key !== EMPTY_SLOT && key >= low && key < high) {
        into(key, this.#quantities[slot]);
        this.#delete(slot);
        key = this.#keys[slot];
      }
    }
  }

  /** Keys of all levels, ascending. Allocates. */
  keys(): Int32Array {
    const all = this.#keys;
    const keys = new Int32Array(this.#count[0]);
    let count = 0;
    for (let slot = 0; slot < all.length; slot++)
      if (all[slot] !== EMPTY_SLOT && this.#quantities[slot] > 0) keys[count++] = all[slot];
    return keys.subarray(0, count).sort();
  }

  /** Slot of a key, or the empty slot where it would go. */
  #find(key: number): number {
    const keys = this.#keys;
    const mask = keys.length - 1;
    let slot = Math.imul(key, GOLDEN) >>> this.#shift;
    while (keys[slot] !== key && keys[slot] !== EMPTY_SLOT) slot = (slot + 1) & mask;
    return slot;
  }

  /** Removes a slot and closes the gap behind it (no tombstones), so that probing stays short for ever. */
  #delete(slot: number): void {
    const keys = this.#keys;
    const mask = keys.length - 1;
    let hole = slot;
    for (let at = (slot + 1) & mask; keys[at] !== EMPTY_SLOT; at = (at + 1) & mask) {
      const home = Math.imul(keys[at], GOLDEN) >>> this.#shift;
      if (((at - home) & mask) >= ((at - hole) & mask)) {
        keys[hole] = keys[at];
        this.#quantities[hole] = this.#quantities[at];
        hole = at;
      }
    }
    keys[hole] = EMPTY_SLOT;
    this.#count[0]--;
  }

  #grow(): void {
    const keys = this.#keys;
    const quantities = this.#quantities;
    this.#keys = new Int32Array(2 * keys.length).fill(EMPTY_SLOT);
    this.#quantities = new Float64Array(2 * keys.length);
    this.#shift--;
    this.#start = 0;
    for (let slot = 0; slot < keys.length; slot++) {
      if (keys[slot] === EMPTY_SLOT) continue;
      const to = this.#find(keys[slot]);
      this.#keys[to] = keys[slot];
      this.#quantities[to] = quantities[slot];
    }
  }
}
