import { InputError } from '../base/errors.ts';
import type { Instrument } from '../market/instrument.ts';
import type { Market, MarketParticipant, MarketView } from '../market/market.ts';
import type { Watch } from '../market/participants.ts';
import { ASK, BID, type Side } from '../market/side.ts';
import { checkQuote } from './check-quote.ts';
import { createFeeModel } from './exchange/create-fees.ts';
import { createImpact } from './exchange/create-impact.ts';
import { createLatencyModel } from './exchange/create-latency.ts';
import { SimulatedExchange } from './exchange/exchange.ts';
import type { FeeModel, LatencyModel, QueueModel, Refusal, SessionModel } from './exchange/models.ts';
import { Order } from './exchange/order.ts';
import { orderRules } from './exchange/order-rules.ts';
import { createQueueModel } from './exchange/queue.ts';
import { walkBook } from './exchange/walk-book.ts';
import type { LaneListener } from './lane-listener.ts';
import { LaneView } from './lane-view.ts';
import { Ledger } from './ledger.ts';
import { wholeSteps } from './lot.ts';
import { MarketSeat } from './market-seat.ts';
import {
  emptyQuote,
  type Quote,
  type Quoter,
  type QuoterContext,
  type QuoterView,
  Refresh,
} from './quoter.ts';
import type { LaneSettings } from './settings.ts';
import { SettledQuote } from './settled-quote.ts';

/** Models in place of those that settings name. One with a state of its own belongs to one lane alone. */
export interface LaneModels {
  readonly latency?: LatencyModel;
  readonly queue?: QueueModel;
  readonly fees?: FeeModel;
}

export interface LaneOptions extends LaneModels {
  readonly instrument: Instrument;
  readonly settings: LaneSettings;
  /** One lot in base currency, whole steps: see `resolveLot`. */
  readonly lot: number;
  readonly seed: number;
  /** µs; without it the session is rolling. */
  readonly sessionEnd?: number;
  readonly listeners?: readonly LaneListener[];
}

/**
 * One agent's own: orders in flight and open, queue positions, position and cash, and what it knows of them. Join it to
 * a market, let the market advance, call `decide` at each decision. The market never depends on a lane, so any number
 * of lanes ride one pass and none notices the others.
 *
 * Equity and position are what is true at the exchange; the view's inventory and own quotes are what the agent has
 * been told, one response latency later. docs/exchange.md states every rule.
 */
export class Lane implements MarketParticipant {
  readonly view: QuoterView;
  /** What quoters of this lane are reset with. */
  readonly context: QuoterContext;
  readonly watch: Watch;
  readonly #instrument: Instrument;
  readonly #lotSteps: number;
  readonly #listeners: readonly LaneListener[];
  /** Those of them that hear of decisions: most decisions change nothing, and nobody else need be asked. */
  readonly #deciders: readonly LaneListener[] | null;
  /** Market data travel: a decision then must begin. */
  readonly #feeds: boolean;
  readonly #seat: MarketSeat;
  readonly #models: readonly SessionModel[];
  readonly #seed: number;
  readonly #exchange: SimulatedExchange;
  readonly #ledger: Ledger;
  readonly #quote = emptyQuote();
  readonly #settled: SettledQuote;
  #orders = 0;

  constructor(options: LaneOptions) {
    const { instrument, settings, lot, listeners = [] } = options;
    const latency = options.latency ?? createLatencyModel(settings.latency);
    const queue = options.queue ?? createQueueModel(settings.queue);
    const fees = options.fees ?? createFeeModel(settings.fees);
    this.#instrument = instrument;
    this.#lotSteps = wholeSteps(lot, instrument);
    this.#listeners = listeners;
    const deciders = listeners.filter(({ onDecision }) => onDecision !== undefined);
    this.#deciders = deciders.length > 0 ? deciders : null;
    this.#feeds = latency.feed !== undefined;
    this.#models = [latency, queue, fees];
    this.#seed = options.seed;
    this.#seat = new MarketSeat(createImpact(settings.impact));
    this.#ledger = new Ledger({
      instrument,
      lotSteps: this.#lotSteps,
      fees,
      listeners,
      seat: this.#seat,
    });
    this.#exchange = new SimulatedExchange({
      instrument,
      latency,
      queue,
      rules: orderRules(settings, instrument),
      owner: this.#ledger,
      seat: this.#seat,
    });
    this.#settled = new SettledQuote(this.#ledger.sides);
    this.watch = this.#exchange.watch;
    this.view = new LaneView({
      seat: this.#seat,
      account: this.#ledger.account,
      acknowledgements: this.#ledger.acknowledgements,
      bid: this.#ledger.sides[BID],
      ask: this.#ledger.sides[ASK],
      lotSteps: this.#lotSteps,
      sessionEnd: options.sessionEnd ?? Number.POSITIVE_INFINITY,
    });
    this.context = {
      instrument,
      lot,
      maxInventory: settings.maxInventory,
      decisionInterval: checkInterval(settings.decisionIntervalMs),
      seed: options.seed,
    };
  }

  /** Position, lots, and in whole steps of the instrument. */
  get position(): number {
    return this.#ledger.account.steps / this.#lotSteps;
  }

  get positionSteps(): number {
    return this.#ledger.account.steps;
  }

  /** Received less paid, net of fees, quote currency. */
  get cash(): number {
    return this.#ledger.account.cash;
  }

  /** Paid so far, quote currency; negative: received as rebates. */
  get fees(): number {
    return this.#ledger.account.fees;
  }

  /** Orders that were rejected or expired so far, and cancels that were lost, by the rule that said so. */
  get refusals(): Readonly<Record<Refusal, number>> {
    return this.#ledger.refusals;
  }

  /** Cash plus position marked to the last known mid, net of fees, quote currency. */
  get equity(): number {
    return this.view.equity;
  }

  /** Open orders of a side as they are at the exchange, best price first, then oldest first. */
  openOrders(side: Side): readonly Order[] {
    return this.#exchange.open(side);
  }

  /** Joins a market; the lane stays with it for its life. */
  attach(market: Market): void {
    market.addListener(this);
  }

  /** Hears no more of the market. */
  detach(market: Market): void {
    market.removeListener(this);
  }

  /**
   * Asks a quoter at the market's time and sends what its quote needs: `leave` sends nothing, `move` keeps an order that
   * is at the wanted price and not larger than wanted, `replace` always sends anew, quantity 0 cancels. Nothing new is
   * sent while the book is unknown. Throws an InputError for a quote that is no quote. The object returned is reused.
   */
  decide(quoter: Quoter): Quote {
    const quote = this.#quote;
    if (this.#feeds) this.#exchange.beginDecision();
    quoter.quote(this.view, quote);
    // Most decisions leave all as it is: what was checked and done for the same quote need not be again.
    const settled = this.#settled.holds(quote);
    if (!settled) checkQuote(quoter.name, quote, this.#lotSteps);
    if (this.#deciders !== null)
      for (const listener of this.#deciders) listener.onDecision?.(this.view, quote);
    if (settled) return quote;
    this.#act(quote);
    // Without latency a request acts at once.
    const { time } = this.#seat.market;
    if (this.watch.clock <= time) this.#exchange.onClock(time);
    return quote;
  }

  /** Sends what a quote needs. */
  #act(quote: Quote): void {
    const { seen: market } = this.#seat;
    const [bid, ask] = this.#ledger.sides;
    // A price below one tick does not exist.
    const bidSteps = quote.bid >= 1 ? Math.round(quote.bidQuantity * this.#lotSteps) : 0;
    const askSteps = quote.ask >= 1 ? Math.round(quote.askQuantity * this.#lotSteps) : 0;
    // Cancels travel ahead of new orders, so that a new order does not meet one of its own on the way out.
    if (this.#ledger.lostCancels.length > 0) this.#cancelAgain();
    this.#clearAway(BID, quote.bid, bidSteps, quote.refreshBid);
    this.#clearAway(ASK, quote.ask, askSteps, quote.refreshAsk);
    if (market.synchronised && market.book.ready) {
      this.#place(BID, quote.bid, bidSteps, quote.refreshBid);
      this.#place(ASK, quote.ask, askSteps, quote.refreshAsk);
    }
    const done =
      isDone(bid.order, quote.bid, bidSteps, quote.refreshBid) &&
      isDone(ask.order, quote.ask, askSteps, quote.refreshAsk);
    this.#settled.set(quote, done);
  }

  /**
   * Ends all orders and trades the position away at once, as a taker, down the opposite side of the book; what the
   * displayed book cannot take goes at its worst price. Returns false where there is no book to trade against: the
   * position then stays, marked to the last known mid.
   */
  flatten(): boolean {
    const { book, synchronised, time } = this.#seat.seen;
    this.#exchange.cancelAll();
    const steps = this.#ledger.account.steps;
    if (steps !== 0 && synchronised && book.ready) {
      const side: Side = steps > 0 ? ASK : BID;
      const order = {
        id: ++this.#orders,
        side,
        mid: book.mid,
        halfSpread: (book.bestAsk - book.bestBid) / 2,
      };
      walkBook(book, side, Math.abs(steps), this.#instrument.stepSize, (price, taken) => {
        this.#ledger.book(order, taken, price, 'taker', 0, time, true);
      });
    }
    this.#ledger.close();
    return this.#ledger.account.steps === 0;
  }

  /** Tells the listeners that the session is over. */
  end(): void {
    for (const listener of this.#listeners) listener.onEnd?.(this.view);
  }

  /** What is not wanted and stayed, because its cancel was lost, is cancelled anew. */
  #cancelAgain(): void {
    for (const order of this.#ledger.lostCancels) {
      if (order.knownRemaining > 0) this.#exchange.cancel(order);
    }
    this.#ledger.lostCancels.length = 0;
  }

  #clearAway(side: Side, price: number, steps: number, refresh: Refresh): void {
    const own = this.#ledger.sides[side];
    const { order } = own;
    if (order === null || !mustGo(order, price, steps, refresh)) return;
    own.cancelled();
    this.#exchange.cancel(order);
  }

  #place(side: Side, price: number, steps: number, refresh: Refresh): void {
    const own = this.#ledger.sides[side];
    if (steps === 0 || refresh === Refresh.leave || own.order !== null) return;
    const { book, time } = this.#seat.seen;
    const id = ++this.#orders;
    const halfSpread = (book.bestAsk - book.bestBid) / 2;
    const order = new Order({ id, side, price, steps, sentAt: time, mid: book.mid, halfSpread });
    this.#exchange.submit(order);
    own.sent(order);
    for (const listener of this.#listeners) listener.onOrder?.('placed', time);
  }

  // What follows is the market's: see MarketParticipant.

  joined(market: MarketView): void {
    this.#seat.join(market);
    for (const model of this.#models) model.begin?.({ seed: this.#seed, market });
  }

  onClock(until: number): void {
    this.#exchange.onClock(until);
  }

  onTrade(price: number, quantity: number, aggressor: Side): void {
    this.#exchange.onTrade(price, quantity, aggressor);
  }

  onLevel(side: Side, price: number, before: number, after: number): void {
    this.#exchange.onLevel(side, price, before, after);
  }

  onReset(): void {
    this.#exchange.onReset();
  }

  /** Orders stay where they are: trades still tell the truth, and levels say nothing until the next reset. */
  onGap(): void {}

  onTouch(): void {
    this.#exchange.onTouch();
  }
}

/** An interval between decisions in whole µs. Throws an InputError for one that rounds to none. */
export function checkInterval(milliseconds: number): number {
  const interval = Math.round(1000 * milliseconds);
  if (interval >= 1 && Number.isSafeInteger(interval)) return interval;
  throw new InputError({
    code: 'bad-interval',
    message: `A decision every ${milliseconds} ms is not possible.`,
    field: 'lane.decisionIntervalMs',
    value: milliseconds,
    expected: 'a microsecond (0.001) or more',
    hint: 'Use an interval such as 100.',
  });
}

/** Whether nothing is to be sent for a side, whatever the market does. */
function isDone(order: Order | null, price: number, steps: number, refresh: Refresh): boolean {
  if (order === null) return steps === 0 || refresh === Refresh.leave;
  return !mustGo(order, price, steps, refresh);
}

function mustGo(order: Order, price: number, steps: number, refresh: Refresh): boolean {
  if (steps === 0 || refresh === Refresh.replace) return true;
  if (refresh === Refresh.leave) return false;
  // A partly filled order keeps its place in the queue; it is not topped up.
  return order.price !== price || order.knownRemaining > steps;
}
