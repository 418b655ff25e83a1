import { type Generator, stream } from '../../base/random.ts';
import { MICROSECONDS } from '../../base/time.ts';
import type { Instrument } from '../instrument.ts';
import { ASK, BID, type Side } from '../side.ts';
import { classOf, DEEP_CLASSES, type FittedParameters, spreadClass } from './fitted-parameters.ts';
import { HAWKES_KERNELS } from './hawkes.ts';
import { Levels } from './levels.ts';
import { type QuantileTable, TableSampler } from './quantile-table.ts';
import type { MarketSink, SimulatedMarket } from './simulated-market.ts';

/** Levels are known this many times as far from the best price as they react, and kept a little farther. */
const OUTER = 3;
const KEPT = 4;
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
  readonly #sides = [new Levels(), new Levels()] as const;
  /** Farthest key that a side has been given levels to. */
  readonly #edges = new Int32Array(2);
  /** Rate of each level, at its index counted from the best, and the sums, by side. */
  readonly #rates = [new Float64Array(256), new Float64Array(256)];
  readonly #sums = new Float64Array(2);
  readonly #reacting = new Int32Array(2);
  readonly #reach: number;
  readonly #binOf: Uint8Array;
  readonly #touchEdges: Float64Array;
  readonly #touchRate: Float64Array;
  readonly #touchLimit: Float64Array;
  readonly #touchMarket: Float64Array;
  readonly #deepEdges: Float64Array;
  readonly #deepRate: Float64Array;
  readonly #deepLimit: Float64Array;
  readonly #fresh: Float64Array;
  readonly #freshTotal: number;
  /** Excess of market orders per second at [kernel · 2 + direction] (BID: buying). */
  readonly #excitement = new Float64Array(2 * HAWKES_KERNELS);
  readonly #decay: Float64Array;
  readonly #same: Float64Array;
  readonly #cross: Float64Array;
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
    const bins = deep.bins.length - 1;
    this.#reach = deep.bins[bins];
    this.#binOf = new Uint8Array(this.#reach);
    for (let bin = 0; bin < bins; bin++) this.#binOf.fill(bin, deep.bins[bin], deep.bins[bin + 1]);
    this.#touchEdges = Float64Array.from(touch.edges);
    this.#touchLimit = Float64Array.from(touch.limit);
    this.#touchRate = Float64Array.from(touch.limit, (rate, i) => rate + touch.cancel[i]);
    this.#touchMarket = Float64Array.from(touch.market, (factor) => factor * orders.base);
    this.#deepEdges = Float64Array.from(deep.edges);
    this.#deepLimit = Float64Array.from(deep.limit.flat());
    this.#deepRate = Float64Array.from(deep.cancel.flat(), (rate, i) => rate + this.#deepLimit[i]);
    this.#fresh = Float64Array.from(deep.fresh, (rate, bin) => rate * (deep.bins[bin + 1] - deep.bins[bin]));
    this.#freshTotal = this.#fresh.reduce((sum, rate) => sum + rate, 0);
    this.#decay = Float64Array.from(orders.decay);
    this.#same = Float64Array.from(orders.same, (n, k) => n * orders.decay[k]);
    this.#cross = Float64Array.from(orders.cross, (n, k) => n * orders.decay[k]);
    this.#samplers = samplers(parameters);
    this.startTime = startTime;
    this.#time = startTime;
    this.#begin();
  }

  get time(): number {
    return this.#time;
  }

  quantityAt(side: Side, price: number): number {
    return this.#sides[side].get(side === BID ? price : -price);
  }

  best(side: Side): number {
    const key = this.#sides[side].best;
    return side === BID ? key : -key;
  }

  snapshot(level: (side: Side, price: number, quantity: number) => void): void {
    for (const side of [BID, ASK] as const) {
      const { keys, sizes, count } = this.#sides[side];
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
      this.#sides[side].set(best, this.#size(this.#samplers.followSize));
      this.#edges[side] = best;
      this.#refresh(side);
    }
    for (let i = 0; i < BURN_IN_EVENTS; i++) this.next(UNTOLD);
    this.#elapsed = 0;
    this.#choice = -1;
    this.#time = this.startTime;
  }

  #draw(): void {
    const excitement = this.#excitement;
    let bound = this.#totalRate();
    for (;;) {
      const wait = this.#random.exponential(bound);
      this.#elapsed += wait;
      for (let k = 0; k < HAWKES_KERNELS; k++) {
        const kept = Math.exp(-this.#decay[k] * wait);
        excitement[2 * k] *= kept;
        excitement[2 * k + 1] *= kept;
      }
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
      this.#sums[BID] +
      this.#sums[ASK] +
      2 * this.#freshTotal +
      this.#marketRate(BID) +
      this.#marketRate(ASK) +
      this.#spreadRate()
    );
  }

  #marketRate(aggressor: Side): number {
    const { sizes, count } = this.#sides[1 - aggressor];
    let rate = this.#touchMarket[classOf(sizes[count - 1], this.#touchEdges)];
    for (let k = 0; k < HAWKES_KERNELS; k++) rate += this.#excitement[2 * k + aggressor];
    return rate;
  }

  #spreadRate(): number {
    const spread = -this.#sides[ASK].best - this.#sides[BID].best;
    if (spread < 2) return 0;
    const index = spreadClass(spread);
    return this.#p.spread.follow[index] + this.#p.spread.back[index];
  }

  #happen(from: number): void {
    let choice = from;
    for (let side = BID as Side; side <= ASK; side++) {
      const fresh = this.#sums[side];
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
  #onLevel(side: Side, from: number): void {
    const levels = this.#sides[side];
    const rates = this.#rates[side];
    let choice = from;
    let behind = 0;
    while (behind < this.#reacting[side] - 1 && choice >= rates[behind]) choice -= rates[behind++];
    const at = levels.count - 1 - behind;
    const size = levels.sizes[at];
    const random = this.#random;
    if (behind === 0) {
      const index = classOf(size, this.#touchEdges);
      if (choice < this.#touchLimit[index]) {
        this.#resize(side, at, size + this.#size(this.#samplers.touchLimit[index]));
      } else if (random.uniform() < this.#p.touch.wipe[index]) {
        this.#empty(side, levels.best, this.#samplers.afterCancel);
      } else this.#resize(side, at, size - this.#part(size, this.#samplers.touchCancel));
      return;
    }
    const bin = this.#binOf[levels.best - levels.keys[at]];
    const index = classOf(size, this.#deepEdges);
    if (choice < this.#deepLimit[bin * DEEP_CLASSES + index]) {
      this.#resize(side, at, size + this.#size(this.#samplers.deepLimit));
    } else if (random.uniform() < this.#p.deep.wipe[bin][index]) {
      this.#remove(side, at);
      this.#closeRate(side, behind);
    } else this.#resize(side, at, size - this.#part(size, this.#samplers.deepCancel));
  }

  /** A limit order at a price behind the best; one that is not empty has a rate of its own. */
  #onFresh(side: Side, from: number): void {
    const { bins } = this.#p.deep;
    let choice = from;
    let bin = 0;
    while (bin < this.#fresh.length - 1 && choice >= this.#fresh[bin]) choice -= this.#fresh[bin++];
    const levels = this.#sides[side];
    const key = levels.best - bins[bin] - this.#random.integer(bins[bin + 1] - bins[bin]);
    if ((side === BID && key < 1) || levels.get(key) > 0) return;
    this.#put(side, key, this.#size(this.#samplers.fresh[bin]));
    this.#openRate(side, levels.indexOf(key));
  }

  #onMarket(aggressor: Side): void {
    const side = (1 - aggressor) as Side;
    const levels = this.#sides[side];
    for (let k = 0; k < HAWKES_KERNELS; k++) {
      this.#excitement[2 * k + aggressor] += this.#same[k];
      this.#excitement[2 * k + side] += this.#cross[k];
    }
    const queue = levels.sizes[levels.count - 1];
    const touched = classOf(queue, this.#touchEdges);
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
        this.#resize(side, at, size - traded);
        break;
      }
      this.#remove(side, at);
    }
    if (levels.best < best) this.#empty(side, best, this.#samplers.afterTrade);
  }

  /** The best queue, at `best`, is gone, and with it those within a distance drawn: the reference price moves. */
  #empty(side: Side, best: number, distances: TableSampler): void {
    const levels = this.#sides[side];
    const until = best - Math.round(distances.at(this.#random.uniform()));
    while (levels.count > 1 && levels.best >= until) this.#remove(side, levels.count - 1);
    this.#emptied = side;
    this.#refresh(side);
  }

  /** A limit order within the spread. */
  #onSpread(choice: number): void {
    const { spread } = this.#p;
    const ticks = -this.#sides[ASK].best - this.#sides[BID].best;
    const index = spreadClass(ticks);
    const follows = choice < spread.follow[index];
    const side = (follows ? 1 - this.#emptied : this.#emptied) as Side;
    const full = this.#random.uniform() < (follows ? spread.followFull : spread.backFull)[index];
    const share = (follows ? this.#samplers.followShare : this.#samplers.backShare).at(
      this.#random.uniform(),
    );
    // Of the ticks within the spread; the last of them would close it.
    const better =
      full || ticks === 2 ? ticks - 1 : Math.min(ticks - 2, Math.max(1, Math.round(share * (ticks - 1))));
    const size = this.#size(follows ? this.#samplers.followSize : this.#samplers.backSize);
    this.#put(side, this.#sides[side].best + better, size);
    this.#refresh(side);
  }

  #size(sampler: TableSampler): number {
    return Math.max(1, Math.round(sampler.at(this.#random.uniform())));
  }

  /** A part of a queue that leaves something of it. */
  #part(size: number, sampler: TableSampler): number {
    return Math.min(size - 1, Math.max(1, Math.round(size * sampler.at(this.#random.uniform()))));
  }

  #resize(side: Side, at: number, size: number): void {
    const levels = this.#sides[side];
    if (size === levels.sizes[at]) return;
    levels.sizes[at] = size;
    const behind = levels.count - 1 - at;
    const rates = this.#rates[side];
    this.#sums[side] -= rates[behind];
    rates[behind] = this.#rateOf(levels, at);
    this.#sums[side] += rates[behind];
    this.#tell(side, levels.keys[at], size);
  }

  #put(side: Side, key: number, size: number): void {
    this.#sides[side].set(key, size);
    this.#tell(side, key, size);
  }

  #remove(side: Side, at: number): void {
    const levels = this.#sides[side];
    const key = levels.keys[at];
    levels.removeAt(at);
    this.#tell(side, key, 0);
  }

  #tell(side: Side, key: number, size: number): void {
    this.#sink.onLevel(this.#time, side, side === BID ? key : -key, size);
  }

  #rateOf(levels: Levels, at: number): number {
    const size = levels.sizes[at];
    if (at === levels.count - 1) return this.#touchRate[classOf(size, this.#touchEdges)];
    const bin = this.#binOf[levels.best - levels.keys[at]];
    return this.#deepRate[bin * DEEP_CLASSES + classOf(size, this.#deepEdges)];
  }

  /** A level behind the best came. */
  #openRate(side: Side, at: number): void {
    const levels = this.#sides[side];
    const behind = levels.count - 1 - at;
    const count = this.#reacting[side];
    if (this.#rates[side].length <= count) {
      this.#refresh(side);
      return;
    }
    const rates = this.#rates[side];
    rates.copyWithin(behind + 1, behind, count);
    rates[behind] = this.#rateOf(levels, at);
    this.#sums[side] += rates[behind];
    this.#reacting[side] = count + 1;
  }

  /** A level behind the best went. */
  #closeRate(side: Side, behind: number): void {
    const rates = this.#rates[side];
    this.#sums[side] -= rates[behind];
    rates.copyWithin(behind, behind + 1, this.#reacting[side]);
    this.#reacting[side]--;
  }

  /** After the best price changed: levels that come into sight or leave it, and all rates of the side. */
  #refresh(side: Side): void {
    const levels = this.#sides[side];
    this.#extend(side);
    const farthest = levels.best - this.#reach;
    let sum = 0;
    let behind = 0;
    if (this.#rates[side].length < levels.count) this.#rates[side] = new Float64Array(2 * levels.count);
    const rates = this.#rates[side];
    for (let at = levels.count - 1; at >= 0 && levels.keys[at] > farthest; at--) {
      const rate = this.#rateOf(levels, at);
      rates[behind++] = rate;
      sum += rate;
    }
    this.#reacting[side] = behind;
    this.#sums[side] = sum;
  }

  /** Levels beyond the reacting ones come into sight where the best price comes near, and fall out far behind. */
  #extend(side: Side): void {
    const levels = this.#sides[side];
    const { occupancy } = this.#p.deep;
    const lowest = levels.best - OUTER * this.#reach;
    while (this.#edges[side] > lowest) {
      const distance = levels.best - this.#edges[side] + 1;
      const bin = distance < this.#reach ? this.#binOf[distance] : occupancy.length - 1;
      const share = Math.max(1e-4, occupancy[bin]);
      const gap = share >= 1 ? 1 : 1 + Math.floor(Math.log(1 - this.#random.uniform()) / Math.log(1 - share));
      const key = this.#edges[side] - gap;
      this.#edges[side] = Math.max(key, lowest);
      if (key < lowest || (side === BID && key < 1)) continue;
      this.#put(side, key, this.#size(this.#samplers.outer));
    }
    const dropped = levels.best - KEPT * this.#reach;
    if (this.#edges[side] >= dropped) return;
    while (levels.count > 1 && levels.keys[0] < dropped) this.#remove(side, 0);
    this.#edges[side] = dropped;
  }
}

interface Samplers {
  readonly touchLimit: readonly TableSampler[];
  readonly market: readonly TableSampler[];
  readonly fresh: readonly TableSampler[];
  readonly deepLimit: TableSampler;
  readonly outer: TableSampler;
  readonly touchCancel: TableSampler;
  readonly deepCancel: TableSampler;
  readonly followShare: TableSampler;
  readonly backShare: TableSampler;
  readonly followSize: TableSampler;
  readonly backSize: TableSampler;
  readonly afterTrade: TableSampler;
  readonly afterCancel: TableSampler;
}

function samplers({ touch, deep, cancelShare, spread, moves }: FittedParameters): Samplers {
  const of = (table: QuantileTable) => new TableSampler(table);
  return {
    touchLimit: touch.limitSize.map(of),
    market: touch.marketSize.map(of),
    fresh: deep.freshSize.map(of),
    deepLimit: of(deep.limitSize),
    outer: of(deep.outerSize),
    touchCancel: of(cancelShare.touch),
    deepCancel: of(cancelShare.deep),
    followShare: of(spread.followShare),
    backShare: of(spread.backShare),
    followSize: of(spread.followSize),
    backSize: of(spread.backSize),
    afterTrade: of(moves.afterTrade),
    afterCancel: of(moves.afterCancel),
  };
}
