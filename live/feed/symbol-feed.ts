import { type Message, MessageKind } from '../../market/binance/message.ts';
import type { TickerOracle } from '../../market/binance/ticker-oracle.ts';
import type { OrderBook } from '../../market/book.ts';
import type { ControlLine } from '../../market/capture/control-line.ts';
import { CaptureImporter } from '../../market/capture/importer.ts';
import type { RowSink } from '../../market/tape/row-sink.ts';
import type { TapeCondition } from '../../market/tape/rows.ts';
import { CommonStep, OffGridPrice, TickGrid } from '../../market/tick-grid.ts';
import type { TradedInstrument } from '../binance/exchange-info.ts';
import type { TradeStream } from '../binance/venue.ts';
import type { FeedCounters, LiveEvent } from './events.ts';
import { SnapshotAudit } from './snapshot-audit.ts';

/** A refresh is due when half of what a snapshot vouched for on a side has been used up. */
const HORIZON_SHARE = 0.5;
const NOTHING: RowSink = { push: () => undefined, pushLevels: () => undefined };

export interface SymbolFeedOptions {
  readonly instrument: TradedInstrument;
  readonly trades: TradeStream;
  /** Where tape rows go, as `import` would write them. */
  readonly sink?: RowSink;
  readonly counters: FeedCounters;
  readonly emit: (event: LiveEvent) => void;
  readonly onConditions?: (conditions: readonly TapeCondition[]) => void;
  /** Asks for a snapshot. */
  readonly needSnapshot: (reason: string) => void;
}

/**
 * One symbol, live. Its messages go through the very importer that captures go through, in the order in which they are
 * recorded, so that the rows here are the rows that `import` makes of the recording. Around it: gaps ask for snapshots,
 * snapshots are audited, the horizon is watched.
 */
export class SymbolFeed {
  readonly #options: SymbolFeedOptions;
  #instrument: TradedInstrument;
  #grid: TickGrid;
  #importer: CaptureImporter;
  #audit: SnapshotAudit | undefined;
  #snapshotsSeen = 0;
  #wasSynchronised = false;
  #everSynchronised = false;
  /** A connection was lost since the last snapshot. */
  #afterLoss = false;
  #lastTradeId = -1;
  /** Half the distance from the mid to the horizon when the snapshot was fresh, ticks. */
  #horizonRoom = Number.NaN;
  #horizonAsked = false;

  constructor(options: SymbolFeedOptions) {
    this.#options = options;
    this.#instrument = options.instrument;
    this.#grid = new TickGrid(options.instrument.tickSize);
    this.#importer = this.#createImporter();
  }

  get instrument(): TradedInstrument {
    return this.#instrument;
  }

  get book(): OrderBook {
    return this.#importer.feed.book;
  }

  /** Id the book stands at, −1 where it is unknown. */
  get lastId(): number {
    return this.#importer.feed.lastId;
  }

  get synchronised(): boolean {
    return this.#importer.feed.synchronised;
  }

  /** Comparison of the book with `bookTicker` at the same id. */
  get oracle(): TickerOracle {
    return this.#importer.oracle;
  }

  get crossed(): number {
    return this.#importer.feed.crossed;
  }

  /** Messages left out, by reason, as `import` counts them. */
  get ignored(): ReadonlyMap<string, number> {
    return this.#importer.ignored;
  }

  /** The connection was lost: the next snapshot counts as a resync even where nothing turns out to be missing. */
  connectionLost(): void {
    this.#afterLoss = true;
    this.#audit = undefined;
  }

  /** Takes a line of our own, where it stands in the recording. */
  onControl(line: ControlLine | undefined, localTime: number): void {
    const importer = this.#importer;
    importer.onControl(line, localTime);
    if (line?.e === 'makergymOverflowBegin') {
      importer.gaps.length = 0;
      this.#gap(localTime, 'overflow', -1, -1);
    } else if (line?.e === 'makergymOverflowEnd') this.#options.needSnapshot('overflow');
    const conditions = importer.conditions?.splice(0) ?? [];
    if (conditions.length > 0) this.#options.onConditions?.(conditions);
  }

  /** Takes a decoded message of this symbol. `url` of REST answers, empty otherwise. */
  onMessage(message: Message, localTime: number, url: string): void {
    try {
      this.#take(message, localTime, url);
    } catch (error) {
      if (!(error instanceof OffGridPrice)) throw error;
      this.#refine(error.price, localTime);
    }
    const { synchronised } = this;
    const exchangeTime = message.exchangeTime >= 0 ? message.exchangeTime : localTime;
    const { symbol } = this.#instrument;
    this.#options.emit({ type: 'market', symbol, message, exchangeTime, localTime, synchronised });
  }

  #take(message: Message, localTime: number, url: string): void {
    const { kind } = message;
    const { feed } = this.#importer;
    if (kind === MessageKind.depth) this.#audit?.onDepth(message, this.#grid);
    else if (kind === MessageKind.trade || kind === MessageKind.aggTrade) this.#countLost(message);
    else if (kind === MessageKind.snapshot && feed.synchronised && !this.#afterLoss) {
      this.#audit = new SnapshotAudit(feed.book, feed.lastId);
    }
    this.#importer.onMessage(message, localTime, url);
    if (kind !== MessageKind.depth && kind !== MessageKind.snapshot) return;
    this.#afterBook(kind === MessageKind.snapshot, localTime);
  }

  #afterBook(isSnapshot: boolean, localTime: number): void {
    const { counters, emit, needSnapshot } = this.#options;
    const { feed, gaps } = this.#importer;
    const { symbol } = this.#instrument;
    const applied = this.#importer.snapshots > this.#snapshotsSeen;
    this.#snapshotsSeen = this.#importer.snapshots;
    if (applied) counters.snapshots++;
    if (gaps.length > 0) {
      // They are counted and told; a feed of days does not keep them.
      gaps.length = 0;
      const { expected, received } = feed.lastGap ?? { expected: -1, received: -1 };
      this.#gap(localTime, 'ids', expected, received);
      return;
    }
    if (!feed.synchronised) {
      if (isSnapshot) needSnapshot('snapshot-too-old');
      return;
    }
    if (applied) {
      this.#measureHorizon();
      const resync = this.#everSynchronised && (!this.#wasSynchronised || this.#afterLoss);
      if (resync) counters.resyncs++;
      if (resync || !this.#everSynchronised) {
        emit({ type: 'synchronised', symbol, localTime, lastId: feed.lastId, resync });
      }
      this.#everSynchronised = true;
      this.#wasSynchronised = true;
      this.#afterLoss = false;
    } else if (isSnapshot) {
      // It could not be joined to the stream: the book stays as it is, but a lost connection still wants a fresh one.
      this.#audit = undefined;
      if (this.#afterLoss) needSnapshot('snapshot-too-old');
    } else this.#watchHorizon(localTime);
    this.#closeAudit(localTime);
  }

  #gap(localTime: number, cause: 'ids' | 'overflow', expected: number, received: number): void {
    const { counters, emit, needSnapshot } = this.#options;
    this.#audit = undefined;
    this.#wasSynchronised = false;
    counters.gaps++;
    emit({
      type: 'gap',
      symbol: this.#instrument.symbol,
      localTime,
      cause,
      expected,
      received,
    });
    // What is asked for while messages are dropped would be dropped too.
    if (cause !== 'overflow') needSnapshot('gap');
  }

  #closeAudit(localTime: number): void {
    const audit = this.#audit;
    if (audit === undefined) return;
    const verdict = audit.broken ? undefined : audit.verdict(this.book, this.lastId);
    if (verdict === undefined && !audit.broken) return;
    this.#audit = undefined;
    if (verdict === undefined) return;
    const { counters } = this.#options;
    counters.checksums++;
    if (verdict) return;
    // The snapshot has replaced the book already; another one confirms that it is right now.
    counters.checksumMismatches++;
    counters.resyncs++;
    this.#alarm('checksum', localTime, `the book differed from a fresh snapshot at id ${this.lastId}`);
    this.#options.needSnapshot('checksum');
  }

  #measureHorizon(): void {
    const { book } = this;
    this.#horizonAsked = false;
    this.#horizonRoom = Math.min(book.mid - book.lowestKnownBid, book.highestKnownAsk - book.mid) / 2;
  }

  /** Asks for a fresh snapshot before the market reaches prices that the last one did not see. */
  #watchHorizon(localTime: number): void {
    const { book } = this;
    if (this.#horizonAsked || !book.ready || !(this.#horizonRoom < Number.POSITIVE_INFINITY)) return;
    const room = Math.min(book.bestBid - book.lowestKnownBid, book.highestKnownAsk - book.bestAsk);
    if (room > this.#horizonRoom * 2 * (1 - HORIZON_SHARE)) return;
    this.#horizonAsked = true;
    this.#alarm('horizon', localTime, `the market is ${room} ticks from what the snapshot saw`);
    this.#options.needSnapshot('horizon');
  }

  #countLost({ tradeId, kind }: Message): void {
    if (tradeId < 0 || kind !== MessageKind[this.#options.trades]) return;
    const { counters } = this.#options;
    // One that comes late fills the hole that was counted; one that came twice is told by the importer.
    if (tradeId > this.#lastTradeId) {
      if (this.#lastTradeId >= 0) counters.lostTrades += tradeId - this.#lastTradeId - 1;
      this.#lastTradeId = tradeId;
    }
  }

  /** A price between ticks: the exchange has changed the grid. Starts over on the finer one. */
  #refine(price: number, localTime: number): void {
    const step = new CommonStep();
    step.add(this.#instrument.tickSize);
    step.add(price);
    const tickSize = step.value;
    this.#alarm(
      'off-grid-price',
      localTime,
      `price ${price} is off the grid; the tick size is now ${tickSize}`,
    );
    this.#importer.feed.disconnect(localTime);
    this.#instrument = { ...this.#instrument, tickSize };
    this.#grid = new TickGrid(tickSize);
    this.#importer = this.#createImporter();
    this.#snapshotsSeen = 0;
    this.#gap(localTime, 'ids', -1, -1);
  }

  #createImporter(): CaptureImporter {
    const { venue, symbol, tickSize } = this.#instrument;
    const { trades, sink } = this.#options;
    const plan = {
      venue,
      symbol,
      symbolChosen: true,
      onlySymbol: false,
      seenSymbols: [symbol],
      tickSize,
      stepSize: undefined,
      tradeKind: MessageKind[trades],
      snapshots: [],
      strict: false,
    };
    return new CaptureImporter(plan, sink ?? NOTHING, () => undefined);
  }

  #alarm(name: 'checksum' | 'horizon' | 'off-grid-price', localTime: number, text: string): void {
    this.#options.emit({ type: 'alarm', name, symbol: this.#instrument.symbol, localTime, text });
  }
}
