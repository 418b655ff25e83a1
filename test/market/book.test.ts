import assert from 'node:assert/strict';
import fc from 'fast-check';
import { OrderBook } from '../../market/book.ts';
import { ASK, BID, type Side } from '../../market/side.ts';
import { MapBook, same } from './map-book.ts';

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
    book.apply(BID, 4, 2);
    const { count, prices, quantities } = book.list(BID);
    assert.deepEqual([...prices.subarray(0, count)], [100, 90, 4]);
    assert.deepEqual([...quantities.subarray(0, count)], [1, 1, 2]);
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
