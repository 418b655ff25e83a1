import assert from 'node:assert/strict';
import { evaluate, type Value } from '../../onnx/evaluate.ts';
import { buildGraph } from '../../onnx/graph.ts';
import * as op from '../../onnx/operators.ts';
import { optimise } from '../../onnx/optimise.ts';
import { portable } from '../../onnx/portable.ts';
import { overStretches, usedInputs } from '../../onnx/stretches.ts';
import { input } from '../../onnx/tensor.ts';

const x = input('x', [2, 3]);
const w = input('w', [3, 2]);
const c = input('c', []);
const idle = input('idle', [4]);
const graph = buildGraph('g', [x, w, c, idle], {
  product: op.mul(op.matMul(x, w), c),
  sum: op.reduceSum(x, [0]),
});

const values = (...numbers: number[]) => Float32Array.from(numbers);

describe('a graph over stretches', () => {
  it('reads neighbours from one input and writes them to one result, gaps being zeros', () => {
    const merged = overStretches(
      graph,
      [
        {
          name: 'both',
          size: 14,
          tensors: [
            { name: 'x', offset: 0, shape: [2, 3] },
            { name: 'w', offset: 8, shape: [3, 2] },
          ],
        },
        { name: 'number', size: 1, tensors: [{ name: 'c', offset: 0, shape: [] }] },
      ],
      [
        {
          name: 'all',
          size: 10,
          tensors: [
            { name: 'sum', offset: 1, shape: [1, 3] },
            { name: 'product', offset: 5, shape: [2, 2] },
          ],
        },
      ],
    );
    assert.deepEqual(
      merged.inputs.map(({ name }) => name),
      ['both', 'number'],
    );
    const both = values(1, 2, 3, 4, 5, 6, Number.NaN, Number.NaN, 1, 0, 0, 1, 1, 1);
    const { all } = evaluate(merged, {
      both: { shape: [14], data: both },
      number: { shape: [1], data: values(10) },
    });
    assert.deepEqual([...all.data], [0, 5, 7, 9, 0, 40, 50, 100, 110, 0]);
  });

  it('tells which inputs are used', () => {
    assert.deepEqual([...usedInputs(graph)], ['x', 'w', 'c']);
    assert.deepEqual([...usedInputs(buildGraph('g', [x, c], { same: x }))], ['x']);
  });
});

describe('the portable form of a graph', () => {
  it('has the same values without operations of ONNX Runtime', () => {
    const twice = op.mul(op.matMul(op.swapLast(x), x), 0.5);
    const outputs = optimise({ a: twice, b: op.matMul(op.swapLast(w), op.swapLast(x)) });
    const [written, plain] = [outputs, portable(outputs)].map((some) => buildGraph('g', [x, w], some));
    const contrib = ({ operations }: typeof graph) =>
      operations.filter(({ operation }) => operation.domain !== undefined).length;
    assert.deepEqual([contrib(written), contrib(plain)], [2, 0]);
    const inputs: Record<string, Value> = {
      x: { shape: [2, 3], data: values(1, 2, 3, 4, 5, 6) },
      w: { shape: [3, 2], data: values(1, -1, 2, 0, 3, 4) },
    };
    assert.deepEqual(evaluate(plain, inputs), evaluate(written, inputs));
  });
});
