import { assemble, FunctionBody, type Label, Type } from '../../../base/wasm/assembler.ts';
import { LATEST_TIME } from '../receive-clock.ts';
import { LAST_DECIMAL, LAST_INTEGER, Value } from '../value.ts';
import { decimal } from './decimal.ts';
import { digitAt, digits, LONGEST, MAX_EXACT } from './digits.ts';
import { add, advance, code } from './instructions.ts';
import * as layout from './layout.ts';
import {
  AT,
  BYTE,
  COUNT,
  END,
  ENTRY,
  ENTRY_END,
  LEFT,
  LOCALS,
  N,
  NUMBER,
  P,
  PASSED,
  PASSING,
  PAYLOAD,
  PER_UNIT,
  POINT,
  SHAPE,
  START,
  TEXT,
  VALUE,
  WRITTEN,
  X,
} from './locals.ts';
import { pass } from './passing.ts';
import { ticks } from './ticks.ts';

/**
 * `scan(at, end)`: reads the line at `at`, `<local time in µs or ns> <json>` with a message that is written as one of the
 * shapes, and returns where the next line begins; 0 where this line is not such a one or does not end before `end`, where
 * sixteen zeros have to be. What it read is then in memory (layout.ts). It refuses whatever it is not sure of: decoder.ts
 * decides about that. Messages of a shape that says so are passed: they advance the clock, join the tickers that wait or the
 * trades that were passed, and the line after them is the one that is read.
 */
export function scannerProgram(): Uint8Array {
  const f = new FunctionBody();
  f.i32(0).set(PASSED);
  f.repeat((line) => {
    f.block((fail) => {
      localTime(f, fail);
      f.i32(layout.SHAPES).set(SHAPE);
      f.repeat((again) => {
        f.get(SHAPE).loadI32().tee(LEFT).scalar('i32IsZero').branchIf(fail);
        f.block((other) => message(f, other, line));
        add(f, SHAPE, () => f.get(SHAPE).loadI32(4)).branch(again);
      });
    });
  });
  leave(f);
  f.i32(0);
  return assemble({ parameters: [Type.i32, Type.i32], locals: LOCALS, result: Type.i32, body: f });
}

/** Says which line is meant. */
function leave(f: FunctionBody): void {
  f.i32(layout.PASSED).get(PASSED).storeI32();
  f.i32(layout.LINE).get(AT).storeI32();
}

/** Sixteen digits are µs; three more, of ns, are dropped. PAYLOAD ← where the JSON begins. */
function localTime(f: FunctionBody, fail: Label): void {
  f.i32(layout.SLOTS);
  eightDigits(f, AT, 0, fail);
  f.get(N).i64(100_000_000n).scalar('i64Multiply');
  eightDigits(f, AT, 8, fail);
  f.get(N).scalar('i64Add').tee(N).scalar('f64ConvertI64').storeF64();
  f.get(N).i64(BigInt(LATEST_TIME)).scalar('i64GreaterThanUnsigned').branchIf(fail);
  f.get(AT).i32(16).scalar('i32Add').tee(P).loadByte().i32(code(' ')).scalar('i32NotEqual');
  f.when(
    () => {
      for (let i = 0; i < 3; i++) digitAt(f, i).i32(9).scalar('i32GreaterThanUnsigned').branchIf(fail);
      advance(f, 3);
      expectByte(f, ' ', fail);
    },
    () => advance(f, 1),
  );
  f.get(P).set(PAYLOAD);
}

/** N ← the number that eight digits write; branches to `fail` where there are no eight. */
function eightDigits(f: FunctionBody, at: number, offset: number, fail: Label): void {
  const and = (mask: bigint) => f.i64(mask).scalar('i64And');
  f.get(at).loadI64(offset).tee(X);
  and(0xf0f0f0f0f0f0f0f0n);
  // A byte above '9' has a different high half once 6 is added.
  f.get(X).i64(0x0606060606060606n).scalar('i64Add');
  and(0xf0f0f0f0f0f0f0f0n).i64(4n).scalar('i64ShiftRightUnsigned', 'i64Or');
  f.i64(0x3333333333333333n).scalar('i64NotEqual').branchIf(fail);
  // Digits to pairs, pairs to fours, fours to all eight: the first is the lowest byte.
  f.get(X);
  and(0x0f0f0f0f0f0f0f0fn).i64(2561n).scalar('i64Multiply').i64(8n).scalar('i64ShiftRightUnsigned');
  and(0x00ff00ff00ff00ffn).i64(6_553_601n).scalar('i64Multiply').i64(16n).scalar('i64ShiftRightUnsigned');
  and(0x0000ffff0000ffffn).i64(42_949_672_960_001n).scalar('i64Multiply').i64(32n);
  f.scalar('i64ShiftRightUnsigned').set(N);
}

/** Reads the JSON at PAYLOAD by SHAPE and ends the scan, or goes on with the next `line`; or branches to `other`. */
function message(f: FunctionBody, other: Label, line: Label): void {
  f.get(PAYLOAD).set(P).i32(0).set(COUNT);
  f.get(SHAPE).i32(layout.HEADER).scalar('i32Add').set(ENTRY);
  f.repeat((again) => {
    f.get(ENTRY).loadI32().tee(VALUE).scalar('i32IsZero');
    f.when(
      () => clear(f),
      () => value(f, other),
    );
    text(f, other);
    f.get(LEFT).i32(1).scalar('i32Subtract').tee(LEFT).branchIf(again);
  });
  expectByte(f, '\n', other);
  f.get(P).get(END).scalar('i32GreaterThan').branchIf(other);
  f.get(SHAPE).loadI32(layout.PASSING).tee(PASSING);
  f.when(() =>
    f.block((read) => {
      pass(f, read);
      f.branch(line);
    }),
  );
  leave(f);
  f.i32(layout.SHAPE).get(SHAPE).loadI32(8).storeI32();
  f.i32(layout.COUNT).get(COUNT).storeI32();
  f.get(P).result();
}

/** Nothing has been read of the message. */
function clear(f: FunctionBody): void {
  for (let slot = 2; slot < layout.SLOT_COUNT; slot += 2)
    f.i32(layout.SLOTS + 8 * slot)
      .doubles(-1)
      .store();
  f.i32(layout.SLOTS + 8)
    .double(-1)
    .storeF64();
  for (let at = 0; at < 4 * layout.DECIMAL_COUNT; at += 16)
    f.i32(layout.DECIMALS + at)
      .words(0)
      .store();
}

/** Compares the text of ENTRY with what stands at P, sixteen bytes at a time; passes both. */
function text(f: FunctionBody, other: Label): void {
  f.get(ENTRY).get(ENTRY).loadI32(8).scalar('i32Add').set(ENTRY_END);
  f.get(P).set(TEXT);
  add(f, P, () => f.get(ENTRY).loadI32(4));
  add(f, ENTRY, () => f.i32(layout.HEADER));
  f.block((done) =>
    f.repeat((again) => {
      f.get(ENTRY).get(ENTRY_END).scalar('i32GreaterOrEqual').branchIf(done);
      f.get(TEXT).load().get(ENTRY).load().vector('xor').get(ENTRY).load(layout.BLOCK).vector('and');
      f.anyTrue().branchIf(other);
      add(f, TEXT, () => f.i32(layout.BLOCK));
      add(f, ENTRY, () => f.i32(2 * layout.BLOCK)).branch(again);
    }),
  );
}

/** Reads the value VALUE into its slot. */
function value(f: FunctionBody, other: Label): void {
  const slot = () => f.get(VALUE).i32(3).scalar('i32ShiftLeft');
  f.get(VALUE).i32(LAST_DECIMAL).scalar('i32LessOrEqual');
  f.when(
    () => {
      expectByte(f, '"', other);
      decimal(f, other);
      expectByte(f, '"', other);
      slot().get(NUMBER).storeF64(layout.SLOTS);
    },
    () => {
      f.get(VALUE).i32(LAST_INTEGER).scalar('i32LessOrEqual');
      f.when(
        () => {
          integer(f, other);
          slot().get(NUMBER).storeF64(layout.SLOTS);
        },
        () => {
          f.get(VALUE).i32(Value.buyerIsMaker).scalar('i32Equal');
          f.when(
            () => boolean(f, other),
            () => levels(f, other),
          );
        },
      );
    },
  );
}

/** 1 or 0. */
function boolean(f: FunctionBody, other: Label): void {
  const slot = layout.SLOTS + 8 * Value.buyerIsMaker;
  f.get(P).loadI32().i32(code('true')).scalar('i32Equal');
  f.when(
    () => {
      advance(f, 4);
      f.i32(slot).double(1).storeF64();
    },
    () => {
      f.get(P).loadI32().i32(code('fals')).scalar('i32NotEqual').branchIf(other);
      advance(f, 4);
      expectByte(f, 'e', other);
      f.i32(slot).double(0).storeF64();
    },
  );
}

/** NUMBER ← a whole number without a sign. */
function integer(f: FunctionBody, other: Label): void {
  f.get(P).set(START).i64(0n).set(N);
  f.block((few) => {
    eightDigits(f, P, 0, few);
    advance(f, 8);
  });
  digits(f);
  f.get(P).get(START).scalar('i32Subtract').tee(POINT).scalar('i32IsZero').branchIf(other);
  f.get(POINT)
    .i32(LONGEST - 1)
    .scalar('i32GreaterThan')
    .branchIf(other);
  f.get(N).i64(MAX_EXACT).scalar('i64GreaterThanUnsigned').branchIf(other);
  f.get(N).scalar('f64ConvertI64').set(NUMBER);
}

/** Reads `[["price","quantity"],…]` behind the levels that are there. */
function levels(f: FunctionBody, other: Label): void {
  f.i32(0).loadF64(layout.PER_UNIT).set(PER_UNIT);
  expectByte(f, '[', other);
  f.block((done) => {
    f.get(P).loadByte().i32(code(']')).scalar('i32Equal').branchIf(done);
    f.repeat((again) => {
      level(f, other);
      f.get(P).loadByte().i32(code(',')).scalar('i32NotEqual').branchIf(done);
      advance(f, 1).branch(again);
    });
  });
  expectByte(f, ']', other);
  f.get(VALUE).i32(Value.bids).scalar('i32Equal');
  f.when(() => f.i32(layout.BIDS).get(COUNT).storeI32());
}

function level(f: FunctionBody, other: Label): void {
  const eight = () => f.get(COUNT).i32(3).scalar('i32ShiftLeft');
  f.get(COUNT).i32(layout.LEVELS).scalar('i32Equal').branchIf(other);
  expectTwo(f, '["', other);
  decimal(f, other);
  expectTwo(f, '",', other);
  expectByte(f, '"', other);
  eight().get(NUMBER).storeF64(layout.PRICES);
  ticks(f, other);
  f.get(COUNT).i32(2).scalar('i32ShiftLeft').get(NUMBER).truncate().storeI32(layout.TICKS);
  decimal(f, other);
  expectTwo(f, '"]', other);
  eight().get(NUMBER).storeF64(layout.QUANTITIES);
  f.get(WRITTEN).i32(layout.DECIMAL_COUNT).scalar('i32GreaterOrEqual').branchIf(other);
  // A level that is gone has no quantity.
  f.get(N).scalar('i64IsZero', 'i32IsZero');
  f.when(() => {
    f.get(WRITTEN).i32(2).scalar('i32ShiftLeft').tee(BYTE);
    f.get(BYTE).loadI32(layout.DECIMALS).i32(1).scalar('i32Add').storeI32(layout.DECIMALS);
  });
  add(f, COUNT, () => f.i32(1));
}

function expectByte(f: FunctionBody, byte: string, other: Label): void {
  f.get(P).loadByte().i32(code(byte)).scalar('i32NotEqual').branchIf(other);
  advance(f, 1);
}

function expectTwo(f: FunctionBody, bytes: string, other: Label): void {
  f.get(P).loadTwoBytes().i32(code(bytes)).scalar('i32NotEqual').branchIf(other);
  advance(f, 2);
}
