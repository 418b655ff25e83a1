import type { FunctionBody } from '../../../base/wasm/assembler.ts';
import { advance, code } from './instructions.ts';
import { BYTE, N, P } from './locals.ts';

export const MAX_EXACT = BigInt(Number.MAX_SAFE_INTEGER);
/** Digits and a point that an int64 always holds. */
export const LONGEST = 19;

/** Adds the digits at P to N and passes them; BYTE is the digit in `after` each. */
export function digits(f: FunctionBody, after: () => void = () => undefined): void {
  f.block((done) =>
    f.repeat((again) => {
      digitAt(f, 0).tee(BYTE).i32(9).scalar('i32GreaterThanUnsigned').branchIf(done);
      f.get(N).i64(10n).scalar('i64Multiply').get(BYTE).scalar('i64ExtendI32Unsigned', 'i64Add').set(N);
      advance(f, 1);
      after();
      f.branch(again);
    }),
  );
}

/** The digit so far behind P; above 9, as an unsigned number, where there is none. */
export function digitAt(f: FunctionBody, offset: number): FunctionBody {
  return f.get(P).loadByte(offset).i32(code('0')).scalar('i32Subtract');
}
