/** Something that takes effect at a time, µs. */
export interface Timed {
  readonly due: number;
}

/** Things on their way, in order of their time; those of one time in the order they were added. */
export class Timeline<Item extends Timed> {
  readonly #items: Item[] = [];

  /** Time of the first, µs; Infinity where there is none. */
  get next(): number {
    return this.#items.length === 0 ? Number.POSITIVE_INFINITY : this.#items[0].due;
  }

  add(item: Item): void {
    const items = this.#items;
    let index = items.length;
    while (index > 0 && items[index - 1].due > item.due) index--;
    if (index === items.length) items.push(item);
    else items.splice(index, 0, item);
  }

  /** Takes the first off. */
  take(): Item {
    const item = this.#items.shift();
    if (item === undefined) throw new Error('nothing is on its way');
    return item;
  }

  clear(): void {
    this.#items.length = 0;
  }
}
