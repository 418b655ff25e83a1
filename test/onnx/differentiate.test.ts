import assert from 'node:assert/strict';
import { stream } from '../../base/random.ts';
import { differentiate } from '../../onnx/differentiate.ts';
import { evaluateInDouble } from '../../onnx/evaluate.ts';
import { GRADIENTS } from '../../onnx/gradients.ts';
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

/** Operators, by ONNX name, that some expression below was made of when its gradient was compared. */
const compared = new Set<string>();

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
  for (const { operation } of lossGraph.operations) compared.add(operation.type);
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

describe('every operator', () => {
  const [x, y] = [input('x', [2, 3]), input('y', [2, 3])];
  /** One use of each; a new operator does not compile without an entry here. */
  const uses: Readonly<Record<keyof typeof op, Tensor>> = {
    add: op.add(x, y),
    sub: op.sub(x, y),
    mul: op.mul(x, y),
    div: op.div(x, y),
    min: op.min(x, y),
    max: op.max(x, y),
    neg: op.neg(x),
    abs: op.abs(x),
    exp: op.exp(x),
    log: op.log(x),
    sqrt: op.sqrt(x),
    relu: op.relu(x),
    tanh: op.tanh(x),
    sigmoid: op.sigmoid(x),
    softplus: op.softplus(x),
    sign: op.sign(x),
    square: op.square(x),
    stopGradient: op.stopGradient(x),
    hardSigmoid: op.hardSigmoid(x, 1, 0),
    step: op.step(x),
    stepDown: op.stepDown(x),
    clip: op.clip(x, 0, 1),
    matMul: op.matMul(x, op.swapLast(y)),
    gemm: op.gemm(x, y, undefined, { transposeB: true }),
    fusedMatMul: op.fusedMatMul(x, y, { transposeB: true }),
    swapLast: op.swapLast(x),
    slice: op.slice(x, 1, 0, 1),
    concat: op.concat([x, y], 0),
    reshape: op.reshape(x, [3, 2]),
    expand: op.expand(x, [2, 2, 3]),
    pad: op.pad(x, 0, 1, 1),
    transpose: op.transpose(x),
    reduceSum: op.reduceSum(x, [0]),
    reduceMean: op.reduceMean(x, [0]),
  };
  /** What rules and the optimiser write, and nobody differentiates. */
  const withoutGradient = ['HardSigmoid', 'FusedMatMul'];
  /** Constant almost everywhere, or meant to be. */
  const flat = ['Sign', 'StopGradient'];
  const typeOf = ({ source }: Tensor) => (source.kind === 'operation' ? source.operation.type : source.kind);
  const total = (result: Tensor) => op.reduceSum(result, [...result.shape.keys()]);

  for (const [name, result] of Object.entries(uses)) {
    const type = typeOf(result);
    it(`${name} (${type}) has a gradient that is compared above, or says that it has none`, () => {
      if (withoutGradient.includes(type)) {
        assert.throws(() => differentiate(total(result), [x]), { code: 'no-gradient' });
      } else if (flat.includes(type)) {
        assert.deepEqual(differentiate(total(result), [x]), [null]);
      } else {
        assert.ok(compared.has(type), `no expression above has ${type}`);
      }
    });
  }

  it('is used above', () => assert.deepEqual(Object.keys(uses).sort(), Object.keys(op).sort()));

  it('every rule is compared above', () => {
    // Identity is what graphs write for an output that is an input.
    const known = [...flat, 'Identity'];
    for (const type of Object.keys(GRADIENTS)) assert.ok(known.includes(type) || compared.has(type), type);
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
