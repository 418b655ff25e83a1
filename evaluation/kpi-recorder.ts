import { MICROSECONDS } from '../base/time.ts';
import type { Fill } from '../env/exchange/models.ts';
import type { LaneListener, OrderEvent } from '../env/lane-listener.ts';
import type { Quote, QuoterView } from '../env/quoter.ts';
import type { Instrument } from '../market/instrument.ts';
import type { MarketView } from '../market/market.ts';
import { BID } from '../market/side.ts';
import { BlockTable } from './block-table.ts';
import { EquitySeries } from './equity-series.ts';
import { COLUMNS, Column, ratioKpis } from './kpi-sums.ts';
import type { Kpis } from './kpis.ts';
import { QuantileSketch } from './quantile-sketch.ts';
import { SessionTime, type Span } from './session-time.ts';
import { DEFAULT_EVALUATION } from './settings.ts';

export interface KpiContext {
  readonly instrument: Instrument;
  /** Length of the equal-time increments that Sharpe is made of, s. */
  readonly sharpeIntervalSeconds?: number;
  /** Length of the blocks kept for the bootstrap, s; rounded up to whole Sharpe intervals. */
  readonly blockSeconds?: number;
  /** First and last time of each tape where there are several, µs: holes between them are no time of the session. */
  readonly spans?: readonly Span[];
}

/** Orders whose fills can still be in progress are far fewer than this. */
const RECENT_ORDERS = 64;

/**
 * Keeps score of one lane: listens to a session and gives its KPIs as mission.md defines them, the equal-time
 * increments of equity, a thinned equity curve and the blocks that the bootstrap resamples. The session is what lies
 * between the first decision with a known mid and the end, less the holes between tapes: all times in here but those of
 * the curve are its own (session-time.ts).
 *
 * Hot path (one call a decision): nothing is allocated but a number per Sharpe interval and a row per block.
 */
export class KpiRecorder implements LaneListener {
  readonly #tickSize: number;
  readonly #interval: number;
  readonly #blockLength: number;
  readonly #intervalsPerBlock: number;
  readonly #clock: SessionTime;
  readonly #acknowledgements = new QuantileSketch();
  readonly #series = new EquitySeries();
  readonly #filledOrders = new Float64Array(RECENT_ORDERS).fill(-1);
  #filledCursor = 0;

  /** Null until the first decision. */
  #blocks: BlockTable | null = null;
  #increments = new Float64Array(64);
  #incrementCount = 0;

  #start = 0;
  #time = 0;
  #equity = 0;
  #gridEquity = 0;
  #peak = 0;
  #drawdown = 0;

  #inventory = 0;
  #inventoryTime = 0;
  #maxInventory = 0;

  #mid = Number.NaN;
  #risingSignals = 0;
  #fallingSignals = 0;

  constructor(context: KpiContext) {
    this.#tickSize = context.instrument.tickSize;
    this.#interval = Math.round(
      (context.sharpeIntervalSeconds ?? DEFAULT_EVALUATION.sharpeIntervalSeconds) * MICROSECONDS,
    );
    const block = (context.blockSeconds ?? DEFAULT_EVALUATION.blockSeconds) * MICROSECONDS;
    this.#intervalsPerBlock = Math.max(1, Math.ceil(block / this.#interval - 1e-9));
    this.#blockLength = this.#intervalsPerBlock * this.#interval;
    this.#clock = new SessionTime(context.spans);
  }

  onDecision(view: QuoterView, _quote: Quote): void {
    const { market, equity } = view;
    const time = this.#clock.at(market.time);
    const usable = market.synchronised && market.book.ready;
    if (!Number.isFinite(equity)) return;
    if (this.#blocks === null) {
      if (!usable) return;
      this.#begin(time, view);
    }
    this.#observe(time, equity);
    if (usable && this.#series.wants(market.time)) {
      this.#series.offer(market.time, equity, this.#inventory, market.book.mid);
    }
    this.#judgeSignals(market, usable, time);
  }

  onFill(fill: Fill): void {
    const time = this.#clock.at(fill.time);
    const table = this.#tableAt(time);
    const block = table.blockAt(time);
    table.add(block, Column.fills, 1);
    table.add(block, Column.fees, fill.fee);
    table.add(block, Column.volume, fill.price * this.#tickSize * fill.quantity);
    // Who takes liquidity captures no spread.
    if (fill.reason !== 'taker') {
      const sign = fill.side === BID ? 1 : -1;
      table.add(block, Column.captured, sign * (fill.midAtPlacement - fill.price));
      table.add(block, Column.halfSpread, fill.halfSpreadAtPlacement);
    }
    // Flattening is a fill, but no order of the agent's.
    if (fill.flattening === true) return;
    if (this.#filledOrders.includes(fill.orderId)) return;
    this.#filledOrders[this.#filledCursor] = fill.orderId;
    this.#filledCursor = (this.#filledCursor + 1) % RECENT_ORDERS;
    table.add(block, Column.filledOrders, 1);
  }

  onOrder(event: OrderEvent, localTime: number): void {
    if (event !== 'placed' && event !== 'cancelled') return;
    const time = this.#clock.at(localTime);
    const table = this.#tableAt(time);
    table.add(table.blockAt(time), event === 'placed' ? Column.orders : Column.cancels, 1);
  }

  onAcknowledge(milliseconds: number): void {
    this.#acknowledgements.add(milliseconds);
  }

  onInventory(localTime: number, inventory: number): void {
    const time = this.#clock.at(localTime);
    this.#holdUntil(this.#tableAt(time), time);
    this.#inventory = inventory;
    this.#maxInventory = Math.max(this.#maxInventory, Math.abs(inventory));
  }

  onEnd(view: QuoterView): void {
    if (this.#blocks === null || !Number.isFinite(view.equity)) return;
    const { time } = view.market;
    this.#observe(this.#clock.at(time), view.equity);
    this.#series.close(time, view.equity, view.inventory, view.market.book.mid);
  }

  /** The KPIs so far. Without a decision all that needs data is null. */
  result(): Kpis {
    const table = this.#blocks;
    const sums = table === null ? new Float64Array(COLUMNS) : table.total();
    // Equity counts from the session's beginning: this is exact, a sum of its changes is not.
    sums[Column.pnl] = this.#equity;
    const kpis = ratioKpis(sums);
    const known = table !== null;
    return {
      ...kpis,
      pnl: known ? kpis.pnl : null,
      pnlGross: known ? kpis.pnlGross : null,
      maxInventory: known ? this.#maxInventory : null,
      sharpeIntervalSeconds: this.#interval / MICROSECONDS,
      maxDrawdown: known ? this.#drawdown : null,
      ackP99Ms: this.#acknowledgements.quantile(0.99),
      durationSeconds: (this.#time - this.#start) / MICROSECONDS,
    };
  }

  /** Changes of equity over successive whole Sharpe intervals since the first decision, quote currency. */
  increments(): Float64Array {
    return this.#increments.slice(0, this.#incrementCount);
  }

  /** Equity, inventory and mid about every second (longer sessions: fewer). */
  get equitySeries(): EquitySeries {
    return this.#series;
  }

  /** Sums by block of time, for the paired bootstrap; null before the first decision. */
  get blocks(): BlockTable | null {
    return this.#blocks;
  }

  #begin(time: number, view: QuoterView): void {
    this.#blocks = new BlockTable(time, this.#blockLength);
    this.#start = this.#time = this.#inventoryTime = time;
    this.#inventory = view.inventory;
    this.#maxInventory = Math.abs(view.inventory);
  }

  /** Equity is a step function of the decisions: at a grid point it is that of the last decision at or before. */
  #observe(time: number, equity: number): void {
    const table = this.#blocks as BlockTable;
    let grid = this.#start + (this.#incrementCount + 1) * this.#interval;
    while (grid < time) {
      this.#closeInterval(table);
      grid += this.#interval;
    }
    table.add(table.blockAt(time), Column.pnl, equity - this.#equity);
    this.#equity = equity;
    this.#time = time;
    if (grid === time) this.#closeInterval(table);
    if (equity > this.#peak) this.#peak = equity;
    else if (this.#peak - equity > this.#drawdown) this.#drawdown = this.#peak - equity;
    this.#holdUntil(table, time);
  }

  #closeInterval(table: BlockTable): void {
    if (this.#incrementCount === this.#increments.length) {
      const grown = new Float64Array(2 * this.#increments.length);
      grown.set(this.#increments);
      this.#increments = grown;
    }
    const increment = this.#equity - this.#gridEquity;
    const block = Math.floor(this.#incrementCount / this.#intervalsPerBlock);
    table.add(block, Column.increments, 1);
    table.add(block, Column.incrementSum, increment);
    table.add(block, Column.incrementSquares, increment * increment);
    this.#increments[this.#incrementCount++] = increment;
    this.#gridEquity = this.#equity;
  }

  #holdUntil(table: BlockTable, time: number): void {
    if (time <= this.#inventoryTime) return;
    table.addTime(this.#inventoryTime, time, this.#inventory * this.#inventory);
    this.#inventoryTime = time;
  }

  /** Every sign of OFI + DI since the mid last moved is judged by the mid's next move, as decisions see it. */
  #judgeSignals(market: MarketView, usable: boolean, time: number): void {
    if (!usable) {
      // Beyond a gap the next move is unknown: what was open stays unjudged.
      this.#risingSignals = this.#fallingSignals = 0;
      this.#mid = Number.NaN;
      return;
    }
    const { mid } = market.book;
    const move = mid - this.#mid;
    if (move !== 0 && !Number.isNaN(move)) {
      const judged = this.#risingSignals + this.#fallingSignals;
      if (judged > 0) {
        const table = this.#blocks as BlockTable;
        const block = table.blockAt(time);
        table.add(block, Column.signals, judged);
        table.add(block, Column.hits, move > 0 ? this.#risingSignals : this.#fallingSignals);
      }
      this.#risingSignals = this.#fallingSignals = 0;
    }
    this.#mid = mid;
    const signal = market.signals.ofiZ1s + market.signals.depthImbalance;
    if (signal > 0) this.#risingSignals++;
    else if (signal < 0) this.#fallingSignals++;
  }

  /** An order or a fill before the first decision cannot be; a lane driven by hand may yet end without any. */
  #tableAt(time: number): BlockTable {
    if (this.#blocks === null) {
      this.#blocks = new BlockTable(time, this.#blockLength);
      this.#start = this.#time = this.#inventoryTime = time;
    }
    return this.#blocks;
  }
}
