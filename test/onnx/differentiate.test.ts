import assert from 'node:assert/strict';
import { stream } from '../../base/random.ts';
import { differentiate } from '../../onnx/differentiate.ts';
import { evaluateInDouble } from '../../onnx/evaluate.ts';
import { buildGraph } from '../../onnx/graph.ts';
import * as op from '../../onnx/operators.ts';
import { optimise } from '../../onnx/optimise.ts';
import { within } from '../../onnx/scope.ts';
import { constant, input, type Tensor } from '../../onnx/tensor.ts';

type Numbers = { shape: readonly number[]; data: Float64Array };

const generator = stream(4, 'gradients');

function random(shape: readonly number[], positive: boolean): Numbers {
  const size = shape.reduce((product, n) => product * n, 1);
  const data = Float64Array.from({ length: size }, () => {
    const x = generator.normal();
    // Away from the kinks at 0 and the poles.
    return positive ? 0.3 + Math.abs(x) : Math.abs(x) < 0.05 ? 0.5 : x;
  });
  return { shape, data };
}

/** A sum of all elements, each with its own weight, so that every element's gradient differs. */
function weighted(x: Tensor): Tensor {
  const shape = x.shape as readonly number[];
  const size = shape.reduce((product, n) => product * n, 1);
  const weights = constant(
    Array.from({ length: size }, (_, i) => Math.fround(Math.sin(3 * i + 1))),
    shape,
  );
  const product = op.mul(x, weights);
  return op.reduceSum(
    product,
    product.shape.map((_, axis) => axis),
  );
}

/** Compares derived gradients with central difference quotients, in double precision, with and without optimising. */
function checkGradients(
  shapes: readonly (readonly number[])[],
  write: (...inputs: Tensor[]) => Tensor,
  { positive = false } = {},
): void {
  const inputs = shapes.map((shape, i) => input(`x${i}`, shape));
  const values = Object.fromEntries(shapes.map((shape, i) => [`x${i}`, random(shape, positive)]));
  const result = write(...inputs);
  const loss = result.shape.every((size) => size === 1) ? result : weighted(result);
  const gradients = differentiate(loss, inputs).map((gradient, i) => {
    assert.ok(gradient !== null, `no gradient of operand ${i}`);
    assert.deepEqual(gradient.shape, inputs[i].shape);
    return gradient;
  });
  const lossGraph = buildGraph('loss', inputs, { loss });
  const outputs = Object.fromEntries(gradients.map((gradient, i) => [`g${i}`, gradient]));
  const derived = evaluateInDouble(buildGraph('gradients', inputs, outputs), values);
  const optimised = evaluateInDouble(buildGraph('optimised', inputs, optimise(outputs)), values);
  const step = 1e-6;
  shapes.forEach((_, i) => {
    const { shape, data } = values[`x${i}`];
    data.forEach((value, k) => {
      const quotient = [step, -step]
        .map((change) => {
          const moved = data.slice();
          moved[k] = value + change;
          return evaluateInDouble(lossGraph, { ...values, [`x${i}`]: { shape, data: moved } }).loss.data[0];
        })
        .reduce((up, down) => (up - down) / (2 * step));
      for (const found of [derived[`g${i}`].data[k], optimised[`g${i}`].data[k]]) {
        const error = Math.abs(found - quotient) / Math.max(1, Math.abs(quotient));
        assert.ok(error < 1e-7, `operand ${i}, element ${k}: ${found}, by differences ${quotient}`);
      }
    });
  });
}

describe('gradients are the difference quotients', () => {
  const m = [2, 3];
  const unary: Record<string, (x: Tensor) => Tensor> = {
    neg: op.neg,
    abs: op.abs,
    exp: op.exp,
    relu: op.relu,
    tanh: op.tanh,
    sigmoid: op.sigmoid,
    softplus: op.softplus,
    square: op.square,
    clip: (x) => op.clip(x, -0.7, 0.9),
    'a sum over rows': (x) => op.reduceSum(x, [0]),
    'a sum over columns': (x) => op.reduceSum(x, [1]),
    'a mean over rows': (x) => op.reduceMean(x, [0]),
    'a mean over all': (x) => op.reduceMean(op.mul(x, x), [0, 1]),
    slice: (x) => op.slice(x, 1, 1, 3),
    'a slice from the end': (x) => op.slice(x, -1, 0, 1),
    transpose: (x) => op.transpose(x),
    reshape: (x) => op.reshape(op.mul(x, x), [3, 2, 1]),
    expand: (x) => op.expand(x, [4, 2, 3]),
    pad: (x) => op.pad(x, 1, 2, 1),
    'itself, three times': (x) => op.add(op.mul(x, x), op.mul(op.exp(x), x)),
    'operations with numbers': (x) => op.div(op.sub(2, op.mul(op.add(x, 1.5), 3)), 0.7),
  };
  for (const [name, f] of Object.entries(unary)) it(name, () => checkGradients([m], f));
  for (const [name, f] of Object.entries({
    log: op.log,
    sqrt: op.sqrt,
    'one over': (x: Tensor) => op.div(1, x),
  })) {
    it(name, () => checkGradients([m], f, { positive: true }));
  }

  const binary = { add: op.add, sub: op.sub, mul: op.mul, div: op.div, min: op.min, max: op.max };
  const shapes: [string, readonly number[], readonly number[]][] = [
    ['of equal shapes', [2, 3], [2, 3]],
    ['of a row', [2, 3], [1, 3]],
    ['of a column, on the left', [2, 1], [2, 3]],
    ['of an outer pair', [2, 1], [1, 3]],
    ['of a vector against a stack', [2, 2, 3], [3]],
    ['of a number', [], [2, 3]],
  ];
  for (const [name, f] of Object.entries(binary)) {
    for (const [shape, a, b] of shapes) {
      it(`${name} ${shape}`, () => checkGradients([a, b], (x, y) => f(x, y), { positive: name === 'div' }));
    }
  }

  const products: [string, readonly number[], readonly number[]][] = [
    ['matrices', [2, 3], [3, 4]],
    ['stacks of matrices', [2, 2, 3], [2, 3, 2]],
    ['one matrix against a stack', [2, 3], [2, 3, 2]],
    ['a stack against one matrix', [2, 2, 3], [3, 2]],
    ['a stack of one', [1, 2, 3], [2, 3, 2]],
  ];
  for (const [name, a, b] of products) {
    it(`a product of ${name}`, () => checkGradients([a, b], op.matMul));
    it(`a sum of a product of ${name}`, () => {
      checkGradients([a, b], (x, y) => {
        const product = op.matMul(x, y);
        return op.reduceSum(
          product,
          product.shape.map((_, axis) => axis),
        );
      });
    });
  }
  for (const transposeA of [false, true]) {
    for (const transposeB of [false, true]) {
      it(`gemm${transposeA ? ', first transposed' : ''}${transposeB ? ', second transposed' : ''}`, () => {
        const [a, b] = [transposeA ? [3, 2] : [2, 3], transposeB ? [4, 3] : [3, 4]];
        checkGradients([a, b, [4]], (x, y, z) => op.gemm(x, y, z, { transposeA, transposeB }));
      });
    }
  }
  it('concatenation', () => checkGradients([m, [2, 2]], (x, y) => op.concat([x, op.mul(y, y)], 1)));
  it('concatenation of stacks', () =>
    checkGradients(
      [
        [1, 2, 3],
        [2, 2, 3],
      ],
      (x, y) => op.concat([x, y], 0),
    ));

  it('a network of dense layers with layer normalisation, its loss a mean', () => {
    checkGradients(
      [
        [4, 3],
        [3, 5],
        [1, 5],
        [5, 2],
        [1, 2],
      ],
      (x, firstKernel, firstBias, secondKernel, secondBias) => {
        const layer = op.add(op.matMul(x, firstKernel), firstBias);
        const centred = op.sub(layer, op.reduceMean(layer, [1]));
        const deviation = op.sqrt(op.add(op.reduceMean(op.square(centred), [1]), 1e-5));
        const hidden = op.relu(op.div(centred, deviation));
        const y = op.add(op.matMul(hidden, secondKernel), secondBias);
        return op.reduceMean(op.square(op.tanh(y)), [0, 1]);
      },
    );
  });

  it('twin networks stacked in one product', () => {
    checkGradients(
      [
        [4, 3],
        [2, 3, 5],
        [2, 1, 5],
        [2, 5, 2],
      ],
      (x, kernel, bias, head) => {
        const y = op.matMul(op.relu(op.add(op.matMul(x, kernel), bias)), head);
        const q = op.slice(y, 2, 0, 1);
        const variance = op.add(op.softplus(op.slice(y, 2, 1, 2)), 1e-6);
        const smaller = op.min(op.slice(q, 0, 0, 1), op.slice(q, 0, 1, 2));
        return op.reduceMean(op.add(op.square(smaller), op.log(variance)), [0, 1, 2]);
      },
    );
  });
});

describe('differentiation', () => {
  it('stops at stopGradient, and says null where there is no influence', () => {
    const [x, y] = [input('x', [2]), input('y', [2])];
    const loss = op.reduceSum(op.mul(op.stopGradient(x), y), [0]);
    const [ofX, ofY] = differentiate(loss, [x, y]);
    assert.equal(ofX, null);
    const graph = buildGraph('g', [x, y], { ofY: ofY as Tensor });
    const data = Float64Array.of(3, 4);
    const values = { x: { shape: [2], data }, y: { shape: [2], data } };
    assert.deepEqual([...evaluateInDouble(graph, values).ofY.data], [3, 4]);
    assert.deepEqual(differentiate(loss, [input('z', [1])]), [null]);
  });

  it('scales every gradient by the seed', () => {
    const x = input('x', [2]);
    const [gradient] = differentiate(op.reduceSum(op.square(x), [0]), [x], 0.5);
    const graph = buildGraph('g', [x], { gradient: gradient as Tensor });
    const values = { x: { shape: [2], data: Float64Array.of(3, -4) } };
    assert.deepEqual([...evaluateInDouble(graph, values).gradient.data], [3, -4]);
  });

  it('goes through expressions of any depth, each once', () => {
    const x = input('x', [1]);
    let y: Tensor = x;
    // 2³⁰ paths lead from y to x.
    for (let i = 0; i < 30; i++) y = op.add(y, y);
    for (let i = 0; i < 3000; i++) y = op.add(y, 1);
    const [gradient] = differentiate(y, [x]);
    const graph = buildGraph('g', [x], { gradient: gradient as Tensor });
    assert.equal(
      evaluateInDouble(graph, { x: { shape: [1], data: Float64Array.of(1) } }).gradient.data[0],
      2 ** 30,
    );
  });

  it('refuses a loss of several numbers, and names what has no gradient and where it was written', () => {
    const x = input('x', [2, 2]);
    assert.throws(() => differentiate(x, [x]), { code: 'loss-is-no-number', message: /\[2, 2\]/ });
    const loss = within('odd loss', () => op.reduceSum(op.hardSigmoid(x, 1, 0), [0, 1]));
    assert.throws(() => differentiate(loss, [x]), {
      code: 'no-gradient',
      message: 'HardSigmoid[2, 2] in "odd loss" has no gradient.',
    });
  });

  it('names the part of a computation in which shapes do not fit', () => {
    const x = input('x', [2, 2]);
    assert.throws(() => within('critic', () => within('layer 1', () => op.matMul(x, input('y', [3, 1])))), {
      message: /^In "critic\/layer 1": MatMul cannot take \[2, 2\] and \[3, 1\]/,
    });
  });
});
