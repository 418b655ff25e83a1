import assert from 'node:assert/strict';
import type { Tensor } from 'onnxruntime-node';
import { buildGraph } from '../../onnx/graph.ts';
import { InPlaceSession } from '../../onnx/in-place.ts';
import { add, matMul, mul, sub } from '../../onnx/operators.ts';
import { CHOICE, resultOf } from '../../onnx/protobuf.ts';
import { loadOnnxRuntime, type OnnxRuntime } from '../../onnx/session.ts';
import { input } from '../../onnx/tensor.ts';

type Feeds = Readonly<Record<string, Tensor>>;

describe('runs that write into the caller’s memory', () => {
  let runtime: OnnxRuntime;
  before(async function () {
    const loaded = await loadOnnxRuntime();
    if (loaded === null) this.skip();
    runtime = loaded;
  });

  const x = input('x', [2]);
  const graph = buildGraph('g', [x], { y: mul(x, 2), z: add(x, 1) });
  const options = { intraOpNumThreads: 1, logSeverityLevel: 4 } as const;
  const tensor = (...data: number[]) => new runtime.Tensor('float32', Float32Array.from(data), [data.length]);

  for (const probed of [true, false]) {
    it(`put every result there${probed ? ', after a probe' : ''}`, async () => {
      const session = await InPlaceSession.open(runtime, graph, options);
      const fetches = { y: tensor(0, 0), z: tensor(0, 0) };
      if (probed) await session.probe({ x: tensor(9, 9) }, fetches, fetches.y.data as Float32Array);
      await session.run({ x: tensor(3, 4) }, fetches);
      assert.deepEqual([...fetches.y.data], [6, 8]);
      assert.deepEqual([...fetches.z.data], [4, 5]);
      await session.release();
    });
  }

  it('are ordinary ones where a probe finds that results do not arrive', async () => {
    const session = await InPlaceSession.open(runtime, graph, options);
    const fetches = { y: tensor(0, 0), z: tensor(0, 0) };
    // A witness that is no result is never written.
    await session.probe({ x: tensor(9, 9) }, fetches, new Float32Array(1));
    await session.run({ x: tensor(3, 4) }, fetches);
    assert.deepEqual([...fetches.y.data], [6, 8]);
    await session.release();
  });

  it('are of the one of two graphs that was chosen, whose results may have other shapes', async () => {
    const [w, row, matrix] = [input('w', [2]), input('row', [1, 2]), input('matrix', [2, 3])];
    const second = buildGraph('second', [w, x, row, matrix], {
      product: matMul(add(row, 0.5), matrix),
      difference: sub(x, w),
      sum: add(x, w),
    });
    const session = await InPlaceSession.openChoice(runtime, 'either', [graph, second], options);
    assert.deepEqual([...session.inputNames].sort(), [CHOICE, 'matrix', 'row', 'w', 'x']);
    const feeds = {
      x: tensor(3, 4),
      w: tensor(1, 2),
      row: new runtime.Tensor('float32', Float32Array.of(1, 2), [1, 2]),
      matrix: new runtime.Tensor('float32', Float32Array.of(1, 0, 2, 0, 1, 3), [2, 3]),
    };
    const choose = (first: boolean) => ({
      ...feeds,
      [CHOICE]: new runtime.Tensor('bool', Uint8Array.of(first ? 1 : 0), []),
    });
    const ofFirst = { [resultOf(0)]: tensor(0, 0), [resultOf(1)]: tensor(0, 0) };
    const ofSecond = {
      [resultOf(0)]: new runtime.Tensor('float32', new Float32Array(3), [1, 3]),
      [resultOf(1)]: tensor(0, 0),
      [resultOf(2)]: tensor(0, 0),
    };
    await session.probe(choose(true), ofFirst, ofFirst[resultOf(0)].data as Float32Array);
    for (let round = 0; round < 2; round++) {
      await session.run(choose(true), ofFirst);
      await session.run(choose(false), ofSecond);
      const found = [ofFirst, ofSecond].flatMap((all) => Object.values(all).map(({ data }) => [...data]));
      assert.deepEqual(found, [
        [6, 8],
        [4, 5],
        [1.5, 2.5, 10.5],
        [2, 2],
        [4, 6],
      ]);
      for (const { data } of [...Object.values(ofFirst), ...Object.values(ofSecond)])
        (data as Float32Array).fill(0);
    }
    await session.release();
  });

  /** The runtime as another version of its binding might be: `meet` is what it does when asked for a sequence. */
  const otherBinding = (meet: () => Promise<never>): OnnxRuntime => {
    const create = async (...parameters: Parameters<typeof runtime.InferenceSession.create>) => {
      const session = await runtime.InferenceSession.create(...parameters);
      return {
        inputNames: session.inputNames,
        run: (feeds: Feeds, fetches: Record<string, Tensor | null>) =>
          'sequence' in fetches ? meet() : session.run(feeds, fetches),
        release: () => session.release(),
      };
    };
    return { ...runtime, InferenceSession: { create } } as unknown as OnnxRuntime;
  };
  const bindings: [string, () => Promise<never>][] = [
    ['refuses a sequence before it computes', () => Promise.reject(new Error('unknown output type'))],
    [
      'refuses it with the same words, and computes nothing',
      () => Promise.reject(new Error('Non tensor type is temporarily not supported.')),
    ],
  ];
  for (const [name, meet] of bindings) {
    it(`are ordinary ones where the binding ${name}`, async () => {
      const session = await InPlaceSession.open(otherBinding(meet), graph, options);
      const fetches = { y: tensor(0, 0), z: tensor(0, 0) };
      await session.probe({ x: tensor(9, 9) }, fetches, fetches.y.data as Float32Array);
      await session.run({ x: tensor(3, 4) }, fetches);
      assert.deepEqual([...fetches.y.data], [6, 8]);
      assert.deepEqual([...fetches.z.data], [4, 5]);
      await session.release();
    });
  }

  it('fail as others do', async () => {
    const session = await InPlaceSession.open(runtime, graph, options);
    await assert.rejects(session.run({ x: tensor(1, 2, 3) }, { y: tensor(0, 0) }), /x/);
    await assert.rejects(session.run({}, { y: tensor(0, 0) }), /x/);
    await session.release();
  });
});
