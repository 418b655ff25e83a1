import { InputError } from '../../base/errors.ts';
import type { Watch } from '../../market/participants.ts';
import type { LatencyModel } from './models.ts';
import type { Order } from './order.ts';
import { Timeline } from './timeline.ts';

/** An order or its cancel on its way to the exchange. All times µs on the tape's clock, but for `sentAt`. */
export interface Request {
  readonly due: number;
  readonly order: Order;
  readonly cancel: boolean;
  /** It never arrives; `due` is when its sender learns so. */
  readonly lost: boolean;
  /** On the agent's clock. */
  readonly sentAt: number;
}

/** What the exchange says, on its way to the agent. */
export interface Response {
  readonly due: number;
  readonly order: Order;
  readonly kind: 'fill' | 'acknowledgement' | 'expiry';
  /** Steps filled. */
  readonly steps: number;
  /** Of an acknowledgement: µs since its request was sent, whether the order can fill no more, and whether the request
   * was a cancel that never arrived. */
  readonly roundTrip: number;
  readonly over: boolean;
  readonly cancelLost: boolean;
}

/**
 * The messages between an agent and the exchange. The exchange lives on the tape's clock. The agent sees the market one
 * feed latency later: a decision on the market of t is taken, and what it sends leaves, at t + feed, and what the exchange
 * says at e is known to it at e + response, which is when it decides on the market of e + response − feed. What would
 * be known before the market data of its own time waits for them.
 */
export class Travel {
  readonly requests = new Timeline<Request>();
  readonly responses = new Timeline<Response>();
  readonly #latency: LatencyModel;
  /** Whether market data travel. Where not, the agent's clock is the tape's, and decisions need not begin. */
  readonly feeds: boolean;
  readonly #watch: Watch;
  /** Feed latency as of the last decision, and the agent's clock then. */
  #feed = 0;
  #agentTime = 0;
  /** The last arrival of each leg, for models that keep the order. */
  #lastArrival = 0;
  #lastAnswer = 0;

  constructor(latency: LatencyModel, watch: Watch) {
    this.#latency = latency;
    this.feeds = latency.feed !== undefined;
    this.#watch = watch;
  }

  /** When the next message is due, µs. */
  get next(): number {
    return Math.min(this.requests.next, this.responses.next);
  }

  get anyRequest(): boolean {
    return Number.isFinite(this.requests.next);
  }

  /** A decision on the market of `time` begins. */
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
    this.requests.add({ due, order, cancel, lost, sentAt });
    this.#wake(due);
  }

  /** The exchange tells at `time` of a fill or of an order's end. */
  respond(order: Order, time: number, kind: 'fill' | 'expiry', steps = 0): void {
    const due = this.#knownAt(time + this.#answer(time), time);
    this.#add({ due, order, kind, steps, roundTrip: 0, over: true, cancelLost: false });
  }

  /** The exchange answers at `time` a request sent at `sentAt`; of one that was lost its sender knows already. */
  acknowledge(
    order: Order,
    time: number,
    sentAt: number,
    over: boolean,
    lost: boolean,
    cancel: boolean,
  ): void {
    const answered = lost ? time + this.#feed : time + this.#answer(time);
    this.#add({
      due: lost ? time : this.#knownAt(answered, time),
      order,
      kind: 'acknowledgement',
      steps: 0,
      roundTrip: answered - sentAt,
      over,
      cancelLost: lost && cancel,
    });
  }

  /** Takes the orders that are still on their way and forgets all messages. */
  takeInFlight(): readonly Order[] {
    const inFlight: Order[] = [];
    while (this.anyRequest) {
      const { order } = this.requests.take();
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

  #add(response: Response): void {
    this.responses.add(response);
    this.#wake(response.due);
  }

  #wake(due: number): void {
    if (due >= this.#watch.clock) return;
    this.#watch.clock = due;
    this.#watch.moved = true;
  }
}
