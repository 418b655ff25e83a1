import { statSync } from 'node:fs';
import { basename } from 'node:path';
import { BackgroundFile } from '../base/background-file.ts';
import { InputError } from '../base/errors.ts';
import { FileThread } from '../base/file-thread/file-thread.ts';
import { formatTime } from '../base/time.ts';
import { MessageKind } from './binance/message.ts';
import type { MessageScanner } from './binance/scanner/message-scanner.ts';
import { CaptureFile } from './capture/capture-file.ts';
import { CaptureImporter, FinerTrades, type ImportGap, type ImportPlan } from './capture/importer.ts';
import { type ImportOptions, planImport, totalBytes } from './capture/plan.ts';
import { type LineTaker, scanLines } from './capture/scan-lines.ts';
import { type Instrument, plainInstrument } from './instrument.ts';
import { TapeEncoder } from './tape/encoder.ts';
import type { TapeInfo } from './tape/rows.ts';
import { CommonStep, OffGridPrice, QuantityStep } from './tick-grid.ts';

export type { ImportOptions };

export interface ImportSummary {
  readonly out: string;
  readonly instrument: Instrument;
  /** Rows of the tape, carried ones included. */
  readonly rows: number;
  /** Messages understood, of any kind and symbol. */
  readonly messages: number;
  readonly depthUpdates: number;
  readonly trades: number;
  /** Snapshots applied. */
  readonly snapshots: number;
  readonly gaps: readonly ImportGap[];
  readonly ignored: Readonly<Record<string, number>>;
  readonly bookTicker: { readonly checked: number; readonly mismatches: number };
  readonly crossed: number;
  readonly span: { readonly start: string; readonly end: string };
  readonly rowsPerSecond: number;
  readonly clampedLocalTimes: number;
  readonly negativeLatencies: number;
  readonly checksum: string;
}

/**
 * Imports captures into a tape, streaming, in constant memory. Throws InputErrors for captures that cannot be read, are
 * out of order, hold several symbols or never give a book; nothing is left behind then.
 */
export async function importCaptures(options: ImportOptions): Promise<ImportSummary> {
  const began = performance.now();
  const thread = FileThread.lease(totalBytes(options.captures));
  try {
    const { plan, first, scanner } = await planImport(options, thread);
    try {
      return await importAs(plan, first, options, { scanner, thread, began });
    } finally {
      await first.close();
      scanner.release();
    }
  } finally {
    thread?.release();
  }
}

/** What an import works with, however often it begins anew. */
interface Means {
  readonly scanner: MessageScanner;
  readonly thread: FileThread | undefined;
  /** When the import began. */
  readonly began: number;
}

/** Imports by a plan, or, where the captures refute it, by a better one. `opened` is the first capture, once. */
async function importAs(
  plan: ImportPlan,
  opened: CaptureFile | undefined,
  options: ImportOptions,
  means: Means,
): Promise<ImportSummary> {
  const { scanner, thread, began } = means;
  scanner.clear();
  const file = new BackgroundFile(options.out, thread);
  const tape = new TapeEncoder((bytes, checked) => file.write(bytes, checked), {
    instrument: instrumentOf(plan, plan.stepSize ?? 1),
    source: options.captures.map((path) => basename(path)),
    memory: scanner.memory,
  });
  scanner.tickSize = plan.tickSize;
  const importer = new CaptureImporter(plan, tape, options.onWarning ?? (() => undefined), scanner);
  tape.carry(importer.feed.book);
  let better: ImportPlan;
  try {
    await readCaptures(options, opened, importer, means, () => file.room());
    // A snapshot that names no symbol is no book of one that the captures, of others, never name.
    const others = plan.seenSymbols.length > 0 && !plan.seenSymbols.includes(plan.symbol);
    const isForeign = others && importer.depthUpdates === 0 && importer.trades === 0;
    if (importer.snapshots === 0 || isForeign) throw noBook(options, plan, importer);
    refuseCoarseStep(options.stepSize, importer.quantityStep.value);
    const instrument = instrumentOf(plan, plan.stepSize ?? importer.quantityStep.value);
    const { end, conditions } = importer;
    const live = conditions === undefined ? undefined : { conditions };
    tape.flush();
    const info = tape.seal(await file.checksum(), instrument, { end, live });
    await file.commit();
    return summaryOf(options, importer, info, (performance.now() - began) / 1000);
  } catch (error) {
    await file.discard();
    better = betterPlan(error, plan, options, importer);
  }
  return importAs(better, undefined, options, means);
}

function summaryOf(
  { out }: ImportOptions,
  importer: CaptureImporter,
  info: TapeInfo,
  seconds: number,
): ImportSummary {
  return {
    out,
    instrument: info.instrument,
    rows: info.rows,
    messages: importer.messages,
    depthUpdates: importer.depthUpdates,
    trades: importer.trades,
    snapshots: importer.snapshots,
    gaps: importer.gaps,
    ignored: Object.fromEntries([...importer.ignored].sort()),
    bookTicker: { checked: importer.oracle.checked, mismatches: importer.oracle.mismatches },
    crossed: importer.feed.crossed,
    span: { start: formatTime(info.start), end: formatTime(info.end) },
    rowsPerSecond: Math.round(info.rows / seconds),
    clampedLocalTimes: importer.clock.clamped,
    negativeLatencies: importer.clock.negativeLatencies,
    checksum: info.checksum,
  };
}

/** Reads all captures, the first where it is `opened` already. */
async function readCaptures(
  options: ImportOptions,
  opened: CaptureFile | undefined,
  importer: CaptureImporter,
  { scanner, thread }: Means,
  afterChunk: () => Promise<void>,
): Promise<void> {
  const { captures, signal, onProgress } = options;
  const total = totalBytes(captures);
  const taker: LineTaker = {
    onPassed: (lines) => importer.onPassed(scanner, lines),
    onScanned: (line) => {
      importer.onScanned(scanner, line);
      return true;
    },
    onLine: (bytes, start, end, line) => {
      importer.onLine(bytes, start, end, line);
      return true;
    },
  };
  let file = opened;
  let before = 0;
  for (const path of captures) {
    importer.beginFile(path);
    const begin = before;
    const onBytes = (bytes: number): void => onProgress?.(begin + bytes, total);
    file ??= new CaptureFile(path, { field: 'capture', signal, onBytes, thread });
    try {
      await scanLines(file, file.chunks(), scanner, taker, afterChunk);
    } finally {
      await file.close();
    }
    file = undefined;
    before += statSync(path).size;
  }
  importer.finish();
}

/** What a failed attempt teaches: a finer grid, or the finer kind of trade. Throws where it teaches nothing. */
function betterPlan(
  error: unknown,
  plan: ImportPlan,
  options: ImportOptions,
  importer: CaptureImporter,
): ImportPlan {
  if (error instanceof FinerTrades) return { ...plan, tradeKind: MessageKind.trade };
  if (!(error instanceof OffGridPrice)) throw error;
  const { price } = error;
  const step = new CommonStep();
  step.add(plan.tickSize);
  step.add(price);
  const tooLarge = price / plan.tickSize > 0x7fffffff;
  if (options.tickSize === undefined && step.value > 0 && step.value < plan.tickSize && !tooLarge) {
    return { ...plan, tickSize: step.value };
  }
  throw new InputError({
    code: tooLarge ? 'price-range' : 'off-grid-price',
    message: tooLarge
      ? `${importer.place}: price ${price} is more than 2³¹ ticks of ${plan.tickSize}.`
      : `${importer.place}: price ${price} is no multiple of the tick size ${plan.tickSize}.`,
    field: 'tick-size',
    value: plan.tickSize,
    expected: tooLarge ? 'a coarser tick size' : `a divisor of ${price}`,
    hint: options.tickSize === undefined ? 'Give --tick-size.' : 'Leave --tick-size out to have it inferred.',
  });
}

function noBook(options: ImportOptions, plan: ImportPlan, importer: CaptureImporter): InputError {
  const { symbol } = plan;
  const reason =
    importer.depthUpdates === 0
      ? `no depth update of ${symbol} is in it`
      : importer.ignored.has('snapshot-too-old')
        ? `its snapshots are older than its first depth update`
        : `${importer.depthUpdates} depth updates of ${symbol} are in it, but no snapshot to apply them to`;
  return new InputError({
    code: 'no-book',
    message: `No book can be built from ${options.captures.join(', ')}: ${reason}.`,
    field: importer.depthUpdates === 0 ? 'symbol' : 'snapshot',
    value: importer.depthUpdates === 0 ? symbol : (options.snapshot ?? null),
    expected:
      importer.depthUpdates === 0 && plan.seenSymbols.length > 0
        ? `one of ${plan.seenSymbols.join(', ')}`
        : 'depth updates and a REST snapshot that connects to them',
    hint:
      importer.depthUpdates === 0
        ? 'Check --symbol and the file.'
        : 'Give the file with the REST snapshot by --snapshot, or the capture before this one first.',
  });
}

/** A step given by option has to fit what was traded; a finer one does no harm. */
function refuseCoarseStep(given: number | undefined, seen: number): void {
  if (given === undefined) return;
  const grid = new QuantityStep();
  grid.add(given);
  if (grid.value <= seen) return;
  throw new InputError({
    code: 'off-grid-quantity',
    message: `A step size of ${given} does not fit the captures: their quantities go down to steps of ${seen}.`,
    field: 'step-size',
    value: given,
    expected: `a step that divides quantities of ${seen}`,
    hint: `Leave --step-size out, or give --step-size ${seen}.`,
  });
}

function instrumentOf(plan: ImportPlan, stepSize: number): Instrument {
  return plainInstrument({ ...plan, stepSize });
}
