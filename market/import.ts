import { statSync } from 'node:fs';
import { basename } from 'node:path';
import { BackgroundFile } from '../base/background-file.ts';
import { InputError } from '../base/errors.ts';
import { formatTime } from '../base/time.ts';
import { MessageKind } from './binance/message.ts';
import { MessageScanner } from './binance/scanner/message-scanner.ts';
import {
  CaptureImporter,
  FinerTrades,
  type ImportGap,
  type ImportPlan,
  twoSymbols,
} from './capture/importer.ts';
import { addTo, newProbe, type Probe, probeCapture, type SymbolProbe } from './capture/probe.ts';
import { type LineTaker, scanLines } from './capture/scan-lines.ts';
import { readSnapshots, type SnapshotFile } from './capture/snapshots.ts';
import { type Instrument, plainInstrument, type Venue } from './instrument.ts';
import { TapeEncoder } from './tape/encoder.ts';
import { CommonStep, OffGridPrice, QuantityStep } from './tick-grid.ts';

export interface ImportOptions {
  /** Capture files of one instrument, oldest first; the book is carried from one to the next. */
  readonly captures: readonly string[];
  /** Tape to write. */
  readonly out: string;
  /** Inferred where absent: USD-M by `pu` or by a URL, spot otherwise. */
  readonly venue?: Venue;
  /** Needed where the captures hold more than one. */
  readonly symbol?: string;
  /** A file with REST snapshots, for captures that hold none. */
  readonly snapshot?: string;
  /** Inferred from the prices (quantities) where absent. */
  readonly tickSize?: number;
  readonly stepSize?: number;
  /** Whether a malformed line is an error; otherwise it is skipped and counted. */
  readonly strict?: boolean;
  readonly signal?: AbortSignal;
  /** Told how many bytes of how many have been read. */
  readonly onProgress?: (bytes: number, total: number) => void;
  /** Told about what was skipped. */
  readonly onWarning?: (text: string) => void;
}

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

/** Lines looked at before the import: of the first file for symbol and tick size, of the others for their order. */
const PROBE_BYTES = 1 << 20;
const PROBE_BYTES_LATER = 1 << 16;

/**
 * Imports captures into a tape, streaming, in constant memory. Throws InputErrors for captures that cannot be read, are
 * out of order, hold several symbols or never give a book; nothing is left behind then.
 */
export async function importCaptures(options: ImportOptions): Promise<ImportSummary> {
  const began = performance.now();
  const scanner = new MessageScanner();
  let plan = await makePlan(options, scanner);
  for (;;) {
    const file = new BackgroundFile(options.out);
    const tape = new TapeEncoder((bytes) => file.write(bytes), {
      instrument: instrumentOf(plan, plan.stepSize ?? 1),
      source: options.captures.map((path) => basename(path)),
    });
    scanner.tickSize = plan.tickSize;
    const importer = new CaptureImporter(plan, tape, options.onWarning ?? (() => undefined), scanner);
    tape.carry(importer.feed.book);
    try {
      await readCaptures(options, importer, scanner, () => file.room());
      if (importer.snapshots === 0) throw noBook(options, plan, importer);
      refuseCoarseStep(options.stepSize, importer.quantityStep.value);
      const instrument = instrumentOf(plan, plan.stepSize ?? importer.quantityStep.value);
      const { end, conditions } = importer;
      const info = tape.finish(instrument, {
        end,
        live: conditions === undefined ? undefined : { conditions },
      });
      await file.commit();
      const seconds = (performance.now() - began) / 1000;
      return {
        out: options.out,
        instrument,
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
        clampedLocalTimes: importer.clampedLocalTimes,
        negativeLatencies: importer.negativeLatencies,
        checksum: info.checksum,
      };
    } catch (error) {
      await file.discard();
      plan = betterPlan(error, plan, options, importer);
    }
  }
}

async function readCaptures(
  options: ImportOptions,
  importer: CaptureImporter,
  scanner: MessageScanner,
  afterChunk: () => Promise<void>,
): Promise<void> {
  const { captures, signal, onProgress } = options;
  const total = captures.reduce((sum, path) => sum + statSync(path).size, 0);
  let before = 0;
  for (const path of captures) {
    importer.beginFile(path);
    const taker: LineTaker = {
      onScanned: (line) => {
        importer.onScanned(scanner, line);
        return true;
      },
      onLine: (bytes, start, end, line) => {
        importer.onLine(bytes, start, end, line);
        return true;
      },
    };
    const onBytes = (bytes: number): void => onProgress?.(before + bytes, total);
    await scanLines(path, scanner, taker, { field: 'capture', signal, onBytes, afterChunk });
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

async function makePlan(options: ImportOptions, scanner: MessageScanner): Promise<ImportPlan> {
  const { captures, signal } = options;
  if (captures.length === 0) {
    throw new InputError({
      code: 'no-capture',
      message: 'No capture was given.',
      field: 'capture',
      expected: 'one or more capture files, oldest first',
      hint: 'makergym import day1.gz day2.gz --out tape.arrow',
    });
  }
  for (const [name, value] of [
    ['tick-size', options.tickSize],
    ['step-size', options.stepSize],
  ] as const) {
    if (value === undefined || (Number.isFinite(value) && value > 0)) continue;
    const message = `--${name} ${value} is no positive number.`;
    throw new InputError({ code: 'bad-option', message, field: name, value, expected: 'a positive number' });
  }
  const probes: Probe[] = [];
  for (const path of captures) {
    const limit = probes.length === 0 ? PROBE_BYTES : PROBE_BYTES_LATER;
    probes.push(await probeCapture(path, limit, 'capture', scanner, signal));
  }
  checkOrder(captures, probes);
  const snapshots = options.snapshot === undefined ? [] : await readSnapshots(options.snapshot, signal);
  const named = new Set(probes.flatMap(({ symbols }) => [...symbols.keys()].filter((name) => name !== '')));
  const symbol = chooseSymbol(options, [...named]);
  const own = snapshots.filter((snapshot) => snapshot.symbol === symbol || snapshot.symbol === '');
  if (snapshots.length > 0 && own.length === 0) throw foreignSnapshots(options, symbol, snapshots);
  const onlySymbol = named.size === 0 || (named.size === 1 && named.has(symbol));
  const seen = lookAt(symbol, onlySymbol, probes, own);
  return {
    venue: chooseVenue(options, probes, seen),
    symbol,
    symbolChosen: options.symbol !== undefined,
    onlySymbol,
    seenSymbols: [...named].sort(),
    tickSize: options.tickSize ?? seen.grid?.tickSize ?? (seen.prices.value || 1),
    stepSize: options.stepSize ?? seen.grid?.stepSize,
    minQuantity: seen.grid?.minQuantity,
    minNotional: seen.grid?.minNotional,
    tradeKind: seen.trades > 0 ? MessageKind.trade : seen.aggTrades > 0 ? MessageKind.aggTrade : undefined,
    snapshots: own,
    strict: options.strict ?? false,
  };
}

/** What all files together show of the symbol at their beginnings. */
function lookAt(
  symbol: string,
  onlySymbol: boolean,
  probes: readonly Probe[],
  snapshots: readonly SnapshotFile[],
): SymbolProbe {
  const seen = newProbe();
  for (const { symbols } of probes) {
    for (const [name, probe] of symbols) {
      if (name !== symbol && !(name === '' && onlySymbol)) continue;
      seen.prices.add(probe.prices.value);
      seen.trades += probe.trades;
      seen.aggTrades += probe.aggTrades;
      seen.grid ??= probe.grid;
      seen.chained += probe.chained;
      seen.unchained += probe.unchained;
    }
  }
  for (const { message } of snapshots) addTo(seen, message);
  return seen;
}

function chooseSymbol(options: ImportOptions, named: readonly string[]): string {
  const chosen = options.symbol?.toUpperCase();
  if (chosen !== undefined) return chosen;
  if (named.length === 1) return named[0];
  if (named.length > 1) throw twoSymbols(named, options.captures.join(', '));
  throw new InputError({
    code: 'no-symbol',
    message: `The beginning of ${options.captures[0]} names no symbol: it holds no depth, trade or bookTicker message.`,
    field: 'symbol',
    value: options.captures[0],
    expected: 'a capture of depth and trade streams',
    hint: 'Check that the file is a recording of market data, or give --symbol.',
  });
}

function chooseVenue(options: ImportOptions, probes: readonly Probe[], seen: SymbolProbe): Venue {
  const inferred = seen.chained > 0 ? 'binance-usdm' : probes.find(({ venue }) => venue !== undefined)?.venue;
  if (options.venue === 'binance-spot' && seen.chained > 0) {
    throw new InputError({
      code: 'wrong-venue',
      message: 'The depth updates carry `pu`, which Binance spot does not send.',
      field: 'venue',
      value: options.venue,
      expected: 'binance-usdm',
      hint: 'Leave --venue out, or give --venue binance-usdm.',
    });
  }
  if (options.venue === 'binance-usdm' && seen.unchained > 0) {
    throw new InputError({
      code: 'wrong-venue',
      message: 'The depth updates lack `pu`, which USD-M futures send with each.',
      field: 'venue',
      value: options.venue,
      expected: 'binance-spot',
      hint: 'Leave --venue out, or give --venue binance-spot.',
    });
  }
  return options.venue ?? inferred ?? 'binance-spot';
}

function checkOrder(captures: readonly string[], probes: readonly Probe[]): void {
  for (let i = 1; i < probes.length; i++) {
    if (probes[i].start >= probes[i - 1].start) continue;
    throw new InputError({
      code: 'out-of-order',
      message:
        `${captures[i]} begins at ${formatTime(probes[i].start)}, before ${captures[i - 1]}, ` +
        `which begins at ${formatTime(probes[i - 1].start)}.`,
      field: 'capture',
      value: [captures[i - 1], captures[i]],
      expected: 'captures in order of time, oldest first',
      hint: `Give ${captures[i]} before ${captures[i - 1]}.`,
    });
  }
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

function foreignSnapshots(
  options: ImportOptions,
  symbol: string,
  snapshots: readonly SnapshotFile[],
): InputError {
  const found = [...new Set(snapshots.map((snapshot) => snapshot.symbol))].sort().join(', ');
  return new InputError({
    code: 'foreign-snapshot',
    message: `${options.snapshot} holds no snapshot of ${symbol}, only of ${found}.`,
    field: 'snapshot',
    value: options.snapshot,
    expected: `a snapshot of ${symbol}`,
    hint: 'Give the snapshot file of this symbol.',
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
