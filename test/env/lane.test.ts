import assert from 'node:assert/strict';
import { InputError } from '../../base/errors.ts';
import { Lane } from '../../env/lane.ts';
import { resolveLot } from '../../env/lot.ts';
import { type Quote, type QuoterView, Refresh } from '../../env/quoter.ts';
import { DEFAULT_LANE } from '../../env/settings.ts';
import { TapeReplay } from '../../market/replay.ts';
import { ASK, BID } from '../../market/side.ts';
import { SCRIPT_INSTRUMENT, SCRIPT_START, scriptedQuoter, scriptTape } from '../support/script-tape.ts';

const INSTANT = { ...DEFAULT_LANE, latency: { entryMs: 0, responseMs: 0 } };

function lane(options: { readonly sessionEnd?: number } = {}) {
  const replay = new TapeReplay([
    scriptTape([
      { at: 0, snapshot: true, bids: [[100, 8]], asks: [[103, 8]] },
      { at: 500, sell: [100, 8.5] },
      { at: 900, bids: [[98, 1]] },
    ]),
  ]);
  const result = new Lane({ instrument: SCRIPT_INSTRUMENT, settings: INSTANT, lot: 1, seed: 7, ...options });
  result.attach(replay.market);
  const at = (time: number, quote: Partial<Quote>) => {
    replay.advanceTo(SCRIPT_START + 1000 * time);
    return result.decide(
      scriptedQuoter(() => ({ refreshBid: Refresh.move, refreshAsk: Refresh.move, ...quote })),
    );
  };
  return { lane: result, replay, at };
}

describe('lane', () => {
  it('move keeps an order that is where it is wanted, with its place in the queue and its age', () => {
    const { lane: own, at } = lane();
    at(100, { bid: 100, bidQuantity: 1 });
    const [order] = own.openOrders(BID);
    at(200, { bid: 100, bidQuantity: 1 });
    assert.equal(own.openOrders(BID)[0], order);
    assert.equal(own.view.bid.age, 100_000);
    at(300, { bid: 99, bidQuantity: 1 });
    assert.equal(own.openOrders(BID).length, 1);
    assert.equal(own.openOrders(BID)[0].price, 99);
    assert.equal(order.state, 'cancelled');
  });

  it('move makes an order smaller that is larger than wanted, and does not top up what is left of one', () => {
    const { lane: own, at } = lane();
    at(100, { bid: 100, bidQuantity: 2 });
    at(200, { bid: 100, bidQuantity: 1 });
    const [order] = own.openOrders(BID);
    assert.equal(order.steps, 4);
    at(600, { bid: 100, bidQuantity: 1 });
    assert.equal(own.view.bid.remaining, 0.5, 'half of it has filled');
    assert.equal(own.openOrders(BID)[0], order);
  });

  it('leave leaves whatever rests and sends nothing where nothing does', () => {
    const { lane: own, at } = lane();
    at(100, { bid: 100, bidQuantity: 1, ask: 103, askQuantity: 1, refreshAsk: Refresh.leave });
    assert.equal(own.openOrders(ASK).length, 0);
    at(200, { bid: 90, bidQuantity: 1, refreshBid: Refresh.leave });
    assert.equal(own.openOrders(BID)[0].price, 100);
  });

  it('replace sends anew at the same price, behind everybody', () => {
    const { lane: own, at } = lane();
    at(100, { bid: 100, bidQuantity: 1 });
    const [order] = own.openOrders(BID);
    at(200, { bid: 100, bidQuantity: 1, refreshBid: Refresh.replace });
    assert.equal(own.openOrders(BID).length, 1);
    assert.notEqual(own.openOrders(BID)[0], order);
  });

  it('quantity 0 cancels, whatever refresh says; a price below a tick counts as 0', () => {
    for (const quote of [
      { bidQuantity: 0, refreshBid: Refresh.leave },
      { bidQuantity: 1, bid: 0 },
    ]) {
      const { lane: own, at } = lane();
      at(100, { bid: 100, bidQuantity: 1 });
      at(200, quote);
      assert.equal(own.openOrders(BID).length, 0);
      assert.equal(own.view.bid.active, false);
    }
  });

  it('rounds quantities to whole steps and never sends an order of none', () => {
    const { lane: own, at } = lane();
    at(100, { bid: 100, bidQuantity: 0.6, ask: 103, askQuantity: 0.1 });
    assert.equal(own.openOrders(BID)[0].steps, 2);
    assert.equal(own.openOrders(ASK).length, 0);
  });

  it('refuses a quote that is no quote and names the quoter', () => {
    const { at } = lane();
    for (const [field, quote] of [
      ['bidQuantity', { bidQuantity: Number.NaN }],
      ['bidQuantity', { bid: 1, bidQuantity: 1e300 }],
      ['askQuantity', { ask: 1, askQuantity: 1e16 }],
      ['askQuantity', { askQuantity: -1 }],
      ['bid', { bid: Number.NaN, bidQuantity: 1 }],
      ['ask', { ask: 100.5, askQuantity: 1 }],
    ] as const) {
      assert.throws(
        () => at(100, quote),
        (error) => error instanceof InputError && error.field === field && /"scripted"/.test(error.message),
      );
    }
  });

  it('tells the time to close, and Infinity when the session is rolling', () => {
    const closing = lane({ sessionEnd: SCRIPT_START + 1e6 });
    closing.at(100, {});
    assert.equal(closing.lane.view.timeToClose, 900_000);
    const rolling = lane();
    rolling.at(100, {});
    assert.equal(rolling.lane.view.timeToClose, Number.POSITIVE_INFINITY);
  });

  it('knows the 99th percentile of the acknowledgements of the minute before, NaN without one', () => {
    const { lane: own, replay, at } = lane();
    at(0, {});
    assert.ok(Number.isNaN(own.view.ackP99Ms));
    const slow = new Lane({
      instrument: SCRIPT_INSTRUMENT,
      settings: DEFAULT_LANE,
      lot: 1,
      seed: 0,
      latency: { name: 'rising', entry: (time) => (time - SCRIPT_START) / 100, response: () => 0 },
    });
    slow.attach(replay.market);
    const quoter = scriptedQuoter((view: QuoterView) => ({
      bid: 100 - ((view.market.time / 1000) % 2),
      bidQuantity: 1,
      refreshBid: Refresh.replace,
    }));
    for (let time = 1; time <= 100; time++) {
      replay.advanceTo(SCRIPT_START + 1000 * time);
      slow.decide(quoter);
    }
    replay.advanceTo(SCRIPT_START + 200_000);
    // Sent at t ms, acknowledged t/100 ms later: one order at 1 ms, then a cancel and an order each millisecond.
    assert.equal(slow.view.ackP99Ms, 1);
    replay.advanceTo(SCRIPT_START + 61e6);
    assert.ok(Number.isNaN(slow.view.ackP99Ms));
  });

  it('takes about 100 units of quote currency as a lot, in whole steps', () => {
    const instrument = { ...SCRIPT_INSTRUMENT, tickSize: 0.01, stepSize: 0.001 };
    assert.equal(resolveLot({ lot: null }, instrument, 10_000), 1);
    assert.equal(resolveLot({ lot: null }, instrument, 6_512_345), 0.002);
    assert.equal(resolveLot({ lot: null }, instrument, 1e9), 0.001);
    assert.equal(resolveLot({ lot: 0.003 }, instrument, Number.NaN), 0.003);
    for (const lot of [0.0015, 0, -1, Number.NaN]) {
      assert.throws(() => resolveLot({ lot }, instrument, 1), InputError);
    }
    assert.throws(() => resolveLot({ lot: null }, instrument, Number.NaN), InputError);
  });

  it('must join a market before it is used, and only one', () => {
    const own = new Lane({ instrument: SCRIPT_INSTRUMENT, settings: INSTANT, lot: 1, seed: 0 });
    assert.throws(() => own.decide(scriptedQuoter(() => ({}))), /attach it first/);
  });
});
