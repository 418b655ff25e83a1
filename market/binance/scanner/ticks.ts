import type { FunctionBody, Label } from '../../../base/wasm/assembler.ts';
import { EXACT, NUMBER, PER_UNIT } from './locals.ts';

const MAX_TICKS = 0x7ffffffe;

/** NUMBER, a price ← its ticks, as TickGrid's `toTicks`, which those are left to that are none. */
export function ticks(f: FunctionBody, other: Label): void {
  f.get(NUMBER).get(PER_UNIT).scalar('f64Multiply').tee(EXACT).scalar('f64Nearest').tee(NUMBER);
  f.get(EXACT).scalar('f64Subtract', 'f64Absolute').double(1e-4).scalar('f64GreaterThan').branchIf(other);
  f.get(NUMBER).double(MAX_TICKS).scalar('f64GreaterThan').branchIf(other);
}
