import { broadcast } from './shape.ts';
import { type Attribute, STOP_GRADIENT } from './tensor.ts';

/** A tensor in double precision, row-major. */
export interface Value {
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

export type Kernel = (inputs: readonly Value[], attributes: Readonly<Record<string, Attribute>>) => Value;

/** What each operator computes, by its ONNX name: https://onnx.ai/onnx/operators/. */
export const KERNELS: Readonly<Record<string, Kernel>> = {
  Identity: ([x]) => x,
  [STOP_GRADIENT]: ([x]) => x,
  Add: elementwise((a, b) => a + b),
  Sub: elementwise((a, b) => a - b),
  Mul: elementwise((a, b) => a * b),
  Div: elementwise((a, b) => a / b),
  Min: elementwise(Math.min),
  Max: elementwise(Math.max),
  Neg: unary((x) => -x),
  Abs: unary(Math.abs),
  Exp: unary(Math.exp),
  Log: unary(Math.log),
  Sqrt: unary(Math.sqrt),
  Sign: unary(Math.sign),
  HardSigmoid: ([x], { alpha, beta }) =>
    map(x, (value) => Math.max(0, Math.min(1, (alpha.value as number) * value + (beta.value as number)))),
  Relu: unary((x) => Math.max(x, 0)),
  Tanh: unary(Math.tanh),
  Sigmoid: unary((x) => 1 / (1 + Math.exp(-x))),
  Softplus: unary((x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)))),
  Clip: ([x, low, high]) => map(x, (value) => Math.min(Math.max(value, low.data[0]), high.data[0])),
  MatMul: ([a, b]) => matMul(a, b),
  Gemm: ([a, b, c], { transA, transB }) => {
    const product = matMul(transA === undefined ? a : swapLast(a), transB === undefined ? b : swapLast(b));
    return c === undefined ? product : KERNELS.Add([product, c], {});
  },
  FusedMatMul: ([a, b], { alpha, transA, transB }) => {
    const product = matMul(transA.value === 1 ? swapLast(a) : a, transB.value === 1 ? swapLast(b) : b);
    return map(product, (x) => x * (alpha.value as number));
  },
  Reshape: ([x, shape]) => ({ shape: [...shape.data], data: x.data }),
  Expand: ([x, shape]) =>
    KERNELS.Add([x, { shape: [...shape.data], data: new Float64Array(size([...shape.data])) }], {}),
  Pad: ([x, pads]) => pad(x, [...pads.data]),
  Slice: ([x, start, end, axis]) => slice(x, axis.data[0], start.data[0], end.data[0]),
  Concat: (inputs, { axis }) => concat(inputs, axis.value as number),
  Transpose: ([x], { perm }) => transpose(x, perm.value as readonly number[]),
  ReduceSum: ([x, axes]) => reduce(x, [...axes.data], false),
  ReduceMean: ([x], { axes }) => reduce(x, axes.value as readonly number[], true),
};

function unary(f: (x: number) => number): Kernel {
  return ([x]) => map(x, f);
}

function map({ shape, data }: Value, f: (x: number) => number): Value {
  return { shape, data: data.map((x) => f(x)) };
}

function elementwise(f: (a: number, b: number) => number): Kernel {
  return ([a, b]) => {
    const shape = broadcast('elementwise', a.shape, b.shape) as readonly number[];
    const [stepsA, stepsB] = [steps(a.shape, shape), steps(b.shape, shape)];
    const data = new Float64Array(size(shape));
    forEachIndex(shape, (index, i) => {
      data[i] = f(a.data[dot(index, stepsA)], b.data[dot(index, stepsB)]);
    });
    return { shape, data };
  };
}

function matMul(a: Value, b: Value): Value {
  const [rows, inner] = a.shape.slice(-2);
  const columns = b.shape[b.shape.length - 1];
  const leading = broadcast('MatMul', a.shape.slice(0, -2), b.shape.slice(0, -2)) as readonly number[];
  const [stepsA, stepsB] = [steps(a.shape.slice(0, -2), leading), steps(b.shape.slice(0, -2), leading)];
  const data = new Float64Array(size(leading) * rows * columns);
  const sums = new Float64Array(columns);
  forEachIndex(leading, (index, batch) => {
    const atA = dot(index, stepsA) * rows * inner;
    const atB = dot(index, stepsB) * inner * columns;
    for (let row = 0; row < rows; row++) {
      sums.fill(0);
      for (let i = 0; i < inner; i++) {
        const left = a.data[atA + row * inner + i];
        for (let column = 0; column < columns; column++) {
          sums[column] += left * b.data[atB + i * columns + column];
        }
      }
      data.set(sums, (batch * rows + row) * columns);
    }
  });
  return { shape: [...leading, rows, columns], data };
}

function slice(x: Value, axis: number, start: number, end: number): Value {
  const shape = x.shape.map((dimension, i) => (i === axis ? end - start : dimension));
  const from = steps(x.shape, x.shape);
  const data = new Float64Array(size(shape));
  forEachIndex(shape, (index, i) => {
    data[i] = x.data[dot(index, from) + start * from[axis]];
  });
  return { shape, data };
}

function concat(inputs: readonly Value[], axis: number): Value {
  const total = inputs.reduce((sum, { shape }) => sum + shape[axis], 0);
  const shape = inputs[0].shape.map((dimension, i) => (i === axis ? total : dimension));
  const to = steps(shape, shape);
  const data = new Float64Array(size(shape));
  let offset = 0;
  for (const part of inputs) {
    forEachIndex(part.shape, (index, i) => {
      data[dot(index, to) + offset * to[axis]] = part.data[i];
    });
    offset += part.shape[axis];
  }
  return { shape, data };
}

function pad(x: Value, pads: readonly number[]): Value {
  const rank = x.shape.length;
  const shape = x.shape.map((dimension, i) => dimension + pads[i] + pads[rank + i]);
  const to = steps(shape, shape);
  const data = new Float64Array(size(shape));
  forEachIndex(x.shape, (index, i) => {
    data[dot(index, to) + dot(pads.slice(0, rank), to)] = x.data[i];
  });
  return { shape, data };
}

function swapLast(x: Value): Value {
  const axes = x.shape.map((_, i) => i);
  const rank = axes.length;
  return transpose(x, [...axes.slice(0, -2), rank - 1, rank - 2]);
}

function transpose(x: Value, permutation: readonly number[]): Value {
  const shape = permutation.map((axis) => x.shape[axis]);
  const own = steps(x.shape, x.shape);
  const from = permutation.map((axis) => own[axis]);
  const data = new Float64Array(x.data.length);
  forEachIndex(shape, (index, i) => {
    data[i] = x.data[dot(index, from)];
  });
  return { shape, data };
}

function reduce(x: Value, axes: readonly number[], mean: boolean): Value {
  const shape = x.shape.map((dimension, i) => (axes.includes(i) ? 1 : dimension));
  const sums = new Float64Array(size(shape));
  const to = steps(shape, x.shape);
  forEachIndex(x.shape, (index, i) => {
    sums[dot(index, to)] += x.data[i];
  });
  const count = mean ? x.data.length / sums.length : 1;
  return { shape, data: Float64Array.from(sums, (sum) => sum / count) };
}

function size(shape: readonly number[]): number {
  return shape.reduce((product, dimension) => product * dimension, 1);
}

/** How far apart neighbours along each axis of `target` lie in an array of `shape`; 0 where it is stretched. */
function steps(shape: readonly number[], target: readonly number[]): number[] {
  const result = new Array<number>(target.length).fill(0);
  let step = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    if (shape[i] !== 1) result[target.length - shape.length + i] = step;
    step *= shape[i];
  }
  return result;
}

function forEachIndex(shape: readonly number[], visit: (index: readonly number[], i: number) => void): void {
  const count = size(shape);
  const index = new Array<number>(shape.length).fill(0);
  for (let i = 0; i < count; i++) {
    visit(index, i);
    for (let axis = shape.length - 1; axis >= 0 && ++index[axis] === shape[axis]; axis--) index[axis] = 0;
  }
}

function dot(index: readonly number[], weights: readonly number[]): number {
  let sum = 0;
  for (let i = 0; i < index.length; i++) sum += index[i] * weights[i];
  return sum;
}
