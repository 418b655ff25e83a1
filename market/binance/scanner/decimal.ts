import type { FunctionBody, Label } from '../../../base/wasm/assembler.ts';
import { digits, LONGEST, MAX_EXACT } from './digits.ts';
import { add, advance, code } from './instructions.ts';
import * as layout from './layout.ts';
import {
  BYTE,
  CHARACTERS,
  DIGITS,
  FRACTION,
  LENGTH,
  N,
  NUMBER,
  OTHERS,
  P,
  POINT,
  START,
  WRITTEN,
} from './locals.ts';

/** Digits and a point that a double always holds exactly. */
const SHORT = 15;
const ZERO_DIGIT = 0x80;

/**
 * NUMBER ← a decimal; WRITTEN ← decimals that it has without the zeros at its end; N is zero where it is. An integer that a
 * double holds exactly, divided by a power of ten, is the decimal correctly rounded.
 */
export function decimal(f: FunctionBody, other: Label): void {
  f.block((done) => {
    f.block((long) => shortDecimal(f, long, done));
    longDecimal(f, other);
  });
  f.get(N).scalar('f64ConvertI64').get(POINT).i32(3).scalar('i32ShiftLeft').loadF64(layout.POWERS);
  f.scalar('f64Divide').set(NUMBER);
}

/**
 * Reads digits and perhaps a point among them that a quotation mark ends within sixteen bytes, all at once: how long a decimal
 * is is hard to foretell, and a loop pays for it at each end. Everything else is left to `long`.
 */
function shortDecimal(f: FunctionBody, long: Label, done: Label): void {
  const below = (local: number) => f.i32(1).get(local).scalar('i32ShiftLeft').i32(1).scalar('i32Subtract');
  const which = (byte: string) => f.get(CHARACTERS).bytes16(code(byte)).vector('i8x16Equal', 'i8x16Bitmask');
  f.get(P).load().set(CHARACTERS);
  which('"').tee(LENGTH).scalar('i32IsZero').branchIf(long);
  f.get(LENGTH).scalar('i32TrailingZeros').set(LENGTH);
  f.get(CHARACTERS).bytes16(code('0')).vector('i8x16Subtract').set(DIGITS);
  f.get(DIGITS).bytes16(9).vector('i8x16GreaterThanUnsigned', 'i8x16Bitmask');
  below(LENGTH).scalar('i32And').set(OTHERS);
  f.get(OTHERS).scalar('i32IsZero');
  f.when(
    () => {
      f.get(LENGTH).scalar('i32IsZero').branchIf(long);
      f.i32(0).set(POINT).i32(0).set(WRITTEN).get(LENGTH).set(FRACTION);
    },
    () => {
      // One point and nothing else, between digits.
      f.get(OTHERS).get(OTHERS).i32(1).scalar('i32Subtract', 'i32And').branchIf(long);
      which('.').get(OTHERS).scalar('i32And', 'i32IsZero').branchIf(long);
      f.get(OTHERS).scalar('i32TrailingZeros').tee(FRACTION).scalar('i32IsZero').branchIf(long);
      f.get(LENGTH).i32(1).scalar('i32Subtract').get(FRACTION).scalar('i32Subtract').tee(POINT);
      f.scalar('i32IsZero').branchIf(long);
      // Fraction digits that are not 0.
      f.get(CHARACTERS).bytes16(code('0')).vector('i8x16NotEqual', 'i8x16Bitmask');
      below(LENGTH).scalar('i32And').get(FRACTION).scalar('i32ShiftRightUnsigned').set(WRITTEN);
      // The point itself is the lowest of these bits.
      f.i32(31).get(WRITTEN).scalar('i32LeadingZeros', 'i32Subtract').set(WRITTEN);
    },
  );
  f.get(DIGITS).get(LENGTH).i32(4).scalar('i32ShiftLeft').get(FRACTION).scalar('i32Add');
  f.i32(4).scalar('i32ShiftLeft').load(layout.ALIGNMENTS).vector('i8x16Swizzle').set(DIGITS);
  // Digits to pairs, pairs to fours, fours to eights: the first is the lowest byte.
  f.get(DIGITS).words(0x00ff00ff).vector('and').words(0x000a000a).vector('i16x8Multiply');
  f.get(DIGITS).i32(8).vector('i16x8ShiftRightUnsigned', 'i16x8Add');
  f.words(0x00010064).vector('i32x4DotI16x8').set(DIGITS);
  f.get(DIGITS).get(DIGITS).vector('i16x8NarrowI32x4').words(0x00012710).vector('i32x4DotI16x8').set(DIGITS);
  f.get(DIGITS).laneI32(0).scalar('i64ExtendI32Unsigned').i64(100_000_000n).scalar('i64Multiply');
  f.get(DIGITS).laneI32(1).scalar('i64ExtendI32Unsigned', 'i64Add').set(N);
  add(f, P, () => f.get(LENGTH));
  f.branch(done);
}

/**
 * What {@link shortDecimal} takes characters by: for each length and place of the point, which is the length where there is
 * none, the character of each of sixteen digits, the last one last; none in front.
 */
export function alignments(): Uint8Array {
  const table = new Uint8Array(layout.ALIGNMENT_BYTES).fill(ZERO_DIGIT);
  for (let length = 1; length < 16; length++) {
    for (let point = 1; point <= length; point++) {
      const places = Array.from({ length }, (_, i) => i).filter((i) => i !== point);
      table.set(places, 16 * (16 * length + point) + 16 - places.length);
    }
  }
  return table;
}

function longDecimal(f: FunctionBody, other: Label): void {
  f.get(P).set(START).i64(0n).set(N);
  digits(f);
  f.get(P).get(START).scalar('i32Equal').branchIf(other);
  f.i32(0).set(POINT).i32(0).set(WRITTEN);
  f.get(P).loadByte().i32(code('.')).scalar('i32Equal');
  f.when(() => {
    advance(f, 1);
    f.get(P).set(FRACTION);
    digits(f, () => f.get(BYTE).when(() => f.get(P).get(FRACTION).scalar('i32Subtract').set(WRITTEN)));
    f.get(P).get(FRACTION).scalar('i32Subtract').tee(POINT).scalar('i32IsZero').branchIf(other);
  });
  f.get(P).get(START).scalar('i32Subtract').i32(SHORT).scalar('i32GreaterThan');
  f.when(() => {
    f.get(P).get(START).scalar('i32Subtract').i32(LONGEST).scalar('i32GreaterThan').branchIf(other);
    shorten(f);
    f.get(N).i64(MAX_EXACT).scalar('i64GreaterThanUnsigned').branchIf(other);
  });
}

/** Drops zeros from the end of a fraction. */
function shorten(f: FunctionBody): void {
  f.block((done) =>
    f.repeat((again) => {
      f.get(POINT).get(WRITTEN).scalar('i32Equal').branchIf(done);
      f.get(N).i64(10n).scalar('i64DivideUnsigned').set(N);
      f.get(POINT).i32(1).scalar('i32Subtract').set(POINT).branch(again);
    }),
  );
}
