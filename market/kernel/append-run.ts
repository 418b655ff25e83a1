import { assemble, FunctionBody, Type } from '../../base/wasm/assembler.ts';
import { add } from './instructions.ts';
import { rowLayout } from './row-layout.ts';

const [COLUMNS, ROOM, ROW, RUN, RUN_ROOM, COUNT] = [0, 1, 2, 3, 4, 5];
const [FROM, BYTE] = [6, 7];

/**
 * `appendRun(columns, room, row, run, runRoom, count)`: copies the first rows of a run, one at least, to others from `row` on.
 * They have no update id. `columns` and `run` are addresses.
 */
export function appendRunProgram(): Uint8Array {
  const f = new FunctionBody();
  const at = (start: number, room: number, row: number, offset: number, shift: number): FunctionBody => {
    f.get(start).get(room).i32(offset).scalar('i32Multiply', 'i32Add');
    return f.get(row).i32(shift).scalar('i32ShiftLeft', 'i32Add');
  };
  f.loop(() => {
    for (const offset of [rowLayout.exchangeTime, rowLayout.localTime, rowLayout.quantity]) {
      at(COLUMNS, ROOM, ROW, offset, 3);
      at(RUN, RUN_ROOM, FROM, offset, 3).loadI64().storeI64();
    }
    at(COLUMNS, ROOM, ROW, rowLayout.updateId, 3).i64(0n).storeI64();
    at(COLUMNS, ROOM, ROW, rowLayout.price, 2);
    at(RUN, RUN_ROOM, FROM, rowLayout.price, 2).loadI32().storeI32();
    for (const offset of [rowLayout.kind, rowLayout.flags]) {
      at(COLUMNS, ROOM, ROW, offset, 0);
      at(RUN, RUN_ROOM, FROM, offset, 0).loadByte().storeByte();
    }
    // The row's bit, and those after it, become 0.
    f.get(COLUMNS).get(ROOM).i32(rowLayout.updateIdValid).scalar('i32Multiply', 'i32Add');
    f.get(ROW).i32(3).scalar('i32ShiftRightUnsigned', 'i32Add').tee(BYTE).get(BYTE).loadByte().i32(1);
    f.get(ROW).i32(7).scalar('i32And', 'i32ShiftLeft').i32(1);
    f.scalar('i32Subtract', 'i32And').storeByte();
    add(f, ROW, 1);
    f.get(FROM).i32(1).scalar('i32Add').tee(FROM).get(COUNT).scalar('i32LessThan');
  });
  const parameters = Array<number>(6).fill(Type.i32);
  return assemble({ parameters, locals: [Type.i32, Type.i32], body: f });
}
