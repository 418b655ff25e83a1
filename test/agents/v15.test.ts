import assert from 'node:assert/strict';
import { halfSpread } from '../../agents/closed-form.ts';
import { DEFAULT_V15, type V15Parameters } from '../../agents/parameters.ts';
import { V15 } from '../../agents/v15.ts';
import { emptyQuote, type OwnQuote, Reason, Refresh } from '../../env/quoter.ts';
import type { SignalView } from '../../market/signal-view.ts';
import { type Moment, quoterContext, quoterView } from '../support/quoter-view.ts';

const RESTING: OwnQuote = { active: true, price: 98, remaining: 1, queueAhead: 2, age: 200_000 };
const START = 1_700_000_000_000_000;
/** When an order sent at START is as old as RESTING. */
const LATER = START + RESTING.age;
/** γ so small that r = S and δ* = 1/k. */
const NO_SKEW: Partial<V15Parameters> = { gamma: 1e-12 };

function started(parameters: Partial<V15Parameters> = {}) {
  const quoter = new V15(parameters);
  quoter.reset(quoterContext());
  const out = emptyQuote();
  return (moment: Moment, time = START) => {
    quoter.quote(quoterView({ time, ...moment }), out);
    return { ...out };
  };
}

function close(actual: number, expected: number) {
  assert.ok(Math.abs(actual - expected) < 1e-9, `${actual}, expected ${expected}`);
}

describe('V1.5', () => {
  it('adds order flow and depth imbalance to the centre and leans against inventory', () => {
    const out = started(NO_SKEW)({ inventory: 4, signals: { ofiZ1s: 2, depthImbalance: -1 } });
    close(out.reference, 100);
    close(out.offset, -0.1 * 4 + 0.3 * 2 + 0.2 * -1);
  });

  it('has spread 2δ* + κ_vol·σ + κ_inv·|q|', () => {
    const out = started()({ inventory: -4, signals: { sigma: 1.5 } });
    close(out.spread, 2 * halfSpread(DEFAULT_V15.gamma, DEFAULT_V15.k) + 1.2 * 1.5 + 0.1 * 4);
  });

  it('keeps the shift within three ticks and the spread at two or more', () => {
    const quote = started({ ...NO_SKEW, k: 100, kappaVolatility: 0, betaOfi: 2, kappaInventory: 1 });
    const up = quote({ inventory: -6, signals: { ofiZ1s: 3 } });
    assert.equal(up.offset, 3);
    assert.ok(up.reason & Reason.offset);
    assert.equal(quote({ inventory: 9, signals: { ofiZ1s: -3 } }).offset, -3);
    const narrow = quote({});
    assert.equal(narrow.spread, 2);
    assert.ok(narrow.reason & Reason.spread);
    assert.ok(narrow.ask - narrow.bid >= 2);
  });

  it('lets a quote rest between refreshes, whatever the price it would take now', () => {
    const quote = started();
    quote({});
    const out = quote({ bestBid: 104, bestAsk: 106, bid: RESTING, ask: { ...RESTING, price: 102 } });
    assert.deepEqual([out.refreshBid, out.refreshAsk], [Refresh.leave, Refresh.leave]);
  });

  it('cancels and replaces a quote older than 750 ms', () => {
    const quote = started();
    quote({});
    const at = (age: number) => quote({ bid: { ...RESTING, age }, ask: RESTING });
    assert.equal(at(750_000).refreshBid, Refresh.leave);
    assert.equal(at(750_001).refreshBid, Refresh.replace);
    assert.equal(at(750_001).refreshAsk, Refresh.leave, 'each side has its own age');
  });

  it('may spare the queue position of an aged quote whose price is still right', () => {
    const quote = started({ replaceUnchanged: false });
    quote({});
    assert.equal(quote({ bid: { ...RESTING, age: 750_001 } }).refreshBid, Refresh.move);
  });

  const flips: readonly (readonly [string, Partial<SignalView>, Partial<SignalView>, boolean])[] = [
    ['OFI turns from buying to selling', { ofiZ1s: 0.4 }, { ofiZ1s: -0.1 }, true],
    ['DI turns from ask-heavy to bid-heavy', { depthImbalance: -2 }, { depthImbalance: 0.1 }, true],
    ['OFI falls silent', { ofiZ1s: 0.4 }, { ofiZ1s: 0 }, false],
    ['OFI only grows', { ofiZ1s: 0.4 }, { ofiZ1s: 3 }, false],
    ['there was no flow when the quote was placed', { ofiZ1s: 0 }, { ofiZ1s: -2 }, false],
  ];
  for (const [what, placed, now, replaced] of flips) {
    it(`${replaced ? 'replaces' : 'leaves'} its quotes when ${what}`, () => {
      const quote = started();
      quote({ signals: placed });
      const out = quote({ signals: now, bid: RESTING, ask: RESTING }, LATER);
      const expected = replaced ? Refresh.replace : Refresh.leave;
      assert.deepEqual([out.refreshBid, out.refreshAsk], [expected, expected]);
    });
  }

  it('compares signs with those the quote was placed on, not with those of the last decision', () => {
    const quote = started();
    quote({ signals: { ofiZ1s: 1 } });
    const silent = { ...RESTING, age: 100_000 };
    quote({ signals: { ofiZ1s: 0 }, bid: silent, ask: silent }, START + 100_000);
    assert.equal(quote({ signals: { ofiZ1s: -1 }, bid: RESTING }, LATER).refreshBid, Refresh.replace);
    const successor = { ...RESTING, age: 100_000 };
    const out = quote({ signals: { ofiZ1s: -1 }, bid: successor }, LATER + 100_000);
    assert.equal(out.refreshBid, Refresh.leave, 'the successor was placed on a negative sign');
  });

  it('judges an order that someone else placed by the signs it first sees it with', () => {
    const quote = started();
    quote({ signals: { ofiZ1s: 1 } });
    const foreign = { ...RESTING, age: 50_000 };
    assert.equal(quote({ signals: { ofiZ1s: -1 }, bid: foreign }, LATER).refreshBid, Refresh.leave);
    const flipped = quote({ signals: { ofiZ1s: 1 }, bid: { ...RESTING, age: 150_000 } }, LATER + 100_000);
    assert.equal(flipped.refreshBid, Refresh.replace);
  });

  it('places the side that was filled and lets the other rest, apart from each other', () => {
    const quote = started();
    quote({});
    const out = quote({ bestBid: 94, bestAsk: 96, bid: RESTING });
    assert.deepEqual([out.refreshBid, out.refreshAsk], [Refresh.leave, Refresh.move]);
    assert.ok(out.ask >= RESTING.price + 2, `ask ${out.ask} against its own bid at ${RESTING.price}`);
  });

  it('takes away a resting quote that would add to |q| ≥ q_max', () => {
    const quote = started();
    quote({});
    const full = quote({ inventory: 10, bid: RESTING, ask: RESTING });
    assert.deepEqual([full.bidQuantity, full.refreshBid, full.refreshAsk], [0, Refresh.move, Refresh.leave]);
    const nearly = quote({ inventory: 9.5, bid: RESTING });
    assert.deepEqual([nearly.bidQuantity, nearly.refreshBid], [0, Refresh.move], 'too large: gone first');
    const after = quote({ inventory: 9.5 });
    assert.deepEqual([after.bidQuantity, after.refreshBid], [0.5, Refresh.move], 'then what fits');
  });

  it('keeps V1-α’s rules for slow acknowledgements, volatility jumps and unusable books', () => {
    const quote = started();
    assert.deepEqual(
      [quote({ ackP99Ms: 400 }).bidQuantity, quote({ synchronised: false }).askQuantity],
      [0, 0],
    );
    const jump = quote({ signals: { sigma: 3, sigma10m: 1 } });
    close(jump.spread, 3 * halfSpread(DEFAULT_V15.gamma, DEFAULT_V15.k) + 1.2 * 3);
  });

  it('forgets its quotes at a reset', () => {
    const quoter = new V15();
    const out = emptyQuote();
    quoter.reset(quoterContext());
    quoter.quote(quoterView({ signals: { ofiZ1s: 1 } }), out);
    quoter.reset(quoterContext());
    quoter.quote(quoterView({ time: LATER, signals: { ofiZ1s: -1 }, bid: RESTING }), out);
    assert.equal(out.refreshBid, Refresh.leave);
  });

  it('refuses impossible parameters by name', () => {
    const quoter = new V15();
    assert.throws(() => quoter.reload({ kappaInventory: -0.1 }), { field: 'agents.v15.kappaInventory' });
    assert.throws(() => quoter.reload({ minSpread: Number.NaN }), { field: 'agents.v15.minSpread' });
    assert.throws(() => quoter.reload(JSON.parse('{"kapaInventory": 1}')), {
      hint: 'Did you mean "kappaInventory"?',
    });
  });
});
