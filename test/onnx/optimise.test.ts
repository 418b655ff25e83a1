import assert from 'node:assert/strict';
import { stream } from '../../base/random.ts';
import { evaluateInDouble } from '../../onnx/evaluate.ts';
import { buildGraph, type Graph } from '../../onnx/graph.ts';
import * as op from '../../onnx/operators.ts';
import { optimise } from '../../onnx/optimise.ts';
import { encodeModel } from '../../onnx/protobuf.ts';
import { openSession } from '../../onnx/session.ts';
import { constant, input, type Tensor } from '../../onnx/tensor.ts';

const x = input('x', [32, 4]);
const w = input('w', [4, 6]);
const s = input('s', [2, 4, 6]);

const operations = ({ operations }: Graph) => operations.map(({ operation }) => operation.type);

/** The operations an expression becomes; its value must stay. */
function becomes(expression: Tensor, wanted: readonly string[]): void {
  const inputs = [x, w, s];
  const optimised = optimise({ y: expression });
  const [before, after] = [{ y: expression }, optimised].map((outputs) => buildGraph('g', inputs, outputs));
  const generator = stream(3, 'optimise');
  const values = Object.fromEntries(
    inputs.map(({ shape }, i) => {
      const sizes = shape as readonly number[];
      const data = Float64Array.from({ length: sizes.reduce((n, size) => n * size, 1) }, () =>
        generator.normal(),
      );
      return [['x', 'w', 's'][i], { shape: sizes, data }];
    }),
  );
  const [plain, better] = [before, after].map((graph) => evaluateInDouble(graph, values).y);
  assert.deepEqual(better.shape, plain.shape);
  plain.data.forEach((value, i) => {
    assert.ok(Math.abs(better.data[i] - value) < 1e-6 * Math.max(1, Math.abs(value)), `${i}`);
  });
  assert.deepEqual(operations(after), wanted);
}

describe('the optimiser keeps values and', () => {
  it('computes constants beforehand', () => {
    becomes(op.mul(x, op.exp(op.add(constant([1, 2, 3, 4]), 0.5))), ['Mul']);
  });
  it('drops what does nothing, and joins numbers', () => {
    becomes(op.div(op.mul(op.add(op.mul(x, 2), 0), 3), 1), ['Mul']);
    becomes(op.add(x, op.neg(op.exp(x))), ['Exp', 'Sub']);
    becomes(op.add(op.exp(x), op.exp(x)), ['Exp', 'Mul']);
  });
  it('computes equal expressions once', () => {
    becomes(op.mul(op.tanh(op.mul(x, 2)), op.sigmoid(op.tanh(op.mul(x, 2)))), [
      'Mul',
      'Tanh',
      'Sigmoid',
      'Mul',
    ]);
  });
  it('transposes and scales factors on the way', () => {
    becomes(op.matMul(op.swapLast(x), x), ['FusedMatMul']);
    becomes(op.mul(op.matMul(x, op.swapLast(op.swapLast(s))), 0.5), ['FusedMatMul']);
    becomes(op.matMul(op.swapLast(s), op.swapLast(x)), ['FusedMatMul']);
  });
  it('scales a product where a factor was scaled in another shape', () => {
    const scaled = op.reshape(op.mul(s, 0.5), [8, 6]);
    becomes(op.matMul(scaled, op.swapLast(scaled)), ['Reshape', 'FusedMatMul']);
    becomes(op.matMul(x, op.mul(w, 2)), ['Mul', 'MatMul']);
  });
  it('turns a transposed product into the product the other way round', () => {
    becomes(op.swapLast(op.matMul(x, w)), ['FusedMatMul']);
    becomes(op.swapLast(op.matMul(op.swapLast(s), op.swapLast(x))), ['FusedMatMul']);
    becomes(op.swapLast(op.mul(op.matMul(x, s), 2)), ['FusedMatMul']);
    becomes(op.mul(op.swapLast(op.swapLast(x)), 2), ['Mul']);
    const product = op.matMul(x, w);
    becomes(op.matMul(product, op.swapLast(product)), ['MatMul', 'FusedMatMul']);
  });
  it('does not scale a product that is wanted as it is too', () => {
    const product = op.matMul(x, w);
    becomes(op.add(op.mul(product, 0.5), product), ['MatMul', 'Mul', 'Add']);
  });
  it('sums rows as a product with ones', () => {
    becomes(op.reduceSum(x, [0]), ['MatMul']);
    becomes(op.reduceSum(op.matMul(x, s), [1]), ['MatMul', 'MatMul']);
  });
  it('multiplies only the columns that are wanted', () => {
    becomes(op.slice(op.matMul(x, w), 1, 1, 3), ['Slice', 'FusedMatMul']);
    becomes(op.slice(op.concat([op.exp(x), op.tanh(x)], 1), 1, 4, 8), ['Tanh']);
  });
  it('puts neighbours with zeros around them side by side', () => {
    const [left, right] = [op.slice(x, 1, 0, 1), op.slice(x, 1, 1, 4)].map((part) => op.exp(part));
    becomes(op.add(op.pad(left, 1, 0, 3), op.pad(right, 1, 1, 0)), [
      'Slice',
      'Exp',
      'Slice',
      'Exp',
      'Concat',
    ]);
  });
  it('keeps rows of zeros out of products', () => {
    const some = op.pad(op.exp(op.slice(x, 0, 4, 12)), 0, 4, 20);
    // xᵀ times rows of which only 4 to 12 are not zero.
    becomes(op.matMul(op.swapLast(x), some), ['Slice', 'Exp', 'FusedMatMul']);
    becomes(op.mul(some, op.tanh(x)), ['Slice', 'Exp', 'Tanh', 'Slice', 'Mul', 'Pad']);
  });
});

describe('what the optimiser writes', () => {
  it('means the same to ONNX Runtime', async function () {
    const outputs = {
      gradient: op.matMul(op.swapLast(x), op.matMul(x, w)),
      stacked: op.matMul(op.matMul(x, s), op.swapLast(s)),
      scaled: op.mul(op.matMul(x, s), 0.25),
      rows: op.reduceSum(op.matMul(x, s), [1]),
      mask: op.mul(x, op.step(op.sub(x, 0.25))),
      below: op.stepDown(x),
      padded: op.pad(x, 1, 2, 1),
      expanded: op.expand(op.slice(x, 0, 0, 1), [3, 1, 4]),
      reshaped: op.reshape(x, [4, 8, 4]),
      signs: op.sign(x),
    };
    const graph = buildGraph('g', [x, w, s], optimise(outputs));
    const session = await openSession(encodeModel(graph, { producer: 'makergym', producerVersion: 'test' }));
    if (session === null) this.skip();
    const feeds = Object.fromEntries(
      [x, w, s].map(({ shape }, k) => {
        const sizes = shape as readonly number[];
        const size = sizes.reduce((n, length) => n * length, 1);
        return [
          ['x', 'w', 's'][k],
          { shape: sizes, data: Float32Array.from({ length: size }, (_, i) => Math.sin(5 * i + k)) },
        ];
      }),
    );
    const theirs = await session.run(feeds);
    await session.release();
    const ours = evaluateInDouble(
      graph,
      Object.fromEntries(
        Object.entries(feeds).map(([name, { shape, data }]) => [
          name,
          { shape, data: Float64Array.from(data) },
        ]),
      ),
    );
    for (const name of Object.keys(outputs)) {
      assert.deepEqual([...theirs[name].shape], [...ours[name].shape], name);
      ours[name].data.forEach((wanted, i) => {
        assert.ok(Math.abs(theirs[name].data[i] - wanted) < 1e-5 * (1 + Math.abs(wanted)), `${name}[${i}]`);
      });
    }
  });
});
