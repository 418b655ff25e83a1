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
] = Array.from({ length: 15 }, (_, i) => i);
export const [LENGTH, OTHERS] = [15, 16];
export const [N, X] = [17, 18];
export const [NUMBER, PER_UNIT, EXACT] = [19, 20, 21];
export const [CHARACTERS, DIGITS] = [22, 23];

/** Types of those behind the parameters AT and END. */
export const LOCALS: readonly number[] = [
  ...Array<number>(15).fill(Type.i32),
  ...[Type.i64, Type.i64],
  ...[Type.f64, Type.f64, Type.f64],
  ...[Type.v128, Type.v128],
];
