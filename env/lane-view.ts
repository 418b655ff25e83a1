import type { MarketView } from '../market/market.ts';
import type { Account } from './account.ts';
import type { Acknowledgements } from './exchange/acknowledgements.ts';
import type { Order } from './exchange/order.ts';
import type { MarketSeat } from './market-seat.ts';
import type { OwnQuote, QuoterView } from './quoter.ts';

/** What an agent knows of its orders on one side. */
export class SideView implements OwnQuote {
  readonly #seat: MarketSeat;
  readonly #lotSteps: number;
  #order: Order | null = null;
  /** Steps of orders whose cancel was sent, and which may still fill for all the agent knows. */
  #cancellingSteps = 0;
  #changes = 0;

  constructor(seat: MarketSeat, lotSteps: number) {
    this.#seat = seat;
    this.#lotSteps = lotSteps;
  }

  /** The order that is wanted here; null when there is none. */
  get order(): Order | null {
    return this.#order;
  }

  /** How often something became of the orders here. */
  get changes(): number {
    return this.#changes;
  }

  get active(): boolean {
    return this.#order !== null;
  }

  get price(): number {
    return this.#order === null ? 0 : this.#order.price;
  }

  get remaining(): number {
    return this.#order === null ? 0 : this.#order.knownRemaining / this.#lotSteps;
  }

  get queueAhead(): number {
    if (this.#order === null || !this.#order.acknowledged) return Number.NaN;
    return Number.isFinite(this.#order.front) ? this.#order.front : Number.NaN;
  }

  get age(): number {
    return this.#order === null ? 0 : this.#seat.market.time - this.#order.sentAt;
  }

  /** Lots that are being cancelled. */
  get cancelling(): number {
    return this.#cancellingSteps / this.#lotSteps;
  }

  /** A new order was sent. */
  sent(order: Order): void {
    this.#order = order;
    this.#changes++;
  }

  /** The cancel of the order was sent: it is wanted no more. */
  cancelled(): void {
    if (this.#order === null) return;
    this.#changes++;
    this.#cancellingSteps += this.#order.knownRemaining;
    this.#order = null;
  }

  /** The agent learns that `order` can fill `steps` less than he knew. */
  reduced(order: Order, steps: number): void {
    this.#changes++;
    const known = Math.min(steps, order.knownRemaining);
    order.knownRemaining -= known;
    if (order.cancelSent) this.#cancellingSteps -= known;
    else if (order === this.#order && order.knownRemaining === 0) this.#order = null;
  }

  /** The agent learns that a cancel was lost: what is not wanted still is there. */
  stayed(): void {
    this.#changes++;
  }

  /** Nothing rests or is on its way any more. */
  clear(): void {
    this.#changes++;
    this.#order = null;
    this.#cancellingSteps = 0;
  }
}

export interface LaneViewParts {
  readonly seat: MarketSeat;
  readonly account: Account;
  readonly acknowledgements: Acknowledgements;
  readonly bid: SideView;
  readonly ask: SideView;
  readonly lotSteps: number;
  /** µs. */
  readonly sessionEnd: number;
}

/** The view of one lane: reads what it shows when asked, so it is never out of date. */
export class LaneView implements QuoterView {
  readonly bid: SideView;
  readonly ask: SideView;
  readonly #seat: MarketSeat;
  readonly #account: Account;
  readonly #acknowledgements: Acknowledgements;
  readonly #lotSteps: number;
  readonly #sessionEnd: number;

  constructor(parts: LaneViewParts) {
    this.bid = parts.bid;
    this.ask = parts.ask;
    this.#seat = parts.seat;
    this.#account = parts.account;
    this.#acknowledgements = parts.acknowledgements;
    this.#lotSteps = parts.lotSteps;
    this.#sessionEnd = parts.sessionEnd;
  }

  get market(): MarketView {
    return this.#seat.seen;
  }

  get inventory(): number {
    return this.#account.knownSteps / this.#lotSteps;
  }

  /** Marked to the last mid that was known. */
  get equity(): number {
    return this.#account.equity(this.market.signals.mid);
  }

  get ackP99Ms(): number {
    return this.#acknowledgements.p99Ms(this.market.time);
  }

  get timeToClose(): number {
    return this.#sessionEnd - this.market.time;
  }

  get cancellingBid(): number {
    return this.bid.cancelling;
  }

  get cancellingAsk(): number {
    return this.ask.cancelling;
  }
}
