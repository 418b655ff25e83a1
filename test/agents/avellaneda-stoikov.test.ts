import assert from 'node:assert/strict';
import { AvellanedaStoikov } from '../../agents/avellaneda-stoikov.ts';
import type { AvellanedaStoikovParameters } from '../../agents/parameters.ts';
import { emptyQuote, Reason, Refresh } from '../../env/quoter.ts';
import { type Moment, quoterContext, quoterView } from '../support/quoter-view.ts';

/** The fixture of reference.md, read as ticks, lots and seconds. */
const PAPER: Partial<AvellanedaStoikovParameters> = { gamma: 0.1, k: 1.5, horizonSeconds: 0.5 };

function quote(moment: Moment, parameters: Partial<AvellanedaStoikovParameters> = {}, maxInventory = 10) {
  const quoter = new AvellanedaStoikov(parameters);
  quoter.reset(quoterContext({ maxInventory }));
  const out = emptyQuote();
  quoter.quote(quoterView(moment), out);
  return out;
}

function close(actual: number, expected: number) {
  assert.ok(Math.abs(actual - expected) < 5e-11, `${actual}, expected ${expected}`);
}

describe('V1-α', () => {
  it('quotes around the reservation price of the paper', () => {
    const out = quote({ inventory: 3, signals: { sigma: 2, sigma10m: 2 } }, PAPER);
    close(out.reference, 99.4);
    close(out.reference + out.offset - out.spread / 2, 98.7546147886);
    close(out.reference + out.offset + out.spread / 2, 100.0453852114);
    assert.deepEqual([out.bid, out.ask], [98, 101]);
  });

  it('adds the paper’s risk term when asked to', () => {
    const out = quote(
      { inventory: 3, signals: { sigma: 2, sigma10m: 2 } },
      { ...PAPER, includeRiskTerm: true },
    );
    close(out.reference - out.spread / 2, 98.6546147886);
    close(out.reference + out.spread / 2, 100.1453852114);
  });

  it('takes the time to close as the horizon when told to, and the rolling default when there is no close', () => {
    const toClose = { ...PAPER, horizonSeconds: 0 };
    const signals = { sigma: 2, sigma10m: 2 };
    close(quote({ inventory: 3, signals, timeToClose: 500_000 }, toClose).reference, 99.4);
    close(quote({ inventory: 3, signals, timeToClose: 0 }, toClose).reference, 100);
    close(quote({ inventory: 3, signals }, toClose).reference, 100 - 3 * 0.1 * 4 * 120);
  });

  it('shifts with order flow by no more than a tick', () => {
    assert.equal(quote({ signals: { ofiZ1s: 2 } }, { betaOfi: 0.3 }).offset, 0.6);
    const out = quote({ signals: { ofiZ1s: -3 } }, { betaOfi: 0.5 });
    assert.equal(out.offset, -1);
    assert.ok(out.reason & Reason.offset);
  });

  it('never quotes through the opposite best', () => {
    const out = quote({ inventory: -10, signals: { sigma: 5 } }, { gamma: 0.1, k: 1.5, horizonSeconds: 1 });
    assert.ok(out.reference > 110);
    assert.equal(out.bid, 100);
    assert.ok(out.reason & Reason.postOnly);
  });

  it('does not quote the side that would add to |q| ≥ q_max, and cuts a quote that would pass it', () => {
    const long = quote({ inventory: 10 });
    assert.deepEqual([long.bidQuantity, long.askQuantity], [0, 1]);
    assert.equal(long.refreshBid, Refresh.move);
    assert.ok(long.reason & Reason.inventory);
    const short = quote({ inventory: -12 });
    assert.deepEqual([short.bidQuantity, short.askQuantity], [1, 0]);
    const nearly = quote({ inventory: 9.75 });
    assert.equal(nearly.bidQuantity, 0.25);
    assert.equal(nearly.askQuantity, 1);
    assert.equal(quote({ inventory: 9.999 }).bidQuantity, 0, 'less than one step is no quote');
  });

  it('widens δ* by half while σ is beyond twice its reference', () => {
    const calm = quote({ signals: { sigma: 2, sigma10m: 1 } });
    const jump = quote({ signals: { sigma: 2.01, sigma10m: 1 } });
    assert.ok(Math.abs(jump.spread / calm.spread - 1.5) < 1e-12);
    assert.ok(jump.reason & Reason.volatility);
    assert.equal(calm.reason & Reason.volatility, 0);
  });

  it('pulls its quotes while acknowledgements are slow and comes back by itself', () => {
    const quoter = new AvellanedaStoikov();
    quoter.reset(quoterContext());
    const out = emptyQuote();
    quoter.quote(quoterView({ ackP99Ms: 301 }), out);
    assert.deepEqual([out.bidQuantity, out.askQuantity, out.reason], [0, 0, Reason.latency]);
    quoter.quote(quoterView({ ackP99Ms: 300 }), out);
    assert.deepEqual([out.bidQuantity, out.askQuantity, out.reason], [1, 1, Reason.quote]);
    quoter.quote(quoterView({ ackP99Ms: Number.NaN }), out);
    assert.equal(out.bidQuantity, 1, 'nothing acknowledged yet');
  });

  it('quotes nothing while book or signals cannot be relied on', () => {
    for (const moment of [{ bookReady: false }, { synchronised: false }, { signals: { ready: false } }]) {
      const out = quote(moment);
      assert.deepEqual([out.bidQuantity, out.askQuantity], [0, 0]);
      assert.equal(out.refreshBid, Refresh.move);
      assert.ok(out.reason & Reason.notReady);
    }
  });

  it('withholds a bid below one tick', () => {
    const out = quote({ bestBid: 2, bestAsk: 3, inventory: 5, signals: { sigma: 30, sigma10m: 30 } });
    assert.equal(out.bidQuantity, 0);
    assert.equal(out.askQuantity, 1);
  });

  it('takes new γ, k and horizon while it runs', () => {
    const quoter = new AvellanedaStoikov();
    quoter.reset(quoterContext());
    quoter.reload(PAPER);
    const out = emptyQuote();
    quoter.quote(quoterView({ inventory: 3, signals: { sigma: 2, sigma10m: 2 } }), out);
    close(out.reference, 99.4);
    assert.equal(quoter.parameters.gamma, 0.1);
  });

  it('refuses impossible parameters by name and keeps the old ones', () => {
    const quoter = new AvellanedaStoikov({ gamma: 0.5 });
    const bad: readonly [Partial<AvellanedaStoikovParameters>, string][] = [
      [{ gamma: 0 }, 'gamma'],
      [{ gamma: -1 }, 'gamma'],
      [{ k: 0 }, 'k'],
      [{ k: Number.NaN }, 'k'],
      [{ betaOfi: Number.POSITIVE_INFINITY }, 'betaOfi'],
      [{ horizonSeconds: -1 }, 'horizonSeconds'],
      [{ volatilityWidening: 0.5 }, 'volatilityWidening'],
      [JSON.parse('{"includeRiskTerm": 1}'), 'includeRiskTerm'],
      [JSON.parse('{"gamma": "0.1"}'), 'gamma'],
    ];
    for (const [change, field] of bad) {
      assert.throws(() => quoter.reload({ ...change, maxAckP99Ms: 1 }), { field: `agents.v1.${field}` });
    }
    assert.deepEqual([quoter.parameters.gamma, quoter.parameters.maxAckP99Ms], [0.5, 300]);
    assert.throws(() => quoter.reload(JSON.parse('{"gama": 0.1}')), {
      code: 'unknown-key',
      hint: 'Did you mean "gamma"?',
    });
    assert.throws(() => new AvellanedaStoikov({ k: -1 }), { field: 'agents.v1.k' });
  });
});
