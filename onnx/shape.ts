import { InputError } from '../base/errors.ts';
import { currentScope } from './scope.ts';

/** A size known when the graph is built, or the name of one known when it runs, such as the batch `N`. */
export type Dimension = number | string;
export type Shape = readonly Dimension[];

/** `[N, 64]`, as error messages and doc strings show it. */
export function formatShape(shape: Shape): string {
  return `[${shape.join(', ')}]`;
}

/** An error in building a graph: which operation, on what shapes, and what it needs. */
export function shapeError(operation: string, shapes: readonly Shape[], expected: string): InputError {
  const scope = currentScope();
  const where = scope === undefined ? '' : `In "${scope}": `;
  return new InputError({
    code: 'shape-mismatch',
    message: `${where}${operation} cannot take ${shapes.map(formatShape).join(' and ')}: expected ${expected}.`,
    field: operation,
    value: shapes.map((shape) => [...shape]),
    expected,
  });
}

/** Shape of an elementwise result of two shapes, by ONNX's (NumPy's) rule: aligned at the end, 1 stretches. */
export function broadcast(operation: string, a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length);
  const result: Dimension[] = [];
  for (let i = 0; i < rank; i++) {
    const x = a[a.length - rank + i] ?? 1;
    const y = b[b.length - rank + i] ?? 1;
    if (x !== y && x !== 1 && y !== 1) {
      throw shapeError(operation, [a, b], 'shapes that are equal, or 1, from the last dimension backwards');
    }
    result.push(x === 1 ? y : x);
  }
  return result;
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((dimension, i) => dimension === b[i]);
}

/** Number of elements of a shape without names; throws for one with a name. */
export function elements(shape: Shape): number {
  return shape.reduce<number>((product, size) => {
    if (typeof size !== 'number') throw shapeError('constant', [shape], 'sizes that are numbers');
    return product * size;
  }, 1);
}

/** An axis counted from the end if negative, checked against a shape. */
export function checkAxis(operation: string, shape: Shape, axis: number): number {
  const index = axis < 0 ? axis + shape.length : axis;
  if (Number.isInteger(axis) && index >= 0 && index < shape.length) return index;
  throw shapeError(operation, [shape], `an axis from ${-shape.length} to ${shape.length - 1}, not ${axis}`);
}
