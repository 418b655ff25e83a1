import { InputError } from '../../base/errors.ts';
import { Decoder } from '../binance/decoder.ts';
import { exchangeInfoEntry, gridOf, type StatedGrid } from '../binance/exchange-info.ts';
import { Message, MessageKind } from '../binance/message.ts';
import type { MessageScanner, ScannedLevels } from '../binance/scanner/message-scanner.ts';
import type { Venue } from '../instrument.ts';
import { CommonStep } from '../tick-grid.ts';
import type { CaptureFile } from './capture-file.ts';
import { CaptureLine } from './line.ts';
import { emptyFile, foreign } from './lines.ts';
import { scanLines } from './scan-lines.ts';

/** What the beginning of a capture shows, before anything is imported. */
export interface Probe {
  /** Local time of the first message, µs. */
  readonly start: number;
  /** What was seen of each symbol; snapshots that name none are under the empty string. */
  readonly symbols: ReadonlyMap<string, SymbolProbe>;
  /** Where a URL says so. */
  readonly venue: Venue | undefined;
}

export interface SymbolProbe {
  readonly prices: CommonStep;
  trades: number;
  aggTrades: number;
  /** From a recorded `exchangeInfo` answer, where there is one. */
  grid: StatedGrid | undefined;
  /** Depth updates with `pu`, and without. */
  chained: number;
  unchained: number;
}

/** Lines without a readable time that a file may begin with and still be a capture (its first may be cut). */
const UNKNOWN_LINES = 20;

/** Looks at the first `limit` bytes of lines, and lets the scanner learn of them. Refuses a file that is no capture. */
export async function probeCapture(
  file: CaptureFile,
  limit: number,
  scanner: MessageScanner,
): Promise<Probe> {
  const line = new CaptureLine();
  const decoder = new Decoder();
  const message = new Message();
  const symbols = new Map<string, SymbolProbe>();
  let venue: Venue | undefined;
  let start = -1;
  let bytesSeen = 0;
  let lines = 0;
  let unknown = 0;
  const onScanned = (_line: number, length: number): boolean => {
    bytesSeen += length;
    lines++;
    if (start < 0) start = scanner.localTime;
    scanner.read(message);
    observe(symbols, message, '', scanner);
    return bytesSeen < limit;
  };
  const onLine = (bytes: Uint8Array, from: number, to: number): boolean => {
    bytesSeen += to - from + 1;
    const kind = line.read(bytes, from, to);
    if (kind !== 'blank') lines++;
    if (kind === 'unknown' && start < 0 && ++unknown > UNKNOWN_LINES) return false;
    if (line.url !== '') venue ??= venueOfUrl(line.url);
    if (kind === 'message') {
      if (start < 0) start = line.localTime;
      if (line.url.includes('/exchangeInfo'))
        learnGrids(symbols, bytes.subarray(line.jsonStart, to), line.url);
      else if (decoder.decode(bytes, line.jsonStart, to, message) === 'message') {
        if (decoder.shape !== undefined) scanner.learn(decoder.shape);
        observe(symbols, message, line.url);
      }
    }
    return bytesSeen < limit;
  };
  await scanLines(file, file.look(), scanner, { onScanned, onLine });
  if (lines === 0) throw emptyFile(file.path, file.options.field);
  if (start < 0)
    throw foreign(file.path, file.options.field, 'none of its first lines begins with a local time');
  return { start, symbols, venue };
}

function observe(
  symbols: Map<string, SymbolProbe>,
  message: Message,
  url: string,
  levels?: ScannedLevels,
): void {
  const { kind } = message;
  if (kind === MessageKind.other) return;
  const name = message.symbol === '' ? symbolOfUrl(url) : message.symbol;
  let probe = symbols.get(name);
  if (probe === undefined) {
    probe = newProbe();
    symbols.set(name, probe);
  }
  addTo(probe, message, levels);
}

/** What a recorded `exchangeInfo` answer states of the symbol that was asked for. */
function learnGrids(symbols: Map<string, SymbolProbe>, json: Uint8Array, url: string): void {
  const name = symbolOfUrl(url);
  const entry = name === '' ? undefined : exchangeInfoEntry(Buffer.from(json).toString(), name);
  if (entry === undefined) return;
  const probe = symbols.get(name) ?? newProbe();
  probe.grid = gridOf(entry);
  symbols.set(name, probe);
}

export function newProbe(): SymbolProbe {
  return { prices: new CommonStep(), trades: 0, aggTrades: 0, grid: undefined, chained: 0, unchained: 0 };
}

/** Counts a message, whose levels may have been scanned, and lays its prices on the grid. */
export function addTo(probe: SymbolProbe, message: Message, scanned?: ScannedLevels): void {
  const { kind } = message;
  if (kind === MessageKind.trade || kind === MessageKind.aggTrade) {
    if (kind === MessageKind.trade) probe.trades++;
    else probe.aggTrades++;
    probe.prices.add(message.price);
  } else if (kind === MessageKind.bookTicker) {
    probe.prices.add(message.bidPrice);
    probe.prices.add(message.askPrice);
  } else {
    if (kind === MessageKind.depth && message.previousId >= 0) probe.chained++;
    else if (kind === MessageKind.depth) probe.unchained++;
    if (kind === MessageKind.depth && scanned !== undefined)
      addPrices(probe, scanned.writtenPrices, scanned.count);
    else {
      addPrices(probe, message.bids.prices, message.bids.count);
      addPrices(probe, message.asks.prices, message.asks.count);
    }
  }
}

function addPrices({ prices }: SymbolProbe, of: Float64Array, count: number): void {
  for (let i = 0; i < count; i++) prices.add(of[i]);
}

/** Symbol of a REST address, empty where it names none. */
export function symbolOfUrl(url: string): string {
  return (/[?&]symbol=([A-Za-z0-9_]+)/.exec(url)?.[1] ?? '').toUpperCase();
}

/** Number of levels a REST address asked for. */
export function limitOfUrl(url: string): number | undefined {
  const limit = /[?&]limit=(\d+)/.exec(url)?.[1];
  return limit === undefined ? undefined : Number(limit);
}

function venueOfUrl(url: string): Venue | undefined {
  const host = /^\w+:\/\/([^/:]+)/.exec(url)?.[1] ?? '';
  if (/^(fstream|fapi)[\w-]*\./.test(host)) return 'binance-usdm';
  if (/^(dstream|dapi)[\w-]*\./.test(host)) {
    throw new InputError({
      code: 'unsupported-venue',
      message: `The capture comes from ${host}: COIN-M futures are not read.`,
      field: 'venue',
      value: host,
      expected: 'binance-spot or binance-usdm',
    });
  }
  return /^(stream|api|data-stream|data-api|ws-api)[\w-]*\.binance/.test(host) ? 'binance-spot' : undefined;
}
