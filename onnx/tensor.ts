import { currentScope } from './scope.ts';
import { elements, formatShape, type Shape, shapeError } from './shape.ts';

/** Element types that graphs here use. int64 holds sizes and axes, bool the results of comparisons. */
export type DataType = 'float32' | 'int64' | 'bool';
export type ConstantData = Float32Array | BigInt64Array;

/** Static arguments of an operation, as ONNX attributes: a float, an int, a list of ints, or a text. */
export type Attribute =
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'int'; readonly value: number }
  | { readonly kind: 'ints'; readonly value: readonly number[] }
  | { readonly kind: 'string'; readonly value: string };

/** ONNX Runtime's own operators: https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md. */
export const CONTRIB = 'com.microsoft';

/** Type of the one operation that is no ONNX operator: the identity, through which no gradient goes. */
export const STOP_GRADIENT = 'StopGradient';

/** One application of an ONNX operator. */
export interface Operation {
  /** ONNX `op_type`, e.g. `Gemm`. */
  readonly type: string;
  /** Operator set it belongs to; the default one, or {@link CONTRIB}. */
  readonly domain?: typeof CONTRIB;
  /** Which part of the whole wrote it (see {@link within}), for node names, profiles and error messages. */
  readonly scope?: string;
  readonly inputs: readonly Tensor[];
  readonly attributes: Readonly<Record<string, Attribute>>;
}

/** Where a tensor comes from. */
export type Source =
  | { readonly kind: 'input'; readonly name: string }
  | { readonly kind: 'constant'; readonly data: ConstantData }
  | { readonly kind: 'operation'; readonly operation: Operation };

/**
 * A value in a graph that is being written: an immutable expression with a known shape and type. Expressions share
 * their parts, so a tensor used twice is computed once. Functions of onnx/operators.ts make new ones from old ones and
 * check shapes at once, where the mistake is.
 */
export class Tensor {
  readonly shape: Shape;
  readonly type: DataType;
  readonly source: Source;
  /** Name for people, which a constant keeps in the file. */
  readonly label: string | undefined;

  constructor(shape: Shape, type: DataType, source: Source, label?: string) {
    this.shape = shape;
    this.type = type;
    this.source = source;
    this.label = label;
  }

  get rank(): number {
    return this.shape.length;
  }

  toString(): string {
    const { source } = this;
    const what = source.kind === 'operation' ? source.operation.type : (this.label ?? source.kind);
    return `${what}${formatShape(this.shape)}`;
  }
}

/** Makes the result of an operation, in the current scope unless it has one. */
export function operate(shape: Shape, operation: Operation, type: DataType = 'float32'): Tensor {
  const scope = operation.scope ?? currentScope();
  return new Tensor(shape, type, {
    kind: 'operation',
    operation: scope === undefined ? operation : { ...operation, scope },
  });
}

/** A value that whoever runs the graph gives, float32. */
export function input(name: string, shape: Shape): Tensor {
  return new Tensor(shape, 'float32', { kind: 'input', name }, name);
}

/** Float32 numbers that are part of the graph, such as weights. The data is copied. */
export function constant(data: ArrayLike<number>, shape: Shape = [data.length], label?: string): Tensor {
  if (elements(shape) !== data.length) {
    throw shapeError(label ?? 'constant', [shape], `${data.length} elements in all`);
  }
  return new Tensor(shape, 'float32', { kind: 'constant', data: Float32Array.from(data) }, label);
}

/** A float32 number. */
export function scalar(value: number): Tensor {
  return constant([value], []);
}

/** Whole numbers such as axes, int64. */
export function integers(values: readonly number[]): Tensor {
  const data = BigInt64Array.from(values, (value) => BigInt(value));
  return new Tensor([values.length], 'int64', { kind: 'constant', data });
}

/** The data of a constant; undefined for anything else. */
export function constantData(tensor: Tensor): ConstantData | undefined {
  return tensor.source.kind === 'constant' ? tensor.source.data : undefined;
}
