import type { BookView } from './book.ts';
import type { MarketParticipant } from './market.ts';
import { BID, type Side } from './side.ts';

/** What a participant wants to hear of. Prices in ticks; the initial values ask for nothing. */
export class Watch {
  /** Earliest time at which something of its own is due, µs. */
  clock = Number.POSITIVE_INFINITY;
  /** Range of its bids' prices, and of its asks'. */
  lowBid = Number.POSITIVE_INFINITY;
  highBid = Number.NEGATIVE_INFINITY;
  lowAsk = Number.POSITIVE_INFINITY;
  highAsk = Number.NEGATIVE_INFINITY;
  /** Set with any of the others: the market looks again, and says so by taking it back. */
  moved = true;
}

/**
 * All participants of a market behind one watch that covers theirs: a row is compared with that one first, and with
 * each participant's own only where it matters to somebody. Hot path: plain loops over an array of one class.
 */
export class Participants {
  readonly #all: MarketParticipant[] = [];
  /** What each of them watches, as of the last look. */
  #clocks = new Float64Array(0);
  #lowBids = new Float64Array(0);
  #highBids = new Float64Array(0);
  #lowAsks = new Float64Array(0);
  #highAsks = new Float64Array(0);
  #clock = Number.POSITIVE_INFINITY;
  #lowBid = Number.POSITIVE_INFINITY;
  #highBid = Number.NEGATIVE_INFINITY;
  #lowAsk = Number.POSITIVE_INFINITY;
  #highAsk = Number.NEGATIVE_INFINITY;

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
    if (index >= 0) this.#all.splice(index, 1);
    this.#recount();
  }

  clear(): void {
    this.#all.length = 0;
    this.#recount();
  }

  /** Takes note of watches that changed between two events, as a decision changes them. */
  refresh(): void {
    const all = this.#all;
    let moved = false;
    for (let i = 0; i < all.length; i++) {
      const { watch } = all[i];
      if (!watch.moved) continue;
      this.#look(i, watch);
      moved = true;
    }
    if (moved) this.#cover();
  }

  #look(index: number, watch: Watch): void {
    watch.moved = false;
    this.#clocks[index] = watch.clock;
    this.#lowBids[index] = watch.lowBid;
    this.#highBids[index] = watch.highBid;
    this.#lowAsks[index] = watch.lowAsk;
    this.#highAsks[index] = watch.highAsk;
  }

  /** Somebody came or went. */
  #recount(): void {
    const { length } = this.#all;
    this.#clocks = new Float64Array(length);
    this.#lowBids = new Float64Array(length);
    this.#highBids = new Float64Array(length);
    this.#lowAsks = new Float64Array(length);
    this.#highAsks = new Float64Array(length);
    for (let i = 0; i < length; i++) this.#look(i, this.#all[i].watch);
    this.#cover();
  }

  #cover(): void {
    let clock = Number.POSITIVE_INFINITY;
    let lowBid = Number.POSITIVE_INFINITY;
    let highBid = Number.NEGATIVE_INFINITY;
    let lowAsk = Number.POSITIVE_INFINITY;
    let highAsk = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < this.#clocks.length; i++) {
      if (this.#clocks[i] < clock) clock = this.#clocks[i];
      if (this.#lowBids[i] < lowBid) lowBid = this.#lowBids[i];
      if (this.#highBids[i] > highBid) highBid = this.#highBids[i];
      if (this.#lowAsks[i] < lowAsk) lowAsk = this.#lowAsks[i];
      if (this.#highAsks[i] > highAsk) highAsk = this.#highAsks[i];
    }
    this.#clock = clock;
    this.#lowBid = lowBid;
    this.#highBid = highBid;
    this.#lowAsk = lowAsk;
    this.#highAsk = highAsk;
  }

  /** Range of the prices of a side at which somebody has orders; empty (low above high) where nobody has. */
  low(side: Side): number {
    return side === BID ? this.#lowBid : this.#lowAsk;
  }

  high(side: Side): number {
    return side === BID ? this.#highBid : this.#highAsk;
  }

  watchesLevel(side: Side, price: number): boolean {
    return side === BID
      ? price >= this.#lowBid && price <= this.#highBid
      : price >= this.#lowAsk && price <= this.#highAsk;
  }

  watchesTrade(price: number, aggressor: Side): boolean {
    return aggressor === BID ? price >= this.#lowAsk : price <= this.#highBid;
  }

  watchesTouch(book: BookView): boolean {
    return book.bestAsk <= this.#highBid || book.bestBid >= this.#lowAsk;
  }

  // What one of them does moves nobody's watch but its own, so the last look holds throughout a loop.

  onClock(until: number): void {
    const clocks = this.#clocks;
    for (let i = 0; i < clocks.length; i++) if (clocks[i] <= until) this.#all[i].onClock(until);
    this.refresh();
  }

  onLevel(side: Side, price: number, before: number, after: number): void {
    const low = side === BID ? this.#lowBids : this.#lowAsks;
    const high = side === BID ? this.#highBids : this.#highAsks;
    for (let i = 0; i < low.length; i++) {
      if (price >= low[i] && price <= high[i]) this.#all[i].onLevel(side, price, before, after);
    }
  }

  onTrade(price: number, quantity: number, aggressor: Side): void {
    const bids = this.#highBids;
    const asks = this.#lowAsks;
    for (let i = 0; i < bids.length; i++) {
      const reached = aggressor === BID ? price >= asks[i] : price <= bids[i];
      if (reached) this.#all[i].onTrade(price, quantity, aggressor);
    }
    this.refresh();
  }

  onTouch(book: BookView): void {
    const { bestBid, bestAsk } = book;
    for (let i = 0; i < this.#highBids.length; i++) {
      if (bestAsk <= this.#highBids[i] || bestBid >= this.#lowAsks[i]) this.#all[i].onTouch();
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
