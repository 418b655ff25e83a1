import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { SacEngineOptions } from '../../../agents/sac/engine.ts';
import { createOnnxEngine } from '../../../agents/sac/onnx-engine.ts';
import { createTfjsEngine } from '../../../agents/sac/tfjs-engine.ts';
import { loadOnnxRuntime } from '../../../onnx/session.ts';
import { randomBatch, sacOptions } from '../../support/sac-options.ts';

type Sizes = Pick<SacEngineOptions, 'observationSize' | 'actionSize' | 'hidden' | 'batchSize'>;

/** Largest difference over the largest magnitude. */
function discrepancy(ours: ArrayLike<number>, theirs: ArrayLike<number>): number {
  let difference = 0;
  let magnitude = 1e-6;
  for (let i = 0; i < ours.length; i++) {
    difference = Math.max(difference, Math.abs(ours[i] - theirs[i]));
    magnitude = Math.max(magnitude, Math.abs(theirs[i]));
  }
  return difference / magnitude;
}

/** One update and one decision of both engines from the same state and batch. */
async function compare(sizes: Sizes): Promise<void> {
  const options = sacOptions({ ...sizes, kappaRampUpdates: 0 });
  const [ours, theirs] = [
    await createOnnxEngine(options, { threads: 1 }),
    await createTfjsEngine(options, 'wasm'),
  ];
  const batch = randomBatch(options);
  const [metrics, reference] = [await ours.update(batch), await theirs.update(batch)];
  for (const name of Object.keys(reference) as (keyof typeof reference)[]) {
    const difference = Math.abs(metrics[name] - reference[name]) / (1 + Math.abs(reference[name]));
    assert.ok(difference < 1e-4, `${name}: ${metrics[name]}, ${reference[name]}`);
  }
  const [mine, its] = [ours.exportState(), theirs.exportState()];
  for (const name of Object.keys(its)) {
    // After one step from empty moments m is a tenth of the gradient; weights moved by its sign alone.
    if (!name.startsWith('adam/m/') && !name.startsWith('target/')) continue;
    const error = discrepancy(mine[name].data, its[name].data);
    assert.ok(error < 5e-4, `${name}: ${error}`);
  }
  theirs.importState(mine);
  const rows = Math.min(5, options.batchSize);
  const actions = [ours, theirs].map(() => new Float32Array(rows * options.actionSize));
  await ours.act(batch.observations, rows, batch.noise, actions[0]);
  await theirs.act(batch.observations, rows, batch.noise, actions[1]);
  assert.ok(actions[0].every((action, i) => Math.abs(action - actions[1][i]) < 1e-5));
  ours.dispose();
  theirs.dispose();
}

describe('SAC on ONNX Runtime, at any size, does what the TFJS engine does', () => {
  before(async function () {
    if ((await loadOnnxRuntime()) === null) this.skip();
  });

  const extremes: Sizes[] = [
    { observationSize: 1, actionSize: 1, hidden: [1], batchSize: 32 },
    { observationSize: 512, actionSize: 16, hidden: [40], batchSize: 32 },
    { observationSize: 3, actionSize: 2, hidden: [9], batchSize: 4096 },
    { observationSize: 5, actionSize: 16, hidden: [300, 20], batchSize: 32 },
    { observationSize: 64, actionSize: 3, hidden: [256, 256], batchSize: 64 },
    { observationSize: 7, actionSize: 2, hidden: [12, 12, 12, 12], batchSize: 48 },
    { observationSize: 2, actionSize: 1, hidden: [5, 33, 2, 17, 8, 11], batchSize: 33 },
  ];
  for (const sizes of extremes) {
    const { observationSize, actionSize, hidden, batchSize } = sizes;
    it(`${observationSize}-${hidden.join('-')}-${actionSize}, batch ${batchSize}`, () => compare(sizes));
  }

  it('a sample of others', async () => {
    const sizes = fc.record({
      observationSize: fc.integer({ min: 1, max: 200 }),
      actionSize: fc.integer({ min: 1, max: 16 }),
      hidden: fc.array(fc.integer({ min: 1, max: 150 }), { minLength: 1, maxLength: 5 }),
      batchSize: fc.integer({ min: 32, max: 300 }),
    });
    await fc.assert(fc.asyncProperty(sizes, compare), { numRuns: 12, seed: 4 });
  });
});
