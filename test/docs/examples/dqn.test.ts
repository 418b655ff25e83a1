import assert from 'node:assert/strict';
import { CELLS, learn, optimalValue } from '../../../docs/examples/dqn.ts';

describe('Deep Q-learning written on onnx/', () => {
  it('learns the optimal values of a corridor', async () => {
    const q = await learn(1000, 1);
    for (let cell = 0; cell < CELLS; cell++) {
      for (const action of [0, 1]) {
        const [found, exact] = [q[cell][action], optimalValue(cell, action)];
        assert.ok(Math.abs(found - exact) < 0.02, `Q(${cell}, ${action}): ${found}, exactly ${exact}`);
      }
      assert.ok(q[cell][1] > q[cell][0], `right is better in cell ${cell}`);
    }
  });
});
