import { FarLevels } from './far-levels.ts';
import { type LevelMemory, roomFor } from './kernel/level-memory.ts';
import { ladderLayout } from './kernel/set-levels.ts';
import { NO_KEY } from './level-key.ts';
import { type LevelList, ListRoom } from './level-list.ts';
import { Flag, type Kind, type RowBatch } from './tape/rows.ts';
import type { LevelPlace, TickLevels } from './tick-levels.ts';
import type { WatchedSide } from './watched-side.ts';

/**
 * One side of a limit order book. Hot path: typed arrays only, nothing is allocated per update.
 *
 * Levels are addressed by a key that grows away from the best price (asks: the price, bids: its negative), so that the
 * best level is the smallest key on either side. A power-of-two window of keys around the best is dense: quantity in a
 * ring indexed by `key & mask`, occupancy in a bitmap that finds the next level 32 prices at a time. Every level beyond
 * the window is kept apart ({@link FarLevels}), and moves when the window follows the market.
 */
export class Ladder {
  readonly #size: number;
  readonly #mask: number;
  readonly #wordMask: number;
  readonly #quantities: Float64Array;
  /** Bit per ring cell: the cell may hold a level. Emptied ones are dropped when a search comes upon them. */
  readonly #occupied: Uint32Array;
  /** Bit per ring cell: an update has named the price since the snapshot (kept for keys beyond the horizon only). */
  readonly #named: Uint32Array;
  /** Smallest key of the window. */
  #base = 0;
  #best = NO_KEY;
  #horizon = Number.POSITIVE_INFINITY;
  /** Whether a key up to `#followed` has been set since {@link follow}. */
  #near = true;
  #followed = Number.POSITIVE_INFINITY;
  readonly #given = new Float64Array(1);
  readonly #before = new Float64Array(1);
  readonly #far: FarLevels;
  readonly #listRoom: ListRoom | undefined;
  /** What the window lies in, where it does, and from where on. */
  readonly #memory: LevelMemory | undefined;
  readonly #start: number;
  /** The best key that the memory's function leaves. */
  readonly #bestLeft: Int32Array;

  /** `window` is the number of dense prices, a power of two of at least 64. */
  constructor(window: number, memory?: LevelMemory) {
    if (window < 64 || (window & (window - 1)) !== 0)
      throw new RangeError(`window ${window} is no power of two`);
    this.#size = window;
    this.#mask = window - 1;
    this.#wordMask = (window >>> 5) - 1;
    const layout = ladderLayout(window);
    const room = roomFor(layout.bytes, memory);
    const { buffer, start } = room;
    this.#memory = room.memory;
    this.#far = new FarLevels(memory);
    this.#start = start;
    this.#quantities = new Float64Array(buffer, start, window);
    this.#occupied = new Uint32Array(buffer, start + layout.occupied, window >>> 5);
    this.#named = new Uint32Array(buffer, start + layout.named, window >>> 5);
    this.#bestLeft = new Int32Array(buffer, start + layout.best, 1);
    this.#listRoom =
      room.memory === undefined ? undefined : ListRoom.in(room.memory, window, this.#far.mostInMemory);
    this.clear();
  }

  /** Key of the best level, {@link NO_KEY} where there is none. */
  get best(): number {
    return this.#best;
  }

  /** Number of levels held; counts them. */
  get levels(): number {
    let levels = this.#far.levels;
    for (let cell = 0; cell < this.#size; cell++) if (this.#quantities[cell] > 0) levels++;
    return levels;
  }

  get bestQuantity(): number {
    return this.#best === NO_KEY ? 0 : this.#quantities[this.#best & this.#mask];
  }

  get horizon(): number {
    return this.#horizon;
  }

  set horizon(key: number) {
    this.#horizon = key;
  }

  clear(): void {
    this.#quantities.fill(0);
    this.#occupied.fill(0);
    this.#named.fill(0);
    this.#best = NO_KEY;
    this.#horizon = Number.POSITIVE_INFINITY;
    this.#far.clear();
    this.#near = true;
    this.#followed = Number.POSITIVE_INFINITY;
  }

  /** From here on {@link changed} tells whether a key up to `key` was set. */
  follow(key: number): void {
    this.#followed = key;
    this.#near = false;
  }

  get changed(): boolean {
    return this.#near;
  }

  /**
   * Sets level rows of a tape from index `from` on, up to the end of their message: as many as are of `kind` and at a
   * price that is not watched. Returns the index of the first row that was not set. `sign` turns a price into a key. The
   * same as {@link set} row by row. Most rows touch neither the best prices nor what is far: for those nothing is read
   * back and nothing branches on what was there.
   */
  setRows(batch: RowBatch, from: number, kind: Kind, sign: 1 | -1, watched: WatchedSide): number {
    const { length, kind: kinds, price: prices, quantity: quantities, flags } = batch;
    const { messageEnd } = Flag;
    const cells = this.#quantities;
    const occupied = this.#occupied;
    const named = this.#named;
    const mask = this.#mask;
    const flip = sign === 1 ? 0 : -1;
    const careful = toKey(Math.max(this.#followed, sign === 1 ? watched.high : -watched.low));
    const horizon = toKey(this.#horizon);
    let first = Math.max(careful, this.#best);
    let last = this.#base + this.#size - 1;
    let row = from;
    while (row < length && kinds[row] === kind) {
      const price = prices[row];
      const key = (price ^ flip) - flip;
      const quantity = quantities[row];
      if (key > first && key <= last) {
        const cell = key & mask;
        cells[cell] = quantity;
        occupied[cell >>> 5] |= 1 << (cell & 31);
        if (key > horizon) named[cell >>> 5] |= 1 << (cell & 31);
      } else {
        if (watched.watches(price)) break;
        this.#put(key, quantities, row);
        first = Math.max(careful, this.#best);
        last = this.#base + this.#size - 1;
      }
      if ((flags[row++] & messageEnd) !== 0) break;
    }
    return row;
  }

  /**
   * Sets levels `from` up to and excluding `to`: the same as {@link set} one by one. Levels in the memory that the window lies
   * in are set in WebAssembly, all but those that the window has to follow.
   */
  setLevels(levels: TickLevels, from: number, to: number, sign: 1 | -1): void {
    const { prices, quantities, place } = levels;
    const flip = sign === 1 ? 0 : -1;
    for (let i = from; i < to; i++) {
      if (place !== undefined && place.memory === this.#memory) i = this.#setThere(place, i, to, flip);
      if (i < to) this.#put((prices[i] ^ flip) - flip, quantities, i);
    }
  }

  /** Sets levels up to the first that `#put` has to set; returns its index, `to` where there is none. */
  #setThere({ memory, prices, quantities }: LevelPlace, from: number, to: number, flip: number): number {
    const reached = memory.setLevels(
      this.#start,
      this.#mask,
      this.#base,
      this.#best,
      toKey(this.#horizon),
      toKey(this.#near ? Number.NEGATIVE_INFINITY : this.#followed),
      prices,
      quantities,
      from,
      to,
      flip,
      this.#far.start,
      this.#far.shift,
    );
    this.#best = this.#bestLeft[0];
    return reached;
  }

  /** Sets the quantity at a key and returns what it was, 0 where nothing was known. */
  set(key: number, quantity: number): number {
    this.#given[0] = quantity;
    this.#put(key, this.#given, 0);
    return this.#before[0];
  }

  /** As {@link set}, with the quantity in an array and what it was in `#before`: numbers handed over would be boxed. */
  #put(key: number, quantities: Float64Array, index: number): void {
    if (key <= this.#followed) this.#near = true;
    const offset = key - this.#base;
    const quantity = quantities[index];
    let before: number;
    if (offset >= 0 && offset < this.#size) {
      const cell = key & this.#mask;
      before = this.#quantities[cell];
      this.#quantities[cell] = quantity;
      this.#occupied[cell >>> 5] |= 1 << (cell & 31);
      if (key > this.#horizon) this.#named[cell >>> 5] |= 1 << (cell & 31);
    } else {
      this.#far.set(key, quantities, index, this.#horizon);
      before = this.#far.before[0];
    }
    if (quantity > 0) {
      if (key < this.#best) this.#moveBest(key);
    } else if (key === this.#best) this.#moveBest(this.next(key));
    this.#before[0] = before;
  }

  /** Quantity at a key: 0 where the level is empty, NaN where it is unknown. */
  get(key: number): number {
    const offset = key - this.#base;
    if (offset >= 0 && offset < this.#size) {
      const cell = key & this.#mask;
      const quantity = this.#quantities[cell];
      if (quantity > 0 || key <= this.#horizon) return quantity;
      return (this.#named[cell >>> 5] & (1 << (cell & 31))) !== 0 ? 0 : Number.NaN;
    }
    const quantity = this.#far.get(key);
    return Number.isNaN(quantity) && key <= this.#horizon ? 0 : quantity;
  }

  /** Smallest key of a level beyond `key`, {@link NO_KEY} where there is none. */
  next(key: number): number {
    for (;;) {
      const near = this.#nextNear(key + 1, this.#occupied);
      if (near === NO_KEY) return this.#far.next(key);
      const cell = near & this.#mask;
      if (this.#quantities[cell] > 0) return near;
      this.#occupied[cell >>> 5] &= ~(1 << (cell & 31));
    }
  }

  /** Writes the best `count` levels, best first, as `sign` times their keys; returns how many there were. */
  top(count: number, sign: 1 | -1, prices: Int32Array, quantities: Float64Array): number {
    if (this.#best === NO_KEY) return 0;
    const base = this.#base;
    const mask = this.#mask;
    const start = this.#best & mask;
    // Words from the best's own to the window's last, which is also its first where the window begins within a word.
    let word = start >>> 5;
    let bits = this.#occupied[word] & (-1 << (start & 31));
    let left = this.#size - (this.#best - base) + (start & 31);
    let written = 0;
    while (written < count) {
      while (bits === 0 && left > 32) {
        left -= 32;
        word = (word + 1) & this.#wordMask;
        bits = this.#occupied[word];
        if (left <= 32 && (base & 31) !== 0) bits &= ~(-1 << (base & 31));
      }
      if (bits === 0) break;
      const cell = (word << 5) + 31 - Math.clz32(bits & -bits);
      bits &= bits - 1;
      const key = base + ((cell - base) & mask);
      if (key < this.#best) continue;
      const quantity = this.#quantities[cell];
      if (quantity > 0) {
        prices[written] = sign * key;
        quantities[written] = quantity;
        written++;
      } else this.#occupied[word] &= ~(1 << (cell & 31));
    }
    return written === count ? written : this.#topFar(written, count, sign, prices, quantities);
  }

  #topFar(from: number, count: number, sign: 1 | -1, prices: Int32Array, quantities: Float64Array): number {
    let written = from;
    let key = this.#far.next(this.#base + this.#size - 1);
    while (written < count && key !== NO_KEY) {
      prices[written] = sign * key;
      quantities[written++] = this.get(key);
      key = this.#far.next(key);
    }
    return written;
  }

  /** All levels, best first, as `sign` times their keys and with their quantities. Valid until the next call. */
  list(sign: 1 | -1): LevelList {
    if (this.#listRoom !== undefined && this.#far.start > 0)
      return this.#listRoom.list(this.#start, this.#mask, this.#base, this.#far, sign);
    const far = this.#far.keys();
    const prices = new Int32Array(far.length + this.#size);
    const quantities = new Float64Array(far.length + this.#size);
    let count = 0;
    for (let key = this.#nextNear(this.#base, this.#occupied); key !== NO_KEY; ) {
      const quantity = this.#quantities[key & this.#mask];
      if (quantity > 0) {
        prices[count] = sign * key;
        quantities[count++] = quantity;
      }
      key = this.#nextNear(key + 1, this.#occupied);
    }
    // No level is closer than the window.
    for (let i = 0; i < far.length; i++) {
      prices[count] = sign * far[i];
      quantities[count++] = this.#far.get(far[i]);
    }
    return { count, prices, quantities };
  }

  #nextNear(from: number, bits: Uint32Array): number {
    const size = this.#size;
    let offset = from - this.#base;
    if (offset < 0) offset = 0;
    if (offset >= size) return NO_KEY;
    const start = (this.#base + offset) & this.#mask;
    // The rest of the first word, then whole words around the ring, then the head of the first word again.
    let word = start >>> 5;
    let found = bits[word] & (-1 << (start & 31));
    let remaining = size - offset;
    let cell = start & ~31;
    remaining += start & 31;
    while (found === 0) {
      remaining -= 32;
      if (remaining <= 0) return NO_KEY;
      word = (word + 1) & this.#wordMask;
      cell = word << 5;
      found = bits[word];
    }
    const at = cell + 31 - Math.clz32(found & -found);
    const key = this.#base + ((at - this.#base) & this.#mask);
    return key < from ? NO_KEY : key;
  }

  #moveBest(key: number): void {
    this.#best = key;
    if (key === NO_KEY) return;
    const offset = key - this.#base;
    // Most levels lie beyond the best, so the best sits a quarter into a fresh window, and may roam within
    // three quarters of it before the window follows.
    if (offset < 0 || offset >= this.#size - (this.#size >>> 2)) this.#moveWindow(key - (this.#size >>> 2));
  }

  #moveWindow(base: number): void {
    const old = this.#base;
    const end = base + this.#size;
    for (let word = 0; word <= this.#wordMask; word++) {
      for (let bits = this.#occupied[word] | this.#named[word]; bits !== 0; bits &= bits - 1) {
        const cell = (word << 5) + 31 - Math.clz32(bits & -bits);
        const key = old + ((cell - old) & this.#mask);
        if (key >= base && key < end) continue;
        this.#far.set(key, this.#quantities, cell, this.#horizon);
        this.#quantities[cell] = 0;
        this.#occupied[word] &= ~(1 << (cell & 31));
        this.#named[word] &= ~(1 << (cell & 31));
      }
    }
    this.#base = base;
    this.#far.take(base, end, (key, quantity) => {
      const cell = key & this.#mask;
      this.#quantities[cell] = quantity;
      if (quantity > 0) this.#occupied[cell >>> 5] |= 1 << (cell & 31);
      if (key > this.#horizon) this.#named[cell >>> 5] |= 1 << (cell & 31);
    });
  }
}

/** A bound of keys as a key: comparing whole numbers is faster. */
function toKey(bound: number): number {
  return Math.max(-NO_KEY, Math.min(bound, NO_KEY)) | 0;
}
