import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { LatencyModel } from '../../../env/exchange/models.ts';
import { ASK, BID } from '../../../market/side.ts';
import { Desk, SNAPSHOT } from '../../support/desk.ts';
import { SCRIPT_INSTRUMENT, SCRIPT_START, type ScriptMessage } from '../../support/script-tape.ts';

/** 100 and 99 bid, 103 for 8 and 104 for 20 offered, until the end. */
const QUIET: readonly ScriptMessage[] = [SNAPSHOT, { at: 900, bids: [[98, 1]] }];

describe('orders that take', () => {
  it('gtc walks the book at its arrival up to its price, as a taker, and rests with what is left', () => {
    const desk = new Desk(QUIET, { timeInForce: 'gtc' });
    desk.quote(100, { bid: 103, bidQuantity: 10 }).to(110);
    assert.deepEqual(desk.story, ['buy 8@103 taker']);
    assert.equal(desk.lane.position, 8, 'at once');
    assert.equal(desk.lane.view.inventory, 0, 'not known yet');
    const [rest] = desk.lane.openOrders(BID);
    assert.deepEqual([rest.state, rest.remaining / 4, rest.front], ['partiallyFilled', 2, 0]);
    desk.to(115);
    assert.equal(desk.lane.view.inventory, 8);
    assert.equal(desk.lane.view.bid.remaining, 2);
    assert.deepEqual(desk.events, ['placed 100', 'acknowledged after 15']);
  });

  it('fills each level at its own price', () => {
    const desk = new Desk(QUIET, { timeInForce: 'gtc' });
    desk.quote(100, { bid: 105, bidQuantity: 12 }).to(300);
    assert.deepEqual(desk.story, ['buy 8@103 taker', 'buy 4@104 taker']);
    assert.equal(desk.lane.cash, -(8 * 103 + 4 * 104) * 0.5 - desk.lane.fees);
    assert.deepEqual(
      desk.fills.map(({ queueAhead }) => queueAhead),
      [0, 0],
    );
  });

  it('looks as deep as it must where levels hold less than a whole step besides', () => {
    const asks = Array.from({ length: 40 }, (_, i): [number, number] => [103 + i, 0.3]);
    const messages: ScriptMessage[] = [
      { ...SNAPSHOT, asks },
      { at: 900, bids: [[98, 1]] },
    ];
    for (const timeInForce of ['gtc', 'fok'] as const) {
      const desk = new Desk(messages, { timeInForce });
      // 34 steps, one at each level; 32 levels hold as much, but not in whole steps.
      desk.quote(100, { bid: 200, bidQuantity: 8.5 }).to(300);
      assert.equal(desk.lane.position, 8.5, timeInForce);
    }
  });

  it('takes what stands at arrival, not what stood at the decision', () => {
    const messages: ScriptMessage[] = [SNAPSHOT, { at: 105, asks: [[103, 3]] }, { at: 900, bids: [[98, 1]] }];
    const desk = new Desk(messages, { timeInForce: 'ioc' });
    desk.quote(100, { bid: 103, bidQuantity: 10 }).to(300);
    assert.deepEqual(desk.story, ['buy 3@103 taker']);
  });

  it('what it took does not fill it again while it stands in the recorded book; what comes after does', () => {
    const messages: ScriptMessage[] = [
      SNAPSHOT,
      { at: 200, asks: [[104, 21]] },
      { at: 300, asks: [[102, 5]] },
      { at: 900, bids: [[98, 1]] },
    ];
    const desk = new Desk(messages, { timeInForce: 'gtc' });
    desk.quote(100, { bid: 103, bidQuantity: 10 }).to(250);
    assert.deepEqual(desk.story, ['buy 8@103 taker']);
    desk.to(300);
    assert.deepEqual(desk.story, ['buy 8@103 taker', 'buy 2@103 crossed']);
  });

  it('what it took is new when it comes back after it had gone, from the side’s end too', () => {
    for (const [gone, back] of [
      [{ asks: [[103, 0]] }, { asks: [[103, 6]] }],
      [
        { asks: [[103, 0]] },
        {
          asks: [
            [102, 0],
            [103, 6],
          ],
        },
      ],
      [
        {
          asks: [
            [103, 0],
            [104, 0],
          ],
        },
        { asks: [[103, 6]] },
      ],
    ] satisfies Partial<ScriptMessage>[][]) {
      const messages = [
        SNAPSHOT,
        { at: 200, asks: [[103, 5]] } as const,
        { at: 300, ...gone },
        { at: 350, bids: [[99, 3]] } as const,
        { at: 400, ...back },
        { at: 900, bids: [[98, 1]] } as const,
      ];
      const desk = new Desk(messages, { timeInForce: 'gtc' });
      desk.quote(100, { bid: 103, bidQuantity: 10 }).to(399);
      assert.deepEqual(desk.story, ['buy 8@103 taker']);
      desk.to(400);
      assert.deepEqual(desk.story, ['buy 8@103 taker', 'buy 2@103 crossed']);
    }
    // The same of an order that sold.
    const messages: ScriptMessage[] = [
      SNAPSHOT,
      {
        at: 300,
        bids: [
          [100, 0],
          [99, 0],
        ],
      },
      { at: 400, bids: [[100, 6]] },
      { at: 900, bids: [[98, 1]] },
    ];
    const desk = new Desk(messages, { timeInForce: 'gtc' });
    desk.quote(100, { ask: 100, askQuantity: 10 }).to(399);
    assert.deepEqual(desk.story, ['sell 8@100 taker']);
    desk.to(400);
    assert.deepEqual(desk.story, ['sell 8@100 taker', 'sell 2@100 crossed']);
  });

  it('ioc takes what it meets, and the rest expires', () => {
    const desk = new Desk(QUIET, { timeInForce: 'ioc' });
    desk.quote(100, { bid: 103, bidQuantity: 10 }).to(300);
    assert.deepEqual(desk.story, ['buy 8@103 taker']);
    assert.deepEqual(desk.events, ['placed 100', 'expired 110 immediateOrCancel', 'acknowledged after 15']);
    assert.equal(desk.lane.openOrders(BID).length, 0);
    assert.equal(desk.lane.view.bid.active, false);
    assert.equal(desk.lane.refusals.immediateOrCancel, 1);
  });

  it('fok takes all of its quantity or nothing', () => {
    const story = (bidQuantity: number) => {
      const desk = new Desk(QUIET, { timeInForce: 'fok' });
      desk.quote(100, { bid: 103, bidQuantity }).to(300);
      return [...desk.story, ...desk.events.slice(1, 2)];
    };
    assert.deepEqual(story(8), ['buy 8@103 taker', 'acknowledged after 15']);
    assert.deepEqual(story(8.25), ['expired 110 fillOrKill']);
  });

  it('gtx meets the book never: it is rejected', () => {
    const desk = new Desk(QUIET, {}).quote(100, { bid: 103, bidQuantity: 1 }).to(300);
    assert.deepEqual(desk.events, ['placed 100', 'rejected 110 postOnly', 'acknowledged after 15']);
    assert.equal(desk.lane.refusals.postOnly, 1);
  });

  it('takes no more than is displayed up to its price, in whole steps, at no worse price, and conserves cash', () => {
    const level = fc.record({
      price: fc.integer({ min: 100, max: 110 }),
      quarters: fc.integer({ min: 1, max: 30 }),
    });
    fc.assert(
      fc.property(
        fc.uniqueArray(level, { selector: ({ price }) => price, minLength: 1, maxLength: 6 }),
        fc.integer({ min: 98, max: 112 }),
        fc.integer({ min: 1, max: 120 }),
        fc.constantFrom('gtc', 'ioc', 'fok'),
        (levels, price, quarters, timeInForce) => {
          const asks = levels.map(({ price: each, quarters: size }) => [each, size / 4 + 0.125] as const);
          const messages: ScriptMessage[] = [
            { at: 0, snapshot: true, bids: [[90, 1]], asks },
            { at: 900, bids: [[91, 1]] },
          ];
          const desk = new Desk(messages, { timeInForce });
          desk.quote(100, { bid: price, bidQuantity: quarters / 4 }).to(800);
          const room = levels
            .filter((each) => each.price <= price)
            .reduce((sum, each) => sum + each.quarters / 4, 0);
          const taken = desk.fills.reduce((sum, { quantity }) => sum + quantity, 0);
          const wanted = quarters / 4;
          assert.equal(taken, timeInForce === 'fok' && room < wanted ? 0 : Math.min(wanted, room));
          for (const fill of desk.fills) {
            assert.ok(fill.price <= price && fill.reason === 'taker');
            const shown = asks.find(([each]) => each === fill.price)?.[1] ?? 0;
            assert.ok(fill.quantity <= shown);
          }
          const paid = desk.fills.reduce((sum, fill) => sum + fill.quantity * fill.price * 0.5 + fill.fee, 0);
          assert.ok(Math.abs(desk.lane.cash + paid) < 1e-9);
          assert.equal(desk.lane.position, taken);
          const resting = desk.lane.openOrders(BID).reduce((sum, order) => sum + order.remaining / 4, 0);
          assert.equal(resting, timeInForce === 'gtc' ? wanted - taken : 0);
        },
      ),
    );
  });
});

describe('self-trade prevention', () => {
  /** An ask rests at 102, behind nobody; its cancel is slow, and a bid that reaches it arrives first. */
  const meeting = (selfTrade: 'expire-taker' | 'expire-maker' | 'expire-both') => {
    const latency: LatencyModel = {
      name: 'a slow cancel',
      entry: (time) => (time === SCRIPT_START + 200_000 ? 400_000 : 10_000),
      response: () => 5000,
    };
    const desk = new Desk(QUIET, { selfTrade, timeInForce: 'gtc' }, { latency });
    desk.quote(100, { ask: 102, askQuantity: 1 }).quote(200, {});
    desk.quote(250, { bid: 103, bidQuantity: 3 }).to(400);
    const orders = [...desk.lane.openOrders(BID), ...desk.lane.openOrders(ASK)].map(
      ({ side, remaining }) => `${side === BID ? 'bid' : 'ask'} ${remaining / 4}`,
    );
    return { desk, orders, told: desk.events.filter((event) => /expired|rejected/.test(event)) };
  };

  it('expire-taker: the order that arrives ends where it comes to its own; the other rests on', () => {
    const { desk, orders, told } = meeting('expire-taker');
    assert.deepEqual([desk.story, orders, told], [[], ['ask 1'], ['expired 260 selfTrade']]);
    assert.equal(desk.lane.refusals.selfTrade, 1);
  });

  it('expire-maker: the order that rests ends, the one that arrives goes on', () => {
    const { desk, orders, told } = meeting('expire-maker');
    assert.deepEqual([desk.story, orders, told], [['buy 3@103 taker'], [], ['expired 260 selfTrade']]);
    assert.equal(desk.lane.view.cancellingAsk, 0, 'and its owner knows');
  });

  it('expire-both: both end', () => {
    const { desk, orders, told } = meeting('expire-both');
    assert.deepEqual([desk.story, orders], [[], []]);
    assert.deepEqual(told, ['expired 260 selfTrade', 'expired 260 selfTrade']);
  });

  it('a post-only order that would meet an own one is rejected, whatever the mode', () => {
    const latency: LatencyModel = {
      name: 'a slow cancel',
      entry: (time) => (time === SCRIPT_START + 200_000 ? 400_000 : 10_000),
      response: () => 5000,
    };
    for (const selfTrade of ['expire-taker', 'expire-maker', 'expire-both'] as const) {
      const desk = new Desk(QUIET, { selfTrade }, { latency }).quote(100, { ask: 102, askQuantity: 1 });
      desk.quote(200, {}).quote(250, { bid: 102, bidQuantity: 1 }).to(400);
      assert.ok(desk.events.includes('rejected 260 selfTrade'));
      assert.equal(desk.lane.openOrders(ASK).length, 1);
    }
  });

  it('never lets an own order trade with another: what is taken stops at it', () => {
    const latency: LatencyModel = {
      name: 'a slow cancel',
      entry: (time) => (time === SCRIPT_START + 200_000 ? 400_000 : 10_000),
      response: () => 5000,
    };
    // The own ask joins 103 behind the 8 displayed there: a bid may take those 8 and no more.
    const desk = new Desk(QUIET, { timeInForce: 'gtc' }, { latency });
    desk.quote(100, { ask: 103, askQuantity: 1 }).quote(200, {});
    desk.quote(250, { bid: 104, bidQuantity: 12 }).to(400);
    assert.deepEqual(desk.story, ['buy 8@103 taker']);
    assert.deepEqual(
      desk.events.filter((event) => /expired/.test(event)),
      ['expired 260 selfTrade'],
    );
  });
});

describe('smallest orders', () => {
  it('an order below the instrument’s minimum quantity or notional is rejected, with the reason; at it, not', () => {
    const instrument = { ...SCRIPT_INSTRUMENT, minQuantity: 0.5, minNotional: 50 };
    const told = (bidQuantity: number, settings: object = {}) => {
      const desk = new Desk(QUIET, settings, { instrument });
      return desk.quote(100, { bid: 100, bidQuantity }).to(300).events[1];
    };
    assert.equal(told(0.25), 'rejected 110 minimumQuantity');
    assert.equal(told(0.75), 'rejected 110 minimumNotional', '0.75 at 100 ticks of 0.5 is worth 37.5');
    assert.equal(told(1), 'acknowledged after 15');
    assert.equal(
      told(0.25, { minQuantity: 0, minNotional: 0 }),
      'acknowledged after 15',
      'settings come first',
    );
    assert.equal(told(2, { minNotional: 100.5 }), 'rejected 110 minimumNotional');
    assert.equal(told(2, { minNotional: 100 }), 'acknowledged after 15');
  });
});
