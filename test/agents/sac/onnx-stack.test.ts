import assert from 'node:assert/strict';
import type { SacEngineOptions, SacState, TransitionBatch } from '../../../agents/sac/engine.ts';
import { createOnnxEngine, createStackedEngine } from '../../../agents/sac/onnx-engine.ts';
import { stream } from '../../../base/random.ts';
import { loadOnnxRuntime } from '../../../onnx/session.ts';
import { randomBatch, sacOptions } from '../../support/sac-options.ts';

const threads = 1;
const SEEDS = [11, 12, 13];

function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return Array.from(a).reduce((largest, x, i) => Math.max(largest, Math.abs(x - b[i])), 0);
}

function sameBytes(a: SacState, b: SacState): void {
  assert.deepEqual(Object.keys(a).sort(), Object.keys(b).sort());
  for (const name of Object.keys(a)) assert.deepEqual(a[name], b[name], name);
}

/** For each update a batch a learner. */
function batchesOf(options: SacEngineOptions, updates: number): TransitionBatch[][] {
  const generators = SEEDS.map((seed) => stream(seed, 'batches'));
  return Array.from({ length: updates }, () => generators.map((draw) => randomBatch(options, draw)));
}

const variants: [string, Partial<SacEngineOptions>][] = [
  ['with a variance critic', { kappaRampUpdates: 5, observationSize: 7, hidden: [24, 16], batchSize: 32 }],
  ['plain, textbook SAC', { varianceWeight: 0, entropyBackup: true, hidden: [16] }],
  ['with layers large enough for tensors of their own', { hidden: [136, 128], batchSize: 16 }],
];

describe('learners stacked in one graph', () => {
  before(async function () {
    if ((await loadOnnxRuntime()) === null) this.skip();
  });

  for (const [name, changes] of variants) {
    it(`come each to what a lone engine comes to, ${name}`, async () => {
      const options = sacOptions(changes);
      const stack = await createStackedEngine(options, SEEDS, { threads });
      const lone = await Promise.all(
        SEEDS.map((seed) => createOnnxEngine({ ...options, seed }, { threads })),
      );
      SEEDS.forEach((_, i) => {
        sameBytes(stack.exportState(i), lone[i].exportState());
      });
      for (const batches of batchesOf(options, 20)) {
        const metrics = await stack.update(batches);
        for (const [i, engine] of lone.entries()) {
          const alone = await engine.update(batches[i]);
          for (const [metric, value] of Object.entries(alone)) {
            const found = metrics[i][metric as keyof typeof alone];
            assert.ok(
              Math.abs(found - value) < 1e-4 * (1 + Math.abs(value)),
              `${i} ${metric}: ${found}, ${value}`,
            );
          }
        }
      }
      const { observations, noise } = randomBatch(options);
      const rows = 4;
      const [width, actions] = [rows * options.observationSize, rows * options.actionSize];
      const together = new Float32Array(SEEDS.length * actions);
      const tiled = <T extends Float32Array>(data: T, length: number) =>
        Float32Array.from({ length: SEEDS.length * length }, (_, k) => data[k % length]);
      await stack.act(tiled(observations, width), rows, tiled(noise, actions), together);
      for (const [i, engine] of lone.entries()) {
        const [mine, its] = [stack.exportState(i), engine.exportState()];
        for (const tensor of Object.keys(its)) {
          const difference = largestDifference(mine[tensor].data, its[tensor].data);
          assert.ok(difference < 1e-4, `learner ${i}, ${tensor}: ${difference}`);
        }
        const alone = new Float32Array(actions);
        await engine.act(observations, rows, noise, alone);
        const own = together.subarray(i * actions, (i + 1) * actions);
        assert.ok(largestDifference(own, alone) < 1e-5);
        engine.dispose();
      }
      stack.dispose();
    });
  }

  it('go on from exported states bit for bit, learners in another order', async () => {
    const options = sacOptions({ kappaRampUpdates: 4 });
    const all = batchesOf(options, 12);
    const straight = await createStackedEngine(options, SEEDS, { threads });
    for (const batches of all) await straight.update(batches);
    const first = await createStackedEngine(options, SEEDS, { threads });
    for (const batches of all.slice(0, 5)) await first.update(batches);
    const second = await createStackedEngine(options, [7, 8, 9], { threads });
    const order = [2, 0, 1];
    order.forEach((learner, place) => {
      second.importState(place, first.exportState(learner));
    });
    for (const batches of all.slice(5)) await second.update(order.map((learner) => batches[learner]));
    order.forEach((learner, place) => {
      sameBytes(second.exportState(place), straight.exportState(learner));
    });
    for (const engine of [straight, first, second]) engine.dispose();
  });

  it('take a lone engine’s state after another number of updates than the others', async () => {
    const options = sacOptions();
    const [stack, lone] = [
      await createStackedEngine(options, [1, 2], { threads }),
      await createOnnxEngine(options, { threads }),
    ];
    const draw = stream(3, 'batches');
    for (let i = 0; i < 7; i++) await lone.update(randomBatch(options, draw));
    stack.importState(1, lone.exportState());
    const [other, own] = [randomBatch(options, draw), randomBatch(options, draw)];
    await stack.update([other, own]);
    await lone.update(own);
    const [mine, its] = [stack.exportState(1), lone.exportState()];
    assert.equal(mine.updates.data[0], 8);
    assert.equal(stack.exportState(0).updates.data[0], 1);
    for (const name of Object.keys(its)) {
      assert.ok(largestDifference(mine[name].data, its[name].data) < 1e-5, name);
    }
    stack.dispose();
    lone.dispose();
  });

  it('a learner that diverges is named, and no learner changes', async () => {
    const options = sacOptions();
    const stack = await createStackedEngine(options, SEEDS, { threads });
    const [good, bad] = batchesOf(options, 2);
    await stack.update(good);
    const before = SEEDS.map((_, i) => stack.exportState(i));
    bad[1].rewards[0] = Number.NaN;
    await assert.rejects(stack.update(bad), {
      code: 'diverged',
      message: /critic loss is not finite in update 2 of learner 1\. The batch's rewards hold/,
    });
    before.forEach((state, i) => {
      sameBytes(stack.exportState(i), state);
    });
    stack.dispose();
  });

  it('a learner whose weights overflow is named', async () => {
    const options = sacOptions({ hidden: [136, 128] });
    const stack = await createStackedEngine(options, SEEDS, { threads });
    const state = structuredClone(stack.exportState(2)) as SacState;
    // Finite moments, whose step is not.
    state['adam/m/critic/1/1/kernel'].data.fill(3e38);
    state['adam/v/critic/1/1/kernel'].data.fill(0);
    stack.importState(2, state);
    const [batches] = batchesOf(options, 1);
    await assert.rejects(stack.update(batches), { code: 'diverged', message: /of learner 2/ });
    stack.dispose();
  });

  it('refuse no seeds, a wrong number of batches, batches of two sizes, a learner that is not there', async () => {
    const options = sacOptions();
    await assert.rejects(createStackedEngine(options, [], { threads }), { code: 'no-seeds' });
    const stack = await createStackedEngine(options, SEEDS, { threads });
    const [batches] = batchesOf(options, 1);
    await assert.rejects(stack.update(batches.slice(1)), { code: 'bad-batch-count', expected: '3' });
    batches[2] = randomBatch(sacOptions({ batchSize: 5 }));
    await assert.rejects(stack.update(batches), { code: 'bad-batch-size' });
    assert.throws(() => stack.exportState(3), { code: 'no-such-learner' });
    assert.throws(() => stack.importState(-1, stack.exportState(0)), { code: 'no-such-learner' });
    stack.dispose();
  });
});
