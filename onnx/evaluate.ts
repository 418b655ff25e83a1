import { InputError } from '../base/errors.ts';
import type { Graph, NamedOperation } from './graph.ts';
import { KERNELS } from './kernels.ts';
import { formatShape } from './shape.ts';

/** A tensor with numbers: row-major, sizes known. */
export interface Value {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/**
 * Runs a graph plainly: the reference that compiled graphs are compared with, and what stands in where no ONNX runtime
 * is installed. Results of operations are float32, sums inside them double. Slow; not for anything in a loop.
 */
export function evaluate(
  graph: Graph,
  inputs: Readonly<Record<string, Value>>,
): Readonly<Record<string, Value>> {
  const values = new Map<string, Value>();
  const sizes = new Map<string, number>();
  for (const { name, tensor } of graph.inputs) {
    const value = inputs[name];
    const fits =
      value !== undefined &&
      value.shape.length === tensor.rank &&
      tensor.shape.every((size, i) => fitsDimension(size, value.shape[i], sizes));
    if (!fits) {
      throw new InputError({
        code: 'bad-input-shape',
        message: `Input "${name}" is ${value === undefined ? 'missing' : formatShape(value.shape)}.`,
        field: name,
        value: value?.shape,
        expected: formatShape(tensor.shape),
      });
    }
    values.set(name, value);
  }
  for (const { name, tensor } of graph.constants) {
    if (tensor.source.kind !== 'constant') continue;
    const data = Float32Array.from(tensor.source.data as ArrayLike<number | bigint>, Number);
    values.set(name, { shape: tensor.shape as readonly number[], data });
  }
  for (const operation of graph.operations) values.set(operation.output, run(operation, values));
  return Object.fromEntries(graph.outputs.map(({ name }) => [name, values.get(name) as Value]));
}

function fitsDimension(expected: number | string, found: number, sizes: Map<string, number>): boolean {
  if (typeof expected === 'number') return expected === found;
  const known = sizes.get(expected) ?? found;
  sizes.set(expected, known);
  return known === found;
}

function run({ operation, inputs }: NamedOperation, values: ReadonlyMap<string, Value>): Value {
  const kernel = KERNELS[operation.type];
  if (kernel === undefined) throw new Error(`the reference evaluator has no ${operation.type}`);
  return kernel(
    inputs.map((name) => values.get(name) as Value),
    operation.attributes,
  );
}
