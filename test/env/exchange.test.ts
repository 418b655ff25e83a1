import assert from 'node:assert/strict';
import { ASK, BID } from '../../market/side.ts';
import { Desk, SNAPSHOT } from '../support/desk.ts';
import { SCRIPT_START, type ScriptMessage } from '../support/script-tape.ts';

describe('simulated exchange', () => {
  it('lets an order act after the entry latency, and its sender know after the response latency', () => {
    const desk = new Desk([SNAPSHOT, { at: 1000, bids: [[98, 1]] }]).quote(100, { bid: 100, bidQuantity: 1 });
    const { lane } = desk;
    assert.equal(lane.openOrders(BID).length, 0);
    assert.ok(lane.view.bid.active);
    assert.ok(Number.isNaN(lane.view.bid.queueAhead));
    desk.to(110);
    assert.equal(lane.openOrders(BID)[0].state, 'open');
    assert.ok(Number.isNaN(lane.view.bid.queueAhead), 'not acknowledged yet');
    desk.to(115);
    assert.equal(lane.view.bid.queueAhead, 8);
    assert.equal(lane.view.ackP99Ms, 15);
    assert.deepEqual(desk.events, ['placed 100', 'acknowledged after 15']);
  });

  it('acts on the book as of arrival: behind a row at that very time, before a later one', () => {
    const at = (time: number) =>
      new Desk([SNAPSHOT, { at: time, bids: [[100, 50]] }, { at: 900, bids: [[98, 1]] }])
        .quote(100, { bid: 100, bidQuantity: 1 })
        .to(800).lane.view.bid.queueAhead;
    assert.equal(at(110), 50, 'the row at 110 ms comes first');
    assert.equal(at(111), 8, 'the row at 111 ms comes after');
  });

  it('rejects a post-only order that would cross when it arrives, though it did not when it was sent', () => {
    const desk = new Desk([SNAPSHOT, { at: 105, asks: [[101, 2]] }, { at: 900, bids: [[98, 1]] }]);
    desk.quote(100, { bid: 101, bidQuantity: 1 }).to(300);
    assert.deepEqual(desk.events, ['placed 100', 'rejected 110 postOnly', 'acknowledged after 15']);
    assert.equal(desk.lane.view.bid.active, false);
  });

  it('rejects an order that arrives while the book is unknown', () => {
    const desk = new Desk([SNAPSHOT, { at: 105, gap: true }, { ...SNAPSHOT, at: 900 }]);
    desk.quote(100, { bid: 100, bidQuantity: 1 }).to(300);
    assert.deepEqual(desk.events.slice(0, 2), ['placed 100', 'rejected 110 bookUnknown']);
  });

  it('fills an order at the head of its level by trades at its price, partly first, each at once', () => {
    const desk = new Desk([
      SNAPSHOT,
      { at: 200, sell: [100, 7] },
      { at: 210, sell: [100, 1.25] },
      { at: 220, sell: [100, 0.5] },
      { at: 230, sell: [100, 5] },
      { at: 900, bids: [[98, 1]] },
    ]).quote(100, { bid: 100, bidQuantity: 1 });
    desk.to(200);
    assert.deepEqual(desk.story, []);
    desk.to(210);
    assert.deepEqual(desk.story, ['buy 0.25@100 queue']);
    assert.equal(desk.lane.position, 0.25);
    assert.equal(desk.lane.openOrders(BID)[0].state, 'partiallyFilled');
    assert.equal(desk.lane.view.inventory, 0, 'the fill is not known yet');
    desk.to(215);
    assert.equal(desk.lane.view.inventory, 0.25);
    assert.equal(desk.lane.view.bid.remaining, 0.75);
    desk.to(300);
    assert.deepEqual(desk.story, ['buy 0.25@100 queue', 'buy 0.5@100 queue', 'buy 0.25@100 queue']);
    assert.equal(desk.lane.view.bid.active, false);
    assert.equal(desk.fills[0].queueAhead, 8);
  });

  it('does not count a trade again when the level shows its decrease', () => {
    const queue = (decrease: number) =>
      new Desk(
        [
          SNAPSHOT,
          { at: 200, sell: [100, 3] },
          { at: 210, bids: [[100, 8 - decrease]] },
          { at: 900, bids: [[98, 1]] },
        ],
        { queue: { model: 'power', exponent: 2 } },
      )
        .quote(100, { bid: 100, bidQuantity: 1 })
        .to(300).lane.view.bid.queueAhead;
    assert.equal(queue(3), 5, 'the trade explains all of it');
    assert.equal(queue(5), 3, 'nobody is behind: the two more were cancelled ahead');
    assert.equal(queue(1), 5, 'two were added since: behind');
  });

  it('fills the whole quote when a trade goes through its price', () => {
    const desk = new Desk([SNAPSHOT, { at: 200, sell: [99, 0.25] }, { at: 900, bids: [[98, 1]] }]);
    desk.quote(100, { bid: 100, bidQuantity: 2 }).to(300);
    assert.deepEqual(desk.story, ['buy 2@100 through']);
  });

  it('fills the whole quote when the opposite best comes to its price', () => {
    const messages: ScriptMessage[] = [
      SNAPSHOT,
      {
        at: 200,
        bids: [
          [100, 0],
          [99, 0],
          [98, 5],
        ],
        asks: [[100, 3]],
      },
      { at: 900, bids: [[97, 1]] },
    ];
    const desk = new Desk(messages)
      .quote(100, { bid: 100, bidQuantity: 2, ask: 104, askQuantity: 1 })
      .to(300);
    assert.deepEqual(desk.story, ['buy 2@100 crossed']);
    assert.equal(desk.fills[0].midAtPlacement, 101.5);
    assert.equal(desk.fills[0].halfSpreadAtPlacement, 1.5);
    assert.equal(desk.fills[0].midAtFill, 99);
  });

  it('gives one trade to one own order only: the younger gets what the older leaves', () => {
    // The cancel sent at 200 ms takes long, so that its order and the successor rest at one price for a while.
    const latency = {
      name: 'a slow cancel',
      entry: (time: number) => (time === SCRIPT_START + 200_000 ? 400_000 : 10_000),
      response: () => 5_000,
    };
    const messages: ScriptMessage[] = [SNAPSHOT, { at: 300, sell: [101, 1.5] }, { at: 900, bids: [[98, 1]] }];
    const desk = new Desk(messages, {}, { latency }).quote(100, { bid: 101, bidQuantity: 1 });
    desk.quote(200, {}).quote(220, { bid: 101, bidQuantity: 1 }).to(250);
    assert.equal(desk.lane.openOrders(BID).length, 2);
    desk.to(800);
    assert.deepEqual(desk.story, ['buy 1@101 queue', 'buy 0.5@101 queue']);
    assert.deepEqual(
      desk.fills.map((fill) => fill.orderId),
      [1, 2],
    );
  });

  it('counts what a trade gave to a quote that it went through against the quotes at its price', () => {
    const latency = {
      name: 'a slow cancel',
      entry: (time: number) => (time === SCRIPT_START + 200_000 ? 400_000 : 10_000),
      response: () => 5_000,
    };
    const messages: ScriptMessage[] = [SNAPSHOT, { at: 300, sell: [101, 1.5] }, { at: 900, bids: [[98, 1]] }];
    const desk = new Desk(messages, {}, { latency }).quote(100, { bid: 102, bidQuantity: 1 });
    desk.quote(200, {}).quote(220, { bid: 101, bidQuantity: 1 }).to(800);
    assert.deepEqual(desk.story, ['buy 1@102 through', 'buy 0.5@101 queue']);
  });

  it('may still fill an order whose cancel is on its way, and tells how much that can be', () => {
    const desk = new Desk([SNAPSHOT, { at: 205, sell: [99, 9] }, { at: 900, bids: [[98, 1]] }]);
    desk.quote(100, { bid: 100, bidQuantity: 1 }).quote(200, {});
    assert.equal(desk.lane.view.bid.active, false);
    assert.equal(desk.lane.view.cancellingBid, 1);
    desk.to(209);
    assert.deepEqual(desk.story, ['buy 1@100 through']);
    assert.equal(desk.lane.view.cancellingBid, 1, 'the agent does not know yet');
    desk.to(210);
    assert.equal(desk.lane.view.cancellingBid, 0);
    assert.equal(desk.lane.view.inventory, 1);
    desk.to(300);
    assert.ok(!desk.events.some((event) => event.startsWith('cancelled')));
  });

  it('keeps orders over a gap, credits no cancel meanwhile and caps the queue at what is displayed after', () => {
    const desk = new Desk(
      [
        SNAPSHOT,
        { at: 200, gap: true },
        { at: 220, sell: [100, 2] },
        { ...SNAPSHOT, at: 300, bids: [[100, 5]] },
        { at: 900, bids: [[98, 1]] },
      ],
      { queue: { model: 'power', exponent: 2 } },
    ).quote(100, { bid: 100, bidQuantity: 1 });
    desk.to(250);
    assert.equal(desk.replay.market.synchronised, false);
    assert.equal(desk.lane.view.bid.queueAhead, 6, 'trades tell the truth during a gap');
    desk.to(400);
    assert.equal(desk.lane.view.bid.queueAhead, 5);
  });

  it('takes all that is ever displayed beyond the horizon to be ahead', () => {
    const desk = new Desk([
      { ...SNAPSHOT, partial: true },
      { at: 200, bids: [[97, 40]] },
      { at: 900, bids: [[98, 1]] },
    ]).quote(100, { bid: 97, bidQuantity: 1 });
    desk.to(150);
    assert.ok(Number.isNaN(desk.lane.view.bid.queueAhead), 'unknown');
    desk.to(200);
    assert.equal(desk.lane.view.bid.queueAhead, 40);
  });

  it('charges maker and taker fees, pays rebates, and flattens down the book', () => {
    const desk = new Desk([SNAPSHOT, { at: 200, sell: [99, 1] }, { at: 900, bids: [[98, 1]] }], {
      fees: { makerBps: -1, takerBps: 5 },
    });
    desk.quote(100, { bid: 100, bidQuantity: 10, ask: 104, askQuantity: 1 }).to(400);
    assert.equal(desk.lane.position, 10);
    // 10 units at 100 ticks of 0.5.
    assert.ok(Math.abs(desk.fills[0].fee + 500 * 1e-4) < 1e-12);
    assert.ok(desk.lane.flatten());
    assert.deepEqual(desk.story.slice(1), ['sell 8@100 taker', 'sell 2@99 taker']);
    assert.equal(desk.lane.position, 0);
    assert.equal(desk.lane.view.inventory, 0);
    assert.equal(desk.lane.openOrders(ASK).length, 0);
    const gross = -500 + 8 * 50 + 2 * 49.5;
    const fees = -500 * 1e-4 + 499 * 5e-4;
    assert.ok(Math.abs(desk.lane.equity - (gross - fees)) < 1e-9);
    assert.ok(Math.abs(desk.lane.cash - desk.lane.equity) < 1e-12);
  });

  it('cannot flatten against an unknown book, and marks what is left to the last known mid', () => {
    const desk = new Desk([
      SNAPSHOT,
      { at: 200, sell: [99, 1] },
      { at: 250, gap: true },
      { at: 900, bids: [[98, 1]] },
    ]);
    desk.quote(100, { bid: 100, bidQuantity: 1 }).to(300);
    assert.equal(desk.lane.flatten(), false);
    assert.equal(desk.lane.position, 1);
    assert.equal(desk.lane.equity, (101.5 - 100) * 0.5);
  });
});
