import type { LevelMemory } from '../../kernel/level-memory.ts';
import { columnsAt } from '../../kernel/row-layout.ts';
import type { RowRun, RunPlace } from '../../tape/row-run.ts';
import { Flag } from '../../tape/rows.ts';
import * as layout from './layout.ts';

/** Trades that a scanner has passed, as rows of a tape. Whoever takes them clears them. */
export class PassedTrades implements RowRun {
  readonly exchangeTime: Uint32Array;
  readonly localTime: Uint32Array;
  readonly kind: Uint8Array;
  readonly price: Int32Array;
  readonly quantity: Float64Array;
  readonly flags: Uint8Array;
  /** How many of the quantities have 0, 1, … 8 decimals. */
  readonly decimals: Int32Array;
  readonly place: RunPlace;
  readonly #count: Int32Array;

  constructor(memory: LevelMemory) {
    const { buffer } = memory;
    const room = layout.TRADE_ROOM;
    const start = layout.TRADES;
    const columns = columnsAt(buffer, start, room);
    this.exchangeTime = columns.exchangeTime;
    this.localTime = columns.localTime;
    this.kind = columns.kind;
    this.price = columns.price;
    this.quantity = columns.quantity;
    this.flags = columns.flags.fill(Flag.messageEnd);
    this.decimals = new Int32Array(buffer, layout.TRADE_DECIMALS, layout.DECIMAL_COUNT);
    this.#count = new Int32Array(buffer, layout.TRADE_COUNT, 1);
    this.place = { memory, start, room };
    this.clear();
  }

  get length(): number {
    return this.#count[0];
  }

  clear(): void {
    this.#count[0] = 0;
    this.decimals.fill(0);
  }
}
