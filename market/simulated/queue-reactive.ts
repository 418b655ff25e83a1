import { type Generator, stream } from '../../base/random.ts';
import { MICROSECONDS } from '../../base/time.ts';
import type { Instrument } from '../instrument.ts';
import type { Side } from '../side.ts';
import { ASK, BID } from '../side.ts';
import { checkQueueReactive, type QueueReactiveParameters } from './parameters.ts';
import type { MarketSink, SimulatedMarket } from './simulated-market.ts';

/** States of the frozen book that redraws choose from, the time between them, and before the first, seconds. */
const INVARIANT_STATES = 256;
const INVARIANT_SPACING = 2;
const INVARIANT_BURN_IN = 20;
/** Binance spot sums up changes of the book every 100 ms. */
const DEPTH_INTERVAL = 100_000;
const UNTOLD: MarketSink = { onTrade() {}, onLevel() {}, onSettled() {} };

/**
 * The queue-reactive limit order book of Huang, Lehalle and Rosenbaum (2015, arXiv 1312.0563, model I and section 3):
 * queues at distances ½, 1½, … ticks on both sides of a reference price, where limit orders, cancels and market
 * orders arrive with intensities that depend on distance and on the queue's size. When the mid changes, the reference
 * price follows with probability θ, and then, with probability θ_reinit, all reacting queues are drawn anew from the
 * invariant distribution of the book at a fixed reference price (sampled by simulating just that).
 *
 * Added to the paper: order sizes are log-normal; order flow excites itself in its direction (Hawkes, as in Wu,
 * Rambaldi, Muzy and Bacry 2019, arXiv 1901.08938); and news arrive that excite flow in one direction, so that
 * volatility is not purely mechanical and flow tells of the next second.
 *
 * Event-driven: waiting times are exponential in the total rate. Excitement only decays between events, so the rate at
 * the last event bounds the next, and candidates are thinned (Ogata 1981): exact, no time step.
 * Hot path: typed arrays, no allocation an event.
 */
export class QueueReactiveMarket implements SimulatedMarket {
  readonly parameters: QueueReactiveParameters;
  readonly instrument: Instrument;
  readonly depthInterval = DEPTH_INTERVAL;
  readonly startTime: number;
  /** Reacting queues a side, and levels a side in all. */
  readonly #reacting: number;
  readonly #levels: number;
  /** Quantity in steps at [side · levels + distance]. */
  readonly #queues: Float64Array;
  /** Rates: limit then cancel orders at [side · reacting + distance], then market orders by aggressor, then news. */
  readonly #rates: Float64Array;
  readonly #limitRates: Float64Array;
  readonly #cancelRates: Float64Array;
  /** Reacting queues of the states that redraws choose from. */
  readonly #invariant: Float64Array;
  /** Excess of market orders per second, by direction (BID: buying). */
  readonly #excitement = new Float64Array(2);
  readonly #random: Generator;
  readonly #mu: number;
  #reference: number;
  #time: number;
  /** Seconds since the start, to the event drawn; where in the total rate it falls, −1 when none is drawn. */
  #elapsed = 0;
  #choice = -1;
  #frozen = true;
  #sink: MarketSink = UNTOLD;

  constructor(parameters: QueueReactiveParameters, seed: number) {
    checkQueueReactive(parameters);
    this.parameters = parameters;
    this.startTime = parameters.startTime;
    this.instrument = {
      venue: 'binance-spot',
      symbol: parameters.symbol,
      tickSize: 1 / 10 ** parameters.priceDecimals,
      stepSize: 1 / 10 ** parameters.quantityDecimals,
    };
    this.#random = stream(seed, 'market/queue-reactive');
    this.#reacting = parameters.limitRates.length;
    this.#levels = this.#reacting + parameters.outerLevels;
    this.#queues = new Float64Array(2 * this.#levels);
    this.#rates = new Float64Array(4 * this.#reacting + 3);
    this.#limitRates = Float64Array.from(parameters.limitRates);
    this.#cancelRates = Float64Array.from(parameters.cancelRates);
    this.#invariant = new Float64Array(INVARIANT_STATES * 2 * this.#reacting);
    this.#mu = Math.log(parameters.orderSize) - parameters.orderSizeSpread ** 2 / 2;
    this.#reference = parameters.startPrice;
    this.#time = parameters.startTime;
    this.#sampleInvariant();
    this.#frozen = false;
    this.#elapsed = 0;
    this.#time = parameters.startTime;
    this.#redraw();
  }

  /** Time of the last event, µs since the epoch. */
  get time(): number {
    return this.#time;
  }

  /** Quantity in steps at a price in ticks. */
  quantityAt(side: Side, price: number): number {
    const distance = side === BID ? this.#reference - price : price - this.#reference - 1;
    return distance < 0 || distance >= this.#levels ? 0 : this.#queues[side * this.#levels + distance];
  }

  /** Price in ticks of the best level with a quantity. */
  best(side: Side): number {
    return this.#price(side, this.#bestDistance(side));
  }

  /** Tells every level that holds something, as a snapshot of the book. */
  snapshot(level: (side: Side, price: number, quantity: number) => void): void {
    for (const side of [BID, ASK] as const) {
      for (let i = 0; i < this.#levels; i++) {
        const quantity = this.#queues[side * this.#levels + i];
        if (quantity > 0) level(side, this.#price(side, i), quantity);
      }
    }
  }

  /** Time of the event that {@link next} will let happen, µs since the epoch. */
  peek(): number {
    if (this.#choice < 0) this.#draw();
    return this.parameters.startTime + Math.floor(this.#elapsed * MICROSECONDS);
  }

  /** Lets the next event happen, tells `sink` of it, and returns its time, µs. */
  next(sink: MarketSink): number {
    this.#time = this.peek();
    this.#sink = sink;
    const choice = this.#choice;
    this.#choice = -1;
    this.#happen(choice);
    return this.#time;
  }

  /** Draws when the next event is, and where in the total rate it falls. */
  #draw(): void {
    const excitement = this.#excitement;
    const decaySeconds = this.parameters.excitementSeconds;
    let bound = this.#totalRate();
    for (;;) {
      const wait = this.#random.exponential(bound);
      this.#elapsed += wait;
      const decay = Math.exp(-wait / decaySeconds);
      excitement[BID] *= decay;
      excitement[ASK] *= decay;
      const rate = this.#totalRate();
      const choice = this.#random.uniform() * bound;
      if (choice < rate) {
        this.#choice = choice;
        return;
      }
      bound = rate;
    }
  }

  #totalRate(): number {
    const { marketRate, marketDepthScale, marketFloor, orderSize } = this.parameters;
    const rates = this.#rates;
    const reacting = this.#reacting;
    let total = 0;
    for (let side = BID as Side; side <= ASK; side++) {
      const best = this.#bestDistance(side);
      const toward = this.#excitement[side] / marketRate;
      const against = this.#excitement[1 - side] / marketRate;
      for (let i = 0; i < reacting; i++) {
        const size = this.#queues[side * this.#levels + i] / orderSize;
        let limit = this.#limitRates[i];
        let cancel = this.#cancelRates[i] * size;
        if (i === 0 && size === 0) limit *= this.parameters.emptyQueueFactor;
        if (i <= best) limit *= 1 + this.parameters.limitResponse * toward;
        if (i === best) cancel *= 1 + this.parameters.cancelResponse * against;
        rates[side * reacting + i] = limit;
        rates[(2 + side) * reacting + i] = cancel;
        total += limit + cancel;
      }
      const shown = this.#queues[side * this.#levels + best] / orderSize;
      const aggressor = 1 - side;
      const thinning = marketFloor + (1 - marketFloor) * Math.exp(-shown / marketDepthScale);
      const market = (marketRate + this.#excitement[aggressor]) * thinning;
      rates[4 * reacting + aggressor] = market;
      total += market;
    }
    const news = this.#frozen ? 0 : this.parameters.newsRate;
    rates[4 * reacting + 2] = news;
    return total + news;
  }

  /** The event in whose share of the total rate `choice` falls. */
  #happen(choice: number): void {
    const rates = this.#rates;
    const reacting = this.#reacting;
    let event = 0;
    let rest = choice;
    while (event < rates.length - 1 && rest >= rates[event]) rest -= rates[event++];
    if (event === 4 * reacting + 2) {
      this.#onNews();
      return;
    }
    const mid = this.best(BID) + this.best(ASK);
    if (event < 2 * reacting) this.#onLimit(event < reacting ? BID : ASK, event % reacting);
    else if (event < 4 * reacting) this.#onCancel(event < 3 * reacting ? BID : ASK, event % reacting);
    else this.#onMarket(event === 4 * reacting ? BID : ASK);
    const change = this.best(BID) + this.best(ASK) - mid;
    if (change !== 0 && !this.#frozen) this.#onMidChange(change > 0 ? 1 : -1);
    this.#sink.onSettled(this.#time);
  }

  #onNews(): void {
    const direction = this.#random.uniform() < 0.5 ? BID : ASK;
    const orders = this.#random.exponential(1 / this.parameters.newsOrders);
    this.#excitement[direction] += orders / this.parameters.excitementSeconds;
  }

  #onLimit(side: Side, distance: number): void {
    this.#set(side, distance, this.#queues[side * this.#levels + distance] + this.#orderSteps());
  }

  #onCancel(side: Side, distance: number): void {
    const queue = this.#queues[side * this.#levels + distance];
    this.#set(side, distance, queue - Math.min(queue, this.#orderSteps()));
  }

  /** A market order eats the opposite side from the best level on; at most all reacting queues. */
  #onMarket(aggressor: Side): void {
    const { marketOrderSize, marketOrderSizeSpread, orderSize } = this.parameters;
    const mu = Math.log(marketOrderSize * orderSize) - marketOrderSizeSpread ** 2 / 2;
    let left = Math.max(1, Math.round(Math.exp(mu + marketOrderSizeSpread * this.#random.normal())));
    const side = (1 - aggressor) as Side;
    for (let i = this.#bestDistance(side); i < this.#reacting && left > 0; i++) {
      const queue = this.#queues[side * this.#levels + i];
      if (queue === 0) continue;
      const traded = Math.min(queue, left);
      left -= traded;
      this.#sink.onTrade(this.#time, aggressor, this.#price(side, i), traded);
      this.#set(side, i, queue - traded);
    }
    if (this.#frozen) return;
    this.#excitement[aggressor] += this.parameters.excitementPerTrade / this.parameters.excitementSeconds;
  }

  /** The reference price follows the mid with probability θ, where its next queue on that side is gone. */
  #onMidChange(direction: 1 | -1): void {
    if (this.#random.uniform() >= this.parameters.theta) return;
    const ahead = direction > 0 ? ASK : BID;
    if (this.#queues[ahead * this.#levels] > 0) return;
    this.#shift(ahead);
    this.#reference += direction;
    if (this.#random.uniform() < this.parameters.thetaReinit) this.#redraw();
  }

  /** Renumbers distances after a step of the reference price toward side `ahead`. */
  #shift(ahead: Side): void {
    const levels = this.#levels;
    const behind = (1 - ahead) as Side;
    const queues = this.#queues;
    // The farthest level behind falls out of what is displayed.
    if (queues[(behind + 1) * levels - 1] > 0) this.#set(behind, levels - 1, 0);
    queues.copyWithin(behind * levels + 1, behind * levels, (behind + 1) * levels - 1);
    queues[behind * levels] = 0;
    queues.copyWithin(ahead * levels, ahead * levels + 1, (ahead + 1) * levels);
    const far = this.#outerSteps();
    queues[(ahead + 1) * levels - 1] = far;
    const farPrice = this.#price(ahead, levels - 1) + (ahead === ASK ? 1 : -1);
    this.#sink.onLevel(this.#time, ahead, farPrice, far);
  }

  /** Draws all reacting queues from the sampled invariant distribution. */
  #redraw(): void {
    const reacting = this.#reacting;
    const state = this.#random.integer(INVARIANT_STATES) * 2 * reacting;
    for (const side of [BID, ASK] as const) {
      for (let i = 0; i < reacting; i++) {
        const quantity = this.#invariant[state + side * reacting + i];
        if (quantity !== this.#queues[side * this.#levels + i]) this.#set(side, i, quantity);
      }
    }
  }

  /** Simulates the book at a fixed reference price, without excitement, and keeps states of it far apart in time. */
  #sampleInvariant(): void {
    const reacting = this.#reacting;
    for (let i = 0; i < 2 * this.#levels; i++) this.#queues[i] = this.#outerSteps();
    for (let state = 0; state < INVARIANT_STATES; state++) {
      const until = INVARIANT_BURN_IN + state * INVARIANT_SPACING;
      while (this.#elapsed < until) this.next(UNTOLD);
      for (const side of [BID, ASK] as const) {
        const from = side * this.#levels;
        this.#invariant.set(this.#queues.subarray(from, from + reacting), (2 * state + side) * reacting);
      }
    }
  }

  #set(side: Side, distance: number, quantity: number): void {
    this.#queues[side * this.#levels + distance] = quantity;
    this.#sink.onLevel(this.#time, side, this.#price(side, distance), quantity);
  }

  #price(side: Side, distance: number): number {
    return side === BID ? this.#reference - distance : this.#reference + 1 + distance;
  }

  /** Distance of the best level that holds something; levels beyond the reacting ones always do. */
  #bestDistance(side: Side): number {
    const from = side * this.#levels;
    let i = 0;
    while (i < this.#levels - 1 && this.#queues[from + i] === 0) i++;
    return i;
  }

  #orderSteps(): number {
    return Math.max(
      1,
      Math.round(Math.exp(this.#mu + this.parameters.orderSizeSpread * this.#random.normal())),
    );
  }

  #outerSteps(): number {
    return Math.max(
      1,
      Math.round(this.parameters.outerDepth * this.parameters.orderSize * (0.5 + this.#random.uniform())),
    );
  }
}
