import assert from 'node:assert/strict';
import type { SacEngine, SacEngineOptions, SacMetrics } from '../../../agents/sac/engine.ts';
import { createTfjsEngine } from '../../../agents/sac/tfjs-engine.ts';
import { stream } from '../../../base/random.ts';
import { randomBatch, sacOptions } from '../../support/sac-options.ts';
import { referenceUpdate, toDouble } from '../../support/sac-reference.ts';

const variants: [string, Partial<SacEngineOptions>][] = [
  ['QLIKE, Sharpe ascent', { kappaRampUpdates: 0, discount: 0.9 }],
  ['squared variance loss, entropy in the target', { varianceLoss: 'mse', entropyBackup: true }],
  ['plain SAC', { varianceWeight: 0, entropyBackup: true }],
  ['a tight variance clip', { varianceClip: 0.5, kappaRampUpdates: 2 }],
  ['one hidden layer', { hidden: [10] }],
];

/** Largest difference over the largest magnitude, tensor by tensor. */
function discrepancy(ours: ArrayLike<number>, theirs: ArrayLike<number>): number {
  let difference = 0;
  let magnitude = 1e-6;
  for (let i = 0; i < ours.length; i++) {
    difference = Math.max(difference, Math.abs(ours[i] - theirs[i]));
    magnitude = Math.max(magnitude, Math.abs(theirs[i]));
  }
  return difference / magnitude;
}

for (const backend of ['wasm', 'cpu'] as const) {
  describe(`SAC update on ${backend} against a double-precision reference`, () => {
    for (const [name, changes] of variants) {
      it(`${name}: gradients are the difference quotients of the written losses`, async () => {
        const options = sacOptions(changes);
        const engine = await createTfjsEngine(options, backend);
        const { gradients } = referenceUpdate(toDouble(engine.exportState()), randomBatch(options), options);
        await engine.update(randomBatch(options));
        const after = engine.exportState();
        for (const [tensor, gradient] of Object.entries(gradients)) {
          // After one step from empty moments m = (1 − β₁)·g.
          const ours = after[`adam/m/${tensor}`].data.map((m) => m / 0.1);
          assert.ok(discrepancy(ours, gradient) < 2e-4, `${tensor}: ${discrepancy(ours, gradient)}`);
        }
        engine.dispose();
      });

      it(`${name}: five updates give the same metrics and weights`, async () => {
        const options = sacOptions({ ...changes, learningRate: 1e-2 });
        const engine = await createTfjsEngine(options, backend);
        await followReference(engine, options, 5);
        engine.dispose();
      });
    }
  });
}

async function followReference(engine: SacEngine, options: SacEngineOptions, updates: number): Promise<void> {
  const generator = stream(8, 'batches');
  let weights = toDouble(engine.exportState());
  for (let update = 0; update < updates; update++) {
    const batch = randomBatch(options, generator);
    const reference = referenceUpdate(weights, batch, options);
    const metrics = await engine.update(batch);
    for (const key of Object.keys(reference.metrics) as (keyof SacMetrics)[]) {
      const [ours, theirs] = [metrics[key], reference.metrics[key]];
      assert.ok(
        Math.abs(ours - theirs) < 1e-3 * (1 + Math.abs(theirs)),
        `${update} ${key}: ${ours}, ${theirs}`,
      );
    }
    weights = reference.next;
  }
  const state = engine.exportState();
  for (const [name, tensor] of Object.entries(weights)) {
    // Adam turns rounding into whole steps where a gradient is nearly 0; hence more than float32's own error.
    assert.ok(
      discrepancy(state[name].data, tensor) < 2e-3,
      `${name}: ${discrepancy(state[name].data, tensor)}`,
    );
  }
}
