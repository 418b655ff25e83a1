import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs-core';
import type { SacState } from '../../../agents/sac/engine.ts';
import { ACTOR_HEAD_SCALE, initialState } from '../../../agents/sac/initialise.ts';
import { createTfjsEngine } from '../../../agents/sac/tfjs-engine.ts';
import { InputError, RunError } from '../../../base/errors.ts';
import { stream } from '../../../base/random.ts';
import { randomBatch, sacOptions } from '../../support/sac-options.ts';

function sameBytes(a: SacState, b: SacState): void {
  assert.deepEqual(Object.keys(a).sort(), Object.keys(b).sort());
  for (const name of Object.keys(a)) assert.deepEqual(a[name], b[name], name);
}

describe('SAC engine on TensorFlow.js', () => {
  it('holds as many tensors after 1000 updates as after 10', async () => {
    const options = sacOptions({ hidden: [4], batchSize: 4 });
    const engine = await createTfjsEngine(options, 'wasm');
    const batch = randomBatch(options);
    const out = new Float32Array(2);
    for (let i = 0; i < 10; i++) await engine.update(batch);
    const { numTensors, numDataBuffers, numBytes } = tf.memory();
    for (let i = 0; i < 990; i++) {
      await engine.update(batch);
      if (i % 10 === 0) await engine.act(batch.observations, 1, i % 20 === 0 ? batch.noise : null, out);
    }
    assert.equal(tf.memory().numTensors, numTensors);
    assert.equal(tf.memory().numDataBuffers, numDataBuffers);
    assert.equal(tf.memory().numBytes, numBytes);
    engine.dispose();
  });

  it('gives every tensor back when disposed of', async () => {
    await createTfjsEngine(sacOptions(), 'wasm');
    const before = tf.memory().numTensors;
    const engine = await createTfjsEngine(sacOptions(), 'wasm');
    await engine.update(randomBatch(engine.options));
    engine.dispose();
    assert.equal(tf.memory().numTensors, before);
  });

  it('goes on from an exported state bit for bit', async () => {
    const options = sacOptions({ kappaRampUpdates: 5 });
    const generator = stream(2, 'batches');
    const batches = Array.from({ length: 20 }, () => randomBatch(options, generator));
    const straight = await createTfjsEngine(options, 'wasm');
    for (const batch of batches) await straight.update(batch);

    const first = await createTfjsEngine(options, 'wasm');
    for (const batch of batches.slice(0, 10)) await first.update(batch);
    const second = await createTfjsEngine({ ...options, seed: 99 }, 'wasm');
    second.importState(first.exportState());
    for (const batch of batches.slice(10)) await second.update(batch);
    sameBytes(second.exportState(), straight.exportState());
    for (const engine of [straight, first, second]) engine.dispose();
  });

  it('makes the same weights from the same seed and batches, others from another seed', async () => {
    const [one, two, three] = await Promise.all(
      [1, 1, 2].map(async (seed) => {
        const engine = await createTfjsEngine(sacOptions({ seed }), 'wasm');
        for (let i = 0; i < 5; i++) await engine.update(randomBatch(engine.options));
        const state = engine.exportState();
        engine.dispose();
        return state;
      }),
    );
    sameBytes(one, two);
    assert.notDeepEqual(one['actor/0/kernel'].data, three['actor/0/kernel'].data);
  });

  it('an exported state is a copy', async () => {
    const engine = await createTfjsEngine(sacOptions(), 'wasm');
    const state = engine.exportState();
    const before = state['critic/0/0/kernel'].data.slice();
    await engine.update(randomBatch(engine.options));
    assert.deepEqual(state['critic/0/0/kernel'].data, before);
    engine.dispose();
  });

  it('a diverging update names the quantity and the update and changes nothing', async () => {
    const options = sacOptions();
    const engine = await createTfjsEngine(options, 'wasm');
    await engine.update(randomBatch(options));
    const before = engine.exportState();
    const tensors = tf.memory().numTensors;
    const batch = randomBatch(options);
    batch.rewards[3] = Number.NaN;
    await assert.rejects(engine.update(batch), (error: unknown) => {
      assert.ok(error instanceof RunError);
      assert.equal(error.field, 'critic loss');
      assert.match(error.message, /update 2/);
      return true;
    });
    const noisy = randomBatch(options);
    noisy.noise[0] = Infinity;
    await assert.rejects(engine.update(noisy), /actor loss is not finite in update 2/);
    sameBytes(engine.exportState(), before);
    assert.equal(tf.memory().numTensors, tensors);
    engine.dispose();
  });

  it('refuses a state of other sizes, naming the tensor', async () => {
    const engine = await createTfjsEngine(sacOptions(), 'wasm');
    assert.throws(
      () => engine.importState(initialState(sacOptions({ hidden: [8, 7] }))),
      (error: unknown) => {
        assert.ok(error instanceof InputError);
        assert.equal(error.field, 'actor/1/kernel');
        return true;
      },
    );
    const state = { ...initialState(sacOptions()) };
    delete (state as Record<string, unknown>)['adam/v/critic/1/2/bias'];
    assert.throws(() => engine.importState(state), /adam\/v\/critic\/1\/2\/bias/);
    engine.dispose();
  });

  it('acts on many observations as on each alone', async () => {
    const options = sacOptions();
    const engine = await createTfjsEngine(options, 'wasm');
    const { observations, noise } = randomBatch(options);
    const together = new Float32Array(16);
    await engine.act(observations, 8, noise, together);
    const alone = new Float32Array(2);
    for (let i = 0; i < 8; i++) {
      await engine.act(observations.slice(3 * i, 3 * i + 3), 1, noise.slice(2 * i, 2 * i + 2), alone);
      assert.ok(
        Math.abs(alone[0] - together[2 * i]) < 1e-6 && Math.abs(alone[1] - together[2 * i + 1]) < 1e-6,
      );
    }
    engine.dispose();
  });
});

describe('initial state of a learner', () => {
  const options = sacOptions({ hidden: [100, 50], observationSize: 20, initialTemperature: 0.5 });
  const state = initialState(options);

  it('spreads kernels and biases evenly over ±1/√fan_in, the actor head a hundredth of that', () => {
    const bounds: [string, number][] = [
      ['actor/0/kernel', 1 / Math.sqrt(20)],
      ['actor/1/kernel', 0.1],
      ['actor/1/bias', 0.1],
      ['actor/2/kernel', ACTOR_HEAD_SCALE / Math.sqrt(50)],
      ['critic/1/0/kernel', 1 / Math.sqrt(22)],
      ['critic/1/2/kernel', 1 / Math.sqrt(50)],
    ];
    for (const [name, bound] of bounds) {
      const { data } = state[name];
      const largest = data.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
      assert.ok(largest <= bound * (1 + 1e-6) && largest > 0.9 * bound, `${name}: ${largest} of ${bound}`);
      const deviation = Math.sqrt(data.reduce((sum, x) => sum + x * x, 0) / data.length);
      assert.ok(Math.abs(deviation / (bound / Math.sqrt(3)) - 1) < 0.15, name);
    }
  });

  it('starts targets at their critics, critics apart, α where it is told', () => {
    assert.deepEqual(state['target/1/1/kernel'], state['critic/1/1/kernel']);
    assert.notDeepEqual(state['critic/0/1/kernel'], state['critic/1/1/kernel']);
    assert.equal(state['temperature/log'].data[0], Math.fround(Math.log(0.5)));
  });
});
