// Every request and response passes here: a ring of columns, nothing allocated but its rare doubling.

/** Numbers a message: when it is due, its value, its kind. */
const WIDTH = 3;
const VALUE = 1;
const KIND = 2;

/**
 * Messages on their way, each about an item, in order of the time they are due; those of one time in the order they were
 * added. What `value` and `kind` say is between who adds and who takes.
 */
export class Timeline<Item> {
  #items: (Item | null)[] = new Array<Item | null>(16).fill(null);
  #numbers = new Float64Array(16 * WIDTH);
  #mask = 15;
  #first = 0;
  #count = 0;

  /** When the first is due, µs; Infinity where there is none. */
  get next(): number {
    return this.#count === 0 ? Number.POSITIVE_INFINITY : this.#numbers[WIDTH * this.#first];
  }

  /** Of the first, while there is one. */
  get value(): number {
    return this.#numbers[WIDTH * this.#first + VALUE];
  }

  get kind(): number {
    return this.#numbers[WIDTH * this.#first + KIND];
  }

  add(item: Item, due: number, value: number, kind: number): void {
    if (this.#count > this.#mask) this.#grow();
    const items = this.#items;
    const numbers = this.#numbers;
    const mask = this.#mask;
    let at = this.#first + this.#count++;
    for (; at > this.#first && numbers[WIDTH * ((at - 1) & mask)] > due; at--) {
      const to = WIDTH * (at & mask);
      const from = WIDTH * ((at - 1) & mask);
      items[at & mask] = items[(at - 1) & mask];
      numbers[to] = numbers[from];
      numbers[to + VALUE] = numbers[from + VALUE];
      numbers[to + KIND] = numbers[from + KIND];
    }
    items[at & mask] = item;
    numbers[WIDTH * (at & mask)] = due;
    numbers[WIDTH * (at & mask) + VALUE] = value;
    numbers[WIDTH * (at & mask) + KIND] = kind;
  }

  /** Takes the first off and returns what it is about. */
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
    const numbers = new Float64Array(2 * size * WIDTH);
    for (let i = 0; i < size; i++) {
      const from = (this.#first + i) & this.#mask;
      items[i] = this.#items[from];
      for (let n = 0; n < WIDTH; n++) numbers[WIDTH * i + n] = this.#numbers[WIDTH * from + n];
    }
    this.#items = items;
    this.#numbers = numbers;
    this.#mask = 2 * size - 1;
    this.#first = 0;
  }
}
