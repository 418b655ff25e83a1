import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  OBSERVATION_NAMES,
  OBSERVATION_SIZE,
  OBSERVATION_UNITS,
  Observer,
} from '../../env/market-making/observation.ts';
import type { QuoterView } from '../../env/quoter.ts';
import { type Moment, quoterContext, quoterView } from '../support/quoter-view.ts';

function observe(view: QuoterView): Readonly<Record<string, number>> {
  const observer = new Observer();
  observer.reset(quoterContext({ lot: 0.5, maxInventory: 8 }));
  const out = new Float32Array(OBSERVATION_SIZE);
  observer.observe(view, out);
  return Object.fromEntries(OBSERVATION_NAMES.map((name, i) => [name, out[i]]));
}

const at = (moment: Moment): Readonly<Record<string, number>> => observe(quoterView(moment));

const close = (actual: number, expected: number): void =>
  assert.ok(Math.abs(actual - expected) < 1e-6, `${actual} is not ${expected}`);

describe('MarketMaking-v0 observation', () => {
  it('has 50 to 70 features, each with a name of its own and a unit', () => {
    assert.ok(OBSERVATION_SIZE >= 50 && OBSERVATION_SIZE <= 70);
    assert.equal(new Set(OBSERVATION_NAMES).size, OBSERVATION_SIZE);
    assert.equal(OBSERVATION_UNITS.length, OBSERVATION_SIZE);
    assert.ok(OBSERVATION_UNITS.every((unit) => unit.length > 0));
  });

  it('may take what is not its own from another that sees the same market, to the last bit', () => {
    const market = { bestBid: 99, bestAsk: 103, signals: { midChange1s: -3, sigma: 2, buyVolume3s: 1.5 } };
    const one = quoterView({ ...market, inventory: 3 });
    const other = quoterView({
      ...market,
      inventory: -2,
      bid: { active: true, price: 98, remaining: 1, queueAhead: 0.25, age: 1_000_000 },
      ackP99Ms: 40,
      timeToClose: 30_000_000,
    });
    const observer = new Observer();
    observer.reset(quoterContext({ lot: 0.5, maxInventory: 8 }));
    const [first, whole, beside] = [1, 2, 3].map(() => new Float32Array(OBSERVATION_SIZE));
    observer.observe(one, first);
    observer.observe(other, whole);
    observer.observeBeside(other, beside, first);
    assert.deepEqual(beside, whole);
    assert.notDeepEqual(first, whole);
  });

  it('sees prices in log ticks, returns in bps and volumes in lots', () => {
    const seen = at({
      bestBid: 99,
      bestAsk: 103,
      signals: { midChange50ms: -3, logReturn10s: 2e-4, buyVolume1s: 1.5, buyCount3s: 4 },
    });
    close(seen.midChange50ms, -Math.log(4));
    close(seen.logReturn10s, 2);
    close(seen.buyVolume1s, Math.log(4));
    close(seen.buyCount3s, Math.log(5));
    close(seen.spread, Math.log(5));
  });

  it('sees each level at its own place', () => {
    const depth = Float64Array.of(0.5, 1, 1.5, 2, 2.5);
    const distance = Float64Array.of(1, 2, 3, 4, 5);
    const seen = at({ signals: { bidDepth: depth, askDistance: distance } });
    for (let i = 0; i < 5; i++) close(seen[`bidDepthL${i + 1}`], Math.log1p(i + 1));
    for (let i = 1; i < 5; i++) close(seen[`askDistanceL${i + 1}`], Math.log1p(i + 1));
  });

  it('sees inventory as a share of q_max', () => {
    close(at({ inventory: -2 }).inventory, -0.25);
  });

  it('sees where own orders stand: queue, age and distance from mid', () => {
    const seen = at({
      bid: { active: true, price: 99, remaining: 1, queueAhead: 0.25, age: 1_000_000 },
      ask: { active: true, price: 104, remaining: 1, queueAhead: 0, age: 0 },
      signals: { mid: 100 },
    });
    assert.deepEqual([seen.bidActive, seen.askActive], [1, 1]);
    // The test book shows 1 at its best levels.
    close(seen.bidQueueShare, 0.25);
    close(seen.bidQueueAhead, Math.log(1.5));
    close(seen.askQueueShare, 0);
    close(seen.bidAge, Math.log(2));
    close(seen.ownBidDistance, Math.log(2));
    close(seen.ownAskDistance, Math.log(5));
  });

  it('takes an order on its way to join behind all that is displayed', () => {
    const seen = at({ bid: { active: true, price: 99, queueAhead: Number.NaN } });
    close(seen.bidQueueShare, 1);
    close(seen.bidQueueAhead, Math.log(3));
    const improving = at({ bid: { active: true, price: 100, queueAhead: Number.NaN } });
    close(improving.bidQueueShare, 0);
  });

  it('sees the close over the last minute only', () => {
    close(at({ timeToClose: Infinity }).timeToClose, 1);
    close(at({ timeToClose: 3600e6 }).timeToClose, 1);
    close(at({ timeToClose: 15e6 }).timeToClose, 0.25);
    close(at({ timeToClose: 0 }).timeToClose, 0);
  });

  it('sees the minute of the hour as an angle', () => {
    const quarterPast = Date.UTC(2024, 6, 24, 8, 15) * 1000;
    const seen = at({ time: quarterPast });
    close(seen.minuteSin, 1);
    close(seen.minuteCos, 0);
  });

  it('is finite and moderate whatever happens', () => {
    const any = fc.double({ min: -1e7, max: 1e7, noNaN: true });
    const amount = fc.double({ min: 0, max: 1e9, noNaN: true });
    const order = fc.record({
      active: fc.boolean(),
      price: fc.integer({ min: 1, max: 10_000_000 }),
      remaining: fc.double({ min: 0, max: 1, noNaN: true }),
      queueAhead: fc.oneof(fc.constant(Number.NaN), amount),
      age: fc.integer({ min: 0, max: 1e12 }),
    });
    const moments = fc.record({
      bestBid: fc.integer({ min: 1, max: 10_000_000 }),
      bestAsk: fc.integer({ min: 1, max: 10_000_000 }),
      bookReady: fc.boolean(),
      synchronised: fc.boolean(),
      inventory: fc.double({ min: -100, max: 100, noNaN: true }),
      bid: order,
      ask: order,
      ackP99Ms: fc.oneof(fc.constant(Number.NaN), fc.double({ min: 0, max: 1e9, noNaN: true })),
      timeToClose: fc.oneof(fc.constant(Infinity), fc.double({ min: -1e6, max: 1e15, noNaN: true })),
      signals: fc.record({
        midChange10s: any,
        logReturn60s: fc.double({ min: -5, max: 5, noNaN: true }),
        micropriceOffset: any,
        sigma: amount,
        sigma1s: amount,
        sigma10s: amount,
        buyVolume3s: fc.double({ min: -1e-9, max: 1e9, noNaN: true }),
        bookFlow10s: any,
        bidSlope: any,
      }),
    });
    fc.assert(
      fc.property(moments, (moment) => {
        for (const [name, value] of Object.entries(at(moment))) {
          assert.ok(Number.isFinite(value) && Math.abs(value) <= 100, `${name} is ${value}`);
        }
      }),
    );
  });

  it('is finite where the book is one-sided or its depth unknown', () => {
    const view = quoterView({ bookReady: false, bid: { active: true, price: 50, queueAhead: Number.NaN } });
    const blind = {
      ...view,
      market: {
        ...view.market,
        book: { ...view.market.book, bestBid: 0, mid: Number.NaN, quantityAt: () => Number.NaN },
      },
    };
    assert.ok(Object.values(observe(blind)).every((x) => Number.isFinite(x)));
  });
});
