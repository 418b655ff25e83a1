import type { TickLevels } from '../tick-levels.ts';
import type { BookRows } from './book-rows.ts';
import type { RowRun } from './row-run.ts';

/** Where tape rows go: a tape writer, or a market that is live. `updateId` −1 where there is none. */
export interface RowSink {
  push(
    exchangeTime: number,
    localTime: number,
    kind: number,
    price: number,
    quantity: number,
    flags: number,
    updateId: number,
  ): void;
  /** The rows of a book at once, for sinks that gain by it. */
  pushBook?(rows: BookRows, exchangeTime: number, localTime: number, updateId: number): void;
  /** Rows that are messages of their own, one at least, for sinks that gain by it. The run is the caller's. */
  pushRun?(run: RowRun): void;
  /** All rows of a depth update at once, one at least, for sinks that gain by it. The levels are the caller's. */
  pushLevels?(exchangeTime: number, localTime: number, levels: TickLevels, updateId: number): void;
}
