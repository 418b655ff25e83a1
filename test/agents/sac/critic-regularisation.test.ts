import assert from 'node:assert/strict';
import { dropoutMasks } from '../../../agents/sac/dropout.ts';
import type { SacEngineOptions, SacState } from '../../../agents/sac/engine.ts';
import { initialState } from '../../../agents/sac/initialise.ts';
import { createOnnxEngine, createStackedEngine } from '../../../agents/sac/onnx-engine.ts';
import { value } from '../../../agents/sac/onnx-losses.ts';
import { createTfjsEngine } from '../../../agents/sac/tfjs-engine.ts';
import { stream } from '../../../base/random.ts';
import { differentiate } from '../../../onnx/differentiate.ts';
import { evaluateInDouble } from '../../../onnx/evaluate.ts';
import { buildGraph } from '../../../onnx/graph.ts';
import * as op from '../../../onnx/operators.ts';
import { optimise } from '../../../onnx/optimise.ts';
import { loadOnnxRuntime } from '../../../onnx/session.ts';
import { input, type Tensor } from '../../../onnx/tensor.ts';
import { randomBatch, sacOptions } from '../../support/sac-options.ts';

const threads = 1;

function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return Array.from(a).reduce((largest, x, i) => Math.max(largest, Math.abs(x - b[i])), 0);
}

function sameBytes(a: SacState, b: SacState): void {
  assert.deepEqual(Object.keys(a).sort(), Object.keys(b).sort());
  for (const name of Object.keys(a)) assert.deepEqual(a[name], b[name], name);
}

function batches(options: SacEngineOptions, count: number) {
  const generator = stream(2, 'batches');
  return Array.from({ length: count }, () => randomBatch(options, generator));
}

function masksOf(options: SacEngineOptions, size: number, update: number) {
  const masks = new Map<string, Float32Array>();
  dropoutMasks(options, size, update, (pass, layer, critic, mask) => {
    masks.set(`${pass}/${layer}/${critic}`, mask.slice());
  });
  return masks;
}

describe('dropout masks', () => {
  const options = sacOptions({ hidden: [100, 50], criticDropout: 0.1 });

  it('leave out the share asked for and scale the rest up, so that the mean stays', () => {
    const masks = masksOf(options, 400, 1);
    assert.deepEqual(masks.size, 12);
    for (const [name, mask] of masks) {
      assert.equal(mask.length, 400 * options.hidden[Number(name.split('/')[1])]);
      const share = mask.filter((x) => x === 0).length / mask.length;
      // Five standard deviations of a binomial share.
      assert.ok(Math.abs(share - 0.1) < 5 * Math.sqrt(0.09 / mask.length), `${name}: ${share}`);
      assert.ok(mask.every((x) => x === 0 || x === Math.fround(1 / 0.9)));
    }
  });

  it('are the same for the same seed and update, and others for others', () => {
    assert.deepEqual(masksOf(options, 8, 3), masksOf(options, 8, 3));
    const first = masksOf(options, 8, 3);
    assert.notDeepEqual(first, masksOf(options, 8, 4));
    assert.notDeepEqual(first, masksOf({ ...options, seed: 2 }, 8, 3));
    assert.notDeepEqual(first.get('critic/0/0'), first.get('critic/0/1'));
    assert.notDeepEqual(first.get('critic/0/0'), first.get('actor/0/0'));
  });
});

describe('layer normalisation and dropout in the critics', () => {
  before(async function () {
    if ((await loadOnnxRuntime()) === null) this.skip();
  });

  it('their gradients are the difference quotients, in double precision', () => {
    const generator = stream(6, 'values');
    const shapes: Record<string, readonly number[]> = {
      observations: [4, 2],
      actions: [4, 1],
      k0: [2, 4, 5],
      gain: [2, 1, 5],
      shift: [2, 1, 5],
      k1: [2, 5, 2],
      b1: [2, 1, 2],
    };
    const inputs = Object.fromEntries(
      Object.entries(shapes).map(([name, shape]) => [name, input(name, shape)]),
    );
    const mask = input('mask', [2, 4, 5]);
    const { k0, gain, shift, k1, b1 } = inputs;
    const critics = [
      { kernel: k0, gain, shift },
      { kernel: k1, bias: b1 },
    ];
    const { q, variance } = value(critics, inputs.observations, inputs.actions, [mask]);
    const loss = op.reduceMean(op.add(op.square(q), op.log(variance)), [0, 1, 2]);
    const names = Object.keys(shapes);
    const gradients = differentiate(
      loss,
      names.map((name) => inputs[name]),
    );
    const all = [...Object.values(inputs), mask];
    const numbers = (shape: readonly number[], draw: () => number) => ({
      shape,
      data: Float64Array.from({ length: shape.reduce((n, size) => n * size, 1) }, draw),
    });
    const values = Object.fromEntries(
      names.map((name) => [name, numbers(shapes[name], () => generator.normal())]),
    );
    const masks = { mask: numbers([2, 4, 5], () => (generator.uniform() < 0.3 ? 0 : 1 / 0.7)) };
    const lossGraph = buildGraph('loss', all, { loss });
    const outputs = Object.fromEntries(names.map((name, i) => [`${name}/gradient`, gradients[i] as Tensor]));
    const found = evaluateInDouble(buildGraph('gradients', all, optimise(outputs)), { ...values, ...masks });
    const step = 1e-6;
    for (const name of names) {
      const { shape, data } = values[name];
      data.forEach((x, k) => {
        const [up, down] = [step, -step].map((change) => {
          const moved = data.slice();
          moved[k] = x + change;
          return evaluateInDouble(lossGraph, { ...values, ...masks, [name]: { shape, data: moved } }).loss
            .data[0];
        });
        const quotient = (up - down) / (2 * step);
        const own = found[`${name}/gradient`].data[k];
        assert.ok(
          Math.abs(own - quotient) < 1e-7 * Math.max(1, Math.abs(quotient)),
          `${name} ${k}: ${own}, ${quotient}`,
        );
      });
    }
  });

  const variants: [string, Partial<SacEngineOptions>][] = [
    ['layer normalisation', { criticLayerNorm: true }],
    ['dropout', { criticDropout: 0.2 }],
    ['both', { criticLayerNorm: true, criticDropout: 0.05, kappaRampUpdates: 5 }],
    [
      'both in plain SAC with three layers',
      { criticLayerNorm: true, criticDropout: 0.1, varianceWeight: 0, hidden: [12, 20, 7] },
    ],
  ];
  for (const [name, changes] of variants) {
    it(`${name}: both engines come to the same weights`, async () => {
      const options = sacOptions({ hidden: [24, 16], batchSize: 32, ...changes });
      const [ours, theirs] = [
        await createOnnxEngine(options, { threads }),
        await createTfjsEngine(options, 'wasm'),
      ];
      for (const batch of batches(options, 50)) {
        const [mine, its] = [await ours.update(batch), await theirs.update(batch)];
        assert.ok(Math.abs(mine.criticLoss - its.criticLoss) < 1e-4 * (1 + its.criticLoss));
      }
      const [mine, its] = [ours.exportState(), theirs.exportState()];
      assert.deepEqual(Object.keys(mine).sort(), Object.keys(its).sort());
      for (const tensor of Object.keys(its)) {
        if (tensor.startsWith('adam/')) continue;
        const difference = largestDifference(mine[tensor].data, its[tensor].data);
        assert.ok(difference < 1e-4, `${tensor}: ${difference}`);
      }
      ours.dispose();
      theirs.dispose();
    });

    it(`${name}: goes on from an exported state bit for bit, alone and stacked`, async () => {
      const options = sacOptions(changes);
      const all = batches(options, 8);
      const straight = await createOnnxEngine(options, { threads });
      for (const batch of all) await straight.update(batch);
      const first = await createOnnxEngine(options, { threads });
      for (const batch of all.slice(0, 3)) await first.update(batch);
      const second = await createOnnxEngine(options, { threads });
      second.importState(first.exportState());
      for (const batch of all.slice(3)) await second.update(batch);
      sameBytes(second.exportState(), straight.exportState());
      const stack = await createStackedEngine(options, [options.seed + 1, options.seed], { threads });
      for (const batch of all) await stack.update([batch, batch]);
      const [mine, its] = [stack.exportState(1), straight.exportState()];
      for (const tensor of Object.keys(its)) {
        assert.ok(largestDifference(mine[tensor].data, its[tensor].data) < 1e-4, tensor);
      }
      for (const engine of [straight, first, second, stack]) engine.dispose();
    });
  }

  it('refuse a share of units that is none', async () => {
    for (const criticDropout of [-0.1, 1, Number.NaN]) {
      for (const create of [createOnnxEngine, createTfjsEngine]) {
        await assert.rejects(create(sacOptions({ criticDropout })), {
          code: 'bad-dropout',
          field: 'criticDropout',
        });
      }
    }
  });

  it('are off by default: a learner has the tensors it always had', () => {
    const names = Object.keys(initialState(sacOptions()));
    assert.equal(
      names.some((name) => /gain|shift/.test(name)),
      false,
    );
    const normalised = initialState(sacOptions({ criticLayerNorm: true }));
    assert.deepEqual([...new Set(normalised['critic/1/0/gain'].data)], [1]);
    assert.deepEqual([...new Set(normalised['critic/1/1/shift'].data)], [0]);
    assert.equal(normalised['critic/0/2/gain'], undefined);
    assert.equal(normalised['actor/0/gain'], undefined);
    // What both have begins alike.
    for (const name of names) assert.deepEqual(normalised[name], initialState(sacOptions())[name]);
  });
});
