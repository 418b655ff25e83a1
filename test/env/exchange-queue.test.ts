import assert from 'node:assert/strict';
import fc from 'fast-check';
import { InputError } from '../../base/errors.ts';
import type { QueueModel } from '../../env/exchange/models.ts';
import {
  createQueueModel,
  Log2Queue,
  LogQueue,
  PowerQueue,
  RiskAverseQueue,
} from '../../env/exchange/queue.ts';
import { BID } from '../../market/side.ts';
import { Desk, SNAPSHOT } from '../support/desk.ts';
import type { ScriptMessage } from '../support/script-tape.ts';

describe('queue position on level-2 data', () => {
  // reference.md: front 30, back 70, the level shrinks from 100 to 90, no trades.
  const figures = [
    [new PowerQueue(2), 28.448275862],
    [new PowerQueue(3), 29.27027027],
    [new LogQueue(), 25.538345146],
    [new Log2Queue(), 29.236334916],
    [new RiskAverseQueue(), 30],
  ] as const;
  for (const [model, estimate] of figures) {
    it(`${model.name}: 30 ahead of 100 becomes ${estimate} when the level shrinks to 90`, () => {
      assert.ok(Math.abs(model.afterDecrease(30, 70, 10, 90) - estimate) < 1e-8);
    });

    it(`${model.name}: the estimate lies between 0 and the level, and never grows`, () => {
      const quantity = fc.double({ min: 0, max: 1e6, noNaN: true });
      fc.assert(
        fc.property(quantity, quantity, fc.double({ min: 0, max: 1, noNaN: true }), (front, back, share) => {
          const decrease = share * (front + back);
          const level = front + back - decrease;
          const after = model.afterDecrease(front, back, decrease, level);
          assert.ok(after >= 0 && after <= level && after <= front, `${after}`);
        }),
      );
    });

    it(`${model.name}: an emptied level leaves nobody ahead`, () => {
      assert.equal(model.afterDecrease(30, 70, 100, 0), 0);
    });

    it(`${model.name}: with nobody behind, every cancel came from ahead`, () => {
      assert.ok(Math.abs(model.afterDecrease(100, 0, 40, 60) - 60) < 1e-9);
    });
  }

  it('is chosen by name, and an unknown name is told with the nearest', () => {
    assert.equal(createQueueModel({ model: 'power', exponent: 3 }).name, 'power:3');
    assert.throws(
      () => createQueueModel({ model: 'powr' as 'power', exponent: 2 }),
      (error) => error instanceof InputError && error.hint === 'Did you mean "power"?',
    );
    assert.throws(() => new PowerQueue(Number.NaN), InputError);
  });

  it('of one’s own that estimates what cannot be is refused by its name, not waited for', () => {
    const messages: ScriptMessage[] = [SNAPSHOT, { at: 200, bids: [[100, 6]] }, { at: 900, bids: [[98, 1]] }];
    const play = (estimate: (front: number, level: number) => number, proRataShare?: number) => {
      const queue: QueueModel = {
        name: 'my queue',
        proRataShare,
        afterDecrease: (front, _back, _decrease, level) => estimate(front, level),
      };
      const desk = new Desk(messages, {}, { queue }).quote(100, { bid: 100, bidQuantity: 1 }).to(300);
      return desk.lane.openOrders(BID)[0].front;
    };
    assert.equal(
      play((_front, level) => level / 2),
      3,
    );
    assert.equal(
      play(() => -1e-12),
      0,
    );
    for (const wrong of [() => Number.NaN, () => -1, (front: number) => front]) {
      assert.throws(
        () => play(wrong),
        (error) => error instanceof InputError && /"my queue".*ahead of an order/.test(error.message),
      );
    }
    for (const share of [Number.NaN, -0.1, 1.5]) {
      assert.throws(() => play((_front, level) => level, share), { code: 'bad-queue-model' });
    }
  });
});
