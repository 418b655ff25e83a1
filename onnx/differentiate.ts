import { InputError } from '../base/errors.ts';
import { GRADIENTS } from './gradients.ts';
import { add, expand } from './operators.ts';
import { within } from './scope.ts';
import { elements, formatShape, sameShape } from './shape.ts';
import { scalar, type Tensor } from './tensor.ts';

/**
 * Reverse-mode differentiation: expressions for ∂loss/∂x for each x of `variables`, which may be inputs or any
 * expression the loss is made of. `loss` has one element. Where a variable has no influence its gradient is null.
 *
 * Each operation's rule (onnx/gradients.ts) turns the gradient of its result into those of its operands, and rules
 * are applied from the loss backwards, so that each expression is passed once, however many uses it has. `seed` is
 * the gradient of the loss itself, 1 unless gradients are wanted scaled.
 *
 * Throws an InputError that names the operation, and where it was written, when it has no gradient.
 */
export function differentiate(
  loss: Tensor,
  variables: readonly Tensor[],
  seed = 1,
): readonly (Tensor | null)[] {
  if (elements(loss.shape) !== 1) {
    throw new InputError({
      code: 'loss-is-no-number',
      message: `Only a loss of one element has gradients; ${loss} has the shape ${formatShape(loss.shape)}.`,
      field: 'loss',
      expected: 'an expression of one element, such as a mean',
    });
  }
  const wanted = new Set(variables);
  const order = dependants(loss, wanted);
  const active = new Set(order);
  const adjoints = new Map<Tensor, Tensor>([[loss, scalar(seed)]]);
  for (let i = order.length - 1; i >= 0; i--) {
    const tensor = order[i];
    const adjoint = adjoints.get(tensor);
    const { source } = tensor;
    if (adjoint === undefined || source.kind !== 'operation') continue;
    const { operation } = source;
    const rule = GRADIENTS[operation.type];
    if (rule === undefined) throw noGradient(tensor, operation.scope);
    within(`d ${operation.scope ?? operation.type}`, () => {
      const parts = rule(tensor, adjoint, operation, (operand) => active.has(operand));
      operation.inputs.forEach((operand, k) => {
        const part = parts[k];
        if (part === undefined || !active.has(operand)) return;
        const before = adjoints.get(operand);
        adjoints.set(operand, before === undefined ? part : add(before, part));
      });
    });
  }
  return variables.map((variable) => {
    const adjoint = adjoints.get(variable);
    if (adjoint === undefined) return null;
    // Rules leave out axes along which a gradient is constant.
    return sameShape(adjoint.shape, variable.shape)
      ? adjoint
      : expand(adjoint, variable.shape as readonly number[]);
  });
}

/** Expressions that depend on a variable, operands before what is made of them. A stack, not recursion. */
function dependants(loss: Tensor, variables: ReadonlySet<Tensor>): readonly Tensor[] {
  const order: Tensor[] = [];
  const depends = new Map<Tensor, boolean>();
  const stack = [loss];
  while (stack.length > 0) {
    const tensor = stack[stack.length - 1];
    if (depends.has(tensor)) {
      stack.pop();
      continue;
    }
    const { source } = tensor;
    const operands = source.kind === 'operation' ? source.operation.inputs : [];
    const missing = operands.filter((operand) => !depends.has(operand));
    if (missing.length > 0) {
      stack.push(...missing);
      continue;
    }
    const isDependant = variables.has(tensor) || operands.some((operand) => depends.get(operand));
    depends.set(tensor, isDependant);
    if (isDependant) order.push(tensor);
    stack.pop();
  }
  return order;
}

function noGradient(tensor: Tensor, scope: string | undefined): InputError {
  return new InputError({
    code: 'no-gradient',
    message: `${tensor}${scope === undefined ? '' : ` in "${scope}"`} has no gradient.`,
    field: tensor.toString(),
    expected: `one of ${Object.keys(GRADIENTS).join(', ')}`,
    hint: 'Write it with operations that have one, or put stopGradient() around it.',
  });
}
