import assert from 'node:assert/strict';
import type { SacState } from '../../../agents/sac/engine.ts';
import { initialState } from '../../../agents/sac/initialise.ts';
import { MlpPolicy } from '../../../agents/sac/mlp-policy.ts';
import { createTfjsEngine } from '../../../agents/sac/tfjs-engine.ts';
import { InputError } from '../../../base/errors.ts';
import { stream } from '../../../base/random.ts';
import { RunningNormaliser } from '../../../env/normaliser.ts';
import { sacOptions } from '../../support/sac-options.ts';

/** An actor whose head is large enough for actions all over [−1, 1]. */
function boldState(state: SacState): SacState {
  const entries = Object.entries(state).map(([name, tensor]) => {
    const bold = name.startsWith('actor/2/');
    return [name, bold ? { ...tensor, data: tensor.data.map((x) => 300 * x) } : tensor] as const;
  });
  return Object.fromEntries(entries);
}

describe('MlpPolicy', () => {
  const options = sacOptions({ observationSize: 61, actionSize: 3, hidden: [70, 37] });
  const weights = boldState(initialState(options));
  const generator = stream(1, 'features');
  const count = 200;
  const raw = Float32Array.from({ length: count * 61 }, () => 20 * generator.normal() + 3);
  const noise = Float32Array.from({ length: count * 3 }, () => generator.normal());
  const normaliser = new RunningNormaliser(61, { clip: 2 });
  normaliser.update(raw, count);
  const normalised = new Float32Array(raw.length);
  normaliser.normalise(raw, count, normalised);

  it('gives the actions of the engine, deterministic and with noise, to 1e-5', async () => {
    const engine = await createTfjsEngine(options, 'wasm');
    engine.importState(weights);
    const policy = new MlpPolicy(weights, normaliser.exportState());
    const out = new Float32Array(3);
    let spread = 0;
    for (const epsilon of [null, noise]) {
      const theirs = new Float32Array(count * 3);
      await engine.act(normalised, count, epsilon, theirs);
      for (let i = 0; i < count; i++) {
        const observation = raw.subarray(61 * i, 61 * (i + 1));
        if (epsilon === null) policy.act(observation, out);
        else policy.sample(observation, epsilon.subarray(3 * i, 3 * i + 3), out);
        for (let k = 0; k < 3; k++) {
          assert.ok(Math.abs(out[k] - theirs[3 * i + k]) <= 1e-5, `${out[k]} ${theirs[3 * i + k]}`);
          spread = Math.max(spread, Math.abs(out[k]));
        }
      }
    }
    assert.ok(spread > 0.9);
    engine.dispose();
  });

  it('normalises as the normaliser does, clipping included', () => {
    const inside = new MlpPolicy(weights, normaliser.exportState());
    const outside = new MlpPolicy(weights);
    const [a, b] = [new Float32Array(3), new Float32Array(3)];
    for (let i = 0; i < count; i++) {
      inside.act(raw.subarray(61 * i, 61 * (i + 1)), a);
      outside.act(normalised.subarray(61 * i, 61 * (i + 1)), b);
      assert.deepEqual(a, b);
    }
  });

  it('gives the same action whatever it was asked before, and shows mean and log-std', () => {
    const policy = new MlpPolicy(weights, normaliser.exportState());
    const [first, again] = [new Float32Array(3), new Float32Array(3)];
    policy.act(raw.subarray(0, 61), first);
    for (let i = 1; i < 5; i++) policy.act(raw.subarray(61 * i, 61 * (i + 1)), again);
    policy.act(raw.subarray(0, 61), again);
    assert.deepEqual(again, first);
    const [mean, logStd] = [new Float32Array(3), new Float32Array(3)];
    policy.distribution(raw.subarray(0, 61), mean, logStd);
    assert.deepEqual(mean.map(Math.tanh), first);
    assert.ok(logStd.every((x) => x >= -20 && x <= 2));
  });

  it('lets a feature that is not finite be seen in the action', () => {
    const policy = new MlpPolicy(weights);
    const out = new Float32Array(3);
    policy.act(new Float32Array(61).fill(Number.NaN), out);
    assert.ok(out.every(Number.isNaN));
  });

  it('takes over other weights', () => {
    const policy = new MlpPolicy(initialState({ ...options, seed: 77 }));
    policy.load(weights);
    const [a, b] = [new Float32Array(3), new Float32Array(3)];
    policy.act(normalised.subarray(0, 61), a);
    new MlpPolicy(weights).act(normalised.subarray(0, 61), b);
    assert.deepEqual(a, b);
    assert.throws(() => policy.load(initialState(sacOptions())), InputError);
  });

  it('refuses weights that do not fit together, naming what is wrong', () => {
    assert.throws(() => new MlpPolicy({}), /actor\/0 has nothing/);
    const { 'actor/1/kernel': _, ...gap } = weights;
    assert.throws(() => new MlpPolicy({ ...gap, 'actor/1/kernel': weights['actor/2/kernel'] }), InputError);
    assert.throws(
      () => new MlpPolicy(weights, { mean: [0], variance: [1], epsilon: 1, clip: 1 }),
      /1 features/,
    );
  });
});
