import { BID, type Side } from '../../market/side.ts';
import type { OrderState } from './models.ts';

/** What an order was when it was sent. */
export interface OrderTicket {
  readonly id: number;
  readonly side: Side;
  /** Ticks. */
  readonly price: number;
  /** Whole steps of the instrument. */
  readonly steps: number;
  /** µs. */
  readonly sentAt: number;
  /** Mid and half the displayed spread when it was sent, ticks. */
  readonly mid: number;
  readonly halfSpread: number;
}

/** One own order: what it is at the exchange, and what its sender knows of it. */
export class Order implements OrderTicket {
  readonly id: number;
  readonly side: Side;
  readonly price: number;
  readonly steps: number;
  readonly sentAt: number;
  readonly mid: number;
  readonly halfSpread: number;

  // At the exchange.
  state: OrderState = 'inFlight';
  /** Steps not filled yet. */
  remaining: number;
  /** Estimated base quantity queued ahead; Infinity where the level's quantity is unknown. */
  front = Number.POSITIVE_INFINITY;
  /** `front` when the order joined its level. */
  joined = Number.POSITIVE_INFINITY;
  /** Base quantity traded at its price since the level was last updated: a decrease that brings no news. */
  traded = 0;
  /** A cancel overtook the order: it ends when it arrives. */
  cancelOnArrival = false;
  /** Opposite best that it took from when it arrived, or what has become of it since, ticks: only a better one can cross
   * it. */
  met: number;

  // Known to the sender.
  /** The exchange has answered. */
  acknowledged = false;
  cancelSent = false;
  /** Steps that may still fill. 0: the order is over. */
  knownRemaining: number;

  constructor(ticket: OrderTicket) {
    this.id = ticket.id;
    this.side = ticket.side;
    this.price = ticket.price;
    this.steps = ticket.steps;
    this.sentAt = ticket.sentAt;
    this.mid = ticket.mid;
    this.halfSpread = ticket.halfSpread;
    this.remaining = ticket.steps;
    this.knownRemaining = ticket.steps;
    this.met = ticket.side === BID ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
  }

  /** It rests in the book and may fill. */
  get isOpen(): boolean {
    return this.state === 'open' || this.state === 'partiallyFilled';
  }
}
