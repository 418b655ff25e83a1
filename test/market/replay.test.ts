import assert from 'node:assert/strict';
import fc from 'fast-check';
import { InputError } from '../../base/errors.ts';
import type { MarketListener, MarketView } from '../../market/market.ts';
import { TapeReplay } from '../../market/replay.ts';
import { ASK, BID } from '../../market/side.ts';
import { memoryTape } from '../../market/tape/memory.ts';
import { Flag, Kind, type Tape } from '../../market/tape/rows.ts';
import { randomScript } from '../support/random-script.ts';
import { SCRIPT_INSTRUMENT, SCRIPT_START, scriptRows, scriptTape } from '../support/script-tape.ts';
import {
  SYNTHETIC_INSTRUMENT,
  SYNTHETIC_START,
  syntheticRows,
  syntheticTape,
} from '../support/synthetic-tape.ts';

/** What a market shows at a moment, to be compared bit for bit. */
function picture({ time, book, signals, synchronised }: MarketView): unknown {
  const prices = new Int32Array(10);
  const quantities = new Float64Array(10);
  const side = (side: 0 | 1) => {
    const count = book.top(side, 10, prices, quantities);
    return [...prices.slice(0, count), ...quantities.slice(0, count)];
  };
  const { mid, sigma, sigma10s, ofiZ1s, ofi3s, depthImbalance, bookFlow10s, buyVolume3s } = signals;
  const shown = { mid, sigma, sigma10s, ofiZ1s, ofi3s, depthImbalance, bookFlow10s, buyVolume3s };
  return { time, synchronised, bids: side(BID), asks: side(ASK), ...shown };
}

/** A tape in memory that is read in parts of at most so many rows. */
function inParts(tape: Tape, rows: number): Tape {
  return {
    ...tape,
    readBatch: () => assert.fail('it can be read in parts'),
    readRows(index, from, most) {
      const { length, localTime, exchangeTime, kind, price, quantity, flags } = tape.readBatch(index);
      const to = Math.min(from + Math.min(rows, most), length);
      if (from >= to) return null;
      return {
        length: to - from,
        localTime: localTime.slice(2 * from, 2 * to),
        exchangeTime: exchangeTime.slice(2 * from, 2 * to),
        kind: kind.slice(from, to),
        price: price.slice(from, to),
        quantity: quantity.slice(from, to),
        flags: flags.slice(from, to),
      };
    },
  };
}

const seconds = (n: number) => SYNTHETIC_START + n * 1e6;

describe('tape replay', () => {
  it('is the same market however it is walked: in one step, in many, row by row', () => {
    fc.assert(
      fc.property(randomScript(), fc.integer({ min: 1, max: 97 }), (messages, step) => {
        const tape = scriptTape(messages);
        const whole = new TapeReplay([tape]);
        whole.advanceTo(whole.end);
        const stepped = new TapeReplay([tape]);
        for (let time = stepped.start; time < stepped.end; time += 1000 * step) stepped.advanceTo(time);
        stepped.advanceTo(stepped.end);
        assert.deepEqual(picture(stepped.market), picture(whole.market));
      }),
      { numRuns: 50 },
    );
  });

  it('is the same market in whatever parts its tape is read', () => {
    const tape = syntheticTape(5, 2000);
    assert.ok(tape.batches >= 2);
    for (const rows of [1, 13, 4096]) {
      const [whole, parted] = [new TapeReplay([tape]), new TapeReplay([inParts(tape, rows)])];
      assert.deepEqual([parted.firstMid(), parted.firstBook()], [whole.firstMid(), whole.firstBook()]);
      for (const time of [seconds(1), seconds(900), whole.end]) {
        for (const replay of [whole, parted]) replay.advanceTo(time);
        assert.deepEqual(picture(parted.market), picture(whole.market));
        assert.equal(parted.market.feedDelay, whole.market.feedDelay);
        assert.deepEqual([parted.rows, parted.nextTime], [whole.rows, whole.nextTime]);
      }
      for (const replay of [whole, parted]) replay.seek(tape.batchStart(1) + 5e6);
      assert.deepEqual(picture(parted.market), picture(whole.market));
      assert.equal(parted.rows, whole.rows);
    }
  });

  it('applies rows up to a time, inclusive, and says when none is left', () => {
    const replay = new TapeReplay([
      scriptTape([
        { at: 0, snapshot: true, bids: [[10, 1]], asks: [[12, 1]] },
        { at: 5, bids: [[11, 2]] },
        { at: 5, buy: [12, 1] },
        { at: 6, bids: [[11, 0]] },
      ]),
    ]);
    assert.equal(replay.advanceTo(SCRIPT_START + 4_999), true);
    assert.equal(replay.market.book.bestBid, 10);
    assert.equal(replay.market.time, SCRIPT_START + 4_999);
    assert.equal(replay.nextTime, SCRIPT_START + 5_000);
    assert.equal(replay.advanceTo(SCRIPT_START + 5_000), true);
    assert.equal(replay.market.book.bestBid, 11);
    assert.equal(replay.market.signals.buyVolume1s, 1);
    assert.equal(replay.advanceTo(SCRIPT_START + 9_000), false);
    assert.equal(replay.market.book.bestBid, 10);
    assert.equal(replay.nextTime, Number.POSITIVE_INFINITY);
  });

  it('a gap leaves the market unknown until the next snapshot', () => {
    const replay = new TapeReplay([
      scriptTape([
        { at: 0, snapshot: true, bids: [[10, 1]], asks: [[12, 1]] },
        { at: 5, gap: true },
        { at: 6, sell: [10, 1] },
        { at: 9, snapshot: true, bids: [[20, 1]], asks: [[22, 1]] },
      ]),
    ]);
    replay.advanceTo(SCRIPT_START + 8_000);
    assert.equal(replay.market.synchronised, false);
    assert.equal(replay.market.book.ready, false);
    assert.equal(replay.market.signals.mid, 11, 'the last known mid');
    replay.advanceTo(SCRIPT_START + 9_000);
    assert.equal(replay.market.synchronised, true);
    assert.equal(replay.market.book.mid, 21);
  });

  it('knows what a snapshot does not list: beyond its worst price is unknown, within it is empty', () => {
    const levels = {
      bids: [
        [10, 1],
        [8, 1],
      ],
      asks: [[12, 1]],
    } as const;
    const partial = new TapeReplay([scriptTape([{ at: 0, snapshot: true, partial: true, ...levels }])]);
    partial.advanceTo(partial.end);
    assert.equal(partial.market.book.quantityAt(BID, 9), 0);
    assert.ok(Number.isNaN(partial.market.book.quantityAt(BID, 7)));
    assert.ok(Number.isNaN(partial.market.book.quantityAt(ASK, 13)));
    const whole = new TapeReplay([scriptTape([{ at: 0, snapshot: true, ...levels }])]);
    whole.advanceTo(whole.end);
    assert.equal(whole.market.book.quantityAt(BID, 7), 0);
  });

  it('skips carried rows in sequence: a tape of many batches gives the events of its rows', () => {
    const rows = syntheticRows(3, 2000);
    const tape = memoryTape(SYNTHETIC_INSTRUMENT, rows);
    assert.ok(tape.batches > 1);
    const replay = new TapeReplay([tape]);
    let trades = 0;
    let messages = 0;
    const listener: MarketListener = {
      beforeMessage: () => undefined,
      onTrade: () => trades++,
      onLevel: () => undefined,
      onReset: () => undefined,
      onGap: () => assert.fail('there is no gap'),
      afterMessage: () => messages++,
    };
    replay.market.addListener(listener);
    replay.advanceTo(replay.end);
    assert.equal(trades, rows.filter(({ kind }) => kind === Kind.buy || kind === Kind.sell).length);
    assert.equal(messages, rows.filter(({ flags }) => (flags & Flag.messageEnd) !== 0).length);
    assert.equal(replay.rows, rows.length);
  });

  it('seek gives the same market whatever was replayed before, and the book of the whole history', () => {
    const tape = syntheticTape(5, 2000);
    const target = seconds(1700.05);
    const fresh = new TapeReplay([tape]);
    fresh.seek(target);
    const used = new TapeReplay([tape]);
    used.advanceTo(seconds(900));
    used.seek(seconds(1999));
    used.seek(target);
    assert.deepEqual(picture(used.market), picture(fresh.market));
    assert.ok(fresh.rows < 70_000, 'it starts at the last batch, not at the beginning');
    const sequential = new TapeReplay([tape]);
    sequential.advanceTo(target);
    const [a, b] = [picture(fresh.market), picture(sequential.market)] as Record<string, unknown>[];
    assert.deepEqual([a.bids, a.asks, a.mid], [b.bids, b.asks, b.mid]);
    // And both go on alike.
    fresh.advanceTo(seconds(1800));
    sequential.advanceTo(seconds(1800));
    assert.equal(fresh.market.signals.buyVolume3s, sequential.market.signals.buyVolume3s);
  });

  it('reads to seek only the batches from the warm-up on, however long the tape is', () => {
    const tape = syntheticTape(5, 4000);
    assert.ok(tape.batches >= 3);
    const read: number[] = [];
    const counted: Tape = {
      ...tape,
      readBatch: (index) => {
        read.push(index);
        return tape.readBatch(index);
      },
    };
    const last = tape.batches - 1;
    const replay = new TapeReplay([counted], { warmupSeconds: 1 });
    replay.seek(replay.end);
    // Once in its life it looks for the first book.
    assert.deepEqual(read.splice(0), [0, last]);
    replay.seek(tape.batchStart(last) + 2_000_000);
    assert.deepEqual(read.splice(0), [last]);
    replay.seek(tape.batchStart(last));
    assert.deepEqual(read.splice(0), [last - 1, last]);
  });

  it('finds the first mid and goes on where it was', () => {
    const replay = new TapeReplay([syntheticTape(5, 100)]);
    replay.advanceTo(seconds(50));
    const other = new TapeReplay([syntheticTape(5, 100)]);
    assert.equal(replay.firstMid(), 10_000);
    replay.advanceTo(seconds(80));
    other.advanceTo(seconds(80));
    assert.deepEqual(picture(replay.market), picture(other.market));
  });

  it('walks several tapes in order; between them the market is unknown', () => {
    const first = scriptTape([{ at: 0, snapshot: true, bids: [[10, 1]], asks: [[12, 1]] }]);
    const second = scriptTape([
      { at: 9_000, snapshot: true, bids: [[20, 1]], asks: [[22, 1]] },
      { at: 9_001, bids: [[21, 1]] },
    ]);
    const replay = new TapeReplay([first, second]);
    replay.advanceTo(SCRIPT_START + 1_000_000);
    assert.equal(replay.market.synchronised, false);
    assert.equal(replay.holeSince, SCRIPT_START);
    assert.equal(replay.nextTime, SCRIPT_START + 9_000_000);
    replay.advanceTo(SCRIPT_START + 9_000_500);
    assert.equal(replay.market.book.mid, 21);
    assert.equal(replay.holeSince, Number.POSITIVE_INFINITY);
    assert.equal(replay.market.signals.sigma, 0, 'the jump across the hole is no volatility');
    replay.seek(SCRIPT_START + 9_001_000);
    assert.equal(replay.market.book.mid, 21.5);
  });

  it('refuses tapes that are empty, out of order, or of different instruments', () => {
    const at = (time: number) => scriptTape([{ at: time, snapshot: true, bids: [[10, 1]], asks: [[12, 1]] }]);
    const code = (expected: string) => (error: unknown) =>
      error instanceof InputError && error.code === expected && error.hint !== undefined;
    assert.throws(() => new TapeReplay([]), code('empty-tape'));
    assert.throws(() => new TapeReplay([scriptTape([])]), code('empty-tape'));
    assert.throws(() => new TapeReplay([at(5), at(1)]), code('tapes-out-of-order'));
    assert.throws(() => new TapeReplay([at(5), syntheticTape(1, 1)]), code('different-instruments'));
    const coarse = memoryTape(
      { ...SCRIPT_INSTRUMENT, tickSize: 1 },
      scriptRows([{ at: 9, snapshot: true, bids: [[10, 1]], asks: [[12, 1]] }]),
    );
    assert.throws(() => new TapeReplay([at(5), coarse]), code('different-ticks'));
    assert.throws(() => new TapeReplay([at(5)]).seek(Number.NaN), code('bad-time'));
  });
});
