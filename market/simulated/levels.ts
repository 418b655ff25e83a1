/**
 * One side of a sparse book: keys (prices, negated on the ask side, so that the best is the largest) and sizes, sorted
 * with the best at the end. Hot path: typed arrays that grow and are never made anew for an event.
 */
export class Levels {
  keys = new Int32Array(256);
  sizes = new Float64Array(256);
  count = 0;

  get best(): number {
    return this.keys[this.count - 1];
  }

  /** Index of the first key that is not below `key`. */
  indexOf(key: number): number {
    // What changes is near the best most of the time.
    let high = this.count;
    let step = 1;
    while (high - step >= 0 && this.keys[high - step] >= key) {
      high -= step;
      step *= 2;
    }
    let low = Math.max(0, high - step);
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.keys[middle] < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  get(key: number): number {
    const at = this.indexOf(key);
    return at < this.count && this.keys[at] === key ? this.sizes[at] : 0;
  }

  /** Sets a level (0 removes it); returns the size before. */
  set(key: number, size: number): number {
    const at = this.indexOf(key);
    if (at < this.count && this.keys[at] === key) {
      const before = this.sizes[at];
      if (size > 0) this.sizes[at] = size;
      else this.removeAt(at);
      return before;
    }
    if (size > 0) this.#insert(at, key, size);
    return 0;
  }

  removeAt(at: number): void {
    this.keys.copyWithin(at, at + 1, this.count);
    this.sizes.copyWithin(at, at + 1, this.count);
    this.count--;
  }

  clear(): void {
    this.count = 0;
  }

  #insert(at: number, key: number, size: number): void {
    if (this.count === this.keys.length) {
      const keys = new Int32Array(2 * this.count);
      const sizes = new Float64Array(2 * this.count);
      keys.set(this.keys);
      sizes.set(this.sizes);
      this.keys = keys;
      this.sizes = sizes;
    }
    this.keys.copyWithin(at + 1, at, this.count);
    this.sizes.copyWithin(at + 1, at, this.count);
    this.keys[at] = key;
    this.sizes[at] = size;
    this.count++;
  }
}
