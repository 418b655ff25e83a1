import { Tensor } from './tensor.ts';

/** What takes a tensor's place, given its operands' new forms; undefined: the same operation on those. */
export type Replacement = (tensor: Tensor, inputs: readonly Tensor[]) => Tensor | undefined;

/** The results written anew, each tensor once and after its operands. */
export function rebuild(
  outputs: Readonly<Record<string, Tensor>>,
  replacement: Replacement,
): Record<string, Tensor> {
  const done = new Map<Tensor, Tensor>();
  // A stack, not recursion: graphs may be deep.
  const stack = Object.values(outputs);
  while (stack.length > 0) {
    const tensor = stack[stack.length - 1];
    const { source } = tensor;
    const operands = source.kind === 'operation' ? source.operation.inputs : [];
    const missing = done.has(tensor) ? [] : operands.filter((operand) => !done.has(operand));
    if (missing.length > 0) {
      stack.push(...missing);
      continue;
    }
    stack.pop();
    if (done.has(tensor)) continue;
    const inputs = operands.map((operand) => done.get(operand) as Tensor);
    done.set(tensor, replacement(tensor, inputs) ?? withOperands(tensor, inputs));
  }
  return Object.fromEntries(
    Object.entries(outputs).map(([name, tensor]) => [name, done.get(tensor) as Tensor]),
  );
}

function withOperands(tensor: Tensor, inputs: readonly Tensor[]): Tensor {
  const { shape, type, source, label } = tensor;
  if (source.kind !== 'operation') return tensor;
  return new Tensor(shape, type, { kind: 'operation', operation: { ...source.operation, inputs } }, label);
}
