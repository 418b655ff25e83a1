import type { BookView } from './book.ts';
import type { MarketParticipant } from './market.ts';
import { BID, type Side } from './side.ts';
import { WatchedSide } from './watched-side.ts';

/**
 * What a participant wants to hear of, in one market. Prices in ticks; the initial values ask for nothing. Whoever
 * changes a value says so by {@link moved}.
 */
export class Watch {
  /** Earliest time at which something of its own is due, µs. */
  clock = Number.POSITIVE_INFINITY;
  /** Range of its bids' prices, and of its asks'. */
  lowBid = Number.POSITIVE_INFINITY;
  highBid = Number.NEGATIVE_INFINITY;
  lowAsk = Number.POSITIVE_INFINITY;
  highAsk = Number.NEGATIVE_INFINITY;
  #news: News | null = null;
  #index = 0;
  #told = false;

  /** The market is to look again. */
  moved(): void {
    const news = this.#news;
    if (this.#told || news === null) return;
    this.#told = true;
    news.indices[news.count++] = this.#index;
  }

  /** It goes by `index` in the news from here on, and is not in them; null: nobody listens. */
  join(news: News | null, index: number): void {
    this.#news = news;
    this.#index = index;
    this.#told = false;
  }

  /** The market has looked. */
  seen(): void {
    this.#told = false;
  }
}

/** Indices of the watches that have moved since the market looked. */
interface News {
  readonly indices: Int32Array;
  count: number;
}

/**
 * All participants of a market behind one watch that covers theirs: a row is compared with that one first, and with
 * each participant's own only where it matters to somebody. Hot path: plain loops over an array of one class.
 */
export class Participants {
  readonly #all: MarketParticipant[] = [];
  #news: News = { indices: new Int32Array(0), count: 0 };
  /** What each of them watches, as of the last look. */
  #clocks = new Float64Array(0);
  readonly #bids = new WatchedSide();
  readonly #asks = new WatchedSide();
  #clock = Number.POSITIVE_INFINITY;

  /** Earliest time at which something is due, µs. */
  get clock(): number {
    return this.#clock;
  }

  add(participant: MarketParticipant): void {
    if (!this.#all.includes(participant)) this.#all.push(participant);
    this.#recount();
  }

  remove(participant: MarketParticipant): void {
    const index = this.#all.indexOf(participant);
    if (index < 0) return;
    this.#all.splice(index, 1);
    participant.watch.join(null, 0);
    this.#recount();
  }

  clear(): void {
    for (const { watch } of this.#all) watch.join(null, 0);
    this.#all.length = 0;
    this.#recount();
  }

  /** Takes note of watches that moved since the last look, as decisions move them. */
  refresh(): void {
    if (this.#news.count > 0) this.#look();
  }

  #look(): void {
    const { indices, count } = this.#news;
    let clocks = false;
    let bids = false;
    let asks = false;
    for (let i = 0; i < count; i++) {
      const index = indices[i];
      const { watch } = this.#all[index];
      watch.seen();
      if (this.#clocks[index] !== watch.clock) {
        this.#clocks[index] = watch.clock;
        clocks = true;
      }
      if (this.#bids.set(index, watch.lowBid, watch.highBid)) bids = true;
      if (this.#asks.set(index, watch.lowAsk, watch.highAsk)) asks = true;
    }
    this.#news.count = 0;
    if (clocks) this.#clock = earliest(this.#clocks);
    if (bids) this.#bids.cover();
    if (asks) this.#asks.cover();
  }

  /** Somebody came or went. */
  #recount(): void {
    const { length } = this.#all;
    this.#clocks = new Float64Array(length).fill(Number.POSITIVE_INFINITY);
    this.#clock = Number.POSITIVE_INFINITY;
    this.#bids.reset(length);
    this.#asks.reset(length);
    this.#news = { indices: new Int32Array(length), count: 0 };
    for (let i = 0; i < length; i++) {
      const { watch } = this.#all[i];
      watch.join(this.#news, i);
      watch.moved();
    }
    this.#look();
  }

  /** The prices of a side that lie between the orders of somebody. */
  watched(side: Side): WatchedSide {
    return side === BID ? this.#bids : this.#asks;
  }

  watchesTrade(price: number, aggressor: Side): boolean {
    return aggressor === BID ? price >= this.#asks.low : price <= this.#bids.high;
  }

  watchesTouch(book: BookView): boolean {
    return book.bestAsk <= this.#bids.high || book.bestBid >= this.#asks.low;
  }

  // What one of them does moves nobody's watch but its own, so the last look holds throughout a loop.

  onClock(until: number): void {
    const clocks = this.#clocks;
    for (let i = 0; i < clocks.length; i++) if (clocks[i] <= until) this.#all[i].onClock(until);
    this.refresh();
  }

  onLevel(side: Side, price: number, before: number, after: number): void {
    const { lows, highs } = side === BID ? this.#bids : this.#asks;
    for (let i = 0; i < lows.length; i++) {
      if (price >= lows[i] && price <= highs[i]) this.#all[i].onLevel(side, price, before, after);
    }
  }

  onTrade(price: number, quantity: number, aggressor: Side): void {
    const bids = this.#bids.highs;
    const asks = this.#asks.lows;
    for (let i = 0; i < bids.length; i++) {
      const reached = aggressor === BID ? price >= asks[i] : price <= bids[i];
      if (reached) this.#all[i].onTrade(price, quantity, aggressor);
    }
    this.refresh();
  }

  onTouch(book: BookView): void {
    const { bestBid, bestAsk } = book;
    const bids = this.#bids.highs;
    const asks = this.#asks.lows;
    for (let i = 0; i < bids.length; i++) {
      if (bestAsk <= bids[i] || bestBid >= asks[i]) this.#all[i].onTouch();
    }
    this.refresh();
  }

  onReset(): void {
    for (let i = 0; i < this.#all.length; i++) this.#all[i].onReset();
  }

  onGap(): void {
    for (let i = 0; i < this.#all.length; i++) this.#all[i].onGap();
  }
}

function earliest(times: Float64Array): number {
  let first = Number.POSITIVE_INFINITY;
  for (let i = 0; i < times.length; i++) if (times[i] < first) first = times[i];
  return first;
}
