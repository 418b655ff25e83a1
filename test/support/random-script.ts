import fc from 'fast-check';
import type { ScriptMessage } from './script-tape.ts';

interface Event {
  readonly wait: number;
  readonly kind: 'level' | 'trade' | 'move' | 'gap' | 'refresh';
  readonly bid: boolean;
  readonly distance: number;
  /** Quarters of a base unit. */
  readonly quarters: number;
}

const event: fc.Arbitrary<Event> = fc.record({
  wait: fc.integer({ min: 0, max: 60 }),
  kind: fc.oneof(
    { weight: 40, arbitrary: fc.constant('level' as const) },
    { weight: 30, arbitrary: fc.constant('trade' as const) },
    { weight: 20, arbitrary: fc.constant('move' as const) },
    { weight: 1, arbitrary: fc.constant('gap' as const) },
    { weight: 1, arbitrary: fc.constant('refresh' as const) },
  ),
  bid: fc.boolean(),
  distance: fc.integer({ min: 0, max: 5 }),
  quarters: fc.integer({ min: 0, max: 40 }),
});

/**
 * Scripts of a market that lives: levels change, trades print at and through the best prices, the mid moves, now and
 * then updates are lost until a new snapshot. The book is never crossed.
 */
export function randomScript(): fc.Arbitrary<readonly ScriptMessage[]> {
  return fc.array(event, { minLength: 20, maxLength: 300, size: 'max' }).map((events) => {
    const script = new Script();
    for (const each of events) script.add(each);
    return script.messages;
  });
}

class Script {
  readonly messages: ScriptMessage[] = [];
  readonly #bids = new Map<number, number>();
  readonly #asks = new Map<number, number>();
  #at = 0;
  #centre = 1000;
  #lost = false;

  constructor() {
    for (let i = 1; i <= 6; i++) {
      this.#bids.set(this.#centre - i, i);
      this.#asks.set(this.#centre + i, i);
    }
    this.#snapshot();
  }

  add({ wait, kind, bid, distance, quarters }: Event): void {
    this.#at += wait;
    const at = this.#at;
    const quantity = quarters / 4;
    if (this.#lost || kind === 'refresh') {
      this.#snapshot();
    } else if (kind === 'gap') {
      this.messages.push({ at, gap: true });
      this.#lost = true;
      // What changes meanwhile shows only in the snapshot after it.
      for (const levels of [this.#bids, this.#asks]) {
        for (const price of levels.keys()) levels.set(price, distance / 4);
      }
    } else if (kind === 'trade') {
      const price = bid ? this.#centre - 1 - distance : this.#centre + 1 + distance;
      this.messages.push({ at, [bid ? 'sell' : 'buy']: [price, quantity + 0.25] });
    } else if (kind === 'level') {
      const price = bid ? this.#centre - 1 - distance : this.#centre + 1 + distance;
      (bid ? this.#bids : this.#asks).set(price, quantity);
      this.messages.push({ at, [bid ? 'bids' : 'asks']: [[price, quantity]] });
    } else {
      this.#move(bid ? -1 - (distance % 3) : 1 + (distance % 3), quantity + 0.25);
    }
  }

  #move(by: number, quantity: number): void {
    this.#centre += by;
    const gone = by > 0 ? this.#asks : this.#bids;
    const bids: [number, number][] = [[this.#centre - 1, quantity]];
    const asks: [number, number][] = [[this.#centre + 1, quantity]];
    for (const price of [...gone.keys()]) {
      if (by > 0 ? price > this.#centre : price < this.#centre) continue;
      gone.delete(price);
      (by > 0 ? asks : bids).unshift([price, 0]);
    }
    this.#bids.set(this.#centre - 1, quantity);
    this.#asks.set(this.#centre + 1, quantity);
    this.messages.push({ at: this.#at, bids, asks });
  }

  #snapshot(): void {
    this.#lost = false;
    this.messages.push({ at: this.#at, snapshot: true, bids: [...this.#bids], asks: [...this.#asks] });
  }
}
