import { type Generator, stream } from '../../base/random.ts';
import { MICROSECONDS } from '../../base/time.ts';
import type { Instrument } from '../instrument.ts';
import { ASK, BID, type Side } from '../side.ts';
import { type FittedParameters, spreadClass } from './fitted-parameters.ts';
import { drawPart, drawSize, type Samplers, samplersOf } from './fitted-samplers.ts';
import { LevelRates } from './level-rates.ts';
import { OrderExcitement } from './order-excitement.ts';
import type { TableSampler } from './quantile-table.ts';
import { ReactingSide } from './reacting-side.ts';
import type { MarketSink, SimulatedMarket } from './simulated-market.ts';

/** Events before time begins, so that the first book is one of many. */
const BURN_IN_EVENTS = 20_000;
const UNTOLD: MarketSink = { onTrade() {}, onLevel() {}, onSettled() {} };

/**
 * A market with the parameters of a recording: a queue-reactive book (Huang, Lehalle and Rosenbaum 2015, arXiv
 * 1312.0563) whose queues are found by their distance from the best price of their side, so that it fits sparse books
 * as well as dense ones. Limit orders and cancels arrive at rates that depend on distance and queue size. Market orders
 * are a Hawkes process in two directions whose base rate depends on the queue they hit. When a best queue empties, the
 * reference price moves: queues behind it may go with it, and either the other side follows or the same side comes back.
 *
 * Event-driven: waiting times are exponential in the total rate, which falls between events only, so candidates are
 * thinned (Ogata 1981): exact, no time step. Hot path: typed arrays, no allocation an event.
 */
export class FittedMarket implements SimulatedMarket {
  readonly instrument: Instrument;
  readonly depthInterval: number;
  readonly startTime: number;
  readonly #p: FittedParameters;
  readonly #random: Generator;
  readonly #rates: LevelRates;
  readonly #sides: readonly [ReactingSide, ReactingSide];
  /** Base rate of market orders by class of the queue they hit. */
  readonly #touchMarket: Float64Array;
  /** Limit orders a second at new prices, by bin of distance, and in all. */
  readonly #fresh: Float64Array;
  readonly #freshTotal: number;
  readonly #excitement: OrderExcitement;
  readonly #samplers: Samplers;
  /** The side whose best queue emptied last. */
  #emptied: Side = BID;
  #time: number;
  #elapsed = 0;
  #choice = -1;
  #sink: MarketSink = UNTOLD;

  constructor(parameters: FittedParameters, seed: number, startTime: number) {
    const { touch, deep, orders } = parameters;
    this.#p = parameters;
    this.instrument = parameters.instrument;
    this.depthInterval = Math.round(parameters.depthIntervalMs * 1000);
    this.#random = stream(seed, 'market/fitted');
    this.#rates = new LevelRates(parameters);
    this.#touchMarket = Float64Array.from(touch.market, (factor) => factor * orders.base);
    this.#fresh = Float64Array.from(deep.fresh, (rate, bin) => rate * (deep.bins[bin + 1] - deep.bins[bin]));
    this.#freshTotal = this.#fresh.reduce((sum, rate) => sum + rate, 0);
    this.#excitement = new OrderExcitement(orders);
    this.#samplers = samplersOf(parameters);
    const side = (of: Side) => new ReactingSide(of, this.#rates, this.#samplers.outer, this.#random, UNTOLD);
    this.#sides = [side(BID), side(ASK)];
    this.startTime = startTime;
    this.#time = startTime;
    this.#begin();
  }

  get time(): number {
    return this.#time;
  }

  quantityAt(side: Side, price: number): number {
    return this.#sides[side].levels.get(side === BID ? price : -price);
  }

  best(side: Side): number {
    const key = this.#sides[side].levels.best;
    return side === BID ? key : -key;
  }

  snapshot(level: (side: Side, price: number, quantity: number) => void): void {
    for (const side of [BID, ASK] as const) {
      const { keys, sizes, count } = this.#sides[side].levels;
      for (let i = count - 1; i >= 0; i--) level(side, side === BID ? keys[i] : -keys[i], sizes[i]);
    }
  }

  peek(): number {
    if (this.#choice < 0) this.#draw();
    return this.startTime + Math.floor(this.#elapsed * MICROSECONDS);
  }

  next(sink: MarketSink): number {
    this.#time = this.peek();
    this.#sink = sink;
    for (const side of this.#sides) {
      side.time = this.#time;
      side.sink = sink;
    }
    const choice = this.#choice;
    this.#choice = -1;
    this.#happen(choice);
    sink.onSettled(this.#time);
    return this.#time;
  }

  /** A book about the start price with as many levels as there were, that then lives for a while. */
  #begin(): void {
    for (const side of [BID, ASK] as const) {
      const best = side === BID ? this.#p.startPrice : -(this.#p.startPrice + 1);
      this.#sides[side].begin(best, this.#size(this.#samplers.followSize));
    }
    for (let i = 0; i < BURN_IN_EVENTS; i++) this.next(UNTOLD);
    this.#elapsed = 0;
    this.#choice = -1;
    this.#time = this.startTime;
  }

  #draw(): void {
    let bound = this.#totalRate();
    for (;;) {
      const wait = this.#random.exponential(bound);
      this.#elapsed += wait;
      this.#excitement.fade(wait);
      const rate = this.#totalRate();
      const choice = this.#random.uniform() * bound;
      if (choice < rate) {
        this.#choice = choice;
        return;
      }
      bound = rate;
    }
  }

  /** In the order in which {@link #happen} takes the rates apart. */
  #totalRate(): number {
    return (
      this.#sides[BID].sum +
      this.#sides[ASK].sum +
      2 * this.#freshTotal +
      this.#marketRate(BID) +
      this.#marketRate(ASK) +
      this.#spreadRate()
    );
  }

  #marketRate(aggressor: Side): number {
    const { sizes, count } = this.#sides[1 - aggressor].levels;
    const base = this.#touchMarket[this.#rates.touchClass(sizes[count - 1])];
    return this.#excitement.rate(base, aggressor);
  }

  #spreadRate(): number {
    const spread = -this.#sides[ASK].levels.best - this.#sides[BID].levels.best;
    if (spread < 2) return 0;
    const index = spreadClass(spread);
    return this.#p.spread.follow[index] + this.#p.spread.back[index];
  }

  #happen(from: number): void {
    let choice = from;
    for (let side = BID as Side; side <= ASK; side++) {
      const fresh = this.#sides[side].sum;
      const market = fresh + this.#freshTotal;
      const end = market + this.#marketRate(side);
      if (choice < fresh) this.#onLevel(side, choice);
      else if (choice < market) this.#onFresh(side, choice - fresh);
      else if (choice < end) this.#onMarket(side);
      if (choice < end) return;
      choice -= end;
    }
    this.#onSpread(choice);
  }

  /** A limit order joins a level, or a cancel takes from it. */
  #onLevel(from: Side, within: number): void {
    const side = this.#sides[from];
    const { levels, rates } = side;
    let choice = within;
    let behind = 0;
    while (behind < side.reacting - 1 && choice >= rates[behind]) choice -= rates[behind++];
    const at = levels.count - 1 - behind;
    const size = levels.sizes[at];
    const random = this.#random;
    if (behind === 0) {
      const index = this.#rates.touchClass(size);
      if (choice < this.#rates.touchLimit(index)) {
        side.resize(at, size + this.#size(this.#samplers.touchLimit[index]));
      } else if (random.uniform() < this.#p.touch.wipe[index]) {
        this.#empty(from, levels.best, this.#samplers.afterCancel);
      } else side.resize(at, size - drawPart(size, this.#samplers.touchCancel, random));
      return;
    }
    const bin = this.#rates.bin(levels.best - levels.keys[at]);
    const index = this.#rates.deepClass(size);
    if (choice < this.#rates.deepLimit(bin, index)) {
      side.resize(at, size + this.#size(this.#samplers.deepLimit));
    } else if (random.uniform() < this.#p.deep.wipe[bin][index]) {
      side.remove(at);
      side.close(behind);
    } else side.resize(at, size - drawPart(size, this.#samplers.deepCancel, random));
  }

  /** A limit order at a price behind the best; one that is not empty has a rate of its own. */
  #onFresh(side: Side, from: number): void {
    const { bins } = this.#p.deep;
    let choice = from;
    let bin = 0;
    while (bin < this.#fresh.length - 1 && choice >= this.#fresh[bin]) choice -= this.#fresh[bin++];
    const { levels } = this.#sides[side];
    const key = levels.best - bins[bin] - this.#random.integer(bins[bin + 1] - bins[bin]);
    if ((side === BID && key < 1) || levels.get(key) > 0) return;
    this.#sides[side].put(key, this.#size(this.#samplers.fresh[bin]));
    this.#sides[side].open(levels.indexOf(key));
  }

  #onMarket(aggressor: Side): void {
    const side = (1 - aggressor) as Side;
    const { levels } = this.#sides[side];
    this.#excitement.onOrder(aggressor);
    const queue = levels.sizes[levels.count - 1];
    const touched = this.#rates.touchClass(queue);
    const sweeps = queue === 1 || this.#random.uniform() < this.#p.touch.sweep[touched];
    const drawn = this.#size(this.#samplers.market[touched]);
    // One that does not empty a queue smaller than itself took a part of it.
    const part = drawn < queue ? drawn : Math.max(1, Math.floor(queue * this.#random.uniform()));
    let left = sweeps ? Math.max(queue, drawn) : part;
    const { best } = levels;
    while (left > 0) {
      const at = levels.count - 1;
      const size = levels.sizes[at];
      const key = levels.keys[at];
      // Something always stays: the last level never trades away.
      const traded = Math.min(left, levels.count > 1 ? size : size - 1);
      if (traded <= 0) break;
      this.#sink.onTrade(this.#time, aggressor, side === BID ? key : -key, traded);
      left -= traded;
      if (traded < size) {
        this.#sides[side].resize(at, size - traded);
        break;
      }
      this.#sides[side].remove(at);
    }
    if (levels.best < best) this.#empty(side, best, this.#samplers.afterTrade);
  }

  /** The best queue, at `best`, is gone, and with it those within a distance drawn: the reference price moves. */
  #empty(from: Side, best: number, distances: TableSampler): void {
    const side = this.#sides[from];
    const { levels } = side;
    const until = best - Math.round(distances.at(this.#random.uniform()));
    while (levels.count > 1 && levels.best >= until) side.remove(levels.count - 1);
    this.#emptied = from;
    side.refresh();
  }

  /** A limit order within the spread. */
  #onSpread(choice: number): void {
    const { spread } = this.#p;
    const ticks = -this.#sides[ASK].levels.best - this.#sides[BID].levels.best;
    const index = spreadClass(ticks);
    const follows = choice < spread.follow[index];
    const side = this.#sides[follows ? 1 - this.#emptied : this.#emptied];
    const full = this.#random.uniform() < (follows ? spread.followFull : spread.backFull)[index];
    const share = (follows ? this.#samplers.followShare : this.#samplers.backShare).at(
      this.#random.uniform(),
    );
    // Of the ticks within the spread; the last of them would close it.
    const better =
      full || ticks === 2 ? ticks - 1 : Math.min(ticks - 2, Math.max(1, Math.round(share * (ticks - 1))));
    const size = this.#size(follows ? this.#samplers.followSize : this.#samplers.backSize);
    side.put(side.levels.best + better, size);
    side.refresh();
  }

  #size(sampler: TableSampler): number {
    return drawSize(sampler, this.#random);
  }
}
