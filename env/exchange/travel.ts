import { InputError } from '../../base/errors.ts';
import type { Watch } from '../../market/participants.ts';
import type { LatencyModel } from './models.ts';
import type { Order } from './order.ts';
import { Timeline } from './timeline.ts';

/** What a request says, bits: it is the cancel of its order, not the order itself; it never arrives, and is due when its
 * sender learns so. Its value is when it was sent, µs on the agent's clock. */
export const Request = { cancel: 1, lost: 2 } as const;

/**
 * What a response says, bits. `fill`: its value is the steps that filled. `expiry`: the order ended without a request.
 * Neither: it answers a request, its value is µs since that was sent; `over`: the order can fill no more; `cancelLost`:
 * the request was a cancel that never arrived.
 */
export const Response = { fill: 1, expiry: 2, over: 4, cancelLost: 8 } as const;

/**
 * The messages between an agent and the exchange. The exchange lives on the tape's clock. The agent sees the market one
 * feed latency later: a decision on the market of t is taken, and what it sends leaves, at t + feed, and what the exchange
 * says at e is known to it at e + response, which is when it decides on the market of e + response − feed. What would
 * be known before the market data of its own time waits for them.
 */
export class Travel {
  readonly requests = new Timeline<Order>();
  readonly responses = new Timeline<Order>();
  readonly #latency: LatencyModel;
  readonly #watch: Watch;
  /** Feed latency as of the last decision, and the agent's clock then. */
  #feed = 0;
  #agentTime = 0;
  /** The last arrival of each leg, for models that keep the order. */
  #lastArrival = 0;
  #lastAnswer = 0;

  constructor(latency: LatencyModel, watch: Watch) {
    this.#latency = latency;
    this.#watch = watch;
  }

  /** When the next message is due, µs. */
  get next(): number {
    return Math.min(this.requests.next, this.responses.next);
  }

  get anyRequest(): boolean {
    return Number.isFinite(this.requests.next);
  }

  /** A decision on the market of `time` begins. Need not be called where market data do not travel: the agent's clock is
   * the tape's then. */
  beginDecision(time: number): void {
    const latency = this.#checked('feed', this.#latency.feed?.(time) ?? 0, 0);
    // The agent's clock does not go back: market data do not overtake each other.
    this.#agentTime = Math.max(this.#agentTime, time + latency);
    this.#feed = this.#agentTime - time;
  }

  /** Sends an order or its cancel. */
  send(order: Order, cancel: boolean, time: number): void {
    const sentAt = Math.max(this.#agentTime, time);
    const entry = this.#checked('entry', this.#latency.entry(sentAt), Number.NEGATIVE_INFINITY);
    const lost = entry < 0;
    // The agent's clock is a feed latency ahead of the tape's, by which everything is due.
    let due = lost ? Math.max(sentAt - entry - this.#feed, time) : sentAt + entry;
    if (!lost && this.#latency.inOrder) {
      due = Math.max(due, this.#lastArrival);
      this.#lastArrival = due;
    }
    this.requests.add(order, due, sentAt, (cancel ? Request.cancel : 0) | (lost ? Request.lost : 0));
    this.#wake(due);
  }

  /** The exchange tells at `time` of a fill of `steps`. */
  respondFill(order: Order, time: number, steps: number): void {
    this.#respond(order, this.#knownAt(time + this.#answer(time), time), steps, Response.fill);
  }

  /** The exchange tells at `time` that an order ended without a request. */
  respondExpiry(order: Order, time: number): void {
    this.#respond(order, this.#knownAt(time + this.#answer(time), time), 0, Response.expiry);
  }

  /** The exchange answers at `time` a request, bits of {@link Request}, sent at `sentAt`; of one that was lost its sender
   * knows already. `over`: its order can fill no more. */
  acknowledge(order: Order, time: number, sentAt: number, request: number, over: boolean): void {
    const lost = (request & Request.lost) !== 0;
    const answered = lost ? time + this.#feed : time + this.#answer(time);
    const due = lost ? time : this.#knownAt(answered, time);
    const cancelLost = lost && (request & Request.cancel) !== 0;
    const response = (over ? Response.over : 0) | (cancelLost ? Response.cancelLost : 0);
    this.#respond(order, due, answered - sentAt, response);
  }

  /** Takes the orders that are still on their way and forgets all messages. */
  takeInFlight(): readonly Order[] {
    const inFlight: Order[] = [];
    while (this.anyRequest) {
      const order = this.requests.take();
      if (order.state === 'inFlight' && !inFlight.includes(order)) inFlight.push(order);
    }
    this.responses.clear();
    return inFlight;
  }

  /** Response latency at `time`, in order where the model keeps it. */
  #answer(time: number): number {
    let known = time + this.#checked('response', this.#latency.response(time), 0);
    if (this.#latency.inOrder) {
      known = Math.max(known, this.#lastAnswer);
      this.#lastAnswer = known;
    }
    return known - time;
  }

  /** The tape's time at which the agent, who then is `feed` ahead, knows what reaches it at `agentTime`. */
  #knownAt(agentTime: number, time: number): number {
    return Math.max(agentTime - this.#feed, time);
  }

  /** Whole µs. Throws an InputError for what a model must not answer. */
  #checked(leg: 'entry' | 'response' | 'feed', latency: number, least: number): number {
    if (latency >= least && Number.isFinite(latency)) return Math.round(latency);
    throw new InputError({
      code: 'bad-latency',
      message: `The latency model "${this.#latency.name}" says that a message takes ${latency} µs (${leg}).`,
      field: 'latency',
      value: latency,
      expected:
        leg === 'entry' ? 'a finite number; negative: the request is lost' : 'a finite number of at least 0',
      hint: 'Mend the model.',
    });
  }

  #respond(order: Order, due: number, value: number, response: number): void {
    this.responses.add(order, due, value, response);
    this.#wake(due);
  }

  #wake(due: number): void {
    if (due >= this.#watch.clock) return;
    this.#watch.clock = due;
    this.#watch.moved();
  }
}
