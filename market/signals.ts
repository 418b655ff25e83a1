import { MICROSECONDS } from '../base/time.ts';
import type { BookView } from './book.ts';
import type { Side } from './side.ts';
import { ASK, BID } from './side.ts';
import type { SignalView } from './signal-view.ts';
import { BookFlow, depthImbalance, SideDepth } from './signals/depth.ts';
import { Lagged } from './signals/lagged.ts';
import { Volatility } from './signals/volatility.ts';
import { decayOver, ZScore } from './signals/z-score.ts';

const S = MICROSECONDS;
/** Lags of the three histories; the constants below are indices into them. */
const MID_LAGS = [0.05 * S, 0.25 * S, S, 10 * S, 60 * S];
const TRADE_WINDOWS = [0.5 * S, S, 3 * S];
const FLOW_WINDOWS = [S, 10 * S];
const VOLATILITY_CONSTANTS = [S, 10 * S, 60 * S, 600 * S];
/** Columns of the trade history: running totals by aggressor. */
const BUY_VOLUME = 0;
const SELL_VOLUME = 1;
const BUY_COUNT = 2;
const SELL_COUNT = 3;
/** Mid changes before `ready`. */
const READY_CHANGES = 2;
/** Weight of the EMA of 3 observations, 2/(3 + 1). */
const IMBALANCE_EMA = 0.5;
/** Typical deviations of a liquid pair, where z-scores start from. */
const OFI_PRIOR = 0.6;
const IMBALANCE_PRIOR = 0.35;

/**
 * The signals of a market, kept up to date event by event; {@link SignalView} says what each one is.
 *
 * Feed it every trade and, after each message that touched the book, the book. What depends on the clock (windows,
 * volatility in quiet times) is computed when read, for the latest time given to `onTrade`, `onBook` or `advance`:
 * call `advance(time)` before reading at a time of your own. Reading and advancing leave no trace: what the signals
 * say at a time is a function of the events up to it, to the last bit, however often anyone looked.
 *
 * Hot path: typed arrays, no allocation an event (the rings double rarely).
 */
export class Signals implements SignalView {
  readonly #trades = new Lagged(4, TRADE_WINDOWS);
  readonly #mids = new Lagged(1, MID_LAGS);
  readonly #flows = new Lagged(1, FLOW_WINDOWS);
  readonly #volatility = new Volatility(VOLATILITY_CONSTANTS);
  readonly #flow = new BookFlow();
  readonly #ofi1s = new ZScore(OFI_PRIOR);
  readonly #ofi3s = new ZScore(OFI_PRIOR);
  readonly #imbalance = new ZScore(IMBALANCE_PRIOR);
  readonly #bid = new SideDepth(BID);
  readonly #ask = new SideDepth(ASK);
  #time = 0;
  /** Latest time the histories were moved to: reading many signals at one time moves them once. Those of trades are
   * moved by themselves where nothing else is read. */
  #moved = -1;
  #flowMoved = -1;
  #lastBook = -1;
  #interruptedAt = -1;
  #mid = 0;
  #micropriceOffset = 0;
  #depthImbalanceRaw = 0;
  #depthImbalance = 0;
  /** Trade flow of the last 1 s and 3 s as it was last computed; stale once a trade came. */
  #traded1s = false;
  #traded3s = false;
  #flow1s = 0;
  #flow3s = 0;
  #flowStale = true;

  /** Forgets everything: the next event is the first. */
  reset(): void {
    this.#trades.reset();
    this.#mids.reset();
    this.#flows.reset();
    this.#volatility.reset();
    this.#flow.forget();
    this.#ofi1s.reset();
    this.#ofi3s.reset();
    this.#imbalance.reset();
    this.#bid.reset();
    this.#ask.reset();
    this.#time = 0;
    this.#moved = -1;
    this.#flowMoved = -1;
    this.#lastBook = -1;
    this.#interruptedAt = -1;
    this.#mid = 0;
    this.#micropriceOffset = 0;
    this.#depthImbalanceRaw = 0;
    this.#depthImbalance = 0;
    this.#flowStale = true;
  }

  /** A trade printed at `time`, µs (never decreasing); `aggressor` is the side that took. */
  onTrade(time: number, _price: number, quantity: number, aggressor: Side): void {
    this.advance(time);
    const totals = this.#trades.now;
    if (aggressor === BID) {
      totals[BUY_VOLUME] += quantity;
      totals[BUY_COUNT]++;
    } else {
      totals[SELL_VOLUME] += quantity;
      totals[SELL_COUNT]++;
    }
    this.#trades.push(this.#time);
    this.#flowStale = true;
    this.#moved = -1;
    this.#flowMoved = -1;
  }

  /**
   * The book is as it is after a message at `time`, µs. A book with an empty side is not looked at. `bids` (`asks`) is
   * false where no level from {@link lowestBid} up ({@link highestAsk} down) was touched since the call before: what is
   * read of that side is then what it was.
   */
  onBook(time: number, book: BookView, bids = true, asks = true): void {
    this.advance(time);
    const follows = this.#lastBook >= 0 && this.#interruptedAt < 0;
    if (bids || asks || !follows) {
      if (!book.ready) {
        this.interrupt();
        return;
      }
      this.#readBook(book, bids || !follows, asks || !follows);
    }
    this.#observeScores();
    this.#lastBook = this.#time;
    this.#interruptedAt = -1;
    this.#moved = -1;
    this.#flowMoved = -1;
  }

  #readBook(book: BookView, bids: boolean, asks: boolean): void {
    const before = this.#mid;
    this.#onMid(book.mid);
    const flow = this.#flow.step(book);
    if (flow !== 0) {
      this.#flows.now[0] += flow;
      this.#flows.push(this.#time);
    }
    const bidQuantity = book.bestBidQuantity;
    const askQuantity = book.bestAskQuantity;
    const shown = bidQuantity + askQuantity;
    this.#micropriceOffset =
      shown > 0
        ? (bidQuantity * book.bestAsk + askQuantity * book.bestBid) / shown -
          (book.bestBid + book.bestAsk) / 2
        : 0;
    // Distances are from the mid.
    const moved = this.#mid !== before;
    if (bids || moved) this.#bid.read(book);
    if (asks || moved) this.#ask.read(book);
    this.#depthImbalanceRaw = depthImbalance(this.#bid, this.#ask);
  }

  /** The clock is `time`, µs: what is read from here on is as of then. */
  advance(time: number): void {
    if (time > this.#time) this.#time = time;
  }

  /** The book is unknown from here to the next `onBook`: the jump across is neither order flow nor volatility. */
  interrupt(): void {
    if (this.#interruptedAt < 0) this.#interruptedAt = this.#time;
    this.#flow.forget();
  }

  #onMid(mid: number): void {
    const first = this.#lastBook < 0;
    if (!first && this.#interruptedAt >= 0) this.#volatility.skip(this.#time - this.#interruptedAt);
    if (mid === this.#mid && !first) return;
    if (first) this.#volatility.begin(this.#time);
    else if (this.#interruptedAt < 0) this.#volatility.observe(this.#time, mid - this.#mid);
    this.#mid = mid;
    this.#mids.now[0] = mid;
    this.#mids.push(this.#time);
  }

  /** Takes this book message as an observation of the scored signals, each weighted by the time since the last. */
  #observeScores(): void {
    const elapsed = this.#lastBook < 0 || this.#interruptedAt >= 0 ? 0 : this.#time - this.#lastBook;
    const decay = decayOver(elapsed);
    this.#updateFlow();
    if (this.#traded1s) this.#ofi1s.observe(this.#flow1s, decay);
    if (this.#traded3s) this.#ofi3s.observe(this.#flow3s, decay);
    this.#imbalance.observe(this.#depthImbalanceRaw, decay);
    const score = this.#imbalance.score(this.#depthImbalanceRaw);
    this.#depthImbalance += IMBALANCE_EMA * (score - this.#depthImbalance);
  }

  /** Trade flow of the windows that are scored, as of now. */
  #updateFlow(): void {
    if (!this.#trades.advance(this.#time) && !this.#flowStale) return;
    this.#traded1s = this.#traded(1);
    this.#traded3s = this.#traded(2);
    this.#flow1s = this.#ofi(1);
    this.#flow3s = this.#ofi(2);
    this.#flowStale = false;
  }

  /** Moves the histories to the clock, once for any number of readings. */
  #sync(): void {
    if (this.#moved === this.#time) return;
    this.#syncFlow();
    this.#mids.advance(this.#time);
    this.#flows.advance(this.#time);
    this.#moved = this.#time;
  }

  /** Moves the history of trades to the clock. */
  #syncFlow(): void {
    if (this.#flowMoved === this.#time) return;
    this.#updateFlow();
    this.#flowMoved = this.#time;
  }

  #traded(window: number): boolean {
    return this.#trades.change(window, BUY_COUNT) + this.#trades.change(window, SELL_COUNT) > 0;
  }

  #ofi(window: number): number {
    const buy = this.#trades.change(window, BUY_VOLUME);
    const sell = this.#trades.change(window, SELL_VOLUME);
    return buy + sell > 0 ? (buy - sell) / (buy + sell) : 0;
  }

  #trade(window: number, column: number): number {
    this.#syncFlow();
    return this.#trades.change(window, column);
  }

  #midChange(lag: number): number {
    this.#sync();
    return this.#mids.covers(lag) ? this.#mids.change(lag, 0) : 0;
  }

  #logReturn(lag: number): number {
    this.#sync();
    if (!this.#mids.covers(lag)) return 0;
    const past = this.#mids.past(lag, 0);
    return past > 0 && this.#mid > 0 ? Math.log(this.#mid / past) : 0;
  }

  /** Latest time given, µs: what the signals are as of. */
  get time(): number {
    return this.#time;
  }
  get ready(): boolean {
    return this.#volatility.changes >= READY_CHANGES && this.#volatility.sigma > 0;
  }
  get mid(): number {
    return this.#mid;
  }
  /** Prices of the worst levels that anything here is made of, ticks; infinite where a side shows fewer. */
  get lowestBid(): number {
    return this.#bid.deepest;
  }
  get highestAsk(): number {
    return this.#ask.deepest;
  }
  get micropriceOffset(): number {
    return this.#micropriceOffset;
  }
  get midChange50ms(): number {
    return this.#midChange(0);
  }
  get midChange250ms(): number {
    return this.#midChange(1);
  }
  get midChange1s(): number {
    return this.#midChange(2);
  }
  get midChange10s(): number {
    return this.#midChange(3);
  }
  get logReturn1s(): number {
    return this.#logReturn(2);
  }
  get logReturn10s(): number {
    return this.#logReturn(3);
  }
  get logReturn60s(): number {
    return this.#logReturn(4);
  }
  get sigma(): number {
    return this.#volatility.sigma;
  }
  get sigma1s(): number {
    return this.#volatility.rolling(0, this.#time);
  }
  get sigma10s(): number {
    return this.#volatility.rolling(1, this.#time);
  }
  get sigma1m(): number {
    return this.#volatility.rolling(2, this.#time);
  }
  get sigma10m(): number {
    return this.#volatility.rolling(3, this.#time);
  }
  get ofi500ms(): number {
    this.#syncFlow();
    return this.#ofi(0);
  }
  get ofi1s(): number {
    this.#syncFlow();
    return this.#flow1s;
  }
  get ofi3s(): number {
    this.#syncFlow();
    return this.#flow3s;
  }
  /** 0 where nothing traded in the window: no flow has no sign. */
  get ofiZ1s(): number {
    this.#syncFlow();
    return this.#traded1s ? this.#ofi1s.score(this.#flow1s) : 0;
  }
  get ofiZ3s(): number {
    this.#syncFlow();
    return this.#traded3s ? this.#ofi3s.score(this.#flow3s) : 0;
  }
  get depthImbalanceRaw(): number {
    return this.#depthImbalanceRaw;
  }
  get depthImbalance(): number {
    return this.#depthImbalance;
  }
  get bookFlow1s(): number {
    this.#sync();
    return this.#flows.change(0, 0);
  }
  get bookFlow10s(): number {
    this.#sync();
    return this.#flows.change(1, 0);
  }
  get bookFlowTotal(): number {
    return this.#flows.now[0];
  }
  get buyCount1s(): number {
    return this.#trade(1, BUY_COUNT);
  }
  get sellCount1s(): number {
    return this.#trade(1, SELL_COUNT);
  }
  get buyCount3s(): number {
    return this.#trade(2, BUY_COUNT);
  }
  get sellCount3s(): number {
    return this.#trade(2, SELL_COUNT);
  }
  get buyVolume1s(): number {
    return this.#trade(1, BUY_VOLUME);
  }
  get sellVolume1s(): number {
    return this.#trade(1, SELL_VOLUME);
  }
  get buyVolume3s(): number {
    return this.#trade(2, BUY_VOLUME);
  }
  get sellVolume3s(): number {
    return this.#trade(2, SELL_VOLUME);
  }
  get bidDepth(): Float64Array {
    return this.#bid.quantities;
  }
  get askDepth(): Float64Array {
    return this.#ask.quantities;
  }
  get bidDistance(): Float64Array {
    return this.#bid.distances;
  }
  get askDistance(): Float64Array {
    return this.#ask.distances;
  }
  get bidSlope(): number {
    return this.#bid.slope;
  }
  get askSlope(): number {
    return this.#ask.slope;
  }
}
