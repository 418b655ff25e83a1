// Runs at every market event that reaches an own order: loops over a handful of orders, allocates at fills only.
import type { Instrument } from '../../market/instrument.ts';
import { Watch } from '../../market/participants.ts';
import { ASK, BID, type Side } from '../../market/side.ts';
import type { MarketSeat } from '../market-seat.ts';
import type { FillReason, LatencyModel, QueueModel } from './models.ts';
import { Order, type OrderTicket } from './order.ts';
import { Timeline } from './timeline.ts';

/** What the exchange tells the owner of the orders. */
export interface ExchangeOwner {
  /** At the exchange, at `time`, µs: `steps` of an order filled at its price. */
  onExecution(order: Order, steps: number, reason: FillReason, time: number): void;
  /** At the exchange, at `time`, µs: an order left the book without being filled, or never got there. */
  onWithdrawn(order: Order, event: 'cancelled' | 'rejected', time: number): void;
  /** The owner learns at `time`, µs, of `steps` filled. */
  onFillKnown(order: Order, steps: number, time: number): void;
  /** The owner learns at `time`, µs, what became of a request of his that he sent at `sentAt`. `over`: the order can
   * fill no more. */
  onAcknowledged(order: Order, sentAt: number, over: boolean, time: number): void;
}

interface Request {
  readonly due: number;
  readonly order: Order;
  readonly cancel: boolean;
  readonly sentAt: number;
}

interface Response {
  readonly due: number;
  readonly order: Order;
  /** Steps filled; 0 on an acknowledgement. */
  readonly steps: number;
  readonly sentAt: number;
  readonly over: boolean;
}

export interface ExchangeOptions {
  readonly instrument: Instrument;
  readonly latency: LatencyModel;
  readonly queue: QueueModel;
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
  readonly #latency: LatencyModel;
  readonly #queue: QueueModel;
  readonly #owner: ExchangeOwner;
  readonly #requests = new Timeline<Request>();
  readonly #responses = new Timeline<Response>();
  /** Open orders by side, best price first, then oldest first. */
  readonly #open: readonly [Order[], Order[]] = [[], []];
  readonly #seat: MarketSeat;

  constructor(options: ExchangeOptions) {
    this.#seat = options.seat;
    this.#stepSize = options.instrument.stepSize;
    this.#latency = options.latency;
    this.#queue = options.queue;
    this.#owner = options.owner;
  }

  /** Open orders of a side, best price first, then oldest first. */
  open(side: Side): readonly Order[] {
    return this.#open[side];
  }

  /** Sends an order at the market's time. */
  submit(ticket: OrderTicket): Order {
    const order = new Order(ticket);
    this.#send(order, false);
    return order;
  }

  /** Sends the cancel of an order at the market's time. */
  cancel(order: Order): void {
    order.cancelSent = true;
    this.#send(order, true);
  }

  /** Lets everything take effect that is due by `until`, µs (inclusive). The book must be as of then. */
  onClock(until: number): void {
    for (;;) {
      const request = this.#requests.next;
      const response = this.#responses.next;
      if (Math.min(request, response) > until) break;
      if (request <= response) this.#arrive(this.#requests.take());
      else this.#tell(this.#responses.take());
    }
    this.#rewatch();
  }

  /** Ends all orders at once, in flight or open, without a message; for the end of a session. */
  cancelAll(): void {
    const inFlight: Order[] = [];
    while (Number.isFinite(this.#requests.next)) {
      const { order } = this.#requests.take();
      if (order.state === 'inFlight' && !inFlight.includes(order)) inFlight.push(order);
    }
    const over = [...this.#open[BID], ...this.#open[ASK], ...inFlight];
    this.#open[BID].length = 0;
    this.#open[ASK].length = 0;
    for (const order of over) {
      order.state = 'cancelled';
      this.#owner.onWithdrawn(order, 'cancelled', this.#seat.market.time);
    }
    this.#responses.clear();
    this.#rewatch();
  }

  /** A trade printed: quotes that it went through fill whole, quotes at its price by their place in the queue. What one
   * own order takes of it, no other gets. */
  onTrade(price: number, quantity: number, aggressor: Side): void {
    const side: Side = aggressor === BID ? ASK : BID;
    const orders = this.#open[side];
    let available = quantity;
    let filled = false;
    for (let i = 0; i < orders.length; i++) {
      const order = orders[i];
      if (side === BID ? order.price < price : order.price > price) break;
      if (order.price !== price) {
        available = Math.max(available - order.remaining * this.#stepSize, 0);
        this.#execute(order, order.remaining, 'through');
      } else {
        order.traded += quantity;
        available = this.#advanceQueue(order, available);
      }
      filled ||= order.remaining === 0;
    }
    if (filled) this.#sweep(side);
  }

  /** A level changed from `before` to `after`, base currency. */
  onLevel(side: Side, price: number, before: number, after: number): void {
    const orders = this.#open[side];
    for (let i = 0; i < orders.length; i++) {
      const order = orders[i];
      if (order.price !== price) continue;
      const { front, traded } = order;
      order.traded = 0;
      // Trades already moved the order forward; what is left of the decrease are cancels.
      const known = before - Math.min(traded, Math.max(before - after, 0));
      if (after < known && front <= known) {
        order.front = this.#queue.afterDecrease(front, known - front, known - after, after);
      } else if (front > after) {
        order.front = after;
      }
    }
  }

  /** The opposite best price stands at or through own prices after a message: those quotes fill whole. */
  onTouch(): void {
    const { book } = this.#seat.market;
    this.#cross(BID, book.bestAsk);
    this.#cross(ASK, book.bestBid);
  }

  /** The book was rebuilt. Nobody can have got ahead of an order meanwhile; no cancel is credited. */
  onReset(): void {
    this.#requeue(BID);
    this.#requeue(ASK);
  }

  #send(order: Order, cancel: boolean): void {
    const sentAt = this.#seat.market.time;
    const due = sentAt + Math.round(this.#latency.entry(sentAt));
    this.#requests.add({ due, order, cancel, sentAt });
    if (due < this.watch.clock) this.watch.clock = due;
  }

  #respond(order: Order, time: number, steps: number, sentAt: number, over: boolean): void {
    const due = time + Math.round(this.#latency.response(time));
    this.#responses.add({ due, order, steps, sentAt, over });
    if (due < this.watch.clock) this.watch.clock = due;
  }

  #tell({ order, steps, sentAt, over, due }: Response): void {
    if (steps > 0) this.#owner.onFillKnown(order, steps, due);
    else this.#owner.onAcknowledged(order, sentAt, over, due);
  }

  #arrive({ order, cancel, sentAt, due }: Request): void {
    if (cancel) this.#arriveCancel(order, due);
    else this.#arriveOrder(order, due);
    const over = !order.isOpen && order.state !== 'inFlight';
    this.#respond(order, due, 0, sentAt, over);
  }

  #arriveCancel(order: Order, time: number): void {
    if (order.state === 'inFlight') order.cancelOnArrival = true;
    else if (order.isOpen) {
      order.state = 'cancelled';
      const orders = this.#open[order.side];
      orders.splice(orders.indexOf(order), 1);
      this.#owner.onWithdrawn(order, 'cancelled', time);
    }
  }

  #arriveOrder(order: Order, time: number): void {
    if (order.cancelOnArrival) {
      order.state = 'cancelled';
      this.#owner.onWithdrawn(order, 'cancelled', time);
    } else if (!this.#seat.market.synchronised || this.#wouldTake(order)) {
      order.state = 'rejected';
      this.#owner.onWithdrawn(order, 'rejected', time);
    } else {
      order.state = 'open';
      const displayed = this.#seat.market.book.quantityAt(order.side, order.price);
      // Beyond the horizon the queue is unknown: all that an update ever shows there is taken to be ahead.
      order.front = Number.isNaN(displayed) ? Number.POSITIVE_INFINITY : displayed;
      order.joined = order.front;
      this.#insert(order);
    }
  }

  /** Post-only: the order would meet the opposite best, or an own order. */
  #wouldTake(order: Order): boolean {
    const { book } = this.#seat.market;
    const own = this.#open[order.side === BID ? ASK : BID];
    if (order.side === BID)
      return order.price >= book.bestAsk || (own.length > 0 && order.price >= own[0].price);
    return order.price <= book.bestBid || (own.length > 0 && order.price <= own[0].price);
  }

  #insert(order: Order): void {
    const orders = this.#open[order.side];
    let index = orders.length;
    while (index > 0 && this.#better(order, orders[index - 1])) index--;
    orders.splice(index, 0, order);
  }

  #better(order: Order, other: Order): boolean {
    return order.side === BID ? order.price > other.price : order.price < other.price;
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

  #cross(side: Side, opposite: number): void {
    const orders = this.#open[side];
    let crossed = 0;
    while (
      crossed < orders.length &&
      (side === BID ? orders[crossed].price >= opposite : orders[crossed].price <= opposite)
    ) {
      this.#execute(orders[crossed], orders[crossed].remaining, 'crossed');
      crossed++;
    }
    if (crossed > 0) this.#sweep(side);
  }

  #execute(order: Order, steps: number, reason: FillReason): void {
    order.remaining -= steps;
    order.state = order.remaining === 0 ? 'filled' : 'partiallyFilled';
    const { time } = this.#seat.market;
    this.#owner.onExecution(order, steps, reason, time);
    this.#respond(order, time, steps, order.sentAt, order.remaining === 0);
  }

  #requeue(side: Side): void {
    for (const order of this.#open[side]) {
      order.traded = 0;
      const displayed = this.#seat.market.book.quantityAt(side, order.price);
      if (order.front > displayed) order.front = displayed;
    }
  }

  /** Drops filled orders. */
  #sweep(side: Side): void {
    const orders = this.#open[side];
    let kept = 0;
    for (let i = 0; i < orders.length; i++) if (orders[i].remaining > 0) orders[kept++] = orders[i];
    orders.length = kept;
    this.#rewatch();
  }

  #rewatch(): void {
    const { watch } = this;
    const [bids, asks] = this.#open;
    watch.clock = Math.min(this.#requests.next, this.#responses.next);
    watch.highBid = bids.length > 0 ? bids[0].price : Number.NEGATIVE_INFINITY;
    watch.lowBid = bids.length > 0 ? bids[bids.length - 1].price : Number.POSITIVE_INFINITY;
    watch.lowAsk = asks.length > 0 ? asks[0].price : Number.POSITIVE_INFINITY;
    watch.highAsk = asks.length > 0 ? asks[asks.length - 1].price : Number.NEGATIVE_INFINITY;
  }
}
