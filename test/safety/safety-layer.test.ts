import assert from 'node:assert/strict';
import { V15 } from '../../agents/v15.ts';
import { emptyQuote, type OwnQuote, type Quote, type Quoter, Reason, Refresh } from '../../env/quoter.ts';
import { DEFAULT_SAFETY, type SafetyLimits } from '../../safety/limits.ts';
import { SafetyLayer } from '../../safety/safety-layer.ts';
import { type Moment, quoterContext, quoterView } from '../support/quoter-view.ts';

const PLAIN: Quote = {
  ...emptyQuote(),
  reference: 100,
  spread: 4,
  bidQuantity: 1,
  askQuantity: 1,
  refreshBid: Refresh.move,
  refreshAsk: Refresh.move,
};
const YOUNG: OwnQuote = { active: true, price: 97, remaining: 1, queueAhead: 0, age: 499_999 };
const OLD: OwnQuote = { ...YOUNG, age: 500_000 };

/** A layer around a quoter that proposes whatever the test last said. */
function layer(fallback: Quoter | null = null, limits: Partial<SafetyLimits> = {}, maxInventory = 10) {
  let proposal: Quote = PLAIN;
  const inner: Quoter = {
    name: 'proposals',
    reset: () => undefined,
    quote: (_, out) => Object.assign(out, proposal),
  };
  const safety = new SafetyLayer(inner, { ...DEFAULT_SAFETY, ...limits }, fallback);
  safety.reset(quoterContext({ maxInventory }));
  const out = emptyQuote();
  return {
    safety,
    quote(changes: Partial<Quote> = {}, moment: Moment = {}): Quote {
      proposal = { ...PLAIN, ...changes };
      safety.quote(quoterView(moment), out);
      return { ...out };
    },
  };
}

describe('safety layer', () => {
  it('lets a harmless decision through as it is', () => {
    const { safety, quote } = layer();
    const out = quote({ offset: 1 });
    assert.deepEqual(out, { ...PLAIN, offset: 1, bid: 99, ask: 103 });
    assert.ok(Object.values(safety.interventions).every((count) => count === 0));
    assert.equal(safety.decisions, 1);
  });

  it('keeps the shift within three ticks and its change within two a decision', () => {
    const { safety, quote } = layer();
    const up = quote({ offset: 5 });
    assert.equal(up.offset, 2, 'from 0 before the first decision');
    assert.equal(up.reason & (Reason.offset | Reason.offsetStep), Reason.offset | Reason.offsetStep);
    assert.equal(quote({ offset: 5 }).offset, 3);
    assert.equal(quote({ offset: -5 }).offset, 1);
    assert.deepEqual([up.bid, up.ask], [100, 104], 'prices follow the executed shift');
    assert.deepEqual([safety.interventions.offset, safety.interventions.offsetStep], [3, 2]);
  });

  it('raises a spread below its minimum', () => {
    const out = layer().quote({ spread: 0.5 });
    assert.equal(out.spread, 2);
    assert.deepEqual([out.bid, out.ask], [99, 101]);
    assert.ok(out.reason & Reason.spread);
  });

  it('leaves a quote younger than half a second alone', () => {
    const { safety, quote } = layer();
    for (const change of [{ offset: 1 }, { refreshBid: Refresh.replace }, { bidQuantity: 0 }]) {
      const out = quote(change, { bid: YOUNG });
      assert.deepEqual([out.refreshBid, out.bidQuantity], [Refresh.leave, 1]);
      assert.ok(out.reason & Reason.age);
    }
    assert.equal(safety.interventions.quoteLife, 3);
    assert.equal(quote({ offset: 1 }, { bid: OLD }).refreshBid, Refresh.move);
    assert.equal(quote({ offset: 1 }, { bid: YOUNG }).refreshAsk, Refresh.move, 'each side by itself');
  });

  it('removes a young quote when risk demands it', () => {
    const { quote } = layer();
    const full = quote({}, { bid: YOUNG, inventory: 10 });
    assert.deepEqual([full.bidQuantity, full.refreshBid], [0, Refresh.move]);
    const blind = quote({}, { bid: YOUNG, ask: YOUNG, synchronised: false });
    assert.deepEqual([blind.bidQuantity, blind.askQuantity, blind.refreshAsk], [0, 0, Refresh.move]);
    const pulled = quote({ bidQuantity: 0, reason: Reason.latency }, { bid: YOUNG });
    assert.deepEqual([pulled.bidQuantity, pulled.refreshBid], [0, Refresh.move]);
  });

  it('quotes only the reducing side beyond q_max', () => {
    const { quote } = layer();
    const out = quote({ bidQuantity: 3, askQuantity: 3 }, { inventory: 11 });
    assert.deepEqual([out.bidQuantity, out.askQuantity], [0, 3]);
    assert.ok(out.reason & Reason.inventory);
  });

  it('cuts quantities to what fits', () => {
    const out = layer().quote({ bidQuantity: 3, askQuantity: 30 }, { inventory: 8.5 });
    assert.deepEqual([out.bidQuantity, out.askQuantity], [1.5, 18.5]);
  });

  it('cancels before it quotes anew where old and new order could both fill past q_max', () => {
    const { quote } = layer();
    assert.equal(quote({}, { inventory: 8, bid: OLD }).bidQuantity, 1, 'both fit');
    const first = quote({}, { inventory: 9, bid: OLD });
    assert.deepEqual([first.bidQuantity, first.refreshBid], [0, Refresh.move]);
    assert.equal(quote({}, { inventory: 9, cancellingBid: 1 }).bidQuantity, 0, 'the cancel is on its way');
    assert.equal(quote({}, { inventory: 9 }).bidQuantity, 1);
  });

  it('lets the fallback decide while acknowledgements are slow, within the same limits', () => {
    const { safety, quote } = layer(new V15({ maxAckP99Ms: 1e9, gamma: 1e-12, k: 100, kappaVolatility: 8 }));
    const out = quote({ offset: 3 }, { ackP99Ms: 301 });
    assert.deepEqual([out.reference, out.offset], [100, 0]);
    assert.ok(out.spread > 8);
    assert.equal(out.reason & (Reason.fallback | Reason.latency), Reason.fallback | Reason.latency);
    const clamped = quote({}, { ackP99Ms: 301, signals: { ofiZ1s: 3, depthImbalance: 3 }, inventory: -9 });
    assert.equal(clamped.offset, 2, 'from 0, step by step');
    assert.equal(quote({ offset: 2 }, { ackP99Ms: 300 }).reason, Reason.quote);
    assert.equal(safety.interventions.latency, 2);
  });

  it('quotes nothing while acknowledgements are slow and there is no fallback', () => {
    const out = layer().quote({}, { ackP99Ms: 301, bid: YOUNG });
    assert.deepEqual([out.bidQuantity, out.askQuantity, out.refreshBid], [0, 0, Refresh.move]);
  });

  it('replaces what is not finite by the fallback, or by nothing', () => {
    const broken: readonly Partial<Quote>[] = [
      { offset: Number.NaN },
      { spread: Number.POSITIVE_INFINITY },
      { reference: Number.NaN },
      { reference: -1e300 },
      { spread: 1e17 },
      { bidQuantity: Number.NaN },
      JSON.parse('{"refreshBid": 7}'),
    ];
    for (const proposal of broken) {
      const none = layer().quote(proposal);
      assert.deepEqual([none.bidQuantity, none.askQuantity], [0, 0]);
      assert.ok(Number.isFinite(none.reference + none.offset + none.spread + none.bid + none.ask));
      assert.ok(none.reason & Reason.nonFinite);
      const fallback = layer(new V15()).quote(proposal);
      assert.deepEqual([fallback.bidQuantity, fallback.askQuantity], [1, 1]);
      assert.equal(
        fallback.reason & (Reason.fallback | Reason.nonFinite),
        Reason.fallback | Reason.nonFinite,
      );
    }
  });

  it('keeps a new ask away from a young bid that the market left behind', () => {
    const out = layer().quote({ reference: 94 }, { bestBid: 93, bestAsk: 95, bid: YOUNG });
    assert.equal(out.refreshBid, Refresh.leave);
    assert.equal(out.ask, YOUNG.price + 2);
  });

  it('moves its quotes off the opposite best', () => {
    const out = layer().quote({ reference: 108, spread: 2 });
    assert.equal(out.bid, 100);
    assert.ok(out.reason & Reason.postOnly);
  });

  it('starts over at a reset', () => {
    const { safety, quote } = layer();
    quote({ offset: 5 });
    safety.reset(quoterContext());
    assert.equal(safety.interventions.offset, 0);
    assert.equal(safety.decisions, 0);
    assert.equal(quote({ offset: -3 }).offset, -2);
  });
});
