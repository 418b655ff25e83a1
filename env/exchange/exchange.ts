// Runs at every market event that reaches an own order: loops over a handful of orders, allocates at fills only.
import type { Instrument } from '../../market/instrument.ts';
import { NO_KEY } from '../../market/level-key.ts';
import { Watch } from '../../market/participants.ts';
import { ASK, BID, type Side } from '../../market/side.ts';
import type { MarketSeat } from '../market-seat.ts';
import type { FillReason, LatencyModel, QueueModel, Refusal, Withdrawal } from './models.ts';
import type { Order } from './order.ts';
import { belowMinimum, type OrderRules } from './order-rules.ts';
import { OwnOrders } from './own-orders.ts';
import { ProRata } from './pro-rata.ts';
import { checkedFront, checkedShare } from './queue.ts';
import { canTakeWhole, takeFromBook } from './take.ts';
import { Request, Response, Travel } from './travel.ts';

/** What the exchange tells the owner of the orders. */
export interface ExchangeOwner {
  /** At the exchange, at `time`, µs: `steps` of an order filled at `price`, ticks. */
  onExecution(order: Order, steps: number, reason: FillReason, time: number, price: number): void;
  /** At the exchange, at `time`, µs: an order left the book without being filled whole, or never got there. `why` is
   * null where its owner cancelled it. */
  onWithdrawn(order: Order, event: Withdrawal, time: number, why: Refusal | null): void;
  /** The owner learns at `time`, µs, of `steps` filled. */
  onFillKnown(order: Order, steps: number, time: number): void;
  /** The owner learns at `time`, µs, what became of a request of his, `roundTrip` µs after he sent it. `over`: the order
   * can fill no more. `cancelLost`: the request was a cancel and never arrived. */
  onAcknowledged(order: Order, roundTrip: number, over: boolean, time: number, cancelLost: boolean): void;
  /** The owner learns at `time`, µs, that an order of his ended without a request of his. */
  onExpiryKnown(order: Order, time: number): void;
}

export interface ExchangeOptions {
  readonly instrument: Instrument;
  readonly latency: LatencyModel;
  readonly queue: QueueModel;
  readonly rules: OrderRules;
  readonly owner: ExchangeOwner;
  readonly seat: MarketSeat;
}

/** Base quantities closer than this share of a step are the same. */
const DUST = 1e-6;

/**
 * The simulated exchange as one owner meets it. History does not notice the orders: they fill when the recorded market
 * says that they would have. docs/exchange.md states every rule.
 */
export class SimulatedExchange {
  /** What the orders in the book and the messages on their way need to hear of. */
  readonly watch = new Watch();
  readonly #stepSize: number;
  readonly #queue: QueueModel;
  readonly #proRata: ProRata | null;
  readonly #rules: OrderRules;
  readonly #owner: ExchangeOwner;
  readonly #travel: Travel;
  readonly #own = new OwnOrders();
  readonly #seat: MarketSeat;

  constructor(options: ExchangeOptions) {
    const { instrument, latency, queue } = options;
    this.#seat = options.seat;
    this.#stepSize = instrument.stepSize;
    this.#queue = queue;
    const share = checkedShare(queue);
    this.#proRata = share > 0 ? new ProRata(share, instrument.stepSize) : null;
    this.#rules = options.rules;
    this.#owner = options.owner;
    this.#travel = new Travel(latency, this.watch);
  }

  /** Open orders of a side, best price first, then oldest first. */
  open(side: Side): readonly Order[] {
    return this.#own.side(side);
  }

  /** A decision on the market as it is now begins: what is sent from here on leaves one feed latency later. Need not be
   * called where market data do not travel. */
  beginDecision(): void {
    this.#travel.beginDecision(this.#seat.market.time);
  }

  /** Sends an order. */
  submit(order: Order): void {
    this.#travel.send(order, false, this.#seat.market.time);
  }

  /** Sends the cancel of an order. */
  cancel(order: Order): void {
    order.cancelSent = true;
    this.#travel.send(order, true, this.#seat.market.time);
  }

  /** Lets everything take effect that is due by `until`, µs (inclusive). The book must be as of then. */
  onClock(until: number): void {
    const { requests, responses } = this.#travel;
    for (;;) {
      const request = requests.next;
      const response = responses.next;
      if (request <= response) {
        if (request > until) break;
        this.#takeRequest(request);
      } else {
        if (response > until) break;
        this.#takeResponse(response);
      }
    }
    this.#rewatch();
  }

  #takeRequest(time: number): void {
    const { requests } = this.#travel;
    const { value: sentAt, kind } = requests;
    const order = requests.take();
    const cancel = (kind & Request.cancel) !== 0;
    if ((kind & Request.lost) !== 0) this.#lose(order, cancel, time);
    else if (cancel) this.#arriveCancel(order, time);
    else this.#arriveOrder(order, time);
    // The exchange has not seen a cancel that was lost, so nobody learns from it what became of the order.
    const unseen = cancel && (kind & Request.lost) !== 0;
    const over = !unseen && !order.isOpen && order.state !== 'inFlight';
    this.#travel.acknowledge(order, time, sentAt, kind, over);
  }

  #takeResponse(time: number): void {
    const { responses } = this.#travel;
    const { value, kind } = responses;
    const order = responses.take();
    if (kind === Response.fill) this.#owner.onFillKnown(order, value, time);
    else if (kind === Response.expiry) this.#owner.onExpiryKnown(order, time);
    else {
      const { over, cancelLost } = Response;
      this.#owner.onAcknowledged(order, value, (kind & over) !== 0, time, (kind & cancelLost) !== 0);
    }
  }

  /** Ends all orders at once, in flight or open, without a message; for the end of a session. */
  cancelAll(): void {
    const inFlight = this.#travel.takeInFlight();
    for (const order of [...this.#own.takeAll(), ...inFlight]) {
      this.#withdraw(order, 'cancelled', this.#seat.market.time, null);
    }
    this.#rewatch();
  }

  /** A trade printed: quotes that it went through fill whole, quotes at its price by their place in the queue. What one
   * own order takes of it, no other gets. */
  onTrade(price: number, quantity: number, aggressor: Side): void {
    const side: Side = aggressor === BID ? ASK : BID;
    const orders = this.#own.side(side);
    let available = quantity;
    let filled = false;
    let i = 0;
    for (; i < orders.length; i++) {
      const order = orders[i];
      if (side === BID ? order.price <= price : order.price >= price) break;
      available = Math.max(available - order.remaining * this.#stepSize, 0);
      this.#execute(order, order.remaining, 'through');
      filled = true;
    }
    if (this.#proRata !== null && i < orders.length && orders[i].price === price) {
      available = this.#allot(side, price, i, available);
    }
    for (; i < orders.length && orders[i].price === price; i++) {
      const order = orders[i];
      order.traded += quantity;
      available = this.#advanceQueue(order, available);
      filled ||= order.remaining === 0;
    }
    if (filled) this.#sweep(side);
  }

  /** A level changed from `before` to `after`, base currency. */
  onLevel(side: Side, price: number, before: number, after: number): void {
    const orders = this.#own.side(side);
    for (let i = 0; i < orders.length; i++) {
      const order = orders[i];
      if (order.price !== price) continue;
      const { front, traded } = order;
      order.traded = 0;
      // Trades already moved the order forward; what is left of the decrease are cancels.
      const known = before - Math.min(traded, Math.max(before - after, 0));
      if (after < known && front <= known) {
        const estimate = this.#queue.afterDecrease(front, known - front, known - after, after);
        order.front = checkedFront(this.#queue, estimate, after);
      } else if (front > after) {
        order.front = after;
      }
    }
  }

  /** The opposite best price stands at or through own prices after a message: those quotes fill whole. */
  onTouch(): void {
    const { book } = this.#seat;
    const { bestBid, bestAsk } = book;
    if (this.#rules.timeInForce === 'gtc') this.#own.follow(bestBid, bestAsk);
    this.#cross(BID, bestAsk);
    this.#cross(ASK, bestBid);
  }

  /** The book was rebuilt. Nobody can have got ahead of an order meanwhile; no cancel is credited. */
  onReset(): void {
    this.#requeue(BID);
    this.#requeue(ASK);
  }

  /** A request that never reached the exchange: its sender has just been told. */
  #lose(order: Order, cancel: boolean, time: number): void {
    if (!cancel) this.#withdraw(order, 'rejected', time, 'lost');
  }

  #arriveCancel(order: Order, time: number): void {
    if (order.state === 'inFlight') order.cancelOnArrival = true;
    else if (order.isOpen) {
      this.#own.remove(order);
      this.#withdraw(order, 'cancelled', time, null);
    }
  }

  #arriveOrder(order: Order, time: number): void {
    this.#seat.impact?.setTime(time);
    const why = this.#refusal(order);
    if (order.cancelOnArrival) this.#withdraw(order, 'cancelled', time, null);
    else if (why !== null) this.#withdraw(order, 'rejected', time, why);
    else if (this.#rules.timeInForce === 'gtx') this.#rest(order);
    else this.#admit(order, time);
    this.#seat.impact?.setTime(null);
  }

  /** Why an order is not let in; null where it is. */
  #refusal(order: Order): Refusal | null {
    if (!this.#seat.market.synchronised) return 'bookUnknown';
    const below = belowMinimum(order, this.#rules);
    if (below !== null || this.#rules.timeInForce !== 'gtx') return below;
    if (this.#meetsBook(order)) return 'postOnly';
    return this.#own.metBy(order.side, order.price) === undefined ? null : 'selfTrade';
  }

  /** Takes what the order meets, then does with the rest what its time in force says. */
  #admit(order: Order, time: number): void {
    const { timeInForce } = this.#rules;
    if (this.#meetsBook(order) || this.#own.metBy(order.side, order.price) !== undefined) {
      this.#take(order, time);
    }
    if (order.remaining === 0 || order.state === 'expired') return;
    if (timeInForce === 'gtc') this.#rest(order);
    else this.#withdraw(order, 'expired', time, timeInForce === 'ioc' ? 'immediateOrCancel' : 'fillOrKill');
  }

  /** Takes what the order meets, unless it must take all at once and cannot. */
  #take(order: Order, time: number): void {
    const { book } = this.#seat;
    const stepSize = this.#stepSize;
    // Nothing of such a lane rests, so no own order is in its way.
    if (this.#rules.timeInForce === 'fok' && !canTakeWhole(order, book, stepSize)) return;
    const met = order.side === BID ? book.bestAsk : book.bestBid;
    const stopped = takeFromBook({
      order,
      book,
      own: this.#own,
      stepSize,
      mode: this.#rules.selfTrade,
      take: (price, steps) => this.#execute(order, steps, 'taker', time, price),
      expire: (maker) => {
        this.#own.remove(maker);
        this.#withdraw(maker, 'expired', time, 'selfTrade');
        this.#travel.respondExpiry(maker, time);
      },
    });
    if (stopped) this.#withdraw(order, 'expired', time, 'selfTrade');
    else if (this.#meetsBook(order)) order.met = met;
  }

  #rest(order: Order): void {
    if (order.state === 'inFlight') order.state = 'open';
    const displayed = this.#seat.book.quantityAt(order.side, order.price);
    // Beyond the horizon the queue is unknown: all that an update ever shows there is taken to be ahead.
    order.front = Number.isNaN(displayed) ? Number.POSITIVE_INFINITY : displayed;
    order.joined = order.front;
    this.#own.add(order);
  }

  #withdraw(order: Order, event: Withdrawal, time: number, why: Refusal | null): void {
    order.state = event;
    this.#owner.onWithdrawn(order, event, time, why);
  }

  #meetsBook(order: Order): boolean {
    const { book } = this.#seat;
    return order.side === BID ? order.price >= book.bestAsk : order.price <= book.bestBid;
  }

  /** Returns what is left of the trade's quantity for the own orders behind. */
  #advanceQueue(order: Order, available: number): number {
    const reached = available - order.front;
    order.front = Math.max(order.front - available, 0);
    const steps = Math.min(Math.floor(reached / this.#stepSize + DUST), order.remaining);
    if (!(steps > 0)) return available;
    this.#execute(order, steps, 'queue');
    return Math.max(available - steps * this.#stepSize, 0);
  }

  /** Allots the share of a trade that goes by size to the own orders at its price, from index `from` on; returns what is
   * left to go by time. */
  #allot(side: Side, price: number, from: number, quantity: number): number {
    const proRata = this.#proRata as ProRata;
    const orders = this.#own.side(side);
    const displayed = this.#seat.book.quantityAt(side, price);
    return proRata.allot(orders, from, price, displayed, quantity, (order, steps) =>
      this.#execute(order, steps, 'queue'),
    );
  }

  #cross(side: Side, opposite: number): void {
    const orders = this.#own.side(side);
    let filled = false;
    for (let i = 0; i < orders.length; i++) {
      const order = orders[i];
      if (side === BID ? order.price < opposite : order.price > opposite) break;
      // It took what stands there; only what has come since can fill it.
      if (side === BID ? opposite >= order.met : opposite <= order.met) continue;
      this.#execute(order, order.remaining, 'crossed');
      filled = true;
    }
    if (filled) this.#sweep(side);
  }

  /** `time`: of the message that fills, or of the order's arrival, µs. */
  #execute(
    order: Order,
    steps: number,
    reason: FillReason,
    time = this.#seat.market.time,
    price = order.price,
  ): void {
    order.remaining -= steps;
    order.state = order.remaining === 0 ? 'filled' : 'partiallyFilled';
    this.#owner.onExecution(order, steps, reason, time, price);
    this.#seat.impact?.onFill(order, steps * this.#stepSize, reason, time, price);
    this.#travel.respondFill(order, time, steps);
  }

  #requeue(side: Side): void {
    for (const order of this.#own.side(side)) {
      order.traded = 0;
      const displayed = this.#seat.book.quantityAt(side, order.price);
      if (order.front > displayed) order.front = displayed;
    }
  }

  /** Drops filled orders. */
  #sweep(side: Side): void {
    this.#own.sweep(side);
    this.#rewatch();
  }

  #rewatch(): void {
    const { watch } = this;
    const bids = this.#own.side(BID);
    const asks = this.#own.side(ASK);
    watch.moved();
    watch.clock = this.#travel.next;
    watch.highBid = bids.length > 0 ? bids[0].price : Number.NEGATIVE_INFINITY;
    watch.lowBid = bids.length > 0 ? bids[bids.length - 1].price : Number.POSITIVE_INFINITY;
    watch.lowAsk = asks.length > 0 ? asks[0].price : Number.POSITIVE_INFINITY;
    watch.highAsk = asks.length > 0 ? asks[asks.length - 1].price : Number.NEGATIVE_INFINITY;
    if (this.#rules.timeInForce !== 'gtc') return;
    // Whether what an order took from still stands is told by every touch, at whatever price.
    if (this.#own.anyMet(BID)) watch.highBid = NO_KEY;
    if (this.#own.anyMet(ASK)) watch.lowAsk = -NO_KEY;
  }
}
