import { InputError } from '../../base/errors.ts';
import { formatTime } from '../../base/time.ts';
import { BookFeed } from '../binance/book-feed.ts';
import { Decoder } from '../binance/decoder.ts';
import { Message, MessageKind } from '../binance/message.ts';
import { ReceiveClock } from '../binance/receive-clock.ts';
import type { MessageScanner, ScannedLevels } from '../binance/scanner/message-scanner.ts';
import { SeenTrades } from '../binance/seen-trades.ts';
import type { SyncResult } from '../binance/synchroniser.ts';
import { TickerOracle } from '../binance/ticker-oracle.ts';
import type { Venue } from '../instrument.ts';
import { pushEach } from '../tape/row-run.ts';
import type { RowSink } from '../tape/row-sink.ts';
import { Flag, Kind, type TapeCondition } from '../tape/rows.ts';
import { QuantityStep, TickGrid } from '../tick-grid.ts';
import { type ControlLine, decodeControl, isControl } from './control-line.ts';
import { CaptureLine } from './line.ts';
import { limitOfUrl, symbolOfUrl } from './probe.ts';
import type { SnapshotFile } from './snapshots.ts';

export type TradeKind = typeof MessageKind.trade | typeof MessageKind.aggTrade;

/** What is decided before the first row is written. */
export interface ImportPlan {
  readonly venue: Venue;
  readonly symbol: string;
  /** Whether other symbols were asked to be left out; otherwise meeting one is an error. */
  readonly symbolChosen: boolean;
  /** Whether a snapshot that names no symbol can only be this one's. */
  readonly onlySymbol: boolean;
  /** Symbols that the beginnings of the captures name. */
  readonly seenSymbols: readonly string[];
  readonly tickSize: number;
  /** Given or stated by the exchange; otherwise what the quantities show. */
  readonly stepSize: number | undefined;
  /** Smallest order, where the captures tell it. */
  readonly minQuantity?: number;
  readonly minNotional?: number;
  /** Which of `trade` and `aggTrade` is the flow; undefined until the first comes. */
  readonly tradeKind: TradeKind | undefined;
  readonly snapshots: readonly SnapshotFile[];
  readonly strict: boolean;
}

export interface ImportGap {
  /** Local time, ISO 8601 UTC. */
  readonly atTime: string;
  readonly expected: number;
  readonly received: number;
}

/** Thrown where both kinds of trade turn out to be in a capture: `trade` is the finer, start again with it. */
export class FinerTrades extends Error {}

/** Trades Binance prints that no order of the book took part in. */
const OFF_BOOK: ReadonlySet<string> = new Set(['INSURANCE_FUND', 'ADL', 'NA']);

/** Turns the lines of captures, in order, into tape rows, and counts what it sees. Holds no line after its call. */
export class CaptureImporter {
  messages = 0;
  depthUpdates = 0;
  trades = 0;
  snapshots = 0;
  /** When the recording said that it ended, µs, 0 where it did not. */
  end = 0;
  /** What a live session that decided on the stream knew besides it; undefined where there was none. */
  conditions: TapeCondition[] | undefined;
  readonly gaps: ImportGap[] = [];
  readonly ignored = new Map<string, number>();
  readonly quantityStep = new QuantityStep();
  readonly oracle: TickerOracle;
  readonly clock: ReceiveClock;
  readonly feed: BookFeed;
  readonly #plan: ImportPlan;
  readonly #sink: RowSink;
  readonly #grid: TickGrid;
  readonly #warn: (text: string) => void;
  readonly #decoder = new Decoder();
  readonly #line = new CaptureLine();
  readonly #message = new Message();
  readonly #scanner: MessageScanner | undefined;
  readonly #seenTrades: SeenTrades;
  #pending: readonly SnapshotFile[];
  #tradeKind: TradeKind | undefined;
  #path = '';
  #lineNumber = 0;
  /** Largest trade id of the files before: overlapping files repeat trades. */
  #repeatedUpTo = Number.NEGATIVE_INFINITY;
  /** Its value before the file began. */
  #repeatedBefore = Number.NEGATIVE_INFINITY;
  /** The live book was not given what comes: see `makergymOverflowBegin`. */
  #overflowing = false;
  readonly #activeConditions = new Set<string>();

  /** `scanner` is what reads the lines of `onScanned`. */
  constructor(plan: ImportPlan, sink: RowSink, warn: (text: string) => void, scanner?: MessageScanner) {
    this.#plan = plan;
    this.#sink = sink;
    this.#warn = warn;
    this.#scanner = scanner;
    this.#grid = new TickGrid(plan.tickSize);
    this.feed = new BookFeed(plan.venue, this.#grid, sink, scanner?.memory);
    this.oracle = new TickerOracle(plan.tickSize, scanner?.queue);
    this.clock = scanner?.clock ?? new ReceiveClock();
    this.#seenTrades = scanner?.seenTrades ?? new SeenTrades();
    this.#pending = plan.snapshots;
    this.#tradeKind = plan.tradeKind;
    this.#letPass();
  }

  /** Where the line being read stands, for messages. */
  get place(): string {
    return `${this.#path}:${this.#lineNumber}`;
  }

  beginFile(path: string): void {
    this.#path = path;
    this.#repeatedBefore = this.#repeatedUpTo;
    this.#repeatedUpTo = this.#seenTrades.lastId;
  }

  /** Takes so many lines that the scanner has passed: it knows what they were. */
  onPassed(scanner: MessageScanner, lines: number): void {
    this.messages += lines;
    const { trades } = scanner;
    const { length } = trades;
    if (length === 0) return;
    this.trades += length;
    this.quantityStep.addCounts(trades.decimals);
    if (this.#sink.pushRun !== undefined) this.#sink.pushRun(trades);
    else pushEach(trades, this.#sink);
    trades.clear();
  }

  /** Takes the line of the file begun last that the scanner has read. */
  onScanned(scanner: MessageScanner, lineNumber: number): void {
    this.#lineNumber = lineNumber;
    scanner.read(this.#message);
    this.messages++;
    this.onMessage(this.#message, scanner.localTime, '', scanner);
  }

  /** Takes a line of the file begun last. */
  onLine(bytes: Uint8Array, start: number, end: number, lineNumber: number): void {
    this.#lineNumber = lineNumber;
    const line = this.#line;
    const kind = line.read(bytes, start, end);
    if (kind === 'message') {
      // The probe has read it.
      if (line.url.includes('/exchangeInfo')) return;
      const message = this.#message;
      if (this.#decoder.decode(bytes, line.jsonStart, end, message) === 'message') {
        if (message.kind === MessageKind.other && line.url === '' && isControl(message.type)) {
          this.onControl(decodeControl(bytes.subarray(line.jsonStart, end)), line.localTime);
          return;
        }
        this.messages++;
        const { shape } = this.#decoder;
        if (shape !== undefined) this.#scanner?.learn(shape);
        this.onMessage(message, line.localTime, line.url);
      } else this.#malformed(this.#decoder.reason);
    } else if (kind === 'unknown') this.#malformed('it does not begin with a local time');
  }

  /** No line is left: what `--snapshot` still holds takes effect. */
  finish(): void {
    for (const snapshot of this.#pending) {
      if (snapshot.localTime !== undefined) this.#onSnapshotFile(snapshot, snapshot.localTime);
    }
    this.#pending = [];
  }

  /**
   * Takes a decoded message and when it was received, µs; `url` of REST answers, empty otherwise. Levels may be on the grid
   * already. Live streams come here.
   */
  onMessage(message: Message, receivedAt: number, url: string, levels?: ScannedLevels): void {
    const { kind } = message;
    if (kind === MessageKind.other) {
      this.#ignore(message.type);
      return;
    }
    if (!this.#isOurs(message, url)) return;
    if (this.#overflowing) {
      this.#ignore('overflow');
      return;
    }
    if (this.#pending.length > 0) this.#snapshotsBefore(receivedAt);
    this.clock.onMessage(message, receivedAt);
    // They look at the clock themselves: a time handed over may be boxed.
    if (kind === MessageKind.depth) this.#onDepth(message, levels);
    else if (kind === MessageKind.bookTicker) this.oracle.onTicker(message, this.feed.lastId, this.feed.book);
    else if (kind === MessageKind.snapshot) this.#onSnapshot(message, limitOfUrl(url), levels);
    else this.#onTrade(message, kind);
  }

  /** Takes a line that makergym wrote itself. Live streams bring theirs here. */
  onControl(line: ControlLine | undefined, receivedAt: number): void {
    // Like messages they come in order of time.
    this.clock.onTime(receivedAt);
    const { time } = this.clock;
    switch (line?.e) {
      case 'makergymSession':
        this.conditions ??= [];
        this.#endConditions(time);
        break;
      case 'makergymCondition':
        this.#onCondition(time, line.reason, line.active);
        break;
      case 'makergymOverflowBegin':
        this.#overflowing = true;
        this.#letPass();
        this.gaps.push({ atTime: formatTime(time), expected: -1, received: -1 });
        this.feed.disconnect(time);
        break;
      case 'makergymOverflowEnd':
        this.#overflowing = false;
        this.#letPass();
        break;
      case 'makergymContinued':
        this.#repeatedUpTo = this.#repeatedBefore;
        break;
      case 'makergymEnd':
        this.end = time;
        this.#endConditions(time);
        break;
      default:
        this.#ignore('unknown-control-line');
    }
  }

  #onCondition(time: number, reason: string, active: boolean): void {
    if (this.#activeConditions.has(reason) === active) return;
    if (active) this.#activeConditions.add(reason);
    else this.#activeConditions.delete(reason);
    this.conditions?.push({ time, reason, active });
  }

  /** The process that knew of them is another one from here on, or none. */
  #endConditions(time: number): void {
    for (const reason of [...this.#activeConditions]) this.#onCondition(time, reason, false);
  }

  #isOurs(message: Message, url: string): boolean {
    const symbol = message.symbol === '' ? symbolOfUrl(url) : message.symbol;
    if (symbol === this.#plan.symbol) return true;
    if (symbol === '') {
      // A live feed gives nobody what names no symbol.
      if (this.#plan.onlySymbol && this.conditions === undefined) return true;
      this.#ignore('snapshot-without-symbol');
      return false;
    }
    if (!this.#plan.symbolChosen) throw twoSymbols([this.#plan.symbol, symbol], this.place);
    this.#ignore('other-symbol');
    return false;
  }

  #onDepth(message: Message, levels: ScannedLevels | undefined): void {
    const localTime = this.clock.time;
    this.depthUpdates++;
    this.#countDecimals(message, levels);
    const result =
      levels === undefined
        ? this.feed.onDepth(message, localTime)
        : this.feed.onLevels(message, localTime, levels);
    if (result === 'drop') this.#ignore('depth-before-snapshot');
    this.#afterBook(result);
    // A bare snapshot has no time of its own: it holds when the stream has come to its id.
    const [bare] = this.#pending;
    if (bare !== undefined && bare.localTime === undefined && message.lastId >= bare.message.lastId) {
      this.#pending = [];
      this.#letPass();
      this.#onSnapshotFile(bare, localTime);
    }
  }

  #onSnapshot(message: Message, limit: number | undefined, levels: ScannedLevels | undefined): void {
    const localTime = this.clock.time;
    this.#countDecimals(message, levels);
    const result = this.feed.onSnapshot(message, localTime, limit, levels);
    if (result === 'drop') this.#ignore('stale-snapshot');
    else if (result === 'needSnapshot') this.#ignore('snapshot-too-old');
    else this.snapshots++;
    this.#afterBook(result);
  }

  #onSnapshotFile(snapshot: SnapshotFile, time: number): void {
    this.messages++;
    const { message, limit } = snapshot;
    this.clock.onMessage(message, time);
    this.#onSnapshot(message, limit, undefined);
  }

  #snapshotsBefore(localTime: number): void {
    while (this.#pending.length > 0) {
      const [next, ...rest] = this.#pending;
      if (next.localTime === undefined || next.localTime > localTime) return;
      this.#pending = rest;
      this.#letPass();
      this.#onSnapshotFile(next, next.localTime);
    }
  }

  #onTrade(message: Message, kind: TradeKind): void {
    const localTime = this.clock.time;
    const unwanted = this.#unwantedTrade(message, kind);
    if (unwanted !== undefined) {
      this.#ignore(unwanted);
      return;
    }
    this.#seenTrades.onTaken(message);
    const price = this.#grid.toTicks(message.price);
    this.quantityStep.add(message.quantity);
    this.trades++;
    const side = message.buyerIsMaker ? Kind.sell : Kind.buy;
    const exchangeTime = message.exchangeTime >= 0 ? message.exchangeTime : localTime;
    this.#sink.push(exchangeTime, localTime, side, price, message.quantity, Flag.messageEnd, -1);
  }

  /** Why a trade is not part of the flow, if it is not. */
  #unwantedTrade(message: Message, kind: TradeKind): string | undefined {
    if (this.#tradeKind === undefined) {
      this.#tradeKind = kind;
      this.#letPass();
    }
    if (this.#tradeKind !== kind) {
      if (kind === MessageKind.trade) throw new FinerTrades();
      return 'aggTrade';
    }
    if (OFF_BOOK.has(message.execution)) return 'off-book-trade';
    if (!(message.price > 0 && message.quantity > 0)) return 'empty-trade';
    const { tradeId } = message;
    const repeated = (tradeId >= 0 && tradeId <= this.#repeatedUpTo) || !this.#seenTrades.isNew(tradeId);
    return repeated ? 'repeated-trade' : undefined;
  }

  #afterBook(result: SyncResult): void {
    if (result === 'apply') this.oracle.onBook(this.feed.lastId, this.feed.book);
    const gap = this.feed.lastGap;
    if (result === 'gap' && gap !== undefined)
      this.gaps.push({ atTime: formatTime(this.clock.time), ...gap });
  }

  /** Has the scanner pass what it may. */
  #letPass(): void {
    if (this.#scanner === undefined) return;
    const may = this.#pending.length === 0 && !this.#overflowing;
    this.#scanner.passing = { symbol: may ? this.#plan.symbol : '', tradeKind: this.#tradeKind };
  }

  #countDecimals({ bids, asks }: Message, levels: ScannedLevels | undefined): void {
    if (levels !== undefined) this.quantityStep.addCounts(levels.decimals);
    else {
      this.#addQuantities(bids.quantities, bids.count);
      this.#addQuantities(asks.quantities, asks.count);
    }
  }

  #addQuantities(quantities: Float64Array, count: number): void {
    for (let i = 0; i < count; i++) if (quantities[i] > 0) this.quantityStep.add(quantities[i]);
  }

  #ignore(reason: string): void {
    this.ignored.set(reason, (this.ignored.get(reason) ?? 0) + 1);
  }

  #malformed(reason: string): void {
    if (this.#plan.strict) {
      throw new InputError({
        code: 'malformed-line',
        message: `${this.place}: malformed line: ${reason}.`,
        field: 'capture',
        value: this.place,
        expected: '<local time> <json>',
        hint: 'Mend or remove the line, or import without --strict to skip it.',
      });
    }
    const before = this.ignored.get('malformed-line') ?? 0;
    if (before < 5) this.#warn(`${this.place}: skipped a malformed line: ${reason}`);
    this.#ignore('malformed-line');
  }
}

/** The error for captures that hold more than one instrument. */
export function twoSymbols(symbols: readonly string[], place: string): InputError {
  const list = [...symbols].sort().join(', ');
  return new InputError({
    code: 'two-symbols',
    message: `${place} holds more than one symbol: ${list}. A tape holds one.`,
    field: 'symbol',
    value: list,
    expected: `one of ${list}`,
    hint: `Choose one, for example --symbol ${[...symbols].sort()[0]}.`,
  });
}
