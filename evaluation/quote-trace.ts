import { MICROSECONDS } from '../base/time.ts';
import { FILL_REASONS, type Fill, type FillReason } from '../env/exchange/models.ts';
import type { LaneListener } from '../env/lane-listener.ts';
import { type OwnQuote, type Quote, type QuoterView, Refresh } from '../env/quoter.ts';
import type { Instrument } from '../market/instrument.ts';
import { BID } from '../market/side.ts';

/** A stretch of a session close up: quotes around the mid and the fills. Prices in quote currency. */
export interface Stretch {
  /** µs since the epoch, one per sample. */
  readonly time: readonly number[];
  readonly mid: readonly number[];
  /** Price quoted after each decision; null where none was. */
  readonly bid: readonly (number | null)[];
  readonly ask: readonly (number | null)[];
  /** Lots. */
  readonly inventory: readonly number[];
  readonly fills: readonly StretchFill[];
}

export interface StretchFill {
  readonly time: number;
  readonly side: 'buy' | 'sell';
  readonly price: number;
  /** Base currency. */
  readonly quantity: number;
  readonly reason: FillReason;
}

/** Length of a stretch, µs, and the most it holds. */
const LENGTH = 600 * MICROSECONDS;
const SAMPLES = 6000;
const FILLS = 2000;
/** Numbers a sample. */
const WIDTH = 5;

/**
 * Keeps the ten minutes of a session with the most fills, in constant memory: windows begin every five minutes, two
 * are under way at a time and the fuller one stays. Nothing is allocated while it listens.
 */
export class QuoteTrace implements LaneListener {
  readonly #tickSize: number;
  readonly #priceDecimals: number;
  #best = new Window();
  #older = new Window();
  #newer = new Window();

  constructor(instrument: Instrument) {
    this.#tickSize = instrument.tickSize;
    // The mid lies between ticks: one decimal more.
    this.#priceDecimals = Math.min(12, Math.max(0, Math.ceil(-Math.log10(instrument.tickSize) - 1e-9)) + 1);
  }

  onDecision(view: QuoterView, quote: Quote): void {
    const { market } = view;
    if (!market.synchronised || !market.book.ready) return;
    const { time } = market;
    this.#turn(time);
    if (!this.#older.wants(time) && !this.#newer.wants(time)) return;
    const bid = standing(view.bid, quote.refreshBid, quote.bidQuantity, quote.bid);
    const ask = standing(view.ask, quote.refreshAsk, quote.askQuantity, quote.ask);
    const { mid } = market.book;
    const { inventory } = view;
    this.#older.sample(time, mid, bid, ask, inventory);
    this.#newer.sample(time, mid, bid, ask, inventory);
  }

  onFill(fill: Fill): void {
    this.#older.fill(fill);
    this.#newer.fill(fill);
  }

  /** The fullest window so far; null before the first decision. */
  stretch(): Stretch | null {
    let best = this.#best;
    if (this.#older.beats(best)) best = this.#older;
    if (this.#newer.beats(best)) best = this.#newer;
    return best.samples === 0 ? null : best.export(this.#tickSize, this.#priceDecimals);
  }

  #turn(time: number): void {
    if (this.#older.samples === 0) this.#older.begin(time);
    if (this.#newer.begun && time >= this.#newer.start + LENGTH / 2) {
      const finished = this.#older;
      if (finished.beats(this.#best)) {
        this.#older = this.#best;
        this.#best = finished;
      }
      const spare = this.#older;
      this.#older = this.#newer;
      this.#newer = spare;
      this.#newer.begin(time);
    } else if (!this.#newer.begun && time >= this.#older.start + LENGTH / 2) {
      this.#newer.begin(time);
    }
  }
}

/** The price that stands on a side once the decision is carried out; NaN where none does. */
function standing(own: OwnQuote, refresh: Refresh, quantity: number, price: number): number {
  if (quantity <= 0) return Number.NaN;
  if (refresh === Refresh.leave) return own.active ? own.price : Number.NaN;
  return price;
}

class Window {
  start = 0;
  begun = false;
  samples = 0;
  #fills = 0;
  #next = 0;
  /** Time, mid, bid, ask and inventory of each sample in turn. */
  readonly #samples = new Float64Array(WIDTH * SAMPLES);
  readonly #fillTime = new Float64Array(FILLS);
  readonly #fillPrice = new Float64Array(FILLS);
  readonly #fillQuantity = new Float64Array(FILLS);
  readonly #fillSide = new Uint8Array(FILLS);
  readonly #fillReason = new Uint8Array(FILLS);

  begin(time: number): void {
    this.start = this.#next = time;
    this.begun = true;
    this.samples = 0;
    this.#fills = 0;
  }

  beats(other: Window): boolean {
    return this.#fills > other.#fills || (this.samples > 0 && other.samples === 0);
  }

  /** Whether a sample of `time` would be kept. */
  wants(time: number): boolean {
    return this.begun && time >= this.#next && time < this.start + LENGTH && this.samples < SAMPLES;
  }

  sample(time: number, mid: number, bid: number, ask: number, inventory: number): void {
    if (!this.wants(time)) return;
    const samples = this.#samples;
    const at = WIDTH * this.samples++;
    samples[at] = time;
    samples[at + 1] = mid;
    samples[at + 2] = bid;
    samples[at + 3] = ask;
    samples[at + 4] = inventory;
    this.#next = time + LENGTH / SAMPLES;
  }

  fill(fill: Fill): void {
    if (!this.begun || fill.time < this.start || fill.time >= this.start + LENGTH || this.#fills === FILLS)
      return;
    const i = this.#fills++;
    this.#fillTime[i] = fill.time;
    this.#fillPrice[i] = fill.price;
    this.#fillQuantity[i] = fill.quantity;
    this.#fillSide[i] = fill.side;
    this.#fillReason[i] = FILL_REASONS.indexOf(fill.reason);
  }

  export(tickSize: number, decimals: number): Stretch {
    const price = (ticks: number) => Number((ticks * tickSize).toFixed(decimals));
    const column = (offset: number) =>
      Array.from({ length: this.samples }, (_, i) => this.#samples[WIDTH * i + offset]);
    const prices = (offset: number) => column(offset).map((x) => (Number.isNaN(x) ? null : price(x)));
    return {
      time: column(0),
      mid: column(1).map(price),
      bid: prices(2),
      ask: prices(3),
      inventory: column(4),
      fills: Array.from({ length: this.#fills }, (_, i) => ({
        time: this.#fillTime[i],
        side: this.#fillSide[i] === BID ? 'buy' : 'sell',
        price: price(this.#fillPrice[i]),
        quantity: this.#fillQuantity[i],
        reason: FILL_REASONS[this.#fillReason[i]],
      })),
    };
  }
}
