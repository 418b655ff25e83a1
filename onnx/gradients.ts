import * as op from './operators.ts';
import { type Dimension, type Shape, sameShape, shapeError } from './shape.ts';
import { constantData, type Operation, scalar, type Tensor } from './tensor.ts';

/**
 * Gradients of an operation's operands (undefined: none) from its result and the result's gradient. `wants` tells
 * which operands are asked for. A gradient may have size 1 along an axis where the tensor has more: it is the same
 * all along that axis then.
 */
export type GradientRule = (
  result: Tensor,
  gradient: Tensor,
  operation: Operation,
  wants: (operand: Tensor) => boolean,
) => readonly (Tensor | undefined)[];

/** The rule of each operation, by its ONNX name. */
export const GRADIENTS: Readonly<Record<string, GradientRule>> = {
  Identity: (_, g) => [g],
  StopGradient: () => [],
  Sign: () => [],
  Neg: (_, g) => [op.neg(g)],
  Abs: unary((x, g) => op.mul(g, op.sign(x))),
  Exp: unary((_, g, y) => op.mul(g, y)),
  Log: unary((x, g) => op.div(g, x)),
  Sqrt: unary((_, g, y) => op.div(op.mul(g, 0.5), y)),
  Relu: unary((_, g, y) => op.mul(g, op.step(y))),
  Tanh: unary((_, g, y) => op.mul(g, op.sub(1, op.mul(y, y)))),
  Sigmoid: unary((_, g, y) => op.mul(g, op.mul(y, op.sub(1, y)))),
  Softplus: unary((x, g) => op.mul(g, op.sigmoid(x))),

  Add: binary(
    (g) => g,
    (g) => g,
  ),
  Sub: binary(
    (g) => g,
    (g) => op.neg(g),
  ),
  Mul: binary(
    (g, _, b) => op.mul(g, b),
    (g, a) => op.mul(g, a),
  ),
  Div: binary(
    (g, _, b) => op.div(g, b),
    (g, _, b, y) => op.neg(op.div(op.mul(g, y), b)),
  ),
  // On a tie the second operand is the one chosen.
  Min: binary(
    (g, a, b) => op.mul(g, op.step(op.sub(b, a))),
    (g, a, b) => op.mul(g, op.stepDown(op.sub(b, a))),
  ),
  Max: binary(
    (g, a, b) => op.mul(g, op.step(op.sub(a, b))),
    (g, a, b) => op.mul(g, op.stepDown(op.sub(a, b))),
  ),
  // 1 where nothing was cut off, the bounds themselves included.
  Clip: unary((x, g, y) => op.mul(g, op.stepDown(op.square(op.sub(x, y))))),

  MatMul: (result, g, { inputs: [a, b] }, wants) => {
    const full = op.expand(g, sizes(result));
    return [
      wants(a) ? reduceTo(op.matMul(full, op.swapLast(b)), a.shape) : undefined,
      wants(b) ? weightGradient(a, full, b.shape) : undefined,
    ];
  },
  Gemm: (result, g, { inputs: [a, b, c], attributes }, wants) => {
    const full = op.expand(g, sizes(result));
    const [transA, transB] = [attributes.transA !== undefined, attributes.transB !== undefined];
    const product = (x: Tensor, y: Tensor, transposeA: boolean, transposeB: boolean) =>
      op.gemm(x, y, undefined, { transposeA, transposeB });
    const ofA = () => (transA ? product(b, full, transB, true) : product(full, b, false, !transB));
    const ofB = () => (transB ? product(full, a, true, transA) : product(a, full, !transA, false));
    return [
      wants(a) ? ofA() : undefined,
      wants(b) ? ofB() : undefined,
      c !== undefined && wants(c) ? reduceTo(full, c.shape) : undefined,
    ];
  },

  ReduceSum: (_, g) => [g],
  ReduceMean: (result, g, { inputs: [x] }) => [op.mul(g, result.rank === 0 ? 1 : 1 / averaged(x, result))],

  Slice: (result, g, { inputs: [x, start, , axisIndex] }) => {
    const [from, axis] = [start, axisIndex].map((tensor) => Number(constantData(tensor)?.[0]));
    const [size, taken] = [sizes(x)[axis], sizes(result)[axis]];
    return [op.pad(op.expand(g, sizes(result)), axis, from, size - from - taken)];
  },
  Concat: (_, g, { inputs, attributes }) => {
    const axis = attributes.axis.value as number;
    let from = 0;
    return inputs.map((part) => {
      const start = from;
      from += sizes(part)[axis];
      return isConstantAlong(g, axis, _.rank) ? g : op.slice(g, axis - _.rank + g.rank, start, from);
    });
  },
  Pad: (result, g, { inputs: [x, pads] }) => {
    const amounts = Array.from(constantData(pads) ?? [], Number);
    return [
      sizes(x).reduce(
        (whole, size, axis) =>
          amounts[axis] === 0 && size === result.shape[axis]
            ? whole
            : op.slice(whole, axis, amounts[axis], amounts[axis] + size),
        op.expand(g, sizes(result)),
      ),
    ];
  },
  Reshape: (result, g, { inputs: [x] }) => [op.reshape(op.expand(g, sizes(result)), sizes(x))],
  Expand: (result, g, { inputs: [x] }) => [reduceTo(op.expand(g, sizes(result)), x.shape)],
  Transpose: (result, g, { attributes }) => {
    const permutation = attributes.perm.value as readonly number[];
    const inverse = permutation.map((_, axis) => permutation.indexOf(axis));
    return [op.transpose(op.expand(g, sizes(result)), inverse)];
  },
};

function unary(rule: (x: Tensor, g: Tensor, y: Tensor) => Tensor): GradientRule {
  return (y, g, { inputs: [x] }) => [rule(x, g, y)];
}

function binary(
  first: (g: Tensor, a: Tensor, b: Tensor, y: Tensor) => Tensor,
  second: (g: Tensor, a: Tensor, b: Tensor, y: Tensor) => Tensor,
): GradientRule {
  return (y, g, { inputs: [a, b] }, wants) => [
    wants(a) ? broadcastBack(first(g, a, b, y), y.shape, a.shape) : undefined,
    wants(b) ? broadcastBack(second(g, a, b, y), y.shape, b.shape) : undefined,
  ];
}

/**
 * Gradient of an operand of `shape` that was stretched to `stretched`: the sum along the axes it was stretched along.
 * Where `g` is constant along such an axis the sum is a multiplication.
 */
function broadcastBack(g: Tensor, stretched: Shape, shape: Shape): Tensor {
  let factor = 1;
  const axes: number[] = [];
  for (let i = 1; i <= stretched.length; i++) {
    const [own, whole, here] = [shape.at(-i) ?? 1, stretched.at(-i) ?? 1, g.shape.at(-i) ?? 1];
    if (own !== 1 || whole === 1) continue;
    if (here === 1) factor *= known(whole, stretched);
    else axes.push(g.rank - i);
  }
  const sum = axes.length === 0 ? g : op.reduceSum(g, axes);
  const scaled = factor === 1 ? sum : op.mul(sum, scalar(factor));
  return dropLeading(scaled, shape);
}

/** As {@link broadcastBack} for a gradient that has the full shape. */
function reduceTo(g: Tensor, shape: Shape): Tensor {
  return broadcastBack(g, g.shape, shape);
}

/** Axes of size 1 in front that `shape` does not have are dropped. */
function dropLeading(g: Tensor, shape: Shape): Tensor {
  return g.rank <= shape.length ? g : op.reshape(g, sizes(g).slice(g.rank - shape.length));
}

/** ∂/∂b of a·b; a matrix b shared by all of a's leading axes takes one product with those folded into the rows. */
function weightGradient(a: Tensor, g: Tensor, shape: Shape): Tensor {
  if (
    a.rank > 2 &&
    shape.length === 2 &&
    a.rank === g.rank &&
    sameShape(a.shape.slice(0, -2), g.shape.slice(0, -2))
  ) {
    const rows = (x: Tensor) =>
      op.reshape(x, [
        sizes(x)
          .slice(0, -1)
          .reduce((n, size) => n * size, 1),
        sizes(x)[x.rank - 1],
      ]);
    return op.matMul(op.swapLast(rows(a)), rows(g));
  }
  return reduceTo(op.matMul(op.swapLast(a), g), shape);
}

function isConstantAlong(g: Tensor, axis: number, rank: number): boolean {
  return (g.shape[axis - rank + g.rank] ?? 1) === 1;
}

function averaged(x: Tensor, mean: Tensor): number {
  return x.shape.reduce<number>(
    (count, size, axis) => (mean.shape[axis] === size ? count : count * known(size, x.shape)),
    1,
  );
}

function sizes(x: Tensor): readonly number[] {
  return x.shape.map((size) => known(size, x.shape));
}

function known(size: Dimension, shape: Shape): number {
  if (typeof size === 'number') return size;
  throw shapeError('a gradient', [shape], `a known size in place of "${size}"`);
}
