import type { OrderBook } from '../book.ts';
import type { Instrument } from '../instrument.ts';
import type { LevelMemory } from '../kernel/level-memory.ts';
import type { TickLevels } from '../tick-levels.ts';
import { ArrowFileWriter, type ColumnBytes, type Write } from './arrow-file.ts';
import { RowBatcher } from './batcher.ts';
import type { BookRows } from './book-rows.ts';
import type { TapeColumns } from './columns.ts';
import type { RowRun } from './row-run.ts';
import { type LiveSession, TAPE_VERSION, type TapeInfo, timeAt } from './rows.ts';
import { type BatchEntry, tapeSchema } from './schema.ts';

export interface TapeOptions {
  readonly instrument: Instrument;
  /** Names of the captures it comes from, in order. */
  readonly source: readonly string[];
  /** Where levels lie that are then appended faster. */
  readonly memory?: LevelMemory;
}

/** What the end of a recording tells. */
export interface TapeEnd {
  readonly end?: number;
  readonly live?: LiveSession;
}

/**
 * The bytes of a tape, an Arrow IPC file in bounded record batches, in constant memory.
 *
 * What is known only at the end (rows, span, checksum) is in the schema of the file's footer, which is the one that
 * readers of Arrow files show.
 */
export class TapeEncoder {
  readonly #options: TapeOptions;
  readonly #arrow: ArrowFileWriter;
  readonly #batcher: RowBatcher;
  readonly #batches: BatchEntry[] = [];
  #rows = 0;
  #start = 0;
  #end = 0;

  /** `write` receives the bytes in order, and has to be done with them when it returns: see {@link Write}. */
  constructor(write: Write, options: TapeOptions) {
    this.#options = options;
    this.#arrow = new ArrowFileWriter(tapeSchema(options), write);
    this.#batcher = new RowBatcher((columns) => this.#writeBatch(columns), options.memory);
  }

  /**
   * Says before the first row which book the rows are of, kept by whoever pushes them: as it was before a message while a
   * depth update is pushed, as it is after it while a snapshot is. Without one the writer keeps its own.
   */
  carry(book: OrderBook): void {
    this.#batcher.carry(book);
  }

  /**
   * Appends a row: times in µs, price in ticks, quantity in base currency, `updateId` −1 where there is none. The last
   * row of an exchange message carries `Flag.messageEnd`; a `reset` is the first row of its message.
   */
  push(
    exchangeTime: number,
    localTime: number,
    kind: number,
    price: number,
    quantity: number,
    flags: number,
    updateId: number,
  ): void {
    this.#batcher.push(exchangeTime, localTime, kind, price, quantity, flags, updateId);
  }

  /** Appends the rows of a depth update, a message of its own. */
  pushLevels(exchangeTime: number, localTime: number, levels: TickLevels, updateId: number): void {
    this.#batcher.pushLevels(exchangeTime, localTime, levels, updateId);
  }

  /** Appends the rows of a book. */
  pushBook(rows: BookRows, exchangeTime: number, localTime: number, updateId: number): void {
    this.#batcher.pushBook(rows, exchangeTime, localTime, updateId);
  }

  /** Appends rows that are messages of their own, one at least. */
  pushRun(run: RowRun): void {
    this.#batcher.pushRun(run);
  }

  /** Writes what is left of the rows: all bytes that the checksum takes in have been written then. */
  flush(): void {
    this.#batcher.finish();
  }

  /**
   * Writes the footer, after `flush`. `checksum` is the SHA-256 of what was to be checked, in hex. `instrument` replaces the one given at first, for what was learnt on the way (a finer
   * step size). `end` is when the recording ended, where that is known, µs.
   */
  seal(
    checksum: string,
    instrument: Instrument = this.#options.instrument,
    { end = 0, live }: TapeEnd = {},
  ): TapeInfo {
    const info: TapeInfo = {
      version: TAPE_VERSION,
      instrument,
      source: this.#options.source,
      checksum,
      rows: this.#rows,
      start: this.#start,
      end: Math.max(this.#end, end),
      ...(live === undefined ? {} : { live }),
    };
    this.#arrow.finish(tapeSchema(this.#options, info, this.#batches));
    return info;
  }

  #writeBatch(columns: TapeColumns): void {
    const rows = columns.length;
    this.#arrow.writeBatch(rows, columnBytes(columns));
    const start = timeAt(columns.localTime, 0);
    this.#batches.push({ rows, start, nulls: columns.updateIdNulls });
    if (this.#rows === 0) this.#start = start;
    this.#end = timeAt(columns.localTime, rows - 1);
    this.#rows += rows;
  }
}

/** The columns' values in schema order. */
function columnBytes(columns: TapeColumns): ColumnBytes[] {
  const rows = columns.length;
  const { updateIdNulls: nulls, updateIdValid } = columns;
  // Bits after the last row are of no row; the same rows are the same bytes.
  if ((rows & 7) !== 0) updateIdValid[rows >>> 3] &= (1 << (rows & 7)) - 1;
  const plain = (values: Uint32Array | Int32Array | Uint8Array | Float64Array, perRow = 1): ColumnBytes => ({
    values: new Uint8Array(values.buffer, values.byteOffset, rows * perRow * values.BYTES_PER_ELEMENT),
    validity: null,
    nulls: 0,
  });
  return [
    plain(columns.exchangeTime, 2),
    plain(columns.localTime, 2),
    plain(columns.kind),
    plain(columns.price),
    plain(columns.quantity),
    plain(columns.flags),
    {
      ...plain(columns.updateId, 2),
      validity: nulls > 0 ? updateIdValid.subarray(0, (rows + 7) >>> 3) : null,
      nulls,
    },
  ];
}
