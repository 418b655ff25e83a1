import * as op from './operators.ts';
import { sameShape } from './shape.ts';
import { constant, constantData, type Operation, STOP_GRADIENT, type Tensor } from './tensor.ts';

/**
 * A better way to compute an operation's result, or undefined. Shapes and values are the same. `usedOnce` tells
 * whether an operand has no other use, so that it need not be computed any more.
 */
export type Rewrite = (
  operation: Operation,
  result: Tensor,
  usedOnce: (operand: Tensor) => boolean,
) => Tensor | undefined;

/**
 * What ONNX Runtime runs badly or need not run at all, by operation; the first that applies is taken. Each was found
 * in a profile (docs/onnx.md).
 */
export const REWRITES: Readonly<Record<string, readonly Rewrite[]>> = {
  [STOP_GRADIENT]: [({ inputs: [x] }) => x],
  Identity: [({ inputs: [x] }) => x],
  Add: [neutral(0), twice, padsToConcat, sumWithZeros, addOfNegative],
  Sub: [neutralRight(0)],
  Mul: [neutral(1), numberThroughProduct, numberThroughMatMul, productWithZeros],
  Pad: [padOfPad],
  Div: [neutralRight(1), divisionByNumber],
  Neg: [({ inputs: [x] }) => op.mul(x, -1)],
  MatMul: [
    ({ inputs: [a, b] }) => transposedFactor(a, b, false, false, 1),
    matMulWithZeros,
    numberThroughReshape,
  ],
  FusedMatMul: [
    ({ inputs: [a, b], attributes: { transA, transB, alpha } }) =>
      transposedFactor(a, b, transA.value === 1, transB.value === 1, alpha.value as number),
    matMulWithZeros,
    numberThroughReshape,
  ],
  Transpose: [transposedTwice, transposedProduct],
  ReduceSum: [sumOfRows],
  Slice: [sliceOfProduct, sliceOfConcat, sliceOfFunction],
};

/** x + 0, x · 1, on either side. */
function neutral(number: number): Rewrite {
  return ({ inputs: [a, b] }, result) => {
    if (numberOf(b) === number && sameShape(a.shape, result.shape)) return a;
    if (numberOf(a) === number && sameShape(b.shape, result.shape)) return b;
    return undefined;
  };
}

/** x + x → x · 2, which joins other numbers. */
function twice({ inputs: [a, b] }: Operation): Tensor | undefined {
  return a === b ? op.mul(a, 2) : undefined;
}

/** x − 0, x / 1. */
function neutralRight(number: number): Rewrite {
  return ({ inputs: [a, b] }, result) =>
    numberOf(b) === number && sameShape(a.shape, result.shape) ? a : undefined;
}

/** (x · c) · d → x · (c·d) for numbers c and d; numbers go to the right. */
function numberThroughProduct({ inputs: [a, b] }: Operation): Tensor | undefined {
  const [left, right] = [numberOf(a), numberOf(b)];
  if (left !== undefined && right === undefined) return op.mul(b, a);
  const inner = operationOf(a, 'Mul');
  if (right === undefined || inner === undefined) return undefined;
  const number = numberOf(inner.inputs[1]);
  return number === undefined ? undefined : op.mul(inner.inputs[0], number * right);
}

/** (a·b) · c → one product scaled on the way. */
function numberThroughMatMul(
  { inputs: [a, b] }: Operation,
  _: Tensor,
  usedOnce: (operand: Tensor) => boolean,
): Tensor | undefined {
  const number = numberOf(b);
  const product = operationOf(a, 'FusedMatMul') ?? operationOf(a, 'MatMul');
  if (number === undefined || product === undefined || !usedOnce(a)) return undefined;
  const { transA, transB, alpha } = product.attributes;
  const [transposeA, transposeB] = [transA?.value === 1, transB?.value === 1];
  const scale = number * ((alpha?.value as number | undefined) ?? 1);
  return op.fusedMatMul(product.inputs[0], product.inputs[1], { transposeA, transposeB, scale });
}

/** (a · c)·b, where a · c has another shape in the product, → one product scaled. ONNX Runtime finds the others. */
function numberThroughReshape({ inputs, attributes }: Operation): Tensor | undefined {
  const { transA, transB, alpha } = attributes;
  for (const factor of [0, 1]) {
    const scaled = operationOf(inputs[factor], 'Reshape')?.inputs[0];
    const [x, number] = (scaled === undefined ? undefined : operationOf(scaled, 'Mul'))?.inputs ?? [];
    const c = number === undefined ? undefined : numberOf(number);
    if (c === undefined) continue;
    const [a, b] = inputs.map((input, i) =>
      i === factor ? op.reshape(x, input.shape as readonly number[]) : input,
    );
    const scale = c * ((alpha?.value as number | undefined) ?? 1);
    return op.fusedMatMul(a, b, { transposeA: transA?.value === 1, transposeB: transB?.value === 1, scale });
  }
  return undefined;
}

/** x / c → x · (1/c) for a number c whose inverse is exact. */
function divisionByNumber({ inputs: [a, b] }: Operation): Tensor | undefined {
  const number = numberOf(b);
  if (number === undefined || Math.fround(1 / number) !== 1 / number) return undefined;
  return op.mul(a, 1 / number);
}

/** a + b · −1 → a − b. */
function addOfNegative({ inputs: [a, b] }: Operation): Tensor | undefined {
  const [left, right] = [a, b].map((x) => {
    const product = operationOf(x, 'Mul');
    return product !== undefined && numberOf(product.inputs[1]) === -1 ? product.inputs[0] : undefined;
  });
  if (right !== undefined) return op.sub(a, right);
  return left === undefined ? undefined : op.sub(b, left);
}

/** Zeros around either of two neighbours, added: the neighbours side by side. */
function padsToConcat({ inputs }: Operation): Tensor | undefined {
  const [first, second] = inputs.map(padOf);
  if (first === undefined || second === undefined || first.axis !== second.axis) return undefined;
  for (const [left, right] of [
    [first, second],
    [second, first],
  ]) {
    const [own, other] = [left.x.shape[left.axis], right.x.shape[right.axis]];
    if (left.before === 0 && right.after === 0 && left.after === other && right.before === own) {
      return op.concat([left.x, right.x], left.axis);
    }
  }
  return undefined;
}

/**
 * Rows of zeros stay out of the work: what is computed from x with zeros around is computed from x alone, and the
 * zeros are put around the result. So the gradient of a loss on some rows of a batch costs those rows only.
 */
function productWithZeros({ inputs: [a, b] }: Operation, result: Tensor): Tensor | undefined {
  for (const [padded, other] of [
    [a, b],
    [b, a],
  ]) {
    const zeros = padOf(padded);
    if (zeros === undefined || padded.rank !== result.rank) continue;
    const { x, axis, before, after } = zeros;
    const otherAxis = axis - padded.rank + other.rank;
    const whole = (other.shape[otherAxis] ?? 1) === 1;
    const part = whole ? other : op.slice(other, otherAxis, before, before + (x.shape[axis] as number));
    return op.pad(op.mul(x, part), axis, before, after);
  }
  return undefined;
}

function sumWithZeros({ inputs }: Operation): Tensor | undefined {
  const [first, second] = inputs.map(padOf);
  if (first === undefined || second === undefined) return undefined;
  const { axis, before, after } = first;
  const fits = second.axis === axis && second.before === before && second.after === after;
  return fits && first.x.rank === second.x.rank && first.x.shape[axis] === second.x.shape[axis]
    ? op.pad(op.add(first.x, second.x), axis, before, after)
    : undefined;
}

/** Of two pads on different axes the one of the rows goes outside. */
function padOfPad({ inputs: [x] }: Operation, result: Tensor): Tensor | undefined {
  const [outer, inner] = [padOf(result), padOf(x)];
  if (outer === undefined || inner === undefined || inner.axis >= outer.axis) return undefined;
  return op.pad(
    op.pad(inner.x, outer.axis, outer.before, outer.after),
    inner.axis,
    inner.before,
    inner.after,
  );
}

function matMulWithZeros({ inputs: [a, b], attributes }: Operation, result: Tensor): Tensor | undefined {
  const { transA, transB, alpha } = attributes;
  const [transposeA, transposeB] = [transA?.value === 1, transB?.value === 1];
  const options = { transposeA, transposeB, scale: (alpha?.value as number | undefined) ?? 1 };
  const [left, right] = [padOf(a), padOf(b)];
  if (left !== undefined && left.axis === a.rank - (transposeA ? 1 : 2)) {
    const { x, before, after } = left;
    return op.pad(op.fusedMatMul(x, b, options), result.rank - 2, before, after);
  }
  // Zeros in the axis that is summed over: the other factor without the numbers that meet them.
  if (right !== undefined && right.axis === b.rank - (transposeB ? 1 : 2)) {
    const { x, axis, before } = right;
    const part = op.slice(a, transposeA ? -2 : -1, before, before + (x.shape[axis] as number));
    return op.fusedMatMul(part, x, options);
  }
  return undefined;
}

/** Part of a function of x: the function of that part of x, where the rest is not wanted. */
function sliceOfFunction(
  { inputs: [x, start, end, axes] }: Operation,
  _: Tensor,
  usedOnce: (operand: Tensor) => boolean,
): Tensor | undefined {
  const { source } = x;
  if (source.kind !== 'operation' || !usedOnce(x)) return undefined;
  const [from, to, axis] = [start, end, axes].map((tensor) => Number(constantData(tensor)?.[0]));
  const { type, inputs, attributes } = source.operation;
  const [operand] = inputs;
  if (type === 'HardSigmoid') {
    const part = op.slice(operand, axis, from, to);
    return op.hardSigmoid(part, attributes.alpha.value as number, attributes.beta.value as number);
  }
  if (type === 'ReduceSum') {
    const summed = Array.from(constantData(inputs[1]) ?? [], Number);
    return summed.includes(axis) ? undefined : op.reduceSum(op.slice(operand, axis, from, to), summed);
  }
  if (type === 'Reshape') {
    const leading = operand.rank - x.rank;
    if (leading <= 0 || operand.shape.some((size, i) => size !== (i < leading ? 1 : x.shape[i - leading]))) {
      return undefined;
    }
    const part = op.slice(operand, axis + leading, from, to);
    return op.reshape(part, part.shape.slice(leading) as number[]);
  }
  return undefined;
}

/** A factor that was transposed by an operation of its own is transposed on the way. */
function transposedFactor(
  a: Tensor,
  b: Tensor,
  transposeA: boolean,
  transposeB: boolean,
  scale: number,
): Tensor | undefined {
  const [left, right] = [untransposed(a), untransposed(b)];
  if (left === undefined && right === undefined) return undefined;
  return op.fusedMatMul(left ?? a, right ?? b, {
    transposeA: transposeA !== (left !== undefined),
    transposeB: transposeB !== (right !== undefined),
    scale,
  });
}

/** (xᵀ)ᵀ → x. */
function transposedTwice({ inputs: [x] }: Operation, result: Tensor): Tensor | undefined {
  return untransposed(result) === undefined ? undefined : untransposed(x);
}

/** (a·b)ᵀ → bᵀ·aᵀ, where the product itself is not wanted. */
function transposedProduct(
  { inputs: [x] }: Operation,
  result: Tensor,
  usedOnce: (operand: Tensor) => boolean,
): Tensor | undefined {
  const product = operationOf(x, 'FusedMatMul') ?? operationOf(x, 'MatMul');
  if (untransposed(result) === undefined || product === undefined || !usedOnce(x)) return undefined;
  const { transA, transB, alpha } = product.attributes;
  const [a, b] = product.inputs;
  if (a.rank < 2 || b.rank < 2) return undefined;
  const scale = (alpha?.value as number | undefined) ?? 1;
  return op.fusedMatMul(b, a, { transposeA: transB?.value !== 1, transposeB: transA?.value !== 1, scale });
}

/** A sum over the rows of (stacked) matrices as a product with a row of ones, which uses all threads. */
function sumOfRows({ inputs: [x, axes] }: Operation, result: Tensor): Tensor | undefined {
  const [axis, ...others] = Array.from(constantData(axes) ?? [], Number);
  const rows = x.shape[x.rank - 2];
  if (others.length > 0 || x.rank < 2 || axis !== x.rank - 2 || typeof rows !== 'number') return undefined;
  if (rows < 16 || x.shape.slice(0, -2).some((size) => typeof size !== 'number')) return undefined;
  const leading = x.shape.slice(0, -2) as readonly number[];
  const count = leading.reduce((n, size) => n * size, rows);
  const sum = op.matMul(constant(new Float32Array(count).fill(1), [...leading, 1, rows]), x);
  return sameShape(sum.shape, result.shape) ? sum : undefined;
}

/** Columns of a product: the product with only those columns of the second factor. */
function sliceOfProduct(
  { inputs: [x, start, end, axes] }: Operation,
  _: Tensor,
  usedOnce: (operand: Tensor) => boolean,
): Tensor | undefined {
  const product = operationOf(x, 'FusedMatMul') ?? operationOf(x, 'MatMul');
  const [from, to, axis] = [start, end, axes].map((tensor) => Number(constantData(tensor)?.[0]));
  if (product === undefined || axis !== x.rank - 1 || !usedOnce(x)) return undefined;
  const { transA, transB, alpha } = product.attributes;
  const [transposeA, transposeB] = [transA?.value === 1, transB?.value === 1];
  const [a, b] = product.inputs;
  const columns = op.slice(b, transposeB ? -2 : -1, from, to);
  const scale = (alpha?.value as number | undefined) ?? 1;
  return op.fusedMatMul(a, columns, { transposeA, transposeB, scale });
}

/** A slice that lies within one part of a concatenation. */
function sliceOfConcat({ inputs: [x, start, end, axes] }: Operation): Tensor | undefined {
  const concat = operationOf(x, 'Concat');
  const [from, to, axis] = [start, end, axes].map((tensor) => Number(constantData(tensor)?.[0]));
  if (concat === undefined || concat.attributes.axis.value !== axis) return undefined;
  let offset = 0;
  for (const part of concat.inputs) {
    const size = part.shape[axis] as number;
    if (from >= offset && to <= offset + size) {
      return from === offset && to === offset + size
        ? part
        : op.slice(part, axis, from - offset, to - offset);
    }
    offset += size;
  }
  return undefined;
}

function operationOf(tensor: Tensor, type: string): Operation | undefined {
  const { source } = tensor;
  return source.kind === 'operation' && source.operation.type === type ? source.operation : undefined;
}

/** The value of a constant with one element that stretches no shape. */
function numberOf(tensor: Tensor): number | undefined {
  if (tensor.rank !== 0 || tensor.type !== 'float32') return undefined;
  const data = constantData(tensor);
  return data === undefined ? undefined : Number(data[0]);
}

/** x of a transpose that swaps the last two axes of x. */
function untransposed(tensor: Tensor): Tensor | undefined {
  const transpose = operationOf(tensor, 'Transpose');
  if (transpose === undefined) return undefined;
  const permutation = transpose.attributes.perm.value as readonly number[];
  const rank = permutation.length;
  const swapsLast = permutation.every(
    (axis, i) => axis === (i === rank - 1 ? rank - 2 : i === rank - 2 ? rank - 1 : i),
  );
  return swapsLast ? transpose.inputs[0] : undefined;
}

function padOf(tensor: Tensor) {
  const operation = operationOf(tensor, 'Pad');
  if (operation === undefined) return undefined;
  const [x, pads] = operation.inputs;
  const amounts = Array.from(constantData(pads) ?? [], Number);
  const axes = x.shape.map((_, i) => i).filter((i) => amounts[i] !== 0 || amounts[x.rank + i] !== 0);
  if (axes.length !== 1) return undefined;
  const [axis] = axes;
  return { x, axis, before: amounts[axis], after: amounts[x.rank + axis] };
}
