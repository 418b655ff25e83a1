import assert from 'node:assert/strict';
import { FixedSpread } from '../../agents/fixed-spread.ts';
import { emptyQuote, Reason } from '../../env/quoter.ts';
import { type Moment, quoterContext, quoterView } from '../support/quoter-view.ts';

function quote(moment: Moment, spread = 4) {
  const quoter = new FixedSpread({ spread });
  quoter.reset(quoterContext());
  const out = emptyQuote();
  quoter.quote(quoterView(moment), out);
  return out;
}

describe('fixed spread', () => {
  it('quotes the same distance either side of the mid, whatever the inventory and the flow', () => {
    const out = quote({ inventory: 5, signals: { ofiZ1s: 3, sigma: 9, ready: false } });
    assert.deepEqual([out.bid, out.ask, out.bidQuantity, out.askQuantity], [98, 102, 1, 1]);
  });

  it('rounds away from the mid', () => {
    const out = quote({ bestBid: 99, bestAsk: 100 });
    assert.deepEqual([out.bid, out.ask], [97, 102]);
  });

  it('stays within q_max and off a book that is not usable', () => {
    assert.equal(quote({ inventory: 10 }).bidQuantity, 0);
    const out = quote({ synchronised: false });
    assert.deepEqual([out.bidQuantity, out.askQuantity, out.reason], [0, 0, Reason.notReady]);
  });

  it('refuses a spread of nothing', () => {
    assert.throws(() => new FixedSpread({ spread: 0 }), { field: 'agents.fixed.spread' });
  });
});
