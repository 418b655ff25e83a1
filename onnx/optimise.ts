import { KERNELS } from './kernels.ts';
import { REWRITES } from './rewrites.ts';
import { within } from './scope.ts';
import { elements } from './shape.ts';
import { type Attribute, constant, Tensor } from './tensor.ts';

/** Constants up to this size are computed when the graph is built. */
const FOLDED_SIZE = 4096;

/**
 * The same results by fewer and faster operations for ONNX Runtime on a processor: constants computed beforehand,
 * equal expressions shared, and the rewrites of onnx/rewrites.ts. Rounding may differ in the last bits. Inputs stay
 * the same tensors.
 */
export function optimise<T extends Readonly<Record<string, Tensor>>>(outputs: T): T {
  const optimiser = new Optimiser(Object.values(outputs));
  return Object.fromEntries(
    Object.entries(outputs).map(([name, tensor]) => [name, optimiser.visit(tensor)]),
  ) as unknown as T;
}

class Optimiser {
  readonly #done = new Map<Tensor, Tensor>();
  readonly #known = new Map<string, Tensor>();
  readonly #ids = new Map<Tensor, number>();
  /** How many operations and outputs use a tensor; those that rewrites make are not counted. */
  readonly #uses = new Map<Tensor, number>();

  constructor(outputs: readonly Tensor[]) {
    const seen = new Set(outputs);
    for (const tensor of seen) {
      // A set that grows is walked to its new end.
      const operands = tensor.source.kind === 'operation' ? tensor.source.operation.inputs : [];
      for (const operand of operands) {
        seen.add(operand);
        this.#count(operand, 1);
      }
    }
    for (const output of outputs) this.#count(output, 1);
  }

  #count(tensor: Tensor, uses: number): void {
    this.#uses.set(tensor, (this.#uses.get(tensor) ?? 0) + uses);
  }

  visit(root: Tensor): Tensor {
    const stack = [root];
    while (stack.length > 0) {
      const tensor = stack[stack.length - 1];
      if (this.#done.has(tensor)) {
        stack.pop();
        continue;
      }
      const operands = tensor.source.kind === 'operation' ? tensor.source.operation.inputs : [];
      const missing = operands.filter((operand) => !this.#done.has(operand));
      if (missing.length > 0) {
        stack.push(...missing);
        continue;
      }
      const better = this.#improve(tensor);
      this.#done.set(tensor, better);
      if (better !== tensor) this.#count(better, this.#uses.get(tensor) ?? 0);
      stack.pop();
    }
    return this.#done.get(root) as Tensor;
  }

  #improve(tensor: Tensor): Tensor {
    if (tensor.source.kind !== 'operation') return this.#share(tensor);
    const { operation } = tensor.source;
    const inputs = operation.inputs.map((operand) => this.#done.get(operand) as Tensor);
    const rebuilt = new Tensor(tensor.shape, tensor.type, {
      kind: 'operation',
      operation: { ...operation, inputs },
    });
    const folded = fold(rebuilt, inputs);
    if (folded !== undefined) return this.#share(folded);
    for (const rewrite of REWRITES[operation.type] ?? []) {
      const write = () =>
        rewrite({ ...operation, inputs }, rebuilt, (operand) => (this.#uses.get(operand) ?? 0) <= 1);
      const better = operation.scope === undefined ? write() : within(operation.scope, write);
      if (better === undefined) continue;
      // Its parts are new, and may have better forms in turn.
      return this.visit(better);
    }
    return this.#share(rebuilt);
  }

  /** The first tensor that was made in the same way. */
  #share(tensor: Tensor): Tensor {
    const key = this.#key(tensor);
    const known = key === undefined ? undefined : this.#known.get(key);
    if (known !== undefined) return known;
    if (key !== undefined) this.#known.set(key, tensor);
    this.#done.set(tensor, tensor);
    return tensor;
  }

  #key({ source, shape, type }: Tensor): string | undefined {
    if (source.kind === 'input') return undefined;
    const form = `${type}[${shape.join()}]`;
    if (source.kind === 'constant') {
      if (source.data.length > 64) return undefined;
      const values = Array.from(source.data as ArrayLike<number>, (x) =>
        Object.is(x, -0) ? '-0' : String(x),
      );
      return `${form}=${values.join()}`;
    }
    const { type: name, inputs, attributes } = source.operation;
    return `${name}${form}(${inputs.map((operand) => this.#id(operand)).join()})${attributeKey(attributes)}`;
  }

  #id(tensor: Tensor): number {
    const known = this.#ids.get(tensor) ?? this.#ids.size;
    this.#ids.set(tensor, known);
    return known;
  }
}

function attributeKey(attributes: Readonly<Record<string, Attribute>>): string {
  return Object.entries(attributes)
    .map(([name, { value }]) => `${name}=${value}`)
    .sort()
    .join();
}

/** The value of an operation on constants, if it is small. */
function fold(tensor: Tensor, inputs: readonly Tensor[]): Tensor | undefined {
  const small = inputs.every(
    ({ source, shape }) => source.kind === 'constant' && elements(shape) <= FOLDED_SIZE,
  );
  const { source, shape, type } = tensor;
  if (!small || source.kind !== 'operation' || type !== 'float32' || elements(shape) > FOLDED_SIZE)
    return undefined;
  const values = inputs.map(({ source, shape }) => ({
    shape: shape as readonly number[],
    data: Float64Array.from(source.kind === 'constant' ? (source.data as ArrayLike<number>) : [], Number),
  }));
  const { data } = KERNELS[source.operation.type](values, source.operation.attributes);
  return constant(data, shape);
}
