import assert from 'node:assert/strict';
import fc from 'fast-check';
import { DiffHistory } from '../../market/binance/diff-history.ts';
import { OrderBook } from '../../market/book.ts';
import { LevelMemory } from '../../market/kernel/level-memory.ts';
import { columnsAt, rowLayout } from '../../market/kernel/row-layout.ts';
import { ASK, BID } from '../../market/side.ts';
import { TapeColumns } from '../../market/tape/columns.ts';
import type { RowRun } from '../../market/tape/row-run.ts';
import { Flag, Kind } from '../../market/tape/rows.ts';
import type { LevelPlace, TickLevels } from '../../market/tick-levels.ts';
import { MapBook, same } from './map-book.ts';

const LEVELS = 512;

type Level = readonly [price: number, quantity: number];

/** Levels in a memory, or outside of one. */
class Levels implements TickLevels {
  bids = 0;
  count = 0;
  readonly prices: Int32Array;
  readonly quantities: Float64Array;
  readonly place: LevelPlace | undefined;

  constructor(memory?: LevelMemory) {
    const start = memory?.take(12 * LEVELS) ?? -1;
    const buffer = memory?.buffer ?? new ArrayBuffer(12 * LEVELS);
    const quantities = Math.max(start, 0);
    const prices = quantities + 8 * LEVELS;
    this.quantities = new Float64Array(buffer, quantities, LEVELS);
    this.prices = new Int32Array(buffer, prices, LEVELS);
    this.place = memory === undefined ? undefined : { memory, prices, quantities };
  }

  set(bids: readonly Level[], asks: readonly Level[]): this {
    [...bids, ...asks].forEach(([price, quantity], i) => {
      this.prices[i] = price;
      this.quantities[i] = quantity;
    });
    this.bids = bids.length;
    this.count = bids.length + asks.length;
    return this;
  }
}

function listed(book: OrderBook): unknown {
  return ([BID, ASK] as const).map((side) => {
    const { count, prices, quantities } = book.list(side);
    return [[...prices.subarray(0, count)], [...quantities.subarray(0, count)]];
  });
}

function sorted(model: MapBook): unknown {
  return ([BID, ASK] as const).map((side) => {
    const levels = model.top(side, Number.POSITIVE_INFINITY);
    return [levels.map(([price]) => price), levels.map(([, quantity]) => quantity)];
  });
}

const quantity = fc.constantFrom(0, 0, 1, 2.5, 7);

describe('a book in a memory', () => {
  it('equals a book of maps under updates near and far, jumps of the market, horizons and resets', () => {
    const offset = fc.oneof(
      { arbitrary: fc.integer({ min: -30, max: 30 }), weight: 8 },
      { arbitrary: fc.integer({ min: -100, max: 100 }), weight: 2 },
      { arbitrary: fc.constantFrom(-5000, -4999, -300, 300, 4000, 5000), weight: 2 },
    );
    const side = fc.array(fc.tuple(offset, quantity), { maxLength: 12 });
    const step = fc.record({
      what: fc.integer({ min: 0, max: 60 }),
      centre: fc.integer({ min: 10_000, max: 2_000_000 }),
      bids: side,
      asks: side,
    });
    fc.assert(
      fc.property(fc.array(step, { minLength: 10, maxLength: 60 }), (steps) => {
        const memory = new LevelMemory(0, 3 << 20);
        const levels = new Levels(memory);
        const book = new OrderBook(64, memory);
        const model = new MapBook();
        let centre = 100_000;
        for (const { what, centre: jump, bids, asks } of steps) {
          if (what < 2) {
            book.reset();
            model.reset();
          }
          if (what === 1) {
            const horizon = [centre - 40, centre + 40] as const;
            book.setHorizon(...horizon);
            model.horizon = [...horizon];
          } else if (what < 4) centre = jump;
          const at = ([price, amount]: Level): Level => [centre + price, amount];
          const update = levels.set(bids.map(at), asks.map(at));
          book.applyLevels(update);
          for (const [price, amount] of bids.map(at)) model.apply(BID, price, amount);
          for (const [price, amount] of asks.map(at)) model.apply(ASK, price, amount);
          same(book, model);
          assert.deepEqual(listed(book), sorted(model));
          for (const [asked] of [...bids, ...asks].map(at)) {
            for (const side of [BID, ASK] as const)
              assert.equal(book.quantityAt(side, asked), model.quantityAt(side, asked));
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  it('is as right when its far levels outgrow their table in the memory', () => {
    const memory = new LevelMemory(0, 3 << 20);
    const levels = new Levels(memory);
    const book = new OrderBook(64, memory);
    const model = new MapBook();
    for (let i = 0; i < 12_000; i += 100) {
      const asks = Array.from({ length: 100 }, (_, k): Level => [1000 + 7 * (i + k), 1 + (k % 5)]);
      book.applyLevels(levels.set([], asks));
      for (const [price, amount] of asks) model.apply(ASK, price, amount);
    }
    for (let i = 0; i < 12_000; i += 3) {
      const gone: Level[] = [[1000 + 7 * i, 0]];
      book.applyLevels(levels.set([], gone));
      model.apply(ASK, 1000 + 7 * i, 0);
    }
    same(book, model);
    assert.deepEqual(listed(book), sorted(model));
  });

  it('takes levels from elsewhere, and has arrays of its own where the memory has no room', () => {
    for (const memory of [new LevelMemory(0, 3 << 20), new LevelMemory(0, 1 << 10)]) {
      const book = new OrderBook(1024, memory);
      for (const levels of [new Levels(), new Levels(new LevelMemory(0, 1 << 16))]) {
        book.applyLevels(levels.set([[100, 2]], [[103, 1]]));
        book.applyLevels(levels.set([[100, 0]], [[90_000, 4]]));
        book.applyLevels(levels.set([[99, 3]], []));
        assert.deepEqual(listed(book), [
          [[99], [3]],
          [
            [103, 90_000],
            [1, 4],
          ],
        ]);
      }
    }
  });
});

describe('tape columns in a memory', () => {
  const time = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
  const id = fc.oneof(fc.constant(-1), fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }));
  const level = fc.tuple(fc.integer({ min: 0, max: 2 ** 31 - 2 }), fc.double({ min: 0, noNaN: true }));
  const update = fc
    .record({
      kind: fc.constant('levels' as const),
      sent: time,
      received: time,
      id,
      bids: fc.array(level, { maxLength: 20 }),
      asks: fc.array(level, { maxLength: 20 }),
    })
    .filter(({ bids, asks }) => bids.length + asks.length > 0);
  const trade = fc.tuple(time, time, level, fc.constantFrom(Kind.buy, Kind.sell));
  const run = fc.record({
    kind: fc.constant('run' as const),
    trades: fc.array(trade, { minLength: 1, maxLength: 20 }),
  });

  it('hold the same rows as columns elsewhere', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(update, run), { maxLength: 40 }), (pieces) => {
        const memory = new LevelMemory(0, 1 << 18);
        const all = [memory, undefined].map((place) => {
          const levels = new Levels(place);
          const trades = new Trades(place);
          const columns = new TapeColumns(2000, place);
          for (const piece of pieces) {
            if (piece.kind === 'run') columns.pushRun(trades.set(piece.trades));
            else columns.pushLevels(piece.sent, piece.received, levels.set(piece.bids, piece.asks), piece.id);
          }
          const ids = Array.from({ length: columns.length }, (_, row) => columns.updateIdAt(row));
          return { ...columns.snapshot(), ids, nulls: columns.updateIdNulls };
        });
        assert.deepEqual(all[0], all[1]);
      }),
      { numRuns: 200 },
    );
  });

  it('go on elsewhere when they grow', () => {
    const memory = new LevelMemory(0, 1 << 18);
    const levels = new Levels(memory).set([[5, 1]], [[6, 2]]);
    const columns = new TapeColumns(16, memory);
    columns.pushLevels(1, 2, levels, 3);
    columns.grow(10_000);
    for (let i = 0; i < 4000; i++) columns.pushLevels(1, 2, levels, 3);
    assert.equal(columns.length, 8002);
    assert.deepEqual([...columns.price.subarray(0, 4)], [5, 6, 5, 6]);
    assert.deepEqual([...columns.flags.subarray(8000, 8002)], [0, Flag.messageEnd]);
  });
});

const RUN_ROOM = 32;

/** Rows of trades in a memory, or outside of one. */
class Trades implements RowRun {
  length = 0;
  readonly exchangeTime: Uint32Array;
  readonly localTime: Uint32Array;
  readonly kind: Uint8Array;
  readonly price: Int32Array;
  readonly quantity: Float64Array;
  readonly flags: Uint8Array;
  readonly place: RowRun['place'];

  constructor(memory?: LevelMemory) {
    const bytes = rowLayout.bytes * RUN_ROOM;
    const start = memory?.take(bytes) ?? 0;
    const buffer = memory?.buffer ?? new ArrayBuffer(bytes);
    const columns = columnsAt(buffer, start, RUN_ROOM);
    this.exchangeTime = columns.exchangeTime;
    this.localTime = columns.localTime;
    this.quantity = columns.quantity;
    this.price = columns.price;
    this.kind = columns.kind;
    this.flags = columns.flags.fill(Flag.messageEnd);
    this.place = memory === undefined ? undefined : { memory, start, room: RUN_ROOM };
  }

  set(trades: readonly (readonly [sent: number, received: number, level: Level, kind: number])[]): this {
    this.length = trades.length;
    trades.forEach(([sent, received, [price, amount], kind], i) => {
      for (const [halves, value] of [
        [this.exchangeTime, sent],
        [this.localTime, received],
      ] as const) {
        halves[2 * i] = value % 2 ** 32;
        halves[2 * i + 1] = Math.floor(value / 2 ** 32);
      }
      this.price[i] = price;
      this.quantity[i] = amount;
      this.kind[i] = kind;
    });
    return this;
  }
}

describe('a history of updates in a memory', () => {
  it('gives back what a history elsewhere gives back', () => {
    const sizes = fc.array(fc.tuple(fc.nat(100), fc.nat(100)), { minLength: 1, maxLength: 1500 });
    fc.assert(
      fc.property(sizes, (updates) => {
        const memory = new LevelMemory(0, 2 << 20);
        const all = [memory, undefined].map((place) => {
          const levels = new Levels(place);
          const history = new DiffHistory(place);
          updates.forEach(([bids, asks], i) => {
            const side = (count: number) => Array.from({ length: count }, (_, k): Level => [i + k, k / 2]);
            history.keep(i, i + 1, i - 1, levels.set(side(bids), side(asks)));
          });
          const kept: unknown[] = [history.first, history.next];
          for (let index = history.first; index < history.next; index++) {
            kept.push(history.at(index));
            history.levels(index, (isBid, price, amount) => kept.push(isBid, price, amount));
          }
          return kept;
        });
        assert.deepEqual(all[0], all[1]);
      }),
      { numRuns: 10 },
    );
  });
});
