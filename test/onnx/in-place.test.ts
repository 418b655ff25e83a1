import assert from 'node:assert/strict';
import { buildGraph } from '../../onnx/graph.ts';
import { InPlaceSession } from '../../onnx/in-place.ts';
import { add, mul } from '../../onnx/operators.ts';
import { loadOnnxRuntime, type OnnxRuntime } from '../../onnx/session.ts';
import { input } from '../../onnx/tensor.ts';

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

  it('fail as others do', async () => {
    const session = await InPlaceSession.open(runtime, graph, options);
    await assert.rejects(session.run({ x: tensor(1, 2, 3) }, { y: tensor(0, 0) }), /x/);
    await assert.rejects(session.run({}, { y: tensor(0, 0) }), /x/);
    await session.release();
  });
});
