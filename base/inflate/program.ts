import { assemble, FunctionBody, type Label, Type } from '../wasm/assembler.ts';
import * as layout from './layout.ts';

const [IN, BIT, IN_LIMIT, OUT, OUT_LIMIT, FIRST] = Array.from({ length: 6 }, (_, i) => i);
const [ENTRY, LEFT, FROM, OUT_END, STATUS] = Array.from({ length: 5 }, (_, i) => 6 + i);
const [BITS, BEFORE] = [11, 12];

/** Why decoding stopped. */
export const Stop = { input: 0, output: 1, endOfBlock: 2, damaged: 3 } as const;

/** Bytes behind the limit of the input that may be read, and behind the limit of the output that may be written. */
export const INPUT_SLACK = 32;
export const OUTPUT_SLACK = 3 + 258 + 32;

const VECTORS = 2;
const COPIED = 16 * VECTORS;

/**
 * `run(in, bit, inLimit, out, outLimit, first)`: decodes symbols of a block by the tables of layout.ts, from bit `bit` of
 * the byte at `in` on, until the input or the output has reached its limit. `first` is the first byte that matches may
 * reach back to. Returns a {@link Stop}; where it stopped is in memory then.
 *
 * The way of libdeflate (https://github.com/ebiggers/libdeflate, decompress_template.h): 56 bits are at hand for a symbol
 * without a branch for having too few, most symbols take one look into a table, literals are taken three at a time, and
 * matches are copied in vectors that may write too much.
 */
export function inflateProgram(): Uint8Array {
  const f = new FunctionBody();
  f.get(IN).loadByte().get(BIT).scalar('i32ShiftRightUnsigned', 'i64ExtendI32Unsigned').set(BITS);
  f.i32(8).get(BIT).scalar('i32Subtract').set(LEFT);
  add(f, IN, () => f.i32(1));
  f.block((stop) =>
    f.repeat((again) => {
      const stopIf = (status: number, condition: () => void) => {
        f.i32(status).set(STATUS);
        condition();
        f.branchIf(stop);
      };
      stopIf(Stop.input, () => f.get(IN).get(IN_LIMIT).scalar('i32GreaterOrEqual'));
      stopIf(Stop.output, () => f.get(OUT).get(OUT_LIMIT).scalar('i32GreaterOrEqual'));
      refill(f);
      lookUp(f, layout.LITERALS, layout.LITERAL_BITS);
      literals(f, again);
      refill(f);
      isSpecial(f);
      f.when(() => special(f, again, stop));
      f.get(OUT);
      number(f);
      f.scalar('i32Add').set(OUT_END);
      lookUp(f, layout.DISTANCES, layout.DISTANCE_BITS);
      isSpecial(f);
      f.when(() => {
        stopIf(Stop.damaged, () => leads(f).scalar('i32IsZero'));
        follow(f, layout.DISTANCES);
        stopIf(Stop.damaged, () => isSpecial(f));
      });
      f.get(OUT);
      number(f);
      f.scalar('i32Subtract').set(FROM);
      stopIf(Stop.damaged, () => f.get(FROM).get(FIRST).scalar('i32LessThan'));
      copy(f);
      f.get(OUT_END).set(OUT).branch(again);
    }),
  );
  saveStop(f);
  f.get(STATUS);
  const locals = [...Array<number>(5).fill(Type.i32), Type.i64, Type.i64];
  return assemble({
    parameters: Array<number>(6).fill(Type.i32),
    locals,
    result: Type.i32,
    body: f,
  });
}

/** Gives back the bytes at hand that were not needed. */
function saveStop(f: FunctionBody): void {
  f.get(LEFT).i32(63).scalar('i32And').set(LEFT);
  f.i32(layout.STOPPED);
  f.get(IN)
    .get(LEFT)
    .i32(7)
    .scalar('i32Add')
    .i32(3)
    .scalar('i32ShiftRightUnsigned', 'i32Subtract')
    .storeI32();
  f.i32(layout.STOPPED).i32(8).get(LEFT).scalar('i32Subtract').i32(7).scalar('i32And').storeI32(4);
  f.i32(layout.STOPPED).get(OUT).storeI32(8);
}

/** Of LEFT, the bits that BITS holds, only the lowest six count: what else is in it saves masks elsewhere. */
function refill(f: FunctionBody): void {
  f.get(BITS).get(IN).loadI64().get(LEFT).scalar('i64ExtendI32Unsigned', 'i64ShiftLeft', 'i64Or').set(BITS);
  add(f, IN, () => {
    f.i32(63).get(LEFT).i32(63).scalar('i32And', 'i32Subtract').i32(3).scalar('i32ShiftRightUnsigned');
  });
  f.get(LEFT).i32(56).scalar('i32Or').set(LEFT);
}

/** ENTRY ← what the next bits are. */
function lookUp(f: FunctionBody, table: number, bits: number): void {
  f.get(BITS)
    .scalar('i32WrapI64')
    .i32((1 << bits) - 1)
    .scalar('i32And')
    .i32(2)
    .scalar('i32ShiftLeft');
  f.loadI32(table).set(ENTRY);
}

/** ENTRY ← the entry of the table that ENTRY leads to. */
function follow(f: FunctionBody, table: number): void {
  pass(f);
  f.get(ENTRY).i32(16).scalar('i32ShiftRightUnsigned').get(BITS).scalar('i32WrapI64');
  f.i32(1).get(ENTRY).i32(8).scalar('i32ShiftRightUnsigned').i32(31).scalar('i32And', 'i32ShiftLeft');
  f.i32(1).scalar('i32Subtract', 'i32And', 'i32Add').i32(2).scalar('i32ShiftLeft');
  f.loadI32(table).set(ENTRY);
}

/** Passes the bits of ENTRY. */
function pass(f: FunctionBody): void {
  f.get(BITS).get(ENTRY).scalar('i64ExtendI32Unsigned', 'i64ShiftRightUnsigned').set(BITS);
  f.get(LEFT).get(ENTRY).scalar('i32Subtract').set(LEFT);
}

function isSpecial(f: FunctionBody): FunctionBody {
  return f.get(ENTRY).i32(layout.SPECIAL).scalar('i32And');
}

function leads(f: FunctionBody): FunctionBody {
  return f.get(ENTRY).i32(layout.LEADS).scalar('i32And').i32(layout.LEADS).scalar('i32Equal');
}

/** Writes literals for as long as ENTRY is one, three at most. ENTRY is something else where it does not branch. */
function literals(f: FunctionBody, again: Label): void {
  f.block((other) => {
    for (let left = 2; left >= 0; left--) {
      f.get(ENTRY).i32(0).scalar('i32GreaterOrEqual').branchIf(other);
      literal(f);
      if (left > 0) lookUp(f, layout.LITERALS, layout.LITERAL_BITS);
    }
    f.branch(again);
  });
}

function literal(f: FunctionBody): void {
  pass(f);
  f.get(OUT).get(ENTRY).i32(16).scalar('i32ShiftRightUnsigned').storeByte();
  add(f, OUT, () => f.i32(1));
}

/** A code that is longer than the table has bits, the end of the block, or none. ENTRY is a length afterwards. */
function special(f: FunctionBody, again: Label, stop: Label): void {
  leads(f).when(() => {
    follow(f, layout.LITERALS);
    f.get(ENTRY)
      .i32(0)
      .scalar('i32LessThan')
      .when(() => {
        literal(f);
        f.branch(again);
      });
  });
  isSpecial(f).when(() => {
    f.i32(Stop.damaged).set(STATUS);
    f.get(ENTRY).i32(layout.END).scalar('i32And').i32(layout.END).scalar('i32NotEqual').branchIf(stop);
    pass(f);
    f.i32(Stop.endOfBlock).set(STATUS).branch(stop);
  });
}

/** Passes ENTRY's code and the number that follows it; leaves the length or distance that they make on the stack. */
function number(f: FunctionBody): void {
  f.get(BITS).set(BEFORE);
  pass(f);
  f.get(ENTRY).i32(16).scalar('i32ShiftRightUnsigned');
  f.get(BEFORE).i64(1n).get(ENTRY).scalar('i64ExtendI32Unsigned', 'i64ShiftLeft').i64(1n);
  f.scalar('i64Subtract', 'i64And').get(ENTRY).i32(8).scalar('i32ShiftRightUnsigned');
  f.scalar('i64ExtendI32Unsigned', 'i64ShiftRightUnsigned', 'i32WrapI64', 'i32Add');
}

/** Copies from FROM to OUT, up to OUT_END: what lies close behind repeats itself, and is copied byte by byte. */
function copy(f: FunctionBody): void {
  const vectors = () => {
    for (let at = 0; at < COPIED; at += 16) f.get(OUT).get(FROM).load(at).store(at);
    add(f, OUT, () => f.i32(COPIED));
    add(f, FROM, () => f.i32(COPIED));
    f.get(OUT).get(OUT_END).scalar('i32LessThan');
  };
  const bytes = () => {
    f.get(OUT).get(FROM).loadByte().storeByte();
    add(f, OUT, () => f.i32(1));
    add(f, FROM, () => f.i32(1));
    f.get(OUT).get(OUT_END).scalar('i32LessThan');
  };
  f.get(OUT)
    .get(FROM)
    .scalar('i32Subtract')
    .i32(16)
    .scalar('i32GreaterOrEqual')
    .when(
      () => f.loop(vectors),
      () => f.loop(bytes),
    );
}

/** local ← local + what `amount` puts on the stack. */
function add(f: FunctionBody, local: number, amount: () => void): void {
  f.get(local);
  amount();
  f.scalar('i32Add').set(local);
}
