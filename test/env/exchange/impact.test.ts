import assert from 'node:assert/strict';
import { InputError } from '../../../base/errors.ts';
import { createImpact } from '../../../env/exchange/create-impact.ts';
import { ASK, BID } from '../../../market/side.ts';
import { Desk, SNAPSHOT } from '../../support/desk.ts';
import type { ScriptMessage } from '../../support/script-tape.ts';

const QUIET: readonly ScriptMessage[] = [SNAPSHOT, { at: 20_000, bids: [[98, 1]] }];

describe('impact', () => {
  it('without it, what was taken is there again for the next order', () => {
    const desk = new Desk(QUIET, { timeInForce: 'ioc' });
    desk.quote(100, { bid: 103, bidQuantity: 8 }).quote(200, { bid: 103, bidQuantity: 8 }).to(300);
    assert.deepEqual(desk.story, ['buy 8@103 taker', 'buy 8@103 taker']);
  });

  it('with it, what was taken is missing, the price with it, and comes back to 1/e in the decay time', () => {
    const desk = new Desk(QUIET, { timeInForce: 'ioc', impact: { share: 1, decayMs: 1000 } });
    desk.quote(100, { bid: 103, bidQuantity: 8 }).to(110);
    const { book } = desk.lane.view.market;
    assert.equal(book.bestAsk, 104);
    assert.equal(book.mid, 102);
    assert.equal(desk.replay.market.book.bestAsk, 103, 'history does not notice');
    desk.to(1110);
    assert.ok(Math.abs(book.quantityAt(ASK, 103) - 8 * (1 - Math.exp(-1))) < 1e-9);
    assert.equal(book.bestAsk, 103);
    desk.to(15_000);
    assert.ok(Math.abs(book.quantityAt(ASK, 103) - 8) < 8e-3);
  });

  it('the next order takes what is left', () => {
    const desk = new Desk(QUIET, { timeInForce: 'ioc', impact: { share: 0.5, decayMs: 1e6 } });
    desk.quote(100, { bid: 103, bidQuantity: 8 }).quote(120, { bid: 103, bidQuantity: 8 }).to(300);
    assert.deepEqual(desk.story, ['buy 8@103 taker', 'buy 4@103 taker']);
  });

  it('a maker’s fill thins the level it was filled at', () => {
    const messages: ScriptMessage[] = [SNAPSHOT, { at: 200, sell: [100, 9] }, { at: 900, bids: [[98, 1]] }];
    const desk = new Desk(messages, { impact: { share: 1, decayMs: 1e6 } });
    desk.quote(100, { bid: 100, bidQuantity: 1 }).to(200);
    assert.deepEqual(desk.story, ['buy 1@100 queue']);
    const { book } = desk.lane.view.market;
    assert.ok(Math.abs(book.quantityAt(BID, 100) - 7) < 1e-9);
    const [prices, quantities] = [new Int32Array(4), new Float64Array(4)];
    assert.equal(book.top(BID, 4, prices, quantities), 2);
    assert.deepEqual([...prices.subarray(0, 2)], [100, 99]);
    assert.equal(book.bestBidQuantity, quantities[0]);
  });

  it('tells as many levels as are left, however many are empty', () => {
    const desk = new Desk(QUIET, { timeInForce: 'ioc', impact: { share: 1, decayMs: 1e6 } });
    desk.quote(100, { bid: 103, bidQuantity: 8 }).to(110);
    const { book } = desk.lane.view.market;
    const [prices, quantities] = [new Int32Array(1), new Float64Array(1)];
    assert.equal(book.top(ASK, 1, prices, quantities), 1);
    assert.deepEqual([prices[0], quantities[0]], [104, 20]);
    assert.equal(book.bestAskQuantity, 20);
  });

  it('is none by default and with a share of 0; a share or decay that cannot be is refused', () => {
    assert.equal(createImpact(undefined), null);
    assert.equal(createImpact({ share: 0, decayMs: 1 }), null);
    for (const impact of [
      { share: -0.1, decayMs: 1 },
      { share: 1.1, decayMs: 1 },
      { share: 1, decayMs: 0 },
      { share: 1, decayMs: Number.NaN },
    ]) {
      assert.throws(() => createImpact(impact), InputError);
    }
  });
});
