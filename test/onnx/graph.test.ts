import assert from 'node:assert/strict';
import { evaluate, type Value } from '../../onnx/evaluate.ts';
import { buildGraph } from '../../onnx/graph.ts';
import * as op from '../../onnx/operators.ts';
import { decodeModel, encodeModel, OPSET } from '../../onnx/protobuf.ts';
import { openSession } from '../../onnx/session.ts';
import { constant, input, type Tensor } from '../../onnx/tensor.ts';

const DESCRIPTION = { producer: 'makergym', producerVersion: 'test' };

describe('tensor expressions', () => {
  it('know their shapes, with the batch size left open', () => {
    const x = input('x', ['N', 4]);
    const y = op.gemm(x, constant(new Float32Array(12), [4, 3]), constant([1, 2, 3]));
    assert.deepEqual(y.shape, ['N', 3]);
    assert.deepEqual(op.concat([x, y], 1).shape, ['N', 7]);
    assert.deepEqual(op.slice(y, -1, 1, 3).shape, ['N', 2]);
    assert.deepEqual(op.reduceSum(y, [0]).shape, [1, 3]);
    assert.deepEqual(op.transpose(y).shape, [3, 'N']);
    assert.deepEqual(op.matMul(constant([1, 2, 3, 4], [2, 1, 2]), constant([1, 2], [2, 1])).shape, [2, 1, 1]);
  });

  it('say at once what does not fit, and why', () => {
    const x = input('x', ['N', 4]);
    assert.throws(() => op.gemm(x, constant(new Float32Array(6), [3, 2])), {
      code: 'shape-mismatch',
      message:
        'Gemm cannot take [N, 4] and [3, 2]: expected [rows, inner] and [inner, columns] after transposing.',
    });
    assert.throws(() => op.add(x, constant([1, 2, 3])), { message: /Add cannot take \[N, 4\] and \[3\]/ });
    assert.throws(() => op.slice(x, 1, 2, 5), { message: /a range within axis 1, not 2 to 5/ });
    assert.throws(() => op.slice(x, 0, 0, 1), { message: /Slice/ });
    assert.throws(() => op.concat([x, input('y', ['M', 4])], 1), { message: /Concat/ });
    assert.throws(() => op.clip(x, 1, -1), { message: /bounds in order/ });
    assert.throws(() => constant([1, 2, 3], [2, 2]), { message: /3 elements/ });
  });

  it('are computed once however often they are used, and equal small constants are stored once', () => {
    const x = input('x', [2]);
    const shared = op.exp(op.mul(x, 2));
    const graph = buildGraph('twice', [x], { y: op.add(op.mul(shared, 2), shared), z: shared });
    assert.deepEqual(
      graph.operations.map(({ operation }) => operation.type),
      ['Mul', 'Exp', 'Mul', 'Add'],
    );
    assert.equal(graph.constants.length, 1);
  });

  it('refuse an input that is used but not listed, and a name used twice', () => {
    const x = input('x', [1]);
    const y = input('y', [1]);
    assert.throws(() => buildGraph('g', [x], { z: op.add(x, y) }), { code: 'unlisted-input', value: 'y' });
    assert.throws(() => buildGraph('g', [x], { x: op.neg(x) }), { code: 'duplicate-name', field: 'x' });
    assert.throws(() => buildGraph('g', [op.neg(x)], { z: x }), { code: 'not-an-input' });
  });

  it('may be thousands deep', () => {
    const x = input('x', [1]);
    let y: Tensor = x;
    for (let i = 0; i < 20_000; i++) y = op.add(y, 1);
    const graph = buildGraph('deep', [x], { y });
    assert.equal(evaluate(graph, { x: { shape: [1], data: new Float32Array([1]) } }).y.data[0], 20_001);
  });

  it('refuse inputs of another shape when they run', () => {
    const x = input('x', ['N', 2]);
    const y = input('y', ['N', 2]);
    const graph = buildGraph('g', [x, y], { z: op.add(x, y) });
    const pair = (rows: number, columns: number): Value => ({
      shape: [rows, columns],
      data: new Float32Array(rows * columns),
    });
    assert.deepEqual(evaluate(graph, { x: pair(3, 2), y: pair(3, 2) }).z.shape, [3, 2]);
    assert.throws(() => evaluate(graph, { x: pair(3, 3), y: pair(3, 2) }), {
      field: 'x',
      expected: '[N, 2]',
    });
    assert.throws(() => evaluate(graph, { x: pair(3, 2), y: pair(2, 2) }), { field: 'y' });
  });
});

describe('ONNX files', () => {
  it('name their inputs, outputs, weights and operator set', () => {
    const x = input('x', ['N', 2]);
    const graph = buildGraph('dense', [x], {
      y: op.relu(op.gemm(x, constant([1, 2, 3, 4], [2, 2], 'kernel'), constant([0, 1], [2], 'bias'))),
    });
    const bytes = encodeModel(graph, { ...DESCRIPTION, values: { x: 'two numbers' }, metadata: { a: 'b' } });
    assert.deepEqual(
      bytes,
      encodeModel(graph, { ...DESCRIPTION, values: { x: 'two numbers' }, metadata: { a: 'b' } }),
    );
    const model = decodeModel(bytes) as {
      graph: {
        node: { opType: string; input: string[]; output: string[] }[];
        initializer: { name: string; dims: number[] }[];
        input: { name: string; docString: string; type: unknown }[];
      };
      opsetImport: unknown;
    };
    assert.deepEqual(model.opsetImport, [{ version: OPSET }]);
    assert.deepEqual(
      model.graph.initializer.map(({ name, dims }) => [name, dims]),
      [
        ['kernel', [2, 2]],
        ['bias', [2]],
      ],
    );
    assert.deepEqual(model.graph.input[0].type, {
      tensorType: { elemType: 1, shape: { dim: [{ dimParam: 'N' }, { dimValue: 2 }] } },
    });
    assert.equal(model.graph.input[0].docString, 'two numbers');
    assert.deepEqual(model.graph.node.at(-1)?.output, ['y']);
  });

  it('mean the same to ONNX Runtime as to the reference evaluator, operator by operator', async function () {
    const x = input('x', ['N', 4]);
    const kernel = constant([0.5, -1, 2, 0.25, 1, 1, -0.5, 0.75], [4, 2], 'kernel');
    const positive = op.add(op.abs(x), 0.5);
    const outputs: Record<string, Tensor> = {
      add: op.add(x, constant([1, 2, 3, 4])),
      sub: op.sub(1, x),
      mul: op.mul(x, x),
      div: op.div(x, positive),
      min: op.min(x, 0.3),
      max: op.max(x, constant([[0.1], [0.2]].flat(), [2, 1, 1])),
      neg: op.neg(x),
      exp: op.exp(x),
      log: op.log(positive),
      sqrt: op.sqrt(positive),
      relu: op.relu(x),
      tanh: op.tanh(x),
      sigmoid: op.sigmoid(x),
      softplus: op.softplus(op.mul(x, 10)),
      clip: op.clip(x, -0.5, 0.5),
      gemm: op.gemm(x, kernel, constant([1, -1])),
      gemmT: op.gemm(op.gemm(x, kernel), kernel, undefined, { transposeB: true }),
      gram: op.gemm(x, x, undefined, { transposeA: true }),
      matMul: op.matMul(x, kernel),
      stacked: op.matMul(x, constant([...Array(16).keys()], [2, 4, 2])),
      slice: op.slice(x, 1, 1, 3),
      concat: op.concat([x, op.slice(x, 1, 0, 1)], 1),
      transpose: op.transpose(x),
      sum: op.reduceSum(x, [1]),
      mean: op.reduceMean(x, [0, 1]),
      same: x,
    };
    const graph = buildGraph('operators', [x], outputs);
    const session = await openSession(encodeModel(graph, DESCRIPTION));
    if (session === null) {
      console.log('      onnxruntime-node is not installed');
      this.skip();
    }
    const feeds = {
      x: { shape: [3, 4], data: Float32Array.from({ length: 12 }, (_, i) => Math.sin(7 * i) * 2) },
    };
    const ours = evaluate(graph, feeds);
    const theirs = await session.run(feeds);
    await session.release();
    for (const name of Object.keys(outputs)) {
      assert.deepEqual([...theirs[name].shape], [...ours[name].shape], name);
      ours[name].data.forEach((expected, i) => {
        const error = Math.abs(theirs[name].data[i] - expected);
        assert.ok(
          error <= 1e-6 * (1 + Math.abs(expected)),
          `${name}[${i}] ${theirs[name].data[i]} ${expected}`,
        );
      });
    }
  });
});
