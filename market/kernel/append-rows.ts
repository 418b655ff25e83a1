import { assemble, FunctionBody, Type } from '../../base/wasm/assembler.ts';
import { add } from './instructions.ts';
import { rowLayout } from './row-layout.ts';

const [COLUMNS, ROOM, ROW, PRICES, QUANTITIES, BIDS, COUNT, LAST_FLAG] = [0, 1, 2, 3, 4, 5, 6, 7];
const [EXCHANGE_TIME, LOCAL_TIME, UPDATE_ID] = [8, 9, 10];
const [END, EIGHTS, FOURS, ONES, BYTE, LAST, KNOWN] = [11, 12, 13, 14, 15, 16, 17];
const [SENT, RECEIVED, ID] = [18, 19, 20];

/**
 * `appendRows(columns, room, row, prices, quantities, bids, count, lastFlag, exchangeTime, localTime, updateId)`: writes the
 * levels of a depth update, one at least, as rows from `row` on: `bids` of kind 0 and the others of kind 1, the last with a
 * flag. `updateId` −1 means none. `columns`, `prices` and `quantities` are addresses.
 *
 * Plain loops: most updates have few levels, for which copying and filling memory would each be a call.
 */
export function appendRowsProgram(): Uint8Array {
  const f = new FunctionBody();
  f.get(UPDATE_ID).double(0).scalar('f64GreaterOrEqual').tee(KNOWN).scalar('i32IsZero');
  f.when(() => f.double(0).set(UPDATE_ID));
  f.get(EXCHANGE_TIME).truncateToI64().set(SENT);
  f.get(LOCAL_TIME).truncateToI64().set(RECEIVED);
  f.get(UPDATE_ID).truncateToI64().set(ID);
  validity(f);
  f.get(ROW).get(COUNT).scalar('i32Add').set(END);
  f.get(ROW).get(BIDS).scalar('i32Add').set(BIDS);
  f.loop(() => {
    // Where the row begins in columns of 8, 4 and 1 bytes, if they began at the first.
    f.get(COLUMNS).get(ROW).scalar('i32Add').tee(ONES);
    f.get(ROW).i32(3).scalar('i32Multiply', 'i32Add').tee(FOURS);
    f.get(ROW).i32(2).scalar('i32ShiftLeft', 'i32Add').set(EIGHTS);
    column(f, EIGHTS, rowLayout.exchangeTime).get(SENT).storeI64();
    column(f, EIGHTS, rowLayout.localTime).get(RECEIVED).storeI64();
    column(f, EIGHTS, rowLayout.updateId).get(ID).storeI64();
    column(f, EIGHTS, rowLayout.quantity).get(QUANTITIES).loadF64().storeF64();
    column(f, FOURS, rowLayout.price).get(PRICES).loadI32().storeI32();
    column(f, ONES, rowLayout.kind).get(ROW).get(BIDS).scalar('i32GreaterOrEqual').storeByte();
    column(f, ONES, rowLayout.flags).i32(0).storeByte();
    add(f, PRICES, 4);
    add(f, QUANTITIES, 8);
    f.get(ROW).i32(1).scalar('i32Add').tee(ROW).get(END).scalar('i32LessThan');
  });
  column(f, ONES, rowLayout.flags).get(LAST_FLAG).storeByte();
  const i32s = (count: number) => Array<number>(count).fill(Type.i32);
  return assemble({
    parameters: [...i32s(8), Type.f64, Type.f64, Type.f64],
    locals: [...i32s(7), Type.i64, Type.i64, Type.i64],
    body: f,
  });
}

/** An address moved into a column. */
function column(f: FunctionBody, address: number, offset: number): FunctionBody {
  return f.get(address).get(ROOM).i32(offset).scalar('i32Multiply', 'i32Add');
}

/** Sets the rows' bits to KNOWN; those after them in the last byte become 0. */
function validity(f: FunctionBody): void {
  const byteOf = (row: () => void): FunctionBody => {
    column(f, COLUMNS, rowLayout.updateIdValid);
    row();
    return f.i32(3).scalar('i32ShiftRightUnsigned', 'i32Add');
  };
  const lastRow = () => f.get(ROW).get(COUNT).scalar('i32Add').i32(1).scalar('i32Subtract');
  byteOf(() => f.get(ROW)).set(BYTE);
  byteOf(lastRow).set(LAST);
  // Bits of rows before.
  f.get(BYTE).loadByte().i32(1).get(ROW).i32(7).scalar('i32And', 'i32ShiftLeft').i32(1);
  f.scalar('i32Subtract', 'i32And').set(ONES);
  // All or none, in each byte; the first and the last are mended after it.
  f.i32(0).get(KNOWN).scalar('i32Subtract').set(KNOWN);
  f.get(BYTE).set(FOURS);
  f.loop(() => {
    f.get(FOURS).get(KNOWN).storeByte();
    f.get(FOURS).i32(1).scalar('i32Add').tee(FOURS).get(LAST).scalar('i32LessOrEqual');
  });
  f.get(LAST).get(LAST).loadByte().i32(0xff).i32(7);
  lastRow().i32(7).scalar('i32And', 'i32Subtract', 'i32ShiftRightUnsigned', 'i32And').storeByte();
  f.get(BYTE).get(BYTE).loadByte().i32(-1).get(ROW).i32(7).scalar('i32And', 'i32ShiftLeft', 'i32And');
  f.get(ONES).scalar('i32Or').storeByte();
}
