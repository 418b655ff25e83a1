import assert from 'node:assert/strict';
import fc from 'fast-check';
import { OrderBook } from '../../market/book.ts';
import { ASK, BID, type Side } from '../../market/side.ts';

/** The plainest book that is right: a map a side. */
class MapBook {
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

function same(book: OrderBook, model: MapBook): void {
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

describe('order book', () => {
  it('shows best levels, mid and quantities of a small book', () => {
    const book = new OrderBook();
    assert.equal(book.ready, false);
    book.apply(BID, 100, 2);
    book.apply(BID, 98, 5);
    book.apply(ASK, 103, 1.5);
    assert.equal(book.ready, true);
    assert.deepEqual([book.bestBid, book.bestAsk, book.mid], [100, 103, 101.5]);
    assert.deepEqual([book.bestBidQuantity, book.bestAskQuantity], [2, 1.5]);
    assert.equal(book.quantityAt(BID, 99), 0);
    assert.equal(book.crossed, false);
    assert.equal(book.apply(BID, 100, 0), 2);
    assert.equal(book.bestBid, 98);
    book.apply(BID, 103, 1);
    assert.equal(book.crossed, true);
  });

  it('does not know levels beyond the horizon until an update names them', () => {
    const book = new OrderBook(64);
    book.apply(BID, 100, 1);
    book.apply(BID, 90, 1);
    book.apply(ASK, 110, 1);
    book.setHorizon(90, Number.POSITIVE_INFINITY);
    assert.equal(book.quantityAt(BID, 95), 0);
    assert.ok(Number.isNaN(book.quantityAt(BID, 89)));
    assert.equal(book.quantityAt(ASK, 100_000), 0);
    book.apply(BID, 89, 0);
    book.apply(BID, 3, 7);
    assert.equal(book.quantityAt(BID, 89), 0);
    assert.equal(book.quantityAt(BID, 3), 7);
    book.apply(BID, 3, 0);
    assert.equal(book.quantityAt(BID, 3), 0);
    const { prices, quantities } = book.known(BID);
    assert.deepEqual([...prices], [100, 90, 89, 3]);
    assert.deepEqual([...quantities], [1, 1, 0, 0]);
  });

  it('equals a book of maps under random updates, jumps beyond its window and resets', () => {
    const step = fc.record({
      what: fc.integer({ min: 0, max: 99 }),
      side: fc.constantFrom<Side>(BID, ASK),
      near: fc.integer({ min: -40, max: 40 }),
      far: fc.integer({ min: 1, max: 2_000_000 }),
      quantity: fc.constantFrom(0, 0, 1, 2.5, 7),
    });
    fc.assert(
      fc.property(fc.array(step, { minLength: 50, maxLength: 400 }), (steps) => {
        const book = new OrderBook(64);
        const model = new MapBook();
        let centre = 1_000_000;
        for (const { what, side, near, far, quantity } of steps) {
          if (what === 0) {
            book.reset();
            model.reset();
          } else if (what === 1) {
            const horizon = [Math.max(1, centre - 30), centre + 30] as const;
            book.reset();
            model.reset();
            book.setHorizon(...horizon);
            model.horizon = [...horizon];
          } else if (what < 6) {
            centre = far;
          }
          const price = what > 94 ? far : Math.max(1, centre + near);
          assert.equal(book.apply(side, price, quantity), model.apply(side, price, quantity));
          same(book, model);
          for (const asked of [price, price + 1, Math.max(1, price - 63), far]) {
            assert.equal(book.quantityAt(side, asked), model.quantityAt(side, asked));
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  it('follows a market that walks far beyond its window', () => {
    const book = new OrderBook(128);
    const model = new MapBook();
    for (let centre = 1000; centre < 20_000; centre += 7) {
      for (const [side, price] of [
        [BID, centre - 1 - (centre % 5)],
        [ASK, centre + 1 + (centre % 3)],
        [BID, Math.max(1, centre - 900)],
        [ASK, centre + 700],
      ] as const) {
        assert.equal(book.apply(side, price, 1 + (centre % 4)), model.apply(side, price, 1 + (centre % 4)));
      }
      for (const [price] of model.top(ASK, 3)) {
        if (price <= centre) assert.equal(book.apply(ASK, price, 0), model.apply(ASK, price, 0));
      }
    }
    same(book, model);
  });
});
