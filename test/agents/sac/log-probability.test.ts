import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs-core';
import { logProbability } from '../../../agents/sac/losses.ts';
import { useBackend } from '../../../agents/sac/tfjs-backend.ts';

/** log(1 − tanh²u) = −2·log cosh u = −2·(|u| + log((1 + e^(−2|u|))/2)), without cancellation. */
function logSquash(u: number): number {
  return -2 * (Math.abs(u) + Math.log1p(Math.exp(-2 * Math.abs(u))) - Math.LN2);
}

for (const backend of ['wasm', 'cpu'] as const) {
  describe(`tanh log-probability on ${backend}`, () => {
    before(() => useBackend(backend));

    it('is right to float32 precision for |u| up to 20, where 1 − tanh²u is 0 in float32', () => {
      assert.equal(Math.fround(1 - Math.fround(Math.tanh(20)) ** 2), 0);
      for (const u of [0, 1e-3, 0.5, 1, 3, 5, 8, 9.5, 12, 16, 20]) {
        for (const signed of [u, -u]) {
          // With ε = 0 and σ = e⁻¹ the Gaussian part is 1 − ½ log 2π.
          const expected = 1 - 0.5 * Math.log(2 * Math.PI) - logSquash(signed);
          const [ours] = tf.tidy(() =>
            logProbability(tf.tensor2d([[signed]]), tf.tensor2d([[-1]]), tf.zeros([1, 1])).dataSync(),
          );
          assert.ok(
            Math.abs(ours - expected) <= 2e-6 * (1 + Math.abs(expected)),
            `${signed}: ${ours}, ${expected}`,
          );
        }
      }
    });

    it('has the finite gradient 2·tanh(u) by u', () => {
      const gradient = tf.grad((u) => tf.sum(logProbability(u, tf.tensor2d([[-1]]), tf.zeros([1, 1]))));
      for (const u of [-20, -9, -1, 0, 1, 9, 20]) {
        const [ours] = tf.tidy(() => gradient(tf.tensor2d([[u]])).dataSync());
        assert.ok(Math.abs(ours - 2 * Math.tanh(u)) < 1e-6, `${u}: ${ours}`);
      }
    });

    it('integrates to one over the action', () => {
      const count = 4000;
      const noise = Float32Array.from({ length: count }, (_, i) => -6 + (12 * (i + 0.5)) / count);
      const [mean, logStd] = [0.3, Math.log(0.7)];
      const u = noise.map((epsilon) => mean + 0.7 * epsilon);
      const logs = tf.tidy(() => {
        const column = (data: Float32Array) => tf.tensor2d(data, [count, 1]);
        return logProbability(column(u), tf.fill([count, 1], logStd), column(noise)).dataSync();
      });
      let total = 0;
      // da = (1 − tanh²u)·σ·dε
      for (let i = 0; i < count; i++)
        total += Math.exp(logs[i]) * Math.exp(logSquash(u[i])) * 0.7 * (12 / count);
      assert.ok(Math.abs(total - 1) < 1e-5, String(total));
    });
  });
}
