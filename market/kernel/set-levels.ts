import { assemble, FunctionBody, type Label, Type } from '../../base/wasm/assembler.ts';
import { EMPTY_SLOT, GOLDEN } from './far-layout.ts';
import { add, address, numbered } from './instructions.ts';

/**
 * Where the arrays of a Ladder with a window of so many prices are, from their start: quantities (float64), then a bit a cell
 * for those that are occupied and those that are named, then the key of the best level (int32).
 */
export function ladderLayout(window: number) {
  const occupied = 8 * window;
  const bits = window >>> 3;
  return { occupied, named: occupied + bits, best: occupied + 2 * bits, bytes: occupied + 2 * bits + 8 };
}

const [LADDER, MASK, BASE, BEST, HORIZON, CAREFUL] = numbered(0, 6);
const [PRICES, QUANTITIES, FROM, TO, FLIP, FAR, SHIFT] = numbered(6, 13);
const [KEY, OFFSET, CELL, BIT, WORD, AHEAD, LIMIT, BITS, KEYS, SLOTS, SLOT] = numbered(13, 24);
const QUANTITY = 24;

/**
 * `setLevels(ladder, mask, base, best, horizon, careful, prices, quantities, from, to, flip, far, shift)`: sets levels
 * `from` up to and excluding `to` as Ladder's `#put` does one by one, and returns how far it came: up to a key of at most
 * `careful`, one that moves the best level where the window would have to follow, or one that changes how large the table of
 * far levels is. The ladder's best key is left where the layout says. `ladder`, `prices`, `quantities` and `far` are addresses;
 * `far` is 0 where the table is not in this memory. `flip` is 0 where keys are prices and −1 where they are their negatives;
 * `shift` is the table's.
 */
export function setLevelsProgram(): Uint8Array {
  const f = new FunctionBody();
  // Beyond three quarters of the window the window follows.
  f.get(MASK).i32(1).scalar('i32Add').tee(BITS).get(BITS).i32(2);
  f.scalar('i32ShiftRightUnsigned', 'i32Subtract').set(LIMIT);
  // The bits lie behind the quantities.
  f.get(LADDER).get(BITS).i32(3).scalar('i32ShiftLeft', 'i32Add').set(BITS);
  f.i32(1).i32(32).get(SHIFT).scalar('i32Subtract', 'i32ShiftLeft').set(SLOTS);
  f.get(FAR).get(SLOTS).i32(3).scalar('i32ShiftLeft', 'i32Add').set(KEYS);
  f.block((done) =>
    f.repeat((again) => {
      f.get(FROM).get(TO).scalar('i32GreaterOrEqual').branchIf(done);
      address(f, PRICES, FROM, 2).loadI32().get(FLIP).scalar('i32ExclusiveOr').get(FLIP);
      f.scalar('i32Subtract').tee(KEY).get(CAREFUL).scalar('i32LessOrEqual').branchIf(done);
      address(f, QUANTITIES, FROM, 3).loadF64().set(QUANTITY);
      f.get(KEY).get(BASE).scalar('i32Subtract').tee(OFFSET);
      f.get(MASK).scalar('i32GreaterThanUnsigned');
      f.when(
        () => setFar(f, done),
        () => setInWindow(f, done),
      );
      add(f, FROM, 1).branch(again);
    }),
  );
  f.get(BITS).get(MASK).i32(1).scalar('i32Add').i32(2).scalar('i32ShiftRightUnsigned', 'i32Add');
  f.get(BEST).storeI32();
  f.get(FROM);
  const locals = [...Array<number>(QUANTITY - KEY).fill(Type.i32), Type.f64];
  return assemble({ parameters: Array<number>(KEY).fill(Type.i32), locals, result: Type.i32, body: f });
}

/** Sets a level of the window. */
function setInWindow(f: FunctionBody, follow: Label): void {
  f.get(KEY).get(BEST).scalar('i32LessOrEqual');
  f.when(() => moveBest(f, follow));
  f.get(KEY).get(MASK).scalar('i32And').set(CELL);
  address(f, LADDER, CELL, 3).get(QUANTITY).storeF64();
  setBit(f, 0);
  f.get(KEY).get(HORIZON).scalar('i32GreaterThan');
  f.when(() => setBit(f, 1));
}

/** Sets a level beyond the window, as FarLevels does; branches where its table would change its size or lose a slot. */
function setFar(f: FunctionBody, leave: Label): void {
  /** Whether the level is not kept, being empty and no further than the horizon. */
  const dropped = (): void => {
    f.get(QUANTITY).double(0).scalar('f64Equal').get(KEY).get(HORIZON);
    f.scalar('i32LessOrEqual', 'i32And');
  };
  f.get(FAR).scalar('i32IsZero').get(KEY).get(BASE).scalar('i32LessThan', 'i32Or').get(KEY).get(BEST);
  f.scalar('i32LessOrEqual', 'i32Or').branchIf(leave);
  f.get(KEY).i32(GOLDEN).scalar('i32Multiply').get(SHIFT).scalar('i32ShiftRightUnsigned').set(SLOT);
  f.block((end) => {
    f.block((known) => {
      f.block((empty) =>
        f.repeat((probe) => {
          address(f, KEYS, SLOT, 2).loadI32().tee(WORD).get(KEY).scalar('i32Equal');
          f.when(() => {
            dropped();
            f.branchIf(leave).branch(known);
          });
          f.get(WORD).i32(EMPTY_SLOT).scalar('i32Equal').branchIf(empty);
          f.get(SLOT).i32(1).scalar('i32Add').get(SLOTS).i32(1).scalar('i32Subtract', 'i32And').set(SLOT);
          f.branch(probe);
        }),
      );
      dropped();
      f.branchIf(end);
      // At most half of the slots are in use. The count lies behind the keys.
      address(f, KEYS, SLOTS, 2).tee(WORD).loadI32().i32(1).scalar('i32Add').tee(CELL).i32(1);
      f.scalar('i32ShiftLeft').get(SLOTS).scalar('i32GreaterThan').branchIf(leave);
      f.get(WORD).get(CELL).storeI32();
      address(f, KEYS, SLOT, 2).get(KEY).storeI32();
    });
    address(f, FAR, SLOT, 3).get(QUANTITY).storeF64();
  });
}

/** Address of the word with a cell's bit, in the first or the second of the bitmaps. */
function wordAddress(f: FunctionBody, bitmap: 0 | 1): FunctionBody {
  f.get(BITS).get(CELL).i32(5).scalar('i32ShiftRightUnsigned').i32(2).scalar('i32ShiftLeft', 'i32Add');
  if (bitmap === 1) f.get(MASK).i32(3).scalar('i32ShiftRightUnsigned').i32(1).scalar('i32Add', 'i32Add');
  return f;
}

function setBit(f: FunctionBody, bitmap: 0 | 1): void {
  wordAddress(f, bitmap).tee(WORD).get(WORD).loadI32();
  f.i32(1).get(CELL).scalar('i32ShiftLeft', 'i32Or').storeI32();
}

/** BEST ← the best key once KEY, which is no worse, holds QUANTITY; branches where the window would have to follow. */
function moveBest(f: FunctionBody, follow: Label): void {
  f.get(QUANTITY).double(0).scalar('f64GreaterThan');
  f.when(
    () => {
      f.get(KEY).get(BEST).scalar('i32NotEqual').get(OFFSET).get(LIMIT).scalar('i32GreaterOrEqual', 'i32And');
      f.branchIf(follow);
      f.get(KEY).set(BEST);
    },
    () => {
      f.get(KEY).get(BEST).scalar('i32Equal');
      f.when(() => nextBest(f, follow));
    },
  );
}

/** BEST ← the smallest key beyond KEY that holds a level; branches where it is not before LIMIT. */
function nextBest(f: FunctionBody, follow: Label): void {
  f.get(OFFSET).i32(1).scalar('i32Add').set(AHEAD);
  f.block((found) =>
    f.repeat((again) => {
      f.get(AHEAD).get(LIMIT).scalar('i32GreaterOrEqual').branchIf(follow);
      f.get(BASE).get(AHEAD).scalar('i32Add').get(MASK).scalar('i32And').set(CELL);
      wordAddress(f, 0).loadI32().get(CELL).scalar('i32ShiftRightUnsigned').tee(BIT).scalar('i32IsZero');
      f.when(() => nextWord(f).branch(again));
      f.get(AHEAD).get(BIT).scalar('i32TrailingZeros', 'i32Add').tee(AHEAD);
      f.get(LIMIT).scalar('i32GreaterOrEqual').branchIf(follow);
      f.get(BASE).get(AHEAD).scalar('i32Add').get(MASK).scalar('i32And').set(CELL);
      address(f, LADDER, CELL, 3).loadF64().double(0).scalar('f64GreaterThan').branchIf(found);
      // Its quantity is gone; the bit may stay.
      add(f, AHEAD, 1).branch(again);
    }),
  );
  f.get(BASE).get(AHEAD).scalar('i32Add').set(BEST);
}

/** AHEAD ← where the word after that with CELL begins. */
function nextWord(f: FunctionBody): FunctionBody {
  return f.get(AHEAD).i32(32).get(CELL).i32(31).scalar('i32And', 'i32Subtract', 'i32Add').set(AHEAD);
}
