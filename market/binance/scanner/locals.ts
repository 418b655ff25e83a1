import { Type } from '../../../base/wasm/assembler.ts';

/** Local variables of the scanner: its parameters and numbers, then those of other types. */
export const [
  AT,
  END,
  P,
  SHAPE,
  ENTRY,
  ENTRY_END,
  LEFT,
  VALUE,
  TEXT,
  BYTE,
  START,
  FRACTION,
  POINT,
  WRITTEN,
  COUNT,
  PAYLOAD,
  PASSED,
  PASSING,
  TICKS,
] = Array.from({ length: 19 }, (_, i) => i);
export const [LENGTH, OTHERS] = [19, 20];
export const [N, X] = [21, 22];
export const [NUMBER, PER_UNIT, EXACT] = [23, 24, 25];
export const [CHARACTERS, DIGITS] = [26, 27];

/** Types of those behind the parameters AT and END. */
export const LOCALS: readonly number[] = [
  ...Array<number>(19).fill(Type.i32),
  ...[Type.i64, Type.i64],
  ...[Type.f64, Type.f64, Type.f64],
  ...[Type.v128, Type.v128],
];
