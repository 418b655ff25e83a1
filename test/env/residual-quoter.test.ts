import assert from 'node:assert/strict';
import fc from 'fast-check';
import { AvellanedaStoikov } from '../../agents/avellaneda-stoikov.ts';
import { FixedSpread } from '../../agents/fixed-spread.ts';
import { V15 } from '../../agents/v15.ts';
import { MidQuoter } from '../../env/market-making/mid-quoter.ts';
import { ResidualQuoter } from '../../env/market-making/residual-quoter.ts';
import { emptyQuote, type Quote, type Quoter, type QuoterView, Reason, Refresh } from '../../env/quoter.ts';
import { quoterContext, quoterView } from '../support/quoter-view.ts';

const SETTINGS = { centreShiftTicks: 5, logSpreadRange: 1 };

function residual(anchor: Quoter = new MidQuoter()): ResidualQuoter {
  const quoter = new ResidualQuoter(anchor, SETTINGS);
  quoter.reset(quoterContext());
  return quoter;
}

function quoteOf(quoter: Quoter, view: QuoterView): Quote {
  const out = emptyQuote();
  quoter.quote(view, out);
  return out;
}

function act(quoter: ResidualQuoter, action: readonly number[], view = quoterView()): Quote {
  quoter.setAction(Float32Array.from(action));
  return quoteOf(quoter, view);
}

function executed(quoter: ResidualQuoter, final: Quote): readonly number[] {
  const out = new Float32Array(3);
  quoter.executedAction(out, final);
  return [...out];
}

const order = fc.record({
  active: fc.boolean(),
  price: fc.integer({ min: 980, max: 1020 }),
  remaining: fc.double({ min: 0.1, max: 1, noNaN: true }),
  queueAhead: fc.double({ min: 0, max: 50, noNaN: true }),
  age: fc.integer({ min: 0, max: 2_000_000 }),
});

const moment = fc.record({
  bestBid: fc.integer({ min: 995, max: 1000 }),
  bestAsk: fc.integer({ min: 1001, max: 1006 }),
  bookReady: fc.boolean(),
  inventory: fc.integer({ min: -12, max: 12 }),
  bid: order,
  ask: order,
  signals: fc.record({
    ofiZ1s: fc.double({ min: -3, max: 3, noNaN: true }),
    depthImbalance: fc.double({ min: -3, max: 3, noNaN: true }),
    sigma: fc.double({ min: 0, max: 20, noNaN: true }),
  }),
});

const action = fc.tuple(
  fc.float({ min: -1, max: 1, noNaN: true }),
  fc.float({ min: -1, max: 1, noNaN: true }),
  fc.float({ min: -1, max: 1, noNaN: true }),
);

describe('ResidualQuoter', () => {
  it('is its anchor at action 0, decision by decision', () => {
    const anchors: readonly (() => Quoter)[] = [
      () => new MidQuoter(),
      () => new V15(),
      () => new AvellanedaStoikov(),
      () => new FixedSpread(),
    ];
    for (const anchor of anchors) {
      fc.assert(
        fc.property(fc.array(moment, { minLength: 1, maxLength: 10 }), (moments) => {
          const alone = anchor();
          alone.reset(quoterContext());
          const quoter = residual(anchor());
          for (const at of moments) {
            const wanted = quoteOf(alone, quoterView(at));
            const got = act(quoter, [0, 0, 0], quoterView(at));
            // The residual tells the same centre as a reference and a shift from it.
            const { reference, offset, ...rest } = got;
            const { reference: anchorReference, offset: anchorOffset, ...wantedRest } = wanted;
            assert.deepEqual(rest, wantedRest);
            assert.equal(reference + offset, anchorReference + anchorOffset);
          }
        }),
        { numRuns: 50 },
      );
    }
  });

  it('shifts the centre by up to centreShiftTicks and scales the spread by e^range', () => {
    const view = quoterView({ bestBid: 990, bestAsk: 1010 });
    const quote = act(residual(), [1, 0, 1], view);
    assert.deepEqual([quote.reference, quote.offset, quote.bid, quote.ask], [1000, 5, 995, 1015]);
    const wide = act(residual(), [0, 1, 1], view);
    assert.ok(Math.abs(wide.spread - 20 * Math.E) < 1e-12);
    assert.deepEqual([wide.bid, wide.ask], [972, 1028]);
  });

  it('stays post-only when a shift would cross', () => {
    const quote = act(residual(), [1, -1, 1], quoterView({ bestBid: 999, bestAsk: 1001 }));
    assert.equal(quote.bid, 1000);
    assert.ok(quote.reason & Reason.postOnly);
  });

  it('keeps within the curriculum without changing what an action means', () => {
    const quoter = residual();
    quoter.allowedShiftTicks = 2;
    assert.equal(act(quoter, [1, 0, 0]).offset, 2);
    assert.ok(Math.abs(act(quoter, [-0.2, 0, 0]).offset + 1) < 1e-6);
    const far = act(quoter, [1, 0, 0]);
    assert.ok(Math.abs(executed(quoter, far)[0] - 0.4) < 1e-7);
  });

  it('moves, leaves, or follows the anchor, as the third component says', () => {
    const view = quoterView({ bid: { active: true, price: 98, remaining: 1 } });
    assert.deepEqual(refreshes(act(residual(), [0, 0, 0.5], view)), [Refresh.move, Refresh.move]);
    // Nothing rests on the ask side, so it is quoted all the same.
    assert.deepEqual(refreshes(act(residual(), [0, 0, -0.5], view)), [Refresh.leave, Refresh.move]);
    const young = quoterView({
      bid: { active: true, price: 98, remaining: 1, age: 1000 },
      ask: { active: true, price: 103, remaining: 1, age: 1000 },
    });
    assert.deepEqual(refreshes(act(residual(new V15()), [0.5, 0, 0.3], young)), [
      Refresh.leave,
      Refresh.leave,
    ]);
  });

  it('does not leave an order larger than the anchor still wants', () => {
    const context = quoterContext({ maxInventory: 10 });
    const quoter = residual(new V15());
    quoter.reset(context);
    const view = quoterView({ inventory: 9.5, bid: { active: true, price: 98, remaining: 1 } });
    assert.equal(act(quoter, [0, 0, -1], view).refreshBid, Refresh.move);
  });

  it('quotes nothing where its anchor does not', () => {
    const quote = act(residual(), [1, 1, 1], quoterView({ bookReady: false }));
    assert.deepEqual([quote.bidQuantity, quote.askQuantity], [0, 0]);
    assert.ok(quote.reason & Reason.notReady);
    const long = act(residual(), [1, 1, 1], quoterView({ inventory: 10 }));
    assert.deepEqual([long.bidQuantity, long.askQuantity], [0, 1]);
  });

  it('reports the proposed action as executed when nobody alters it', () => {
    fc.assert(
      fc.property(moment, action, (at, proposal) => {
        const quoter = residual();
        const final = act(quoter, proposal, quoterView(at));
        assert.deepEqual(executed(quoter, final), [...Float32Array.from(proposal)]);
      }),
    );
  });

  it('inverts what a safety layer did: doing the executed action again gives its shift and spread', () => {
    fc.assert(
      fc.property(
        action,
        fc.float({ min: -3, max: 3, noNaN: true }),
        fc.double({ min: 2, max: 20, noNaN: true }),
        (proposal, offset, spread) => {
          const view = quoterView({ bestBid: 990, bestAsk: 1000 });
          const quoter = residual();
          const final = { ...act(quoter, proposal, view), offset, spread };
          const again = act(quoter, executed(quoter, final), view);
          assert.ok(Math.abs(again.offset - offset) < 1e-5);
          assert.ok(Math.abs(again.spread - Math.min(Math.max(spread, 10 / Math.E), 10 * Math.E)) < 1e-4);
        },
      ),
    );
  });

  it('reads a fallback that started from another reference in terms of the anchor', () => {
    const quoter = residual();
    const final = act(quoter, [1, 0, 1], quoterView({ bestBid: 990, bestAsk: 1010 }));
    const [shift] = executed(quoter, { ...final, reference: 1001, offset: 1 });
    assert.equal(shift, Math.fround(2 / 5));
  });

  it('reads a quote left to its minimum life as an order to leave', () => {
    const quoter = residual();
    const view = quoterView({ bid: { active: true, price: 98 }, ask: { active: true, price: 103 } });
    const final = act(quoter, [0, 0, 1], view);
    const left = { ...final, refreshBid: Refresh.leave, refreshAsk: Refresh.leave };
    assert.equal(executed(quoter, left)[2], -1);
    assert.equal(executed(quoter, { ...left, refreshAsk: Refresh.move })[2], 0);
  });
});

describe('MidQuoter', () => {
  it('quotes the displayed spread around the mid and never less than two ticks', () => {
    const quoter = new MidQuoter();
    quoter.reset(quoterContext());
    const wide = quoteOf(quoter, quoterView({ bestBid: 90, bestAsk: 101 }));
    assert.deepEqual([wide.bid, wide.ask, wide.spread], [90, 101, 11]);
    const tight = quoteOf(quoter, quoterView({ bestBid: 100, bestAsk: 101 }));
    assert.deepEqual([tight.bid, tight.ask, tight.spread], [99, 102, 2]);
  });

  it('withholds the side that would pass q_max', () => {
    const quoter = new MidQuoter();
    quoter.reset(quoterContext({ maxInventory: 3 }));
    const short = quoteOf(quoter, quoterView({ inventory: -2.5 }));
    assert.deepEqual([short.bidQuantity, short.askQuantity], [1, 0.5]);
    assert.equal(quoteOf(quoter, quoterView({ inventory: -3 })).askQuantity, 0);
  });
});

function refreshes(quote: Quote): readonly Refresh[] {
  return [quote.refreshBid, quote.refreshAsk];
}
