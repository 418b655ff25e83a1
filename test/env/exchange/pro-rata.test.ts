import assert from 'node:assert/strict';
import fc from 'fast-check';
import { InputError } from '../../../base/errors.ts';
import { Order } from '../../../env/exchange/order.ts';
import { ProRata } from '../../../env/exchange/pro-rata.ts';
import { ProRataQueue } from '../../../env/exchange/queue.ts';
import { ASK, BID } from '../../../market/side.ts';
import { Desk, SNAPSHOT } from '../../support/desk.ts';
import type { ScriptMessage } from '../../support/script-tape.ts';

function ownOrder(steps: number, front: number): Order {
  const order = new Order({ id: 1, side: ASK, price: 100, steps, sentAt: 0, mid: 0, halfSpread: 0 });
  order.front = front;
  return order;
}

/** Steps of one lot. */
function allotted(share: number, own: number, others: number, quantity: number) {
  const order = ownOrder(own, others);
  let filled = 0;
  const left = new ProRata(share, 1).allot([order], 0, 100, others, quantity, (_order, steps) => {
    filled += steps;
  });
  return { filled, left, front: order.front };
}

describe('pro-rata allotment', () => {
  // CME Globex, notice on the Eurodollar algorithm: of 50 lots for 150 at the price, 20 get 6.67 and 5 get 1.67, both
  // rounded down.
  it('of 50 lots against 150 at the price, an order of 20 gets 6 and one of 5 gets 1', () => {
    assert.equal(allotted(1, 20, 130, 50).filled, 6);
    assert.equal(allotted(1, 5, 145, 50).filled, 1);
  });

  it('what rounding left goes by time, and so does the share that is split off for it', () => {
    const all = allotted(1, 20, 130, 50);
    assert.ok(Math.abs(all.left - (50 - 6 - (50 * 130) / 150)) < 1e-9);
    assert.ok(Math.abs(all.front - 130 * (1 - 50 / 150)) < 1e-9);
    // Split 40 % by time, 60 % by size: 30 lots are allotted, the order of 20 gets 4.
    const split = allotted(0.6, 20, 130, 50);
    assert.equal(split.filled, 4);
    assert.ok(Math.abs(split.left - (50 - 4 - (30 * 130) / 150)) < 1e-9);
  });

  it('a trade of all there is fills everybody', () => {
    const { filled, left } = allotted(1, 20, 130, 150);
    assert.equal(filled, 20);
    assert.ok(Math.abs(left) < 1e-9);
  });

  it('gives own orders no more than was traded, and nobody more than he has', () => {
    const orders = fc.array(fc.record({ steps: fc.integer({ min: 1, max: 50 }) }), {
      minLength: 1,
      maxLength: 4,
    });
    const quantity = fc.integer({ min: 1, max: 300 });
    fc.assert(
      fc.property(
        orders,
        fc.double({ min: 0.01, max: 1, noNaN: true }),
        quantity,
        quantity,
        (sent, share, others, traded) => {
          const own = sent.map(({ steps }) => ownOrder(steps, others));
          let given = 0;
          const left = new ProRata(share, 1).allot(own, 0, 100, others, traded, (order, steps) => {
            assert.ok(steps > 0 && steps <= order.remaining);
            order.remaining -= steps;
            given += steps;
          });
          assert.ok(given <= share * traded + 1e-6);
          assert.ok(left >= 0 && left <= traded - given + 1e-9);
          for (const { front } of own) assert.ok(front >= 0 && front <= others);
        },
      ),
    );
  });

  it('an order far behind in the queue fills from the first trade on', () => {
    const messages: ScriptMessage[] = [SNAPSHOT, { at: 200, sell: [100, 5] }, { at: 900, bids: [[98, 1]] }];
    const story = (queue: { model: 'pro-rata' | 'risk-averse'; exponent: number }) =>
      new Desk(messages, { queue }).quote(100, { bid: 100, bidQuantity: 2 }).to(300).story;
    assert.deepEqual(story({ model: 'risk-averse', exponent: 2 }), []);
    // 5 of 8 + 2: half of the order's 2.
    assert.deepEqual(story({ model: 'pro-rata', exponent: 2 }), ['buy 1@100 queue']);
  });

  it('counts what was traded since the level was last shown', () => {
    const messages: ScriptMessage[] = [
      SNAPSHOT,
      { at: 200, sell: [100, 5] },
      { at: 201, sell: [100, 2.5] },
      { at: 900, bids: [[98, 1]] },
    ];
    const desk = new Desk(messages, { queue: { model: 'pro-rata', exponent: 2 } });
    desk.quote(100, { bid: 100, bidQuantity: 2 }).to(300);
    // After the first trade 4 others and 1 own are left; the second takes 2.5 of what 3 and 1 have.
    assert.deepEqual(desk.story, ['buy 1@100 queue', 'buy 0.5@100 queue']);
    assert.equal(desk.lane.openOrders(BID)[0].remaining, 2);
  });

  it('cancels leave an order where it is in the level: 30 ahead of 100 become 27 of 90', () => {
    const model = new ProRataQueue();
    assert.ok(Math.abs(model.afterDecrease(30, 70, 10, 90) - 27) < 1e-9);
    const quantity = fc.double({ min: 0, max: 1e6, noNaN: true });
    fc.assert(
      fc.property(quantity, quantity, fc.double({ min: 0, max: 1, noNaN: true }), (front, back, part) => {
        const decrease = part * (front + back);
        const level = front + back - decrease;
        const after = model.afterDecrease(front, back, decrease, level);
        assert.ok(after >= 0 && after <= level && after <= front);
      }),
    );
  });

  it('is refused with a share by time that is none', () => {
    for (const share of [-0.1, 1, Number.NaN]) assert.throws(() => new ProRataQueue(share), InputError);
  });
});
