import type { FunctionBody } from '../../../base/wasm/assembler.ts';
import { P } from './locals.ts';

/** Four characters at most as the number that they are in memory. */
export function code(text: string): number {
  return [...text].reduceRight((word, c) => 256 * word + c.charCodeAt(0), 0);
}

/** Passes bytes of the line. */
export function advance(f: FunctionBody, bytes: number): FunctionBody {
  return add(f, P, () => f.i32(bytes));
}

/** local ← local + what `amount` puts on the stack. */
export function add(f: FunctionBody, local: number, amount: () => void): FunctionBody {
  f.get(local);
  amount();
  return f.scalar('i32Add').set(local);
}
