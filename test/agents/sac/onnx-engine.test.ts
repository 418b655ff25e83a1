import assert from 'node:assert/strict';
import { availableParallelism } from 'node:os';
import type { SacEngine, SacEngineOptions, SacMetrics, SacState } from '../../../agents/sac/engine.ts';
import { initialState } from '../../../agents/sac/initialise.ts';
import { createOnnxEngine } from '../../../agents/sac/onnx-engine.ts';
import { createTfjsEngine } from '../../../agents/sac/tfjs-engine.ts';
import { InputError, RunError } from '../../../base/errors.ts';
import { stream } from '../../../base/random.ts';
import { loadOnnxRuntime } from '../../../onnx/session.ts';
import { randomBatch, sacOptions } from '../../support/sac-options.ts';
import { referenceUpdate, toDouble } from '../../support/sac-reference.ts';

/** At these sizes more would only wait for one another. */
const threads = 1;

function sameBytes(a: SacState, b: SacState): void {
  assert.deepEqual(Object.keys(a).sort(), Object.keys(b).sort());
  for (const name of Object.keys(a)) assert.deepEqual(a[name], b[name], name);
}

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

function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return Array.from(a).reduce((largest, x, i) => Math.max(largest, Math.abs(x - b[i])), 0);
}

function batches(options: SacEngineOptions, count: number) {
  const generator = stream(2, 'batches');
  return Array.from({ length: count }, () => randomBatch(options, generator));
}

const variants: [string, Partial<SacEngineOptions>][] = [
  ['QLIKE, Sharpe ascent', { kappaRampUpdates: 0, discount: 0.9 }],
  ['squared variance loss, entropy in the target', { varianceLoss: 'mse', entropyBackup: true }],
  ['plain SAC', { varianceWeight: 0, entropyBackup: true }],
  ['a tight variance clip', { varianceClip: 0.5, kappaRampUpdates: 2 }],
  ['one hidden layer', { hidden: [10] }],
  ['no hidden layer', { hidden: [] }],
  ['three hidden layers, one action, one feature', { hidden: [5, 7, 4], actionSize: 1, observationSize: 1 }],
];

describe('SAC on ONNX Runtime', () => {
  before(async function () {
    if ((await loadOnnxRuntime()) === null) {
      console.log('      onnxruntime-node is not installed');
      this.skip();
    }
  });

  for (const [name, changes] of variants) {
    it(`${name}: gradients are the difference quotients of the written losses`, async () => {
      const options = sacOptions(changes);
      const engine = await createOnnxEngine(options, { threads });
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

    it(`${name}: five updates give the metrics and weights of the reference`, async () => {
      const options = sacOptions({ ...changes, learningRate: 1e-2 });
      const engine = await createOnnxEngine(options, { threads });
      let weights = toDouble(engine.exportState());
      for (const batch of batches(options, 5)) {
        const reference = referenceUpdate(weights, batch, options);
        const metrics = await engine.update(batch);
        for (const key of Object.keys(reference.metrics) as (keyof SacMetrics)[]) {
          const [ours, theirs] = [metrics[key], reference.metrics[key]];
          assert.ok(Math.abs(ours - theirs) < 1e-3 * (1 + Math.abs(theirs)), `${key}: ${ours}, ${theirs}`);
        }
        weights = reference.next;
      }
      const state = engine.exportState();
      for (const [tensor, wanted] of Object.entries(weights)) {
        const error = discrepancy(state[tensor].data, wanted);
        // Adam turns rounding into whole steps where a gradient is nearly 0; hence more than float32's own error.
        assert.ok(error < 2e-3, `${tensor}: ${error}`);
      }
      engine.dispose();
    });
  }

  const sizes: [string, Partial<SacEngineOptions>][] = [
    ['small', { observationSize: 12, actionSize: 3, hidden: [48, 40], batchSize: 64, kappaRampUpdates: 20 }],
    ['plain SAC', { observationSize: 8, hidden: [32, 32], batchSize: 32, varianceWeight: 0 }],
  ];
  for (const [name, changes] of sizes) {
    it(`${name}: agrees with the TFJS engine after 100 updates on the same batches`, async () => {
      const options = sacOptions(changes);
      const [ours, theirs] = [
        await createOnnxEngine(options, { threads }),
        await createTfjsEngine(options, 'wasm'),
      ];
      for (const batch of batches(options, 100)) {
        await ours.update(batch);
        await theirs.update(batch);
      }
      const [mine, reference] = [ours.exportState(), theirs.exportState()];
      for (const tensor of Object.keys(reference)) {
        if (tensor.startsWith('adam/')) continue;
        const difference = largestDifference(mine[tensor].data, reference[tensor].data);
        assert.ok(difference < 1e-4, `${tensor}: ${difference}`);
      }
      // The same weights act alike.
      theirs.importState(mine);
      const { observations, noise } = randomBatch(options);
      for (const draw of [noise, null]) {
        const actions = [ours, theirs].map(() => new Float32Array(options.batchSize * options.actionSize));
        await ours.act(observations, options.batchSize, draw, actions[0]);
        await theirs.act(observations, options.batchSize, draw, actions[1]);
        assert.ok(largestDifference(actions[0], actions[1]) < 1e-5);
      }
      ours.dispose();
      theirs.dispose();
    });
  }

  it('goes on from an exported state bit for bit, and from one of the TFJS engine', async () => {
    const options = sacOptions({ kappaRampUpdates: 5, hidden: [32, 16], batchSize: 32 });
    const all = batches(options, 20);
    const straight = await createOnnxEngine(options, { threads });
    for (const batch of all) await straight.update(batch);
    const first = await createOnnxEngine(options, { threads });
    for (const batch of all.slice(0, 9)) await first.update(batch);
    const second = await createOnnxEngine({ ...options, seed: 99 }, { threads });
    second.importState(first.exportState());
    sameBytes(second.exportState(), first.exportState());
    for (const batch of all.slice(9)) await second.update(batch);
    sameBytes(second.exportState(), straight.exportState());

    const tfjs = await createTfjsEngine(options, 'wasm');
    for (const batch of all.slice(0, 9)) await tfjs.update(batch);
    second.importState(tfjs.exportState());
    sameBytes(second.exportState(), tfjs.exportState());
    for (const engine of [straight, first, second, tfjs]) engine.dispose();
  });

  it('gives the same bytes each time, also beside another engine', async () => {
    const options = sacOptions({ hidden: [64, 64], batchSize: 64, observationSize: 16 });
    const all = batches(options, 10);
    const engines = [
      await createOnnxEngine(options, { threads }),
      await createOnnxEngine(options, { threads }),
    ];
    await Promise.all(
      engines.map(async (engine) => {
        for (const batch of all) await engine.update(batch);
      }),
    );
    sameBytes(engines[0].exportState(), engines[1].exportState());
    for (const engine of engines) engine.dispose();
  });

  it('gives the same bytes on one thread as on several', async () => {
    const options = sacOptions({ hidden: [128, 128], batchSize: 128, observationSize: 40 });
    const all = batches(options, 3);
    const states: SacState[] = [];
    for (const count of [1, availableParallelism()]) {
      const engine = await createOnnxEngine(options, { threads: count });
      for (const batch of all) await engine.update(batch);
      states.push(engine.exportState());
      engine.dispose();
    }
    sameBytes(states[0], states[1]);
  });

  it('takes batches of another size than its own', async () => {
    const options = sacOptions();
    const other = randomBatch(sacOptions({ batchSize: 5 }));
    const engine = await createOnnxEngine(options, { threads });
    const { next } = referenceUpdate(toDouble(engine.exportState()), other, options);
    await engine.update(other);
    const state = engine.exportState();
    for (const name of ['critic/1/0/kernel', 'actor/1/bias', 'target/0/2/kernel']) {
      assert.ok(largestDifference(state[name].data, next[name]) < 1e-5, name);
    }
    engine.dispose();
  });

  it('reads a batch in the memory that it gives as it reads others', async () => {
    const options = sacOptions();
    const all = batches(options, 3);
    const [copying, reading] = [
      await createOnnxEngine(options, { threads }),
      await createOnnxEngine(options, { threads }),
    ];
    const { batch: lent } = reading;
    assert.ok(lent !== undefined);
    for (const { size, ...columns } of all) {
      await copying.update({ size, ...columns });
      assert.equal(lent.size, size);
      for (const [name, column] of Object.entries(columns)) lent[name as keyof typeof columns].set(column);
      await reading.update(lent);
    }
    sameBytes(reading.exportState(), copying.exportState());
    // A batch may lie there in part.
    await copying.update({ ...all[0], rewards: all[1].rewards });
    lent.rewards.set(all[1].rewards);
    await reading.update({ ...all[0], rewards: lent.rewards });
    sameBytes(reading.exportState(), copying.exportState());
    for (const engine of [copying, reading]) engine.dispose();
  });

  it('refuses a batch whose columns are shorter than it says', async () => {
    const engine = await createOnnxEngine(sacOptions(), { threads });
    const batch = { ...randomBatch(sacOptions()), rewards: new Float32Array(3) };
    await assert.rejects(engine.update(batch), { code: 'short-batch', expected: 'at least 8 numbers' });
    engine.dispose();
  });

  it('acts on many observations as on each alone, and without noise by the mean', async () => {
    const options = sacOptions();
    const engine = await createOnnxEngine(options, { threads });
    const { observations, noise } = randomBatch(options);
    const together = new Float32Array(16);
    await engine.act(observations, 8, noise, together);
    const alone = new Float32Array(2);
    for (let i = 0; i < 8; i++) {
      await engine.act(observations.slice(3 * i, 3 * i + 3), 1, noise.slice(2 * i, 2 * i + 2), alone);
      assert.ok(largestDifference(alone, together.subarray(2 * i, 2 * i + 2)) < 1e-6);
    }
    await engine.act(observations, 1, null, alone);
    const still = new Float32Array(2);
    await engine.act(observations, 1, new Float32Array(2), still);
    assert.deepEqual(alone, still);
    engine.dispose();
  });

  describe('a number that is not finite', () => {
    const options = sacOptions();
    const fields = [
      'observations',
      'actions',
      'rewards',
      'nextObservations',
      'terminated',
      'noise',
      'nextNoise',
    ] as const;
    let engine: SacEngine;
    before(async () => {
      engine = await createOnnxEngine(options, { threads });
      await engine.update(randomBatch(options));
    });
    after(() => engine.dispose());

    for (const field of fields) {
      for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
        it(`${value} in ${field} is named with the update, and changes nothing`, async () => {
          const before = engine.exportState();
          const batch = randomBatch(options);
          batch[field][batch[field].length - 2] = value;
          await assert.rejects(engine.update(batch), (error: unknown) => {
            assert.ok(error instanceof RunError);
            assert.equal(error.code, 'diverged');
            assert.match(error.message, new RegExp(`in update 2.* The batch's ${field} hold`));
            return true;
          });
          sameBytes(engine.exportState(), before);
        });
      }
    }

    it('in a weight after the step is found, and the engine goes on from before it', async () => {
      const wild = await createOnnxEngine({ ...options, learningRate: 1e39 }, { threads });
      const before = wild.exportState();
      await assert.rejects(wild.update(randomBatch(options)), { code: 'diverged' });
      sameBytes(wild.exportState(), before);
      wild.dispose();
    });
  });

  it('acts on each of two observations asked about at once as on each alone', async () => {
    const options = sacOptions();
    const engine = await createOnnxEngine(options, { threads });
    const { observations, noise } = randomBatch(options);
    const { observationSize, actionSize } = options;
    const ask = async (row: number) => {
      const action = new Float32Array(actionSize);
      const drawn = noise.subarray(row * actionSize, (row + 1) * actionSize);
      await engine.act(observations.subarray(row * observationSize), 1, drawn, action);
      return action;
    };
    const alone = [await ask(0), await ask(1)];
    assert.notDeepEqual(alone[0], alone[1]);
    assert.deepEqual(await Promise.all([ask(0), ask(1)]), alone);
    engine.dispose();
  });

  it('an exported state is a copy', async () => {
    const options = sacOptions();
    const engine = await createOnnxEngine(options, { threads });
    const state = engine.exportState();
    const before = structuredClone(state);
    await engine.update(randomBatch(options));
    await engine.update(randomBatch(options));
    sameBytes(state, before);
    engine.dispose();
  });

  it('refuses a state of other sizes, naming the tensor', async () => {
    const engine = await createOnnxEngine(sacOptions(), { threads });
    assert.throws(() => engine.importState(initialState(sacOptions({ hidden: [8, 7] }))), {
      field: 'actor/1/kernel',
    });
    engine.dispose();
  });

  it('refuses networks that do not fit into its memory', async () => {
    const options = sacOptions({ hidden: [12_000, 12_000] });
    await assert.rejects(createOnnxEngine(options, { threads }), {
      code: 'networks-too-large',
      field: 'sac.hidden',
    });
  });

  it('comes to the same bytes when its threads sleep between runs', async () => {
    const options = sacOptions();
    const [awake, asleep] = await Promise.all(
      [false, true].map((sharesProcessors) => createOnnxEngine(options, { threads, sharesProcessors })),
    );
    for (const batch of batches(options, 3))
      assert.deepEqual(await asleep.update(batch), await awake.update(batch));
    sameBytes(asleep.exportState(), awake.exportState());
    awake.dispose();
    asleep.dispose();
  });

  it('refuses threads and devices that are not there, saying which are', async () => {
    for (const wrong of [0, -1, 1.5, availableParallelism() + 1]) {
      await assert.rejects(createOnnxEngine(sacOptions(), { threads: wrong }), (error: unknown) => {
        assert.ok(error instanceof InputError);
        assert.equal(error.field, 'threads');
        assert.match(error.expected ?? '', new RegExp(`from 1 to ${availableParallelism()}`));
        return true;
      });
    }
    const missing = process.platform === 'linux' ? 'coreml' : 'cuda';
    await assert.rejects(createOnnxEngine(sacOptions(), { device: missing }), {
      code: 'device-not-there',
      field: 'device',
    });
  });
});
