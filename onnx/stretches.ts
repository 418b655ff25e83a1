import { buildGraph, type Graph } from './graph.ts';
import * as op from './operators.ts';
import { rebuild } from './rebuild.ts';
import { elements } from './shape.ts';
import { constant, input, type Tensor } from './tensor.ts';

/** Tensors that lie one after the other in memory, perhaps with gaps, as one tensor of one dimension. */
export interface Stretch {
  readonly name: string;
  /** In numbers. */
  readonly size: number;
  readonly tensors: readonly {
    readonly name: string;
    /** Where it begins, in numbers. */
    readonly offset: number;
    readonly shape: readonly number[];
  }[];
}

/**
 * The same graph with stretches for its inputs and for its results: for devices, to and from which each tensor is a
 * transfer of its own. Every input used and every result must be in a stretch; gaps of results are zeros.
 */
export function overStretches(graph: Graph, inputs: readonly Stretch[], outputs: readonly Stretch[]): Graph {
  const whole = inputs.map(({ name, size }) => input(name, [size]));
  const cut = new Map<string, Tensor>();
  inputs.forEach(({ tensors }, i) => {
    for (const { name, offset, shape } of tensors) {
      cut.set(name, op.reshape(op.slice(whole[i], 0, offset, offset + elements(shape)), shape));
    }
  });
  const results = rebuild(
    Object.fromEntries(graph.outputs.map(({ name, tensor }) => [name, tensor])),
    ({ source }) => (source.kind === 'input' ? cut.get(source.name) : undefined),
  );
  return buildGraph(
    graph.name,
    whole,
    Object.fromEntries(outputs.map((stretch) => [stretch.name, laidOut(stretch, results)])),
  );
}

/** Names of the inputs that the graph's results depend on. */
export function usedInputs({ inputs, operations, outputs }: Graph): ReadonlySet<string> {
  const used = new Set(operations.flatMap((operation) => operation.inputs));
  const passedOn = new Set(outputs.map(({ tensor }) => tensor));
  return new Set(
    inputs.filter(({ name, tensor }) => used.has(name) || passedOn.has(tensor)).map(({ name }) => name),
  );
}

function laidOut({ size, tensors }: Stretch, results: Readonly<Record<string, Tensor>>): Tensor {
  const parts: Tensor[] = [];
  let at = 0;
  const fill = (end: number) => {
    if (end > at) parts.push(constant(new Float32Array(end - at), [end - at]));
    at = end;
  };
  for (const { name, offset, shape } of tensors) {
    fill(offset);
    parts.push(op.reshape(results[name], [elements(shape)]));
    at += elements(shape);
  }
  fill(size);
  return op.concat(parts, 0);
}
