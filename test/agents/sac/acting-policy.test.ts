import assert from 'node:assert/strict';
import { ActingPolicy } from '../../../agents/sac/acting-policy.ts';
import { initialState } from '../../../agents/sac/initialise.ts';
import { createOnnxEngine } from '../../../agents/sac/onnx-engine.ts';
import { isInstalled } from '../../../agents/sac/packages.ts';
import { stream } from '../../../base/random.ts';
import { sacOptions } from '../../support/sac-options.ts';

describe('the policy that acts in training', () => {
  const options = sacOptions({ hidden: [128, 128] });
  const generator = stream(1, 'acting');
  const normal = (count: number) => Float32Array.from({ length: count }, () => generator.normal());

  it("gives the engine's actions, for a row as for many, with noise and without, to 1e-5", async function () {
    if (!isInstalled('onnxruntime-node')) this.skip();
    const engine = await createOnnxEngine(options, { threads: 1 });
    const acting = new ActingPolicy('onnx', options, initialState({ ...options, seed: 9 }));
    acting.load(engine.exportState());
    for (const rows of [1, 2, 64]) {
      const observations = normal(rows * options.observationSize);
      for (const noise of [null, normal(rows * options.actionSize)]) {
        const [ours, theirs] = [0, 0].map(() => new Float32Array(rows * options.actionSize));
        await acting.act(observations, rows, noise, ours);
        await engine.act(observations, rows, noise, theirs);
        for (let i = 0; i < ours.length; i++) assert.ok(Math.abs(ours[i] - theirs[i]) < 1e-5, `${rows} rows`);
      }
    }
    await acting.dispose();
    engine.dispose();
  });

  it('keeps its weights while the learner goes on with its own', () => {
    const weights = initialState(options);
    const acting = new ActingPolicy('tfjs-wasm', options, weights);
    const before = structuredClone(acting.weights);
    weights['actor/0/kernel'].data.fill(7);
    assert.deepEqual(acting.weights, before);
  });
});
