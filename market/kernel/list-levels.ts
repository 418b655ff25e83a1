import { assemble, FunctionBody, Type } from '../../base/wasm/assembler.ts';
import { EMPTY_SLOT, GOLDEN } from './far-layout.ts';
import { add, address, numbered } from './instructions.ts';

/**
 * `gatherFar(far, shift, keys)`: writes the keys of all levels of a table of FarLevels to the address `keys`, in no order, and
 * returns how many they are.
 */
export function gatherFarProgram(): Uint8Array {
  const [FAR, SHIFT, OUT] = numbered(0, 3);
  const [SLOTS, KEYS, SLOT, KEY, COUNT] = numbered(3, 8);
  const f = new FunctionBody();
  f.i32(1).i32(32).get(SHIFT).scalar('i32Subtract', 'i32ShiftLeft').set(SLOTS);
  f.get(FAR).get(SLOTS).i32(3).scalar('i32ShiftLeft', 'i32Add').set(KEYS);
  f.loop(() => {
    f.get(KEYS).loadI32().tee(KEY).i32(EMPTY_SLOT).scalar('i32NotEqual');
    f.get(FAR).loadF64().double(0).scalar('f64GreaterThan', 'i32And');
    f.when(() => {
      f.get(OUT).get(COUNT).i32(2).scalar('i32ShiftLeft', 'i32Add').get(KEY).storeI32();
      add(f, COUNT, 1);
    });
    add(f, FAR, 8);
    add(f, KEYS, 4);
    f.get(SLOT).i32(1).scalar('i32Add').tee(SLOT).get(SLOTS).scalar('i32LessThan');
  });
  f.get(COUNT);
  const locals = Array<number>(5).fill(Type.i32);
  return assemble({ parameters: Array<number>(3).fill(Type.i32), locals, result: Type.i32, body: f });
}

const [LADDER, MASK, BASE, FLIP, FAR, SHIFT, KEYS, COUNT, PRICES, QUANTITIES] = numbered(0, 10);
const [TOTAL, NEXT, KEY, SLOT, SLOTS, AHEAD, CELL, BITS] = numbered(10, 18);
const QUANTITY = 18;

/**
 * `listLevels(ladder, mask, base, flip, far, shift, keys, count, prices, quantities)`: writes all levels of a Ladder, best
 * first, to the addresses `prices` and `quantities`, and returns how many they are. `keys` is the address of those `count`
 * that `gatherFar` found, ascending; for the others see set-levels.ts.
 */
export function listLevelsProgram(): Uint8Array {
  const f = new FunctionBody();
  f.i32(1).i32(32).get(SHIFT).scalar('i32Subtract', 'i32ShiftLeft').set(SLOTS);
  listWindow(f);
  listFar(f);
  f.get(TOTAL);
  const locals = [...Array<number>(8).fill(Type.i32), Type.f64];
  return assemble({ parameters: Array<number>(10).fill(Type.i32), locals, result: Type.i32, body: f });
}

/** Lists the far levels; none is closer than the window. */
function listFar(f: FunctionBody): void {
  f.block((done) =>
    f.repeat((again) => {
      f.get(NEXT).get(COUNT).scalar('i32GreaterOrEqual').branchIf(done);
      address(f, KEYS, NEXT, 2).loadI32().tee(KEY).i32(GOLDEN).scalar('i32Multiply');
      f.get(SHIFT).scalar('i32ShiftRightUnsigned').set(SLOT);
      f.block((found) =>
        f.repeat((probe) => {
          // The keys of the table lie behind its quantities.
          f.get(FAR).get(SLOTS).i32(3).scalar('i32ShiftLeft', 'i32Add').get(SLOT).i32(2);
          f.scalar('i32ShiftLeft', 'i32Add').loadI32().get(KEY).scalar('i32Equal').branchIf(found);
          f.get(SLOT).i32(1).scalar('i32Add').get(SLOTS).i32(1).scalar('i32Subtract', 'i32And').set(SLOT);
          f.branch(probe);
        }),
      );
      address(f, FAR, SLOT, 3).loadF64().set(QUANTITY);
      list(f);
      add(f, NEXT, 1).branch(again);
    }),
  );
}

/** Lists the levels of the window. */
function listWindow(f: FunctionBody): void {
  const cellAhead = () => f.get(BASE).get(AHEAD).scalar('i32Add').get(MASK).scalar('i32And').set(CELL);
  f.block((done) =>
    f.repeat((again) => {
      f.get(AHEAD).get(MASK).scalar('i32GreaterThan').branchIf(done);
      cellAhead();
      f.get(LADDER).get(MASK).i32(1).scalar('i32Add').i32(3).scalar('i32ShiftLeft', 'i32Add');
      f.get(CELL).i32(5).scalar('i32ShiftRightUnsigned').i32(2).scalar('i32ShiftLeft', 'i32Add').loadI32();
      f.get(CELL).scalar('i32ShiftRightUnsigned').tee(BITS).scalar('i32IsZero');
      f.when(() => {
        f.get(AHEAD).i32(32).get(CELL).i32(31).scalar('i32And', 'i32Subtract', 'i32Add').set(AHEAD);
        f.branch(again);
      });
      f.get(AHEAD).get(BITS).scalar('i32TrailingZeros', 'i32Add').tee(AHEAD);
      f.get(MASK).scalar('i32GreaterThan').branchIf(done);
      cellAhead();
      address(f, LADDER, CELL, 3).loadF64().tee(QUANTITY).double(0).scalar('f64GreaterThan');
      f.when(() => {
        f.get(BASE).get(AHEAD).scalar('i32Add').set(KEY);
        list(f);
      });
      add(f, AHEAD, 1).branch(again);
    }),
  );
}

/** Lists KEY and QUANTITY. */
function list(f: FunctionBody): void {
  address(f, PRICES, TOTAL, 2).get(KEY).get(FLIP).scalar('i32ExclusiveOr').get(FLIP);
  f.scalar('i32Subtract').storeI32();
  address(f, QUANTITIES, TOTAL, 3).get(QUANTITY).storeF64();
  add(f, TOTAL, 1);
}
