import assert from 'node:assert/strict';
import fc from 'fast-check';
import { InputError } from '../../base/errors.ts';
import {
  createQueueModel,
  Log2Queue,
  LogQueue,
  PowerQueue,
  RiskAverseQueue,
} from '../../env/exchange/queue.ts';

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
});
