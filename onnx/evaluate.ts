import { InputError } from '../base/errors.ts';
import type { Graph, NamedOperation } from './graph.ts';
import { KERNELS, type Value as Numbers } from './kernels.ts';
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
  const rounded = ({ shape, data }: Numbers): Numbers => ({ shape, data: data.map(Math.fround) });
  const outputs = run(graph, inputs, rounded);
  return Object.fromEntries(
    Object.entries(outputs).map(([name, { shape, data }]) => [
      name,
      { shape, data: Float32Array.from(data) },
    ]),
  );
}

/** Runs a graph in double precision throughout (constants are float32, as in the file), for difference quotients. */
export function evaluateInDouble(
  graph: Graph,
  inputs: Readonly<Record<string, Numbers>>,
): Readonly<Record<string, Numbers>> {
  return run(graph, inputs, (value) => value);
}

function run(
  graph: Graph,
  inputs: Readonly<Record<string, Value | Numbers>>,
  store: (value: Numbers) => Numbers,
): Readonly<Record<string, Numbers>> {
  const values = new Map<string, Numbers>();
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
    values.set(name, { shape: value.shape, data: Float64Array.from(value.data) });
  }
  for (const { name, tensor } of graph.constants) {
    if (tensor.source.kind !== 'constant') continue;
    const data = Float64Array.from(tensor.source.data as ArrayLike<number | bigint>, Number);
    values.set(name, { shape: tensor.shape as readonly number[], data });
  }
  for (const operation of graph.operations) values.set(operation.output, store(apply(operation, values)));
  return Object.fromEntries(graph.outputs.map(({ name }) => [name, values.get(name) as Numbers]));
}

function fitsDimension(expected: number | string, found: number, sizes: Map<string, number>): boolean {
  if (typeof expected === 'number') return expected === found;
  const known = sizes.get(expected) ?? found;
  sizes.set(expected, known);
  return known === found;
}

function apply({ operation, inputs }: NamedOperation, values: ReadonlyMap<string, Numbers>): Numbers {
  const kernel = KERNELS[operation.type];
  if (kernel === undefined) throw new Error(`the reference evaluator has no ${operation.type}`);
  return kernel(
    inputs.map((name) => values.get(name) as Numbers),
    operation.attributes,
  );
}
