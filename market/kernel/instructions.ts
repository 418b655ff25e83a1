import type { FunctionBody } from '../../base/wasm/assembler.ts';

/** Numbers `from` up to and excluding `to`, for parameters and local variables. */
export function numbered(from: number, to: number): readonly number[] {
  return Array.from({ length: to - from }, (_, i) => from + i);
}

/** array + index · 2ˢʰⁱᶠᵗ */
export function address(f: FunctionBody, array: number, index: number, shift: number): FunctionBody {
  return f.get(array).get(index).i32(shift).scalar('i32ShiftLeft', 'i32Add');
}

/** local ← local + amount */
export function add(f: FunctionBody, local: number, amount: number): FunctionBody {
  return f.get(local).i32(amount).scalar('i32Add').set(local);
}
