import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { type BookView, OrderBook } from '../../market/book.ts';
import { importCaptures } from '../../market/import.ts';
import { Market, type MarketParticipant } from '../../market/market.ts';
import { Watch } from '../../market/participants.ts';
import { ASK, BID, type Side } from '../../market/side.ts';
import { Signals } from '../../market/signals.ts';
import { openTape } from '../../market/tape/reader.ts';
import { Flag, Kind, type Tape, timeAt } from '../../market/tape/rows.ts';
import { randomScript } from '../support/random-script.ts';
import { recordings } from '../support/recordings.ts';
import { scriptTape } from '../support/script-tape.ts';
import { signalValues } from '../support/signal-values.ts';
import { syntheticTape } from '../support/synthetic-tape.ts';

/** Book and signals the plainest way: one row after the other, the whole book read after each message that has levels. */
class PlainMarket {
  readonly book = new OrderBook();
  readonly signals = new Signals();
  #known = false;
  #levels = false;
  #worst = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  #snapshot: number | undefined;

  row(time: number, kind: number, price: number, quantity: number, flags: number): void {
    if (kind === Kind.buy || kind === Kind.sell) {
      this.signals.onTrade(time, price, quantity, kind === Kind.buy ? BID : ASK);
    } else if (kind === Kind.gap) {
      this.book.reset();
      this.#known = false;
      this.signals.advance(time);
      this.signals.interrupt();
    } else if (kind === Kind.reset) {
      this.book.reset();
      this.#snapshot = flags;
      this.#worst = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    } else if (this.#known || this.#snapshot !== undefined) {
      this.book.apply(kind as Side, price, quantity);
      this.#worst = [Math.min(this.#worst[0], price), Math.max(this.#worst[1], price)];
      this.#levels = true;
    }
    if ((flags & Flag.messageEnd) !== 0) this.#end(time);
  }

  #end(time: number): void {
    if (this.#snapshot !== undefined) this.#known = true;
    if (this.#levels || this.#snapshot !== undefined) this.signals.onBook(time, this.book);
    this.#levels = false;
    this.#snapshot = undefined;
  }
}

/** Somebody who wants to hear of the levels in a range, and notes them. */
class Ear implements MarketParticipant {
  readonly watch = new Watch();
  readonly heard: unknown[] = [];
  constructor(low: number, high: number) {
    this.watch.lowBid = low;
    this.watch.highBid = high;
    this.watch.lowAsk = low;
    this.watch.highAsk = high;
  }
  joined(): void {}
  onClock(): void {}
  onTouch(): void {}
  onReset(): void {}
  onGap(): void {}
  onTrade(price: number, quantity: number, aggressor: Side): void {
    this.heard.push(['trade', price, quantity, aggressor]);
  }
  onLevel(side: Side, price: number, before: number, after: number): void {
    this.heard.push([side, price, before, after]);
  }
}

/** Applies a tape in steps of `step` µs and compares with the plain way at each. */
function compare(tape: Tape, step: number): void {
  const market = new Market();
  const plain = new PlainMarket();
  for (let index = 0; index < tape.batches; index++) {
    const batch = tape.readBatch(index);
    let row = 0;
    while (row < batch.length && index > 0 && (batch.flags[row] & Flag.carried) !== 0) row++;
    while (row < batch.length) {
      const until = timeAt(batch.localTime, row) + step;
      const next = market.applyBatch(batch, row, until);
      for (; row < next; row++) {
        const { kind, price, quantity, flags } = batch;
        plain.row(timeAt(batch.localTime, row), kind[row], price[row], quantity[row], flags[row]);
      }
      market.advance(until);
      plain.signals.advance(until);
      assert.deepEqual(signalValues(market.signals), signalValues(plain.signals));
    }
    assert.deepEqual(levels(market.book), levels(plain.book));
  }
}

/** Up to ten thousand levels a side. */
function levels(book: BookView): unknown {
  return [BID, ASK].map((side) => {
    const prices = new Int32Array(10_000);
    const quantities = new Float64Array(10_000);
    const count = book.top(side as Side, prices.length, prices, quantities);
    return [prices.slice(0, count), quantities.slice(0, count)];
  });
}

describe('market', () => {
  it('keeps every signal equal to the last bit to reading the whole book after each message', () => {
    fc.assert(
      fc.property(randomScript(), fc.integer({ min: 1, max: 200_000 }), (messages, step) => {
        compare(scriptTape(messages), step);
      }),
      { numRuns: 100 },
    );
    compare(syntheticTape(3, 120), 100_000);
  });

  it('does so on recordings', async function () {
    const data = recordings();
    if (data === null) return this.skip();
    this.timeout(60_000);
    const folder = mkdtempSync(join(tmpdir(), 'makergym-market-'));
    try {
      for (const name of ['usdm-btcusdt', 'spot-nexousdt']) {
        const path = join(data, 'binance', name);
        const captures = readdirSync(path)
          .sort()
          .map((file) => join(path, file));
        const out = join(folder, `${name}.arrow`);
        await importCaptures({ captures, out });
        const tape = openTape(out);
        compare(tape, 1_000_000);
        tape.close();
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('tells a participant of the same levels from a batch as row by row', () => {
    fc.assert(
      fc.property(randomScript(), fc.integer({ min: 990, max: 1010 }), fc.nat(4), (messages, low, span) => {
        const tape = scriptTape(messages);
        const [batched, single] = [new Market(), new Market()];
        const ears = [new Ear(low, low + span), new Ear(low, low + span)];
        batched.addListener(ears[0]);
        single.addListener(ears[1]);
        const batch = tape.readBatch(0);
        batched.applyBatch(batch, 0, Number.POSITIVE_INFINITY);
        for (let row = 0; row < batch.length; row++) {
          const { kind, price, quantity, flags } = batch;
          const time = timeAt(batch.localTime, row);
          single.applyRow(time, kind[row] as Kind, price[row], quantity[row], flags[row]);
        }
        assert.deepEqual(ears[0].heard, ears[1].heard);
        assert.equal(batched.book.bestBid, single.book.bestBid);
      }),
      { numRuns: 100 },
    );
  });
});
