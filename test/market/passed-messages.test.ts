import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { MessageKind } from '../../market/binance/message.ts';
import { MessageScanner } from '../../market/binance/scanner/message-scanner.ts';
import { CaptureFile } from '../../market/capture/capture-file.ts';
import { CaptureImporter, type ImportPlan } from '../../market/capture/importer.ts';
import { readLines } from '../../market/capture/lines.ts';
import { scanLines } from '../../market/capture/scan-lines.ts';
import { TapeColumns } from '../../market/tape/columns.ts';
import type { RowSink } from '../../market/tape/row-sink.ts';
import { timeAt } from '../../market/tape/rows.ts';

const PLAN: ImportPlan = {
  venue: 'binance-usdm',
  symbol: 'BTCUSDT',
  symbolChosen: true,
  onlySymbol: true,
  seenSymbols: ['BTCUSDT'],
  tickSize: 0.1,
  stepSize: undefined,
  tradeKind: undefined,
  snapshots: [],
  strict: false,
};

/** Keeps what comes, as numbers. */
class Rows implements RowSink {
  readonly rows: number[][] = [];

  push(...row: number[]): void {
    this.rows.push(row);
  }
}

/** Keeps what comes in columns, in the scanner's memory where there is one. */
class Columns implements RowSink {
  readonly #columns: TapeColumns;

  constructor(scanner: MessageScanner) {
    this.#columns = new TapeColumns(50_000, scanner.memory);
  }

  push(...row: Parameters<RowSink['push']>): void {
    this.#columns.push(...row);
  }

  pushLevels(...update: Parameters<NonNullable<RowSink['pushLevels']>>): void {
    this.#columns.pushLevels(...update);
  }

  pushRun(...run: Parameters<NonNullable<RowSink['pushRun']>>): void {
    this.#columns.pushRun(...run);
  }

  get rows(): number[][] {
    const { length, exchangeTime, localTime, kind, price, quantity, flags } = this.#columns;
    return Array.from({ length }, (_, row) => [
      timeAt(exchangeTime, row),
      timeAt(localTime, row),
      kind[row],
      price[row],
      quantity[row],
      flags[row],
      this.#columns.updateIdAt(row),
    ]);
  }
}

function describeImport(importer: CaptureImporter, rows: readonly number[][]): unknown {
  const { messages, depthUpdates, trades, snapshots, gaps, ignored, oracle, clock, feed } = importer;
  return {
    ...{ messages, depthUpdates, trades, snapshots, gaps, rows },
    ignored: [...ignored].sort(),
    oracle: [oracle.checked, oracle.mismatches],
    clock: [clock.time, clock.negativeLatencies, clock.clamped],
    crossed: feed.crossed,
    step: importer.quantityStep.value,
  };
}

/** What happens next in a capture: by how much the clocks and ids move, and what of. */
const event = fc.record({
  what: fc.integer({ min: 0, max: 99 }),
  step: fc.integer({ min: -2, max: 30 }),
  lag: fc.integer({ min: -3, max: 40 }),
  id: fc.integer({ min: -2, max: 6 }),
  price: fc.integer({ min: 0, max: 40 }),
  quantity: fc.constantFrom('0.001', '1', '2.50', '0.0000', '12', '0.12345678', '0.1234567891'),
  flag: fc.boolean(),
});
type Event = typeof event extends fc.Arbitrary<infer T> ? T : never;

/** Lines of a capture of the perpetual, most of them as they are in any. */
function linesOf(events: readonly Event[]): string[] {
  let local = 1_720_000_000_000_000;
  let [bookId, tickerId, tradeId] = [1000, 1000, 50];
  const lines: string[] = [];
  const emit = (json: string): void => void lines.push(`${local} ${json}`);
  const snapshot = (): void =>
    emit(`{"lastUpdateId":${bookId},"E":1,"T":1,"bids":[["100.0","5"]],"asks":[["104.0","5"]]}`);
  const depth = (previous: number, bids: string, asks: string): void => {
    const times = `"E":${Math.round(local / 1000)},"T":${Math.round(local / 1000)}`;
    emit(
      `{"e":"depthUpdate",${times},"s":"BTCUSDT","U":${previous + 1},"u":${bookId},"pu":${previous},"b":[${bids}],"a":[${asks}]}`,
    );
  };
  snapshot();
  for (const { what, step, lag, id, price, quantity, flag } of events) {
    local += 1000 * step;
    const sent = Math.round(local / 1000) - lag;
    const quote = `${98 + price / 10}`;
    if (what < 40) {
      const symbol = what === 39 ? 'ETHUSDT' : 'BTCUSDT';
      tickerId = Math.max(bookId - 5, tickerId + id);
      emit(
        `{"e":"bookTicker","u":${tickerId},"s":"${symbol}","b":"${quote}","B":"${quantity}","a":"104.0","A":"5","T":${sent},"E":${sent}}`,
      );
    } else if (what < 75) {
      tradeId += id;
      const execution = what === 74 ? 'INSURANCE_FUND' : 'MARKET';
      // A price off the grid is an error of the whole import: not here.
      emit(
        `{"e":"trade","E":${sent},"T":${sent},"s":"BTCUSDT","t":${tradeId},"p":"${quote}","q":"${quantity}","X":"${execution}","m":${flag}}`,
      );
    } else if (what < 78) {
      emit(
        `{"e":"aggTrade","E":${sent},"a":${tradeId},"s":"BTCUSDT","p":"${quote}","q":"${quantity}","f":1,"l":2,"T":${sent},"m":${flag}}`,
      );
    } else if (what < 95) {
      const previous = what === 94 && flag ? bookId + 1 : bookId;
      bookId += 1 + Math.max(0, id);
      const levels = `["${quote}","${quantity}"]`;
      depth(previous, flag ? levels : '', flag ? '' : levels);
    } else if (what < 97) snapshot();
    else if (what === 97) lines.push(`${local} {"e":"makergymOverflow${flag ? 'Begin' : 'End'}"}`);
    else if (what === 98) lines.push('no line of a capture');
    else lines.push(`${local} {"e":"somethingElse","s":"BTCUSDT"}`);
  }
  return lines;
}

describe('messages that a scanner passes', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'makergym-passed-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  it('are taken in as those that are read: clock, counts, tickers and rows', async () => {
    const path = join(folder, 'capture');
    let passed = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(event, { minLength: 20, maxLength: 300, size: 'max' }),
        fc.constantFrom(undefined, MessageKind.trade),
        async (events, tradeKind) => {
          writeFileSync(path, `${linesOf(events).join('\n')}\n`);
          const plan = { ...PLAN, tradeKind };
          const read = new Rows();
          const reader = new CaptureImporter(plan, read, () => undefined);
          reader.beginFile(path);
          const outcome = await outcomeOf(() =>
            readLines(
              path,
              (bytes, start, end, line) => {
                reader.onLine(bytes, start, end, line);
                return true;
              },
              { field: 'capture' },
            ),
          );

          const scanner = new MessageScanner();
          scanner.tickSize = plan.tickSize;
          for (const sink of [() => new Rows(), () => new Columns(scanner)]) {
            const columns = sink();
            const importer = new CaptureImporter(plan, columns, () => undefined, scanner);
            importer.beginFile(path);
            const file = new CaptureFile(path, { field: 'capture' });
            const scanned = await outcomeOf(() =>
              scanLines(file, file.chunks(), scanner, {
                onPassed: (lines) => {
                  passed += lines;
                  importer.onPassed(scanner, lines);
                },
                onScanned: (line) => {
                  importer.onScanned(scanner, line);
                  return true;
                },
                onLine: (bytes, start, end, line) => {
                  importer.onLine(bytes, start, end, line);
                  return true;
                },
              }),
            );
            await file.close();
            assert.deepEqual(scanned, outcome);
            assert.deepEqual(describeImport(importer, columns.rows), describeImport(reader, read.rows));
            scanner.clear();
          }
          scanner.release();
        },
      ),
      { numRuns: 100 },
    );
    assert.ok(passed > 5_000, `${passed} were passed`);
  });
});

/** What a call throws, as text. */
async function outcomeOf(call: () => Promise<void>): Promise<string> {
  try {
    await call();
    return 'done';
  } catch (error) {
    return String(error);
  }
}
