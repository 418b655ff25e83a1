import {
  broadcast,
  checkAxis,
  type Dimension,
  elements,
  type Shape,
  sameShape,
  shapeError,
} from './shape.ts';
import { type Attribute, CONTRIB, integers, operate, STOP_GRADIENT, scalar, type Tensor } from './tensor.ts';

// Each function is one ONNX operator of opset 17, https://onnx.ai/onnx/operators/, under its own name in camel case.
// Numbers stand for scalars.

type Operand = Tensor | number;

export const add = (a: Operand, b: Operand): Tensor => elementwise('Add', a, b);
export const sub = (a: Operand, b: Operand): Tensor => elementwise('Sub', a, b);
export const mul = (a: Operand, b: Operand): Tensor => elementwise('Mul', a, b);
export const div = (a: Operand, b: Operand): Tensor => elementwise('Div', a, b);
export const min = (a: Operand, b: Operand): Tensor => elementwise('Min', a, b);
export const max = (a: Operand, b: Operand): Tensor => elementwise('Max', a, b);

export const neg = (x: Tensor): Tensor => unary('Neg', x);
export const abs = (x: Tensor): Tensor => unary('Abs', x);
export const exp = (x: Tensor): Tensor => unary('Exp', x);
export const log = (x: Tensor): Tensor => unary('Log', x);
export const sqrt = (x: Tensor): Tensor => unary('Sqrt', x);
export const relu = (x: Tensor): Tensor => unary('Relu', x);
export const tanh = (x: Tensor): Tensor => unary('Tanh', x);
export const sigmoid = (x: Tensor): Tensor => unary('Sigmoid', x);
export const softplus = (x: Tensor): Tensor => unary('Softplus', x);

export const sign = (x: Tensor): Tensor => unary('Sign', x);
export const square = (x: Tensor): Tensor => mul(x, x);

/** The value of x, through which no gradient goes: sg(·). */
export const stopGradient = (x: Tensor): Tensor => unary(STOP_GRADIENT, x);

/** max(0, min(1, slope·x + offset)). */
export function hardSigmoid(x: Tensor, slope: number, offset: number): Tensor {
  return apply('HardSigmoid', [x], x.shape, {
    alpha: { kind: 'float', value: slope },
    beta: { kind: 'float', value: offset },
  });
}

/**
 * 1 where x > 0, else 0 (for x below 1e−30 in between). A steep hard sigmoid, because it is one pass over memory with
 * all threads, where ONNX Runtime's comparisons, `Sign` and `Where` are several, each with one.
 */
export const step = (x: Tensor): Tensor => hardSigmoid(x, 1e30, 0);

/** 1 where x ≤ 0, else 0: 1 − step(x). */
export const stepDown = (x: Tensor): Tensor => hardSigmoid(x, -1e30, 1);

/** max(low, min(high, x)) with scalar bounds. */
export function clip(x: Tensor, low: number, high: number): Tensor {
  if (!(low <= high)) throw shapeError('Clip', [x.shape], `bounds in order, not ${low} and ${high}`);
  return apply('Clip', [x, scalar(low), scalar(high)], x.shape);
}

/** Matrix product; leading dimensions of higher ranks broadcast. */
export function matMul(a: Tensor, b: Tensor): Tensor {
  const inner = a.shape[a.rank - 1];
  if (a.rank < 2 || b.rank < 2 || inner !== b.shape[b.rank - 2]) {
    throw shapeError('MatMul', [a.shape, b.shape], '[…, rows, inner] and […, inner, columns]');
  }
  const leading = broadcast('MatMul', a.shape.slice(0, -2), b.shape.slice(0, -2));
  return apply('MatMul', [a, b], [...leading, a.shape[a.rank - 2], b.shape[b.rank - 1]]);
}

/** a·b + c on matrices, either transposed first; `c` broadcasts to the result. A dense layer is gemm(x, kernel, bias). */
export function gemm(
  a: Tensor,
  b: Tensor,
  c?: Tensor,
  { transposeA = false, transposeB = false } = {},
): Tensor {
  const [rows, inner] = transposeA ? [a.shape[1], a.shape[0]] : a.shape;
  const [other, columns] = transposeB ? [b.shape[1], b.shape[0]] : b.shape;
  if (a.rank !== 2 || b.rank !== 2 || inner !== other) {
    throw shapeError('Gemm', [a.shape, b.shape], '[rows, inner] and [inner, columns] after transposing');
  }
  const shape = [rows, columns];
  if (c !== undefined && !sameShape(broadcast('Gemm', shape, c.shape), shape)) {
    throw shapeError('Gemm', [shape, c.shape], 'a third operand that broadcasts to the product');
  }
  const attributes: Record<string, Attribute> = {};
  if (transposeA) attributes.transA = { kind: 'int', value: 1 };
  if (transposeB) attributes.transB = { kind: 'int', value: 1 };
  return apply('Gemm', c === undefined ? [a, b] : [a, b, c], shape, attributes);
}

/**
 * α·a·b with the last two axes of either swapped first, as one operation: `com.microsoft.FusedMatMul`. For graphs that
 * ONNX Runtime is to execute; written by the optimiser (onnx/optimise.ts).
 */
export function fusedMatMul(
  a: Tensor,
  b: Tensor,
  { transposeA = false, transposeB = false, scale = 1 } = {},
): Tensor {
  const product = matMul(transposeA ? swapLast(a) : a, transposeB ? swapLast(b) : b);
  const flag = (value: boolean): Attribute => ({ kind: 'int', value: value ? 1 : 0 });
  return operate(product.shape, {
    type: 'FusedMatMul',
    domain: CONTRIB,
    inputs: [a, b],
    attributes: {
      alpha: { kind: 'float', value: scale },
      transA: flag(transposeA),
      transB: flag(transposeB),
    },
  });
}

/** Swaps the last two axes. */
export function swapLast(x: Tensor): Tensor {
  const axes = x.shape.map((_, i) => i);
  return transpose(x, [...axes.slice(0, -2), x.rank - 1, x.rank - 2]);
}

/** Elements `start` to `end` (exclusive) along an axis whose size is known. */
export function slice(x: Tensor, axis: number, start: number, end: number): Tensor {
  const index = checkAxis('Slice', x.shape, axis);
  const size = x.shape[index];
  if (typeof size !== 'number' || !(0 <= start && start < end && end <= size)) {
    throw shapeError('Slice', [x.shape], `a range within axis ${index}, not ${start} to ${end}`);
  }
  const shape = x.shape.map((dimension, i) => (i === index ? end - start : dimension));
  return apply('Slice', [x, integers([start]), integers([end]), integers([index])], shape);
}

/** Tensors one after the other along an axis; all other dimensions are equal. */
export function concat(tensors: readonly Tensor[], axis: number): Tensor {
  const first = tensors[0].shape;
  const index = checkAxis('Concat', first, axis);
  let total = 0;
  for (const { shape } of tensors) {
    const size = shape[index];
    const fits = shape.length === first.length && shape.every((d, i) => i === index || d === first[i]);
    if (!fits || typeof size !== 'number') {
      throw shapeError('Concat', [first, shape], `shapes that differ in axis ${index} only, of known size`);
    }
    total += size;
  }
  const shape = first.map((dimension, i) => (i === index ? total : dimension));
  return apply('Concat', tensors, shape, { axis: { kind: 'int', value: index } });
}

/** The same elements, in the same order, in another shape. */
export function reshape(x: Tensor, shape: readonly number[]): Tensor {
  if (elements(x.shape) !== elements(shape)) {
    throw shapeError('Reshape', [x.shape, shape], 'as many elements after as before');
  }
  return sameShape(x.shape, shape) ? x : apply('Reshape', [x, integers(shape)], shape);
}

/** Repeats x along axes where it has size 1 until it has this shape. */
export function expand(x: Tensor, shape: readonly number[]): Tensor {
  if (!sameShape(broadcast('Expand', x.shape, shape), shape)) {
    throw shapeError('Expand', [x.shape, shape], 'a shape that x broadcasts to');
  }
  return sameShape(x.shape, shape) ? x : apply('Expand', [x, integers(shape)], shape);
}

/** x with `before` zeros in front and `after` behind along an axis. */
export function pad(x: Tensor, axis: number, before: number, after: number): Tensor {
  const index = checkAxis('Pad', x.shape, axis);
  const size = x.shape[index];
  if (typeof size !== 'number') throw shapeError('Pad', [x.shape], `a known size of axis ${index}`);
  const shape = x.shape.map((dimension, i) => (i === index ? size + before + after : dimension));
  const pads = [
    ...x.shape.map((_, i) => (i === index ? before : 0)),
    ...x.shape.map((_, i) => (i === index ? after : 0)),
  ];
  return apply('Pad', [x, integers(pads)], shape);
}

/** Permutes the axes; by default reverses them. */
export function transpose(x: Tensor, permutation = x.shape.map((_, i) => x.rank - 1 - i)): Tensor {
  const sorted = [...permutation].sort((a, b) => a - b);
  if (sorted.length !== x.rank || sorted.some((axis, i) => axis !== i)) {
    throw shapeError('Transpose', [x.shape], `a permutation of its axes, not [${permutation}]`);
  }
  const shape = permutation.map((axis) => x.shape[axis]);
  return apply('Transpose', [x], shape, { perm: { kind: 'ints', value: permutation } });
}

/** Sum over axes, which stay with size 1. */
export function reduceSum(x: Tensor, axes: readonly number[]): Tensor {
  const indices = axes.map((axis) => checkAxis('ReduceSum', x.shape, axis));
  return apply('ReduceSum', [x, integers(indices)], reduced(x.shape, indices), {
    keepdims: { kind: 'int', value: 1 },
  });
}

/** Mean over axes, which stay with size 1. */
export function reduceMean(x: Tensor, axes: readonly number[]): Tensor {
  const indices = axes.map((axis) => checkAxis('ReduceMean', x.shape, axis));
  return apply('ReduceMean', [x], reduced(x.shape, indices), {
    axes: { kind: 'ints', value: indices },
    keepdims: { kind: 'int', value: 1 },
  });
}

function elementwise(type: string, a: Operand, b: Operand): Tensor {
  const left = typeof a === 'number' ? scalar(a) : a;
  const right = typeof b === 'number' ? scalar(b) : b;
  return apply(type, [left, right], broadcast(type, left.shape, right.shape));
}

function unary(type: string, x: Tensor): Tensor {
  return apply(type, [x], x.shape);
}

function reduced(shape: Shape, axes: readonly number[]): Shape {
  return shape.map((dimension, i): Dimension => (axes.includes(i) ? 1 : dimension));
}

function apply(
  type: string,
  inputs: readonly Tensor[],
  shape: Shape,
  attributes: Readonly<Record<string, Attribute>> = {},
): Tensor {
  return operate(shape, { type, inputs, attributes });
}
