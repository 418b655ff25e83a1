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
    this.#cover();
  }

  remove(participant: MarketParticipant): void {
    const index = this.#all.indexOf(participant);
    if (index >= 0) this.#all.splice(index, 1);
    this.#cover();
  }

  clear(): void {
    this.#all.length = 0;
    this.#cover();
  }

  /** Takes note of watches that changed between two events, as a decision changes them. */
  refresh(): void {
    for (let i = 0; i < this.#all.length; i++) {
      if (this.#all[i].watch.moved) {
        this.#cover();
        return;
      }
    }
  }

  #cover(): void {
    let clock = Number.POSITIVE_INFINITY;
    let lowBid = Number.POSITIVE_INFINITY;
    let highBid = Number.NEGATIVE_INFINITY;
    let lowAsk = Number.POSITIVE_INFINITY;
    let highAsk = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < this.#all.length; i++) {
      const { watch } = this.#all[i];
      watch.moved = false;
      if (watch.clock < clock) clock = watch.clock;
      if (watch.lowBid < lowBid) lowBid = watch.lowBid;
      if (watch.highBid > highBid) highBid = watch.highBid;
      if (watch.lowAsk < lowAsk) lowAsk = watch.lowAsk;
      if (watch.highAsk > highAsk) highAsk = watch.highAsk;
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

  onClock(until: number): void {
    for (let i = 0; i < this.#all.length; i++) {
      const participant = this.#all[i];
      if (participant.watch.clock <= until) participant.onClock(until);
    }
    this.refresh();
  }

  onLevel(side: Side, price: number, before: number, after: number): void {
    for (let i = 0; i < this.#all.length; i++) {
      const participant = this.#all[i];
      const { watch } = participant;
      const low = side === BID ? watch.lowBid : watch.lowAsk;
      const high = side === BID ? watch.highBid : watch.highAsk;
      if (price >= low && price <= high) participant.onLevel(side, price, before, after);
    }
  }

  onTrade(price: number, quantity: number, aggressor: Side): void {
    for (let i = 0; i < this.#all.length; i++) {
      const participant = this.#all[i];
      const { watch } = participant;
      const reached = aggressor === BID ? price >= watch.lowAsk : price <= watch.highBid;
      if (reached) participant.onTrade(price, quantity, aggressor);
    }
    this.refresh();
  }

  onTouch(): void {
    for (let i = 0; i < this.#all.length; i++) this.#all[i].onTouch();
    this.refresh();
  }

  onReset(): void {
    for (let i = 0; i < this.#all.length; i++) this.#all[i].onReset();
  }

  onGap(): void {
    for (let i = 0; i < this.#all.length; i++) this.#all[i].onGap();
  }
}
