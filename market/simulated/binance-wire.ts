import { type Generator, stream } from '../../base/random.ts';
import type { Side } from '../side.ts';
import { ASK, BID } from '../side.ts';
import type { QueueReactiveParameters } from './parameters.ts';
import type { MarketSink, QueueReactiveMarket } from './queue-reactive.ts';

/** Binance spot sums up changes of the book every 100 ms. */
const DEPTH_INTERVAL = 100_000;
/** Receive times lag behind exchange times by this much at least, and by this much more on average, µs. */
const LATENCY = 2_000;
const LATENCY_JITTER = 500;
/** Decimals in which Binance spot writes every price and quantity. */
const WIRE_DECIMALS = 8;

/**
 * Writes a simulated market as Binance spot's combined stream would have been recorded: lines `<local µs> <json>` with
 * a REST snapshot first, then `trade` and `bookTicker` as they happen and `depthUpdate` every 100 ms, its update ids
 * chained, quantities absolute.
 */
export class BinanceWire implements MarketSink {
  readonly #market: QueueReactiveMarket;
  readonly #parameters: QueueReactiveParameters;
  readonly #line: (line: string) => void;
  readonly #latency: Generator;
  readonly #stream: string;
  /** Levels changed since the last depthUpdate: price to quantity, by side. */
  readonly #changes: readonly [Map<number, number>, Map<number, number>] = [new Map(), new Map()];
  #updateId = 1_000_000;
  #depthFrom = 0;
  #nextDepth: number;
  #localTime = 0;
  #tradeId = 0;
  #messages = 0;
  #bid = 0;
  #bidQuantity = 0;
  #ask = 0;
  #askQuantity = 0;

  constructor(market: QueueReactiveMarket, seed: number, line: (line: string) => void) {
    this.#market = market;
    this.#parameters = market.parameters;
    this.#line = line;
    this.#latency = stream(seed, 'market/latency');
    this.#stream = market.parameters.symbol.toLowerCase();
    this.#depthFrom = this.#updateId + 1;
    this.#nextDepth = market.parameters.startTime + DEPTH_INTERVAL;
    this.#snapshot(market.parameters.startTime);
  }

  get messages(): number {
    return this.#messages;
  }

  get trades(): number {
    return this.#tradeId;
  }

  onTrade(time: number, aggressor: Side, price: number, quantity: number): void {
    this.advance(time);
    const { symbol } = this.#parameters;
    const ms = Math.floor(time / 1000);
    this.#tradeId++;
    this.#send(
      time,
      `{"stream":"${this.#stream}@trade","data":{"e":"trade","E":${ms},"s":"${symbol}","t":${this.#tradeId},` +
        `"p":"${this.#price(price)}","q":"${this.#quantity(quantity)}","T":${ms},"m":${aggressor === ASK},"M":true}}`,
    );
  }

  onLevel(time: number, side: Side, price: number, quantity: number): void {
    this.advance(time);
    this.#updateId++;
    this.#changes[side].set(price, quantity);
  }

  onSettled(time: number): void {
    const bid = this.#market.best(BID);
    const ask = this.#market.best(ASK);
    const bidQuantity = this.#market.quantityAt(BID, bid);
    const askQuantity = this.#market.quantityAt(ASK, ask);
    if (
      bid === this.#bid &&
      ask === this.#ask &&
      bidQuantity === this.#bidQuantity &&
      askQuantity === this.#askQuantity
    ) {
      return;
    }
    this.#bid = bid;
    this.#ask = ask;
    this.#bidQuantity = bidQuantity;
    this.#askQuantity = askQuantity;
    this.#send(
      time,
      `{"stream":"${this.#stream}@bookTicker","data":{"u":${this.#updateId},"s":"${this.#parameters.symbol}",` +
        `"b":"${this.#price(bid)}","B":"${this.#quantity(bidQuantity)}",` +
        `"a":"${this.#price(ask)}","A":"${this.#quantity(askQuantity)}"}}`,
    );
  }

  /** Sends the depth updates that are due at or before `time`, µs: call once more when the market ends. */
  advance(time: number): void {
    while (this.#nextDepth <= time) {
      if (this.#updateId >= this.#depthFrom) this.#depthUpdate(this.#nextDepth);
      this.#nextDepth += DEPTH_INTERVAL;
    }
  }

  #depthUpdate(time: number): void {
    this.#send(
      time,
      `{"stream":"${this.#stream}@depth@100ms","data":{"e":"depthUpdate","E":${Math.floor(time / 1000)},` +
        `"s":"${this.#parameters.symbol}","U":${this.#depthFrom},"u":${this.#updateId},` +
        `"b":${this.#levels(BID, this.#changes[BID])},"a":${this.#levels(ASK, this.#changes[ASK])}}}`,
    );
    this.#depthFrom = this.#updateId + 1;
    this.#changes[BID].clear();
    this.#changes[ASK].clear();
  }

  #snapshot(time: number): void {
    const levels: readonly [Map<number, number>, Map<number, number>] = [new Map(), new Map()];
    this.#market.snapshot((side, price, quantity) => levels[side].set(price, quantity));
    this.#send(
      time,
      `{"lastUpdateId":${this.#updateId},"bids":${this.#levels(BID, levels[BID])},"asks":${this.#levels(ASK, levels[ASK])}}`,
    );
  }

  /** Levels best first, as `[["price","quantity"],…]`. */
  #levels(side: Side, levels: ReadonlyMap<number, number>): string {
    const prices = [...levels.keys()].sort((a, b) => (side === BID ? b - a : a - b));
    const pairs = prices.map(
      (price) => `["${this.#price(price)}","${this.#quantity(levels.get(price) ?? 0)}"]`,
    );
    return `[${pairs.join(',')}]`;
  }

  #send(time: number, json: string): void {
    const received = Math.round(time + LATENCY + this.#latency.exponential(1 / LATENCY_JITTER));
    this.#localTime = Math.max(this.#localTime, received);
    this.#messages++;
    this.#line(`${this.#localTime} ${json}\n`);
  }

  #price(ticks: number): string {
    return decimal(ticks, this.#parameters.priceDecimals);
  }

  #quantity(steps: number): string {
    return decimal(steps, this.#parameters.quantityDecimals);
  }
}

/** A whole number of 10^−decimals as a decimal string with eight decimals, exactly. */
export function decimal(units: number, decimals: number): string {
  const scale = 10 ** decimals;
  const whole = Math.floor(units / scale);
  const fraction = String(units - whole * scale).padStart(decimals, '0');
  return `${whole}.${decimals === 0 ? '' : fraction}${'0'.repeat(WIRE_DECIMALS - decimals)}`;
}
