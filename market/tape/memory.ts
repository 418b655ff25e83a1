import type { Instrument } from '../instrument.ts';
import { RowBatcher } from './batcher.ts';
import { type RowBatch, TAPE_VERSION, type Tape, type TapeInfo, timeAt } from './rows.ts';

/** One row of a tape, written out. Times in µs, price in ticks, quantity in base currency. */
export interface TapeRow {
  readonly exchangeTime: number;
  readonly localTime: number;
  readonly kind: number;
  readonly price: number;
  readonly quantity: number;
  readonly flags: number;
  readonly updateId?: number;
}

/** A tape held in memory, batched and carried exactly as a file would be; for tests and small things. */
export function memoryTape(instrument: Instrument, rows: readonly TapeRow[]): Tape {
  const batches: RowBatch[] = [];
  const batcher = new RowBatcher((columns) => batches.push(columns.snapshot()));
  for (const row of rows) {
    batcher.push(
      row.exchangeTime,
      row.localTime,
      row.kind,
      row.price,
      row.quantity,
      row.flags,
      row.updateId ?? -1,
    );
  }
  batcher.finish();
  const last = batches.at(-1);
  const info: TapeInfo = {
    version: TAPE_VERSION,
    instrument,
    source: ['memory'],
    checksum: '',
    rows: batches.reduce((sum, batch) => sum + batch.length, 0),
    start: last === undefined ? 0 : timeAt(batches[0].localTime, 0),
    end: last === undefined ? 0 : timeAt(last.localTime, last.length - 1),
  };
  return {
    info,
    batches: batches.length,
    batchStart: (index) => timeAt(batches[index].localTime, 0),
    readBatch: (index) => batches[index],
    close: () => undefined,
  };
}
