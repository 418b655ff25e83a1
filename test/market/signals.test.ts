import assert from 'node:assert/strict';
import fc from 'fast-check';
import { stream } from '../../base/random.ts';
import type { BookView } from '../../market/book.ts';
import type { Side } from '../../market/side.ts';
import { ASK, BID } from '../../market/side.ts';
import { Signals } from '../../market/signals.ts';
import { signalValues } from '../support/signal-values.ts';

/** A book given by its levels, best first. */
class FixedBook implements BookView {
  readonly ready: boolean;
  readonly crossed = false;
  readonly levels: readonly (readonly (readonly [number, number])[])[];
  constructor(bids: readonly (readonly [number, number])[], asks: readonly (readonly [number, number])[]) {
    this.levels = [bids, asks];
    this.ready = bids.length > 0 && asks.length > 0;
  }
  get bestBid(): number {
    return this.levels[BID][0][0];
  }
  get bestAsk(): number {
    return this.levels[ASK][0][0];
  }
  get bestBidQuantity(): number {
    return this.levels[BID][0][1];
  }
  get bestAskQuantity(): number {
    return this.levels[ASK][0][1];
  }
  get mid(): number {
    return (this.bestBid + this.bestAsk) / 2;
  }
  quantityAt(side: Side, price: number): number {
    return this.levels[side].find(([p]) => p === price)?.[1] ?? 0;
  }
  top(side: Side, count: number, prices: Int32Array, quantities: Float64Array): number {
    const levels = this.levels[side].slice(0, count);
    levels.forEach(([price, quantity], i) => {
      prices[i] = price;
      quantities[i] = quantity;
    });
    return levels.length;
  }
}

const simpleBook = (bid: number, bidQuantity: number, ask: number, askQuantity: number) =>
  new FixedBook([[bid, bidQuantity]], [[ask, askQuantity]]);

const SECOND = 1e6;
const close = (actual: number, expected: number, tolerance = 1e-9) =>
  assert.ok(
    Math.abs(actual - expected) <= tolerance * Math.max(1, Math.abs(expected)),
    `${actual} is not ${expected}`,
  );

describe('Signals', () => {
  it('says 0, never NaN, of every signal before anything happened', () => {
    const signals = new Signals();
    assert.equal(signals.ready, false);
    for (const [name, value] of signalValues(signals)) assert.equal(value, 0, name);
  });

  it('has an order flow imbalance of +1 when only buyers take, −1 when only sellers do, 0 without trades', () => {
    const signals = new Signals();
    for (let i = 0; i < 10; i++) signals.onTrade(i * 100_000, 100, 0.1 + i, BID);
    assert.equal(signals.ofi1s, 1);
    assert.equal(signals.buyCount1s, 10);
    signals.advance(10 * SECOND);
    assert.equal(signals.ofi1s, 0);
    assert.equal(signals.buyVolume3s, 0);
    signals.onTrade(11 * SECOND, 100, 3, ASK);
    assert.equal(signals.ofi500ms, -1);
  });

  it('keeps a trade in a window of 1 s until exactly 1 s after it', () => {
    const signals = new Signals();
    signals.onTrade(5 * SECOND, 100, 2, BID);
    signals.advance(6 * SECOND - 1);
    assert.equal(signals.buyVolume1s, 2);
    signals.advance(6 * SECOND);
    assert.equal(signals.buyVolume1s, 0);
    assert.equal(signals.buyVolume3s, 2);
  });

  it('sums the order flow of Cont, Kukanov and Stoikov over changes of the best levels', () => {
    const signals = new Signals();
    const totalAfter = (book: FixedBook) => {
      signals.onBook(signals.time + 10_000, book);
      return signals.bookFlowTotal;
    };
    assert.equal(totalAfter(simpleBook(100, 5, 102, 7)), 0, 'the first state follows none');
    assert.equal(totalAfter(simpleBook(100, 9, 102, 7)), 4, 'bid size grows by 4: +4');
    assert.equal(totalAfter(simpleBook(101, 2, 102, 7)), 6, 'bid improves with 2: +2');
    assert.equal(totalAfter(simpleBook(101, 2, 103, 4)), 13, 'ask of 7 is gone: +7');
    assert.equal(totalAfter(simpleBook(101, 2, 102, 3)), 10, 'ask improves with 3: −3');
    assert.equal(totalAfter(simpleBook(99, 8, 102, 3)), 8, 'bid of 2 is gone: −2');
    assert.equal(totalAfter(simpleBook(99, 8, 102, 3)), 8, 'nothing changes: 0');
    signals.interrupt();
    assert.equal(totalAfter(simpleBook(50, 100, 51, 1)), 8, 'a jump across a gap is no flow');
  });

  it('measures depth, imbalance, microprice and slope of the best five levels', () => {
    const signals = new Signals();
    const bids = [100, 99, 98, 97, 96, 95].map((price, i) => [price, i + 1] as const);
    const asks = [102, 103].map((price) => [price, 4] as const);
    signals.onBook(0, new FixedBook(bids, asks));
    assert.deepEqual([...signals.bidDepth], [1, 2, 3, 4, 5]);
    assert.deepEqual([...signals.askDepth], [4, 4, 0, 0, 0]);
    assert.deepEqual([...signals.bidDistance], [1, 2, 3, 4, 5]);
    assert.deepEqual([...signals.askDistance], [1, 2, 0, 0, 0]);
    close(signals.depthImbalanceRaw, (15 - 8) / 23);
    close(signals.micropriceOffset, (1 * 102 + 4 * 100) / 5 - 101);
    close(signals.bidSlope, 3.5);
    close(signals.askSlope, 4);
  });

  it('gives back the volatility of a Brownian mid, by number of changes and by time, at irregular times', () => {
    const random = stream(1, 'brownian');
    const sigma = 8;
    const signals = new Signals();
    let time = 0;
    let mid = 1_000_000;
    const seen: Record<'sigma' | 'sigma1s' | 'sigma10s' | 'sigma1m' | 'sigma10m', number> = {
      sigma: 0,
      sigma1s: 0,
      sigma10s: 0,
      sigma1m: 0,
      sigma10m: 0,
    };
    const steps = 60_000;
    for (let i = 0; i < steps; i++) {
      const elapsed = random.exponential(20);
      time += elapsed * SECOND;
      mid += sigma * Math.sqrt(elapsed) * random.normal();
      signals.onBook(time, simpleBook(mid - 0.5, 1, mid + 0.5, 1));
      if (i < 20_000) continue;
      for (const name of Object.keys(seen) as (keyof typeof seen)[]) seen[name] += signals[name] ** 2;
    }
    for (const [name, total] of Object.entries(seen)) {
      const estimate = Math.sqrt(total / (steps - 20_000));
      assert.ok(Math.abs(estimate / sigma - 1) < 0.05, `${name}: ${estimate} for ${sigma}`);
    }
    assert.ok(Math.abs(signals.sigma10m / sigma - 1) < 0.05, 'ten minutes hold 12,000 observations');
  });

  it('lets volatility decay while nothing moves, and remembers it longer the longer its time constant', () => {
    const signals = new Signals();
    for (let i = 0; i <= 100; i++)
      signals.onBook(i * 100_000, simpleBook(100 + (i % 2), 1, 103 + (i % 2), 1));
    const { sigma1s, sigma10s, sigma } = signals;
    close(sigma, Math.sqrt(10), 1e-6);
    signals.advance(signals.time + 2 * SECOND);
    close(signals.sigma1s, sigma1s * Math.exp(-1), 1e-3);
    assert.ok(signals.sigma10s > 0.85 * sigma10s);
    assert.equal(signals.sigma, sigma);
  });

  it('does not take the jump across a gap for volatility', () => {
    const signals = new Signals();
    for (let i = 0; i < 200; i++) signals.onBook(i * 100_000, simpleBook(100 + (i % 2), 1, 103 + (i % 2), 1));
    const before = signals.sigma10s;
    signals.interrupt();
    signals.onBook(signals.time + 600 * SECOND, simpleBook(9000, 1, 9002, 1));
    close(signals.sigma10s, before, 1e-6);
    assert.equal(signals.mid, 9001);
  });

  it('clamps its scores at ±3 and scores a stationary signal with deviation near 1', () => {
    const random = stream(2, 'scores');
    const signals = new Signals();
    let sum = 0;
    let squares = 0;
    const n = 20_000;
    for (let i = 1; i <= n; i++) {
      signals.onTrade(i * 100_000 - 50_000, 100, random.exponential(1), random.uniform() < 0.6 ? BID : ASK);
      signals.onBook(i * 100_000, simpleBook(100, random.exponential(1), 101, random.exponential(1)));
      assert.ok(Math.abs(signals.ofiZ1s) <= 3 && Math.abs(signals.depthImbalance) <= 3);
      sum += signals.ofiZ1s / n;
      squares += signals.ofiZ1s ** 2 / n;
    }
    assert.ok(Math.abs(sum) < 0.1, `mean ${sum}`);
    assert.ok(
      Math.abs(Math.sqrt(squares - sum * sum) - 1) < 0.1,
      `deviation ${Math.sqrt(squares - sum * sum)}`,
    );
  });

  it('agrees with a computation over the whole history, at any time, however often it was read', () => {
    const event = fc.record({
      wait: fc.oneof(
        fc.constant(0),
        fc.integer({ min: 1, max: 900_000 }),
        fc.integer({ min: 1, max: 5_000_000 }),
      ),
      trade: fc.option(fc.record({ quantity: fc.integer({ min: 1, max: 9 }), buy: fc.boolean() })),
      bid: fc.integer({ min: 95, max: 105 }),
      spread: fc.integer({ min: 1, max: 4 }),
      bidQuantity: fc.integer({ min: 1, max: 20 }),
      askQuantity: fc.integer({ min: 1, max: 20 }),
      look: fc.boolean(),
    });
    fc.assert(
      fc.property(
        fc.array(event, { minLength: 1, maxLength: 60 }),
        fc.nat(4_000_000),
        (events, lookAfter) => {
          const signals = new Signals();
          const watched = new Signals();
          const trades: { time: number; quantity: number; buy: boolean }[] = [];
          const mids: { time: number; mid: number }[] = [];
          let time = 0;
          for (const e of events) {
            time += e.wait;
            if (e.look) {
              watched.advance(time - Math.floor(e.wait / 2));
              void signalValues(watched);
            }
            for (const s of [signals, watched]) {
              if (e.trade !== null) s.onTrade(time, e.bid, e.trade.quantity, e.trade.buy ? BID : ASK);
              else s.onBook(time, simpleBook(e.bid, e.bidQuantity, e.bid + e.spread, e.askQuantity));
            }
            if (e.trade !== null) trades.push({ time, ...e.trade });
            else mids.push({ time, mid: e.bid + e.spread / 2 });
            for (const [name, value] of signalValues(watched)) assert.ok(Number.isFinite(value), name);
          }
          const now = time + lookAfter;
          signals.advance(now);
          watched.advance(now);
          assert.deepEqual(signalValues(watched), signalValues(signals), 'reading leaves no trace');

          const volume = (window: number, buy: boolean) =>
            trades
              .filter((t) => t.time > now - window && t.buy === buy)
              .reduce((total, t) => total + t.quantity, 0);
          assert.equal(signals.buyVolume1s, volume(SECOND, true));
          assert.equal(signals.sellVolume1s, volume(SECOND, false));
          assert.equal(signals.buyVolume3s, volume(3 * SECOND, true));
          assert.equal(signals.sellVolume3s, volume(3 * SECOND, false));
          const midAt = (at: number) => mids.findLast((m) => m.time <= at)?.mid;
          const last = midAt(now) ?? 0;
          for (const [lag, change] of [
            [50_000, signals.midChange50ms],
            [250_000, signals.midChange250ms],
            [SECOND, signals.midChange1s],
            [10 * SECOND, signals.midChange10s],
          ]) {
            assert.equal(change, last - (midAt(now - lag) ?? last));
          }
          close(signals.logReturn60s, Math.log(last / (midAt(now - 60 * SECOND) ?? last)) || 0);
          close(signals.sigma, naiveSigma(mids));
          close(signals.sigma10s, naiveRolling(mids, now, 10));
        },
      ),
      { numRuns: 300 },
    );
  });

  it('grows its histories when a window holds more events than it has room for', () => {
    const signals = new Signals();
    for (let i = 0; i < 5000; i++) signals.onTrade(i * 100, 100, 1, i % 4 === 0 ? ASK : BID);
    assert.equal(signals.sellCount3s, 1250);
    close(signals.ofi3s, 0.5);
    signals.advance(3 * SECOND + 250_000 - 1);
    assert.equal(signals.buyCount3s + signals.sellCount3s, 2500);
  });
});

function naiveSigma(mids: readonly { time: number; mid: number }[]): number {
  const changes = midChanges(mids);
  const weight = (i: number) => (1 - 2 / 101) ** (changes.length - 1 - i);
  const squares = changes.reduce((sum, c, i) => sum + weight(i) * c.change ** 2, 0);
  const seconds = changes.reduce((sum, c, i) => sum + weight(i) * c.elapsed, 0);
  return seconds > 0 ? Math.sqrt(squares / seconds) : 0;
}

function naiveRolling(mids: readonly { time: number; mid: number }[], now: number, constant: number): number {
  const changes = midChanges(mids);
  if (changes.length === 0) return 0;
  const sum = changes.reduce((s, c) => s + c.change ** 2 * Math.exp(-(now - c.time) / 1e6 / constant), 0);
  const covered = 1 - Math.exp(-Math.max(1, (now - mids[0].time) / 1e6) / constant);
  return Math.sqrt(sum / (constant * covered));
}

function midChanges(mids: readonly { time: number; mid: number }[]) {
  const changes: { time: number; change: number; elapsed: number }[] = [];
  let last = mids[0];
  for (const next of mids.slice(1)) {
    if (next.mid === last.mid) continue;
    changes.push({ time: next.time, change: next.mid - last.mid, elapsed: (next.time - last.time) / 1e6 });
    last = next;
  }
  return changes;
}
