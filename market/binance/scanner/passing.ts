/** What the scanner does itself with the messages that it passes: see `passing` of MessageScanner. */
import type { FunctionBody, Label } from '../../../base/wasm/assembler.ts';
import { rowLayout } from '../../kernel/row-layout.ts';
import { Kind } from '../../tape/rows.ts';
import { LEAST_MICROSECONDS } from '../decode-object.ts';
import { REMEMBERED } from '../seen-trades.ts';
import { WAITING } from '../ticker-queue.ts';
import { Value } from '../value.ts';
import * as layout from './layout.ts';
import { AT, EXACT, NUMBER, P, PASSED, PASSING, PER_UNIT, POINT, START, TICKS, WRITTEN } from './locals.ts';
import { ticks } from './ticks.ts';

/** Takes in a message that is passed; branches to `read` where it is none to pass. */
export function pass(f: FunctionBody, read: Label): void {
  f.get(PASSING).i32(layout.Passing.tickers).scalar('i32Equal');
  f.when(
    // The book has not come to its id.
    () => {
      slot(f, Value.lastId).i32(0).loadF64(layout.BOOK_ID);
      f.scalar('f64GreaterThan', 'i32IsZero').branchIf(read);
    },
    () => trade(f, read),
  );
  f.get(PASSED).i32(1).scalar('i32Add').set(PASSED);
  f.get(P).set(AT);
  advanceClock(f);
  f.get(PASSING).i32(layout.Passing.tickers).scalar('i32Equal');
  f.when(
    () => addTicker(f),
    () => addTrade(f),
  );
}

/** As ReceiveClock does. EXACT ← the time of the exchange, negative where it is not known. */
function advanceClock(f: FunctionBody): void {
  slot(f, Value.transactionTime).set(EXACT);
  f.double(0).get(EXACT).scalar('f64GreaterThan');
  f.when(() => slot(f, Value.eventTime).set(EXACT));
  f.double(LEAST_MICROSECONDS).get(EXACT).scalar('f64GreaterThan');
  f.when(() => f.get(EXACT).double(1000).scalar('f64Multiply').set(EXACT));
  const count = (value: number): void => {
    const address = layout.CLOCK + 8 * value;
    f.i32(0).i32(0).loadF64(address).double(1).scalar('f64Add').storeF64(address);
  };
  f.get(EXACT);
  slot(f, Value.none).scalar('f64GreaterThan');
  f.when(() => count(1));
  f.i32(0).loadF64(layout.CLOCK);
  slot(f, Value.none).scalar('f64GreaterThan');
  f.when(
    () => count(2),
    () => {
      f.i32(0);
      slot(f, Value.none).storeF64(layout.CLOCK);
    },
  );
}

/** As TickerQueue's `push` does. */
function addTicker(f: FunctionBody): void {
  const [first, count] = [layout.QUEUE, layout.QUEUE + 4];
  const inRing = () => f.i32(WAITING - 1).scalar('i32And');
  f.i32(0).loadI32(first).set(START);
  f.i32(0).loadI32(count).tee(POINT).i32(WAITING).scalar('i32Equal');
  f.when(
    () => {
      f.i32(0).get(START).i32(1).scalar('i32Add');
      inRing().storeI32(first);
    },
    () => f.i32(0).get(POINT).i32(1).scalar('i32Add').storeI32(count),
  );
  f.get(START).get(POINT).scalar('i32Add');
  inRing().i32(3).scalar('i32ShiftLeft').tee(START);
  slot(f, Value.lastId).storeF64(layout.WAITING_IDS);
  f.get(START).i32(2).scalar('i32ShiftLeft').set(START);
  [Value.bidPrice, Value.bidQuantity, Value.askPrice, Value.askQuantity].forEach((value, index) => {
    f.get(START);
    slot(f, value).storeF64(layout.WAITING_VALUES + 8 * index);
  });
}

/**
 * TICKS ← the price of a trade that is new, of something, and on the grid; branches to `read` where it is none such or there is
 * no room for it.
 */
function trade(f: FunctionBody, read: Label): void {
  f.i32(0).loadI32(layout.TRADE_COUNT).i32(layout.TRADE_ROOM).scalar('i32Equal').branchIf(read);
  slot(f, Value.tradeId).i32(0).loadF64(layout.LAST_TRADE);
  f.scalar('f64GreaterThan', 'i32IsZero').branchIf(read);
  slot(f, Value.price).double(0).scalar('f64GreaterThan', 'i32IsZero').branchIf(read);
  slot(f, Value.quantity).double(0).scalar('f64GreaterThan', 'i32IsZero').branchIf(read);
  f.get(WRITTEN).i32(layout.DECIMAL_COUNT).scalar('i32GreaterOrEqual').branchIf(read);
  slot(f, Value.price).set(NUMBER);
  f.i32(0).loadF64(layout.PER_UNIT).set(PER_UNIT);
  ticks(f, read);
  f.get(NUMBER).truncate().set(TICKS);
}

/** Adds the trade to the rows that were passed, as CaptureImporter does. */
function addTrade(f: FunctionBody): void {
  const { exchangeTime, localTime: received, quantity, price, kind } = rowLayout;
  const column = (offset: number) => layout.TRADES + layout.TRADE_ROOM * offset;
  const row = (shift: number) => f.get(START).i32(shift).scalar('i32ShiftLeft');
  f.i32(0).loadI32(layout.TRADE_COUNT).set(START);
  f.double(0).get(EXACT).scalar('f64GreaterThan');
  f.when(() => f.i32(0).loadF64(layout.CLOCK).set(EXACT));
  row(3).get(EXACT).truncateToI64().storeI64(column(exchangeTime));
  row(3).i32(0).loadF64(layout.CLOCK).truncateToI64().storeI64(column(received));
  row(3);
  slot(f, Value.quantity).storeF64(column(quantity));
  row(2).get(TICKS).storeI32(column(price));
  row(0).i32(Kind.buy);
  slot(f, Value.buyerIsMaker).double(0).scalar('f64GreaterThan', 'i32Add').storeByte(column(kind));
  f.i32(0).get(START).i32(1).scalar('i32Add').storeI32(layout.TRADE_COUNT);
  f.get(WRITTEN).i32(2).scalar('i32ShiftLeft').tee(START);
  f.get(START).loadI32(layout.TRADE_DECIMALS).i32(1).scalar('i32Add').storeI32(layout.TRADE_DECIMALS);
  f.i32(0);
  slot(f, Value.tradeId).storeF64(layout.LAST_TRADE);
  slot(f, Value.tradeId)
    .truncateToI64()
    .scalar('i32WrapI64')
    .i32(REMEMBERED - 1)
    .scalar('i32And')
    .i32(3);
  f.scalar('i32ShiftLeft');
  slot(f, Value.tradeId).storeF64(layout.SEEN_TRADES);
}

/** Loads what the line holds. */
function slot(f: FunctionBody, value: Value): FunctionBody {
  return f.i32(0).loadF64(layout.SLOTS + 8 * value);
}
