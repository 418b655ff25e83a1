import * as op from './operators.ts';
import { rebuild } from './rebuild.ts';
import { within } from './scope.ts';
import { CONTRIB, type Operation, type Tensor } from './tensor.ts';

/**
 * The same results by operations of the ONNX standard alone. Few devices have those of `com.microsoft`, and what a
 * device lacks is computed by the processor, with copies there and back: a product with a transposed factor becomes a
 * transpose and a product.
 */
export function portable(outputs: Readonly<Record<string, Tensor>>): Record<string, Tensor> {
  return rebuild(outputs, ({ source }, inputs) => {
    if (source.kind !== 'operation' || source.operation.domain !== CONTRIB) return undefined;
    const { operation } = source;
    if (operation.type !== 'FusedMatMul') throw new Error(`${operation.type} is not in the ONNX standard`);
    const write = () => product(inputs[0], inputs[1], operation);
    return operation.scope === undefined ? write() : within(operation.scope, write);
  });
}

function product(a: Tensor, b: Tensor, { attributes }: Operation): Tensor {
  const { transA, transB, alpha } = attributes;
  const plain = op.matMul(transA.value === 1 ? op.swapLast(a) : a, transB.value === 1 ? op.swapLast(b) : b);
  return alpha.value === 1 ? plain : op.mul(plain, alpha.value as number);
}
