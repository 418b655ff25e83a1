import assert from 'node:assert/strict';
import type { Fill } from '../../env/exchange/models.ts';
import { emptyQuote, Refresh } from '../../env/quoter.ts';
import { QuoteTrace } from '../../evaluation/quote-trace.ts';
import { ASK, BID } from '../../market/side.ts';
import { FakeState, fakeView } from './fake-view.ts';

const S = 1_000_000;
const INSTRUMENT = { venue: 'binance-spot', symbol: 'AAAUSDT', tickSize: 0.01, stepSize: 1 } as const;

function fill(time: number): Fill {
  return {
    orderId: 1,
    time,
    side: time % 2 === 0 ? BID : ASK,
    price: 999,
    quantity: 2,
    fee: 0,
    reason: 'through',
    queueAhead: 0,
    midAtPlacement: 1000,
    midAtFill: 1000,
    halfSpreadAtPlacement: 1,
  };
}

describe('The stretch a report shows', () => {
  it('is the ten minutes with the most fills of an hour', () => {
    const trace = new QuoteTrace(INSTRUMENT);
    const state = new FakeState();
    const view = fakeView(state);
    const quote = { ...emptyQuote(), bid: 999, ask: 1001, bidQuantity: 1, refreshBid: Refresh.move };
    for (let t = 0; t < 3600; t++) {
      state.time = t * S;
      trace.onDecision(view, quote);
      if (t % 300 === 7 || (t > 1810 && t < 1900 && t % 3 === 0)) trace.onFill(fill(t * S + 1));
    }
    const stretch = trace.stretch();
    assert.ok(stretch !== null);
    assert.equal(stretch.time.length, 600);
    assert.ok(stretch.time[0] <= 1810 * S && (stretch.time.at(-1) ?? 0) >= 1900 * S);
    assert.ok(stretch.fills.length > 29);
    assert.equal(stretch.fills[0].reason, 'through');
    // Prices in quote currency; a side that is not quoted shows no price.
    assert.equal(stretch.mid[0], 10);
    assert.equal(stretch.bid[0], 9.99);
    assert.equal(stretch.ask[0], null);
  });

  it('a session shorter than a window is shown whole, one without decisions not at all', () => {
    const trace = new QuoteTrace(INSTRUMENT);
    assert.equal(trace.stretch(), null);
    const view = fakeView(new FakeState());
    trace.onDecision(view, emptyQuote());
    assert.equal(trace.stretch()?.time.length, 1);
  });
});
