// Every request and response passes here: a ring, nothing allocated but its rare doubling.

/** Something that takes effect at a time, µs. */
export interface Timed {
  readonly due: number;
}

/** Things on their way, in order of their time; those of one time in the order they were added. */
export class Timeline<Item extends Timed> {
  #items: (Item | null)[] = new Array<Item | null>(16).fill(null);
  #due = new Float64Array(16);
  #mask = 15;
  #first = 0;
  #count = 0;

  /** Time of the first, µs; Infinity where there is none. */
  get next(): number {
    return this.#count === 0 ? Number.POSITIVE_INFINITY : this.#due[this.#first];
  }

  add(item: Item): void {
    if (this.#count > this.#mask) this.#grow();
    const items = this.#items;
    const times = this.#due;
    const mask = this.#mask;
    const { due } = item;
    let at = this.#first + this.#count++;
    for (; at > this.#first && times[(at - 1) & mask] > due; at--) {
      items[at & mask] = items[(at - 1) & mask];
      times[at & mask] = times[(at - 1) & mask];
    }
    items[at & mask] = item;
    times[at & mask] = due;
  }

  /** Takes the first off. */
  take(): Item {
    const item = this.#count === 0 ? null : this.#items[this.#first];
    if (item === null) throw new Error('nothing is on its way');
    this.#items[this.#first] = null;
    this.#first = (this.#first + 1) & this.#mask;
    this.#count--;
    return item;
  }

  clear(): void {
    this.#items.fill(null);
    this.#count = 0;
  }

  #grow(): void {
    const size = this.#mask + 1;
    const items = new Array<Item | null>(2 * size).fill(null);
    const due = new Float64Array(2 * size);
    for (let i = 0; i < size; i++) {
      const from = (this.#first + i) & this.#mask;
      items[i] = this.#items[from];
      due[i] = this.#due[from];
    }
    this.#items = items;
    this.#due = due;
    this.#mask = 2 * size - 1;
    this.#first = 0;
  }
}
