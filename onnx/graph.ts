import { InputError } from '../base/errors.ts';
import { type Operation, STOP_GRADIENT, type Tensor } from './tensor.ts';

/** An operation with the names its operands and its result have in the graph. */
export interface NamedOperation {
  readonly name: string;
  readonly operation: Operation;
  readonly inputs: readonly string[];
  readonly output: string;
}

/** A computation with names: what goes in, what comes out, and the operations between in an order that can be run. */
export interface Graph {
  readonly name: string;
  readonly inputs: readonly { readonly name: string; readonly tensor: Tensor }[];
  readonly constants: readonly { readonly name: string; readonly tensor: Tensor }[];
  readonly operations: readonly NamedOperation[];
  readonly outputs: readonly { readonly name: string; readonly tensor: Tensor }[];
}

/**
 * Collects all that `outputs` depend on into a graph. Everything reachable appears once; equal constants are shared.
 * Throws an InputError for an input that is used but not listed, or a name used twice.
 */
export function buildGraph(
  name: string,
  inputs: readonly Tensor[],
  outputs: Readonly<Record<string, Tensor>>,
): Graph {
  return new Collector(name, inputs, outputs).graph;
}

class Collector {
  readonly graph: Graph;
  readonly #taken = new Set<string>();
  readonly #names = new Map<Tensor, string>();
  /** What a result is called outside, by whichever name comes first. */
  readonly #outputs = new Map<Tensor, string>();
  readonly #shared = new Map<string, string>();
  readonly #constants: { name: string; tensor: Tensor }[] = [];
  readonly #operations: NamedOperation[] = [];
  readonly #counts = new Map<string, number>();

  constructor(name: string, inputs: readonly Tensor[], outputs: Readonly<Record<string, Tensor>>) {
    const named = inputs.map((tensor) => {
      if (tensor.source.kind !== 'input') throw notAnInput(tensor);
      this.#names.set(tensor, this.#take(tensor.source.name));
      return { name: tensor.source.name, tensor };
    });
    for (const [output, tensor] of Object.entries(outputs)) {
      this.#take(output);
      if (!this.#outputs.has(tensor)) this.#outputs.set(tensor, output);
    }
    for (const [output, tensor] of Object.entries(outputs)) this.#visitOutput(output, tensor);
    this.graph = {
      name,
      inputs: named,
      constants: this.#constants,
      operations: this.#operations,
      outputs: Object.entries(outputs).map(([output, tensor]) => ({ name: output, tensor })),
    };
  }

  /** A result that is an input, a constant, or has another name already is passed on under the output's name. */
  #visitOutput(name: string, tensor: Tensor): void {
    const found = this.#visit(tensor);
    if (found === name) return;
    const operation: Operation = { type: 'Identity', inputs: [tensor], attributes: {} };
    this.#operations.push({ name: this.#fresh('Identity'), operation, inputs: [found], output: name });
  }

  /** Name of a tensor; adds what it depends on first. A stack, not recursion: graphs may be deep. */
  #visit(root: Tensor): string {
    const stack = [root];
    while (stack.length > 0) {
      const tensor = stack[stack.length - 1];
      if (this.#names.has(tensor)) {
        stack.pop();
        continue;
      }
      const { source } = tensor;
      if (source.kind === 'input') throw unlisted(source.name);
      if (source.kind === 'constant') {
        this.#names.set(tensor, this.#addConstant(tensor));
        continue;
      }
      const missing = source.operation.inputs.filter((operand) => !this.#names.has(operand));
      if (missing.length > 0) {
        stack.push(...missing.reverse());
        continue;
      }
      const { type, scope } = source.operation;
      if (type === STOP_GRADIENT) {
        // Only differentiation sees it; the value is its operand's.
        this.#names.set(tensor, this.#names.get(source.operation.inputs[0]) as string);
        continue;
      }
      const name = this.#fresh(scope === undefined ? type : `${scope}/${type}`);
      const output = this.#outputs.get(tensor) ?? name;
      this.#names.set(tensor, output);
      const inputs = source.operation.inputs.map((operand) => this.#names.get(operand) as string);
      this.#operations.push({ name, operation: source.operation, inputs, output });
    }
    return this.#names.get(root) as string;
  }

  #addConstant(tensor: Tensor): string {
    if (tensor.source.kind !== 'constant') throw new Error('not a constant');
    const { data } = tensor.source;
    // Only small unnamed ones (scalars, axes) are worth comparing.
    const key = tensor.label === undefined && data.length <= 16 ? contentKey(tensor, data) : undefined;
    const known = key === undefined ? undefined : this.#shared.get(key);
    if (known !== undefined) return known;
    const name = tensor.label === undefined ? this.#fresh('constant') : this.#take(tensor.label);
    this.#constants.push({ name, tensor });
    if (key !== undefined) this.#shared.set(key, name);
    return name;
  }

  #fresh(type: string): string {
    for (;;) {
      const count = (this.#counts.get(type) ?? 0) + 1;
      this.#counts.set(type, count);
      const name = `${type}_${count}`;
      if (!this.#taken.has(name)) return this.#take(name);
    }
  }

  #take(name: string): string {
    if (name === '' || this.#taken.has(name)) {
      throw new InputError({
        code: 'duplicate-name',
        message: `The name "${name}" is used twice in one graph.`,
        field: name,
        expected: 'names that are not empty and differ',
      });
    }
    this.#taken.add(name);
    return name;
  }
}

function contentKey(tensor: Tensor, data: ArrayLike<number> | ArrayLike<bigint>): string {
  // Minus zero is another number than zero, and joins as the same text.
  const values = Array.from(data as ArrayLike<number>, (x) => (Object.is(x, -0) ? '-0' : String(x)));
  return `${tensor.type}/${tensor.shape.join('x')}/${values.join(',')}`;
}

function notAnInput(tensor: Tensor): InputError {
  return new InputError({
    code: 'not-an-input',
    message: `${tensor} is listed as an input of the graph but is none.`,
    field: 'inputs',
    expected: 'tensors made by input()',
  });
}

function unlisted(name: string): InputError {
  return new InputError({
    code: 'unlisted-input',
    message: `The graph uses the input "${name}", which is not listed.`,
    field: 'inputs',
    value: name,
    expected: 'every input that outputs depend on',
  });
}
