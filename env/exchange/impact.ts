import type { BookView } from '../../market/book.ts';
import type { MarketView } from '../../market/market.ts';
import { ASK, BID, type Side } from '../../market/side.ts';
import type { SignalView } from '../../market/signal-view.ts';
import type { FillReason } from './models.ts';
import type { Order } from './order.ts';

export interface ImpactOptions {
  /** Share of each own fill that is taken out of the displayed book, in (0, 1]. */
  readonly share: number;
  /** µs in which what was taken out comes back to 1/e. */
  readonly decay: number;
}

/** Of what was taken out, less than this share counts as back. */
const GONE = 1e-3;

interface Removal {
  readonly side: Side;
  /** Ticks. */
  readonly price: number;
  /** Base currency at `time`, µs. */
  readonly quantity: number;
  readonly time: number;
}

/**
 * Own fills thin out the book: what one took at a level, or was given there, is missing from what is displayed, and
 * comes back exponentially. Touches one lane only: its agent's view and its exchange. docs/exchange/impact.md.
 */
export class Impact {
  readonly #options: ImpactOptions;
  #removals: Removal[] = [];
  #now: number | null = null;

  constructor(options: ImpactOptions) {
    this.#options = options;
  }

  /** The market with what this lane's fills took out of its book. */
  on(market: MarketView): MarketView {
    return new ImpactedMarket(market, this);
  }

  /** How many prices have something missing, at most. */
  get size(): number {
    return this.#removals.length;
  }

  /** `quantity` base filled at `price`, ticks. A taker thins the side it took from, a maker the side it was on. */
  onFill(
    order: Pick<Order, 'side'>,
    quantity: number,
    reason: FillReason,
    time: number,
    price: number,
  ): void {
    const { share, decay } = this.#options;
    const opposite: Side = order.side === BID ? ASK : BID;
    const side = reason === 'taker' ? opposite : order.side;
    this.#removals = this.#removals.filter((removal) => Math.exp((removal.time - time) / decay) > GONE);
    this.#removals.push({ side, price, quantity: share * quantity, time });
  }

  /** While an order arrives its time counts, µs, not the market's clock, which is moved by messages and by whoever else
   * rides along; null when that is over. */
  setTime(now: number | null): void {
    this.#now = now;
  }

  /** Base quantity missing at a price; `marketTime` is the market's clock, µs. */
  missing(side: Side, price: number, marketTime: number): number {
    const time = this.#now ?? marketTime;
    let sum = 0;
    for (const removal of this.#removals) {
      if (removal.side !== side || removal.price !== price) continue;
      const left = Math.exp((removal.time - time) / this.#options.decay);
      if (left > GONE) sum += removal.quantity * left;
    }
    return sum;
  }
}

class ImpactedMarket implements MarketView {
  readonly book: BookView;
  readonly #market: MarketView;

  constructor(market: MarketView, impact: Impact) {
    this.#market = market;
    this.book = new ImpactedBook(market, impact);
  }

  get time(): number {
    return this.#market.time;
  }

  get signals(): SignalView {
    return this.#market.signals;
  }

  get synchronised(): boolean {
    return this.#market.synchronised;
  }

  get bookTime(): number {
    return this.#market.bookTime;
  }
}

/** The recorded book less what is missing; a level with nothing left is not there. */
class ImpactedBook implements BookView {
  readonly #market: MarketView;
  readonly #impact: Impact;
  #prices = new Int32Array(64);
  #quantities = new Float64Array(64);
  readonly #bestPrice = new Int32Array(1);
  readonly #bestQuantity = new Float64Array(1);

  constructor(market: MarketView, impact: Impact) {
    this.#market = market;
    this.#impact = impact;
  }

  get ready(): boolean {
    return this.#market.book.ready;
  }

  get bestBid(): number {
    return this.#impact.size === 0 ? this.#market.book.bestBid : this.#best(BID);
  }

  get bestAsk(): number {
    return this.#impact.size === 0 ? this.#market.book.bestAsk : this.#best(ASK);
  }

  get bestBidQuantity(): number {
    return this.quantityAt(BID, this.bestBid);
  }

  get bestAskQuantity(): number {
    return this.quantityAt(ASK, this.bestAsk);
  }

  get mid(): number {
    return (this.bestBid + this.bestAsk) / 2;
  }

  get crossed(): boolean {
    return this.ready && this.bestBid >= this.bestAsk;
  }

  quantityAt(side: Side, price: number): number {
    const { book, time } = this.#market;
    return Math.max(book.quantityAt(side, price) - this.#impact.missing(side, price, time), 0);
  }

  top(side: Side, count: number, prices: Int32Array, quantities: Float64Array): number {
    const { book, time } = this.#market;
    // So many levels may have nothing left.
    const wanted = count + this.#impact.size;
    if (this.#prices.length < wanted) {
      this.#prices = new Int32Array(2 * wanted);
      this.#quantities = new Float64Array(2 * wanted);
    }
    const read = book.top(side, wanted, this.#prices, this.#quantities);
    let kept = 0;
    for (let level = 0; level < read && kept < count; level++) {
      const price = this.#prices[level];
      const left = this.#quantities[level] - this.#impact.missing(side, price, time);
      if (!(left > 0)) continue;
      prices[kept] = price;
      quantities[kept] = left;
      kept++;
    }
    return kept;
  }

  /** The best level with something left; where all that is displayed was taken, the recorded best stands. */
  #best(side: Side): number {
    const { book } = this.#market;
    if (this.top(side, 1, this.#bestPrice, this.#bestQuantity) > 0) return this.#bestPrice[0];
    return side === BID ? book.bestBid : book.bestAsk;
  }
}
