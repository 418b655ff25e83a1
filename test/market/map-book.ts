import assert from 'node:assert/strict';
import type { OrderBook } from '../../market/book.ts';
import { ASK, BID, type Side } from '../../market/side.ts';

/** The plainest book that is right: a map a side. */
export class MapBook {
  readonly sides = [new Map<number, number>(), new Map<number, number>()];
  readonly named = [new Set<number>(), new Set<number>()];
  horizon = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];

  apply(side: Side, price: number, quantity: number): number {
    const before = this.sides[side].get(price) ?? 0;
    if (quantity === 0) this.sides[side].delete(price);
    else this.sides[side].set(price, quantity);
    if (this.beyond(side, price)) this.named[side].add(price);
    return before;
  }

  beyond(side: Side, price: number): boolean {
    return side === BID ? price < this.horizon[BID] : price > this.horizon[ASK];
  }

  quantityAt(side: Side, price: number): number {
    const quantity = this.sides[side].get(price);
    if (quantity !== undefined) return quantity;
    return this.beyond(side, price) && !this.named[side].has(price) ? Number.NaN : 0;
  }

  top(side: Side, count: number): [number, number][] {
    const levels = [...this.sides[side]].sort((a, b) => (side === BID ? b[0] - a[0] : a[0] - b[0]));
    return levels.slice(0, count);
  }

  reset(): void {
    for (const side of [BID, ASK]) {
      this.sides[side].clear();
      this.named[side].clear();
    }
    this.horizon = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  }
}

const prices = new Int32Array(12);
const quantities = new Float64Array(12);

function top(book: OrderBook, side: Side, count: number): [number, number][] {
  const found = book.top(side, count, prices, quantities);
  return Array.from({ length: found }, (_, i) => [prices[i], quantities[i]]);
}

/** Fails unless both show the same. */
export function same(book: OrderBook, model: MapBook): void {
  for (const side of [BID, ASK] as const) {
    const expected = model.top(side, 12);
    assert.deepEqual(top(book, side, 12), expected);
    assert.equal(book.levels(side), model.sides[side].size);
    if (expected.length > 0) {
      assert.equal(side === BID ? book.bestBid : book.bestAsk, expected[0][0]);
      assert.equal(side === BID ? book.bestBidQuantity : book.bestAskQuantity, expected[0][1]);
    }
  }
  assert.equal(book.ready, model.sides[BID].size > 0 && model.sides[ASK].size > 0);
}
