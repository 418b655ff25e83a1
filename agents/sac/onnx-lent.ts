import type { Tensor } from 'onnxruntime-node';
import type { OnnxRuntime } from '../../onnx/session.ts';

/**
 * A tensor over memory that a caller lends for one call. Callers mostly lend the same memory again, and the tensor is
 * then the same too: neither numbers nor objects are copied.
 */
export class LentTensor {
  readonly #runtime: OnnxRuntime;
  #data: Float32Array | null = null;
  #shape: readonly number[] = [];
  #tensor: Tensor | null = null;

  constructor(runtime: OnnxRuntime) {
    this.#runtime = runtime;
  }

  /** The tensor of this shape over the first numbers of `data`. */
  of(data: Float32Array, shape: readonly number[]): Tensor {
    if (this.#tensor !== null && data === this.#data && isSame(shape, this.#shape)) return this.#tensor;
    const length = shape.reduce((product, size) => product * size, 1);
    this.#data = data;
    this.#shape = shape;
    this.#tensor = new this.#runtime.Tensor(
      'float32',
      data.length === length ? data : data.subarray(0, length),
      shape,
    );
    return this.#tensor;
  }
}

function isSame(a: readonly number[], b: readonly number[]): boolean {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return a.length === b.length;
}
