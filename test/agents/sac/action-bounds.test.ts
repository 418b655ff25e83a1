import assert from 'node:assert/strict';
import type { SacEngine } from '../../../agents/sac/engine.ts';
import { initialState } from '../../../agents/sac/initialise.ts';
import { createOnnxEngine } from '../../../agents/sac/onnx-engine.ts';
import { createTfjsEngine } from '../../../agents/sac/tfjs-engine.ts';
import { loadOnnxRuntime } from '../../../onnx/session.ts';
import { sacOptions } from '../../support/sac-options.ts';

const options = sacOptions({ actionSize: 2, observationSize: 1, hidden: [1] });

/** Means from −12 to 12 in both actions, so that tanh goes through saturation on either side. */
async function saturatedActions(engine: SacEngine): Promise<Float32Array> {
  const state = initialState(options);
  const set = (name: string, values: readonly number[]) => ({
    [name]: { shape: state[name].shape, data: Float32Array.from(values) },
  });
  engine.importState({
    ...state,
    ...set('actor/0/kernel', [1]),
    ...set('actor/0/bias', [0]),
    ...set('actor/1/kernel', [1, -1, 0, 0]),
    ...set('actor/1/bias', [0, 0, 0, 0]),
  });
  const count = 12_001;
  const observations = Float32Array.from({ length: count }, (_, i) => i / 1000);
  const actions = new Float32Array(2 * count);
  await engine.act(observations, count, null, actions);
  engine.dispose();
  return actions;
}

function assertWithin(actions: Float32Array): void {
  assert.ok(actions.every((action) => Math.abs(action) <= 1));
  assert.equal(actions.at(-2), 1);
  assert.equal(actions.at(-1), -1);
}

describe('actions never leave [−1, 1], however far the policy saturates', () => {
  it('on TensorFlow.js wasm', async () => {
    assertWithin(await saturatedActions(await createTfjsEngine(options, 'wasm')));
  });

  it('on ONNX Runtime', async function () {
    if ((await loadOnnxRuntime()) === null) return this.skip();
    assertWithin(await saturatedActions(await createOnnxEngine(options, { threads: 1 })));
  });
});
