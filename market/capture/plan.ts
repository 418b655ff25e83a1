import { existsSync, statSync } from 'node:fs';
import { InputError } from '../../base/errors.ts';
import type { FileThread } from '../../base/file-thread/file-thread.ts';
import { formatTime } from '../../base/time.ts';
import { MessageKind } from '../binance/message.ts';
import { MessageScanner } from '../binance/scanner/message-scanner.ts';
import type { Venue } from '../instrument.ts';
import { CaptureFile } from './capture-file.ts';
import { type ImportPlan, twoSymbols } from './importer.ts';
import { addTo, newProbe, type Probe, probeCapture, type SymbolProbe } from './probe.ts';
import { readSnapshots, type SnapshotFile } from './snapshots.ts';

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

/** Lines looked at before the import: of the first file for symbol and tick size, of the others for their order. */
const PROBE_BYTES = 1 << 20;
const PROBE_BYTES_LATER = 1 << 16;

/** What is decided before the first row, the first capture, whose beginning has been looked at, and what read it. */
export interface Opened {
  readonly plan: ImportPlan;
  readonly first: CaptureFile;
  readonly scanner: MessageScanner;
}

/** Looks at the beginnings of the captures. Throws InputErrors for what cannot be imported; nothing is open then. */
export async function planImport(options: ImportOptions, thread?: FileThread): Promise<Opened> {
  checkOptions(options);
  const { captures, signal, onProgress } = options;
  const total = totalBytes(captures);
  const onBytes = (bytes: number): void => onProgress?.(bytes, total);
  const first = new CaptureFile(captures[0], { field: 'capture', signal, onBytes, thread });
  try {
    // Compiled while the first chunk is read.
    const scanner = new MessageScanner();
    return { plan: await makePlan(options, first, scanner), first, scanner };
  } catch (error) {
    await first.close();
    throw error;
  }
}

/** Compressed bytes of all captures. */
export function totalBytes(captures: readonly string[]): number {
  return captures.reduce((sum, path) => sum + (existsSync(path) ? statSync(path).size : 0), 0);
}

function checkOptions(options: ImportOptions): void {
  if (options.captures.length === 0) {
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
}

async function makePlan(
  options: ImportOptions,
  first: CaptureFile,
  scanner: MessageScanner,
): Promise<ImportPlan> {
  const { captures, signal } = options;
  const probes = [await probeCapture(first, PROBE_BYTES, scanner)];
  for (const path of captures.slice(1)) probes.push(await probeLater(path, scanner, signal));
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

async function probeLater(path: string, scanner: MessageScanner, signal?: AbortSignal): Promise<Probe> {
  const file = new CaptureFile(path, { field: 'capture', signal, chunkBytes: PROBE_BYTES_LATER });
  try {
    return await probeCapture(file, PROBE_BYTES_LATER, scanner);
  } finally {
    await file.close();
  }
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
