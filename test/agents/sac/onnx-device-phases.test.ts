import assert from 'node:assert/strict';
import type { SacEngineOptions } from '../../../agents/sac/engine.ts';
import { deviceFailed, hasContrib } from '../../../agents/sac/onnx-device.ts';
import { createOnnxEngine, createStackedEngine } from '../../../agents/sac/onnx-engine.ts';
import { actorGraph, criticGraph } from '../../../agents/sac/onnx-update.ts';
import { stream } from '../../../base/random.ts';
import { evaluate } from '../../../onnx/evaluate.ts';
import { buildGraph, type Graph } from '../../../onnx/graph.ts';
import { portable } from '../../../onnx/portable.ts';
import { loadOnnxRuntime } from '../../../onnx/session.ts';
import { randomBatch, sacOptions } from '../../support/sac-options.ts';

const threads = 1;
const variants: [string, Partial<SacEngineOptions>][] = [
  ['a variance critic', { kappaRampUpdates: 0 }],
  ['plain SAC', { varianceWeight: 0 }],
  ['dropout and layer normalisation', { criticDropout: 0.1, criticLayerNorm: true }],
  ['no hidden layer', { hidden: [] }],
  ['layers large enough for tensors of their own', { hidden: [136, 128] }],
];

/** Values for a graph's inputs, the same each time. */
function randomInputs({ inputs }: Graph) {
  const generator = stream(4, 'inputs');
  return Object.fromEntries(
    inputs.map(({ name, tensor }) => {
      const shape = tensor.shape as readonly number[];
      const size = shape.reduce((product, length) => product * length, 1);
      return [name, { shape, data: Float32Array.from({ length: size }, () => generator.normal() / 4) }];
    }),
  );
}

describe('an update with few transfers', () => {
  before(async function () {
    if ((await loadOnnxRuntime()) === null) this.skip();
  });

  for (const [name, changes] of variants) {
    it(`comes to the same bytes, with ${name}`, async () => {
      const options = sacOptions(changes);
      const [each, few] = await Promise.all(
        [false, true].map((fewTransfers) => createOnnxEngine(options, { threads, fewTransfers })),
      );
      const generator = stream(2, 'batches');
      for (let i = 0; i < 5; i++) {
        const batch = randomBatch(options, generator);
        assert.deepEqual(await few.update(batch), await each.update(batch));
      }
      assert.deepEqual(few.exportState(), each.exportState());
      const other = { ...options, batchSize: 5 };
      assert.deepEqual(await few.update(randomBatch(other)), await each.update(randomBatch(other)));
      each.dispose();
      few.dispose();
    });
  }

  it('comes to the same for several learners', async () => {
    const options = sacOptions();
    const [each, few] = await Promise.all(
      [false, true].map((fewTransfers) => createStackedEngine(options, [1, 2], { threads, fewTransfers })),
    );
    const batches = [randomBatch(options), randomBatch(options, stream(9, 'batch'))];
    for (let i = 0; i < 3; i++) assert.deepEqual(await few.update(batches), await each.update(batches));
    for (const learner of [0, 1]) assert.deepEqual(few.exportState(learner), each.exportState(learner));
    each.dispose();
    few.dispose();
  });

  it('names what is not finite and changes nothing', async () => {
    const options = sacOptions();
    const engine = await createOnnxEngine(options, { threads, fewTransfers: true });
    const before = engine.exportState();
    const batch = randomBatch(options);
    batch.nextObservations[4] = Number.NaN;
    await assert.rejects(engine.update(batch), /update 1\. The batch's nextObservations hold a number/);
    assert.deepEqual(engine.exportState(), before);
    engine.dispose();
  });
});

describe('the graphs of an update for devices without the operations of com.microsoft', () => {
  for (const [name, changes] of variants) {
    it(`have the same values, with ${name}`, () => {
      const options = sacOptions(changes);
      for (const graph of [criticGraph(options, 8, 1), actorGraph(options, 8, 2)]) {
        const outputs = Object.fromEntries(graph.outputs.map(({ name, tensor }) => [name, tensor]));
        const inputs = graph.inputs.map(({ tensor }) => tensor);
        const plain = buildGraph(graph.name, inputs, portable(outputs));
        assert.ok(plain.operations.every(({ operation }) => operation.domain === undefined));
        const [ours, written] = [plain, graph].map((one) => evaluate(one, randomInputs(graph)));
        for (const [output, { data }] of Object.entries(written)) {
          data.forEach((value, i) => {
            const found = ours[output].data[i];
            assert.ok(Math.abs(found - value) <= 1e-6 * Math.max(1, Math.abs(value)), `${output} ${i}`);
          });
        }
      }
    });
  }

  it('are for all devices but the processor and CUDA', () => {
    assert.ok(hasContrib('cpu') && hasContrib('cuda') && !hasContrib('webgpu'));
  });
});

describe('a device that ONNX Runtime cannot use', () => {
  it('is told of in its own words, without places in its source', () => {
    const said = new Error(
      't::Initialize(const Config&)::<lambda()> status == Success was false. No adapter.\nmore',
    );
    const { message, code } = deviceFailed('webgpu', said);
    assert.equal(message, 'ONNX Runtime cannot use the device webgpu: No adapter.');
    assert.equal(code, 'device-not-there');
  });
});
