import assert from 'node:assert/strict';
import { MidQuoter } from '../../env/market-making/mid-quoter.ts';
import { emptyQuote } from '../../env/quoter.ts';
import { quoterContext, quoterView } from '../support/quoter-view.ts';

describe('the anchor mid', () => {
  it('quotes a lot, or the whole steps of one that q_max leaves', () => {
    const context = quoterContext();
    // A lot of four steps: 0.6 lots of room are two steps.
    const { instrument } = context;
    const quoter = new MidQuoter();
    quoter.reset({ ...context, lot: 4 * instrument.stepSize, maxInventory: 2.6 });
    const quantities = [0, 1, 1.75, 2, 2.5, 3, -2].map((inventory) => {
      const out = emptyQuote();
      quoter.quote(quoterView({ inventory }), out);
      return [out.bidQuantity, out.askQuantity];
    });
    assert.deepEqual(quantities, [
      [1, 1],
      [1, 1],
      [0.75, 1],
      [0.5, 1],
      [0, 1],
      [0, 1],
      [1, 0.5],
    ]);
  });
});
