import { type Generator, stream } from '../../base/random.ts';
import type { Side } from '../side.ts';
import { ASK, BID } from '../side.ts';
import type { MarketSink, SimulatedMarket } from './simulated-market.ts';

/** Receive times lag behind exchange times by this much at least, and by this much more on average, µs. */
const LATENCY = 2_000;
const LATENCY_JITTER = 500;
/** Decimals in which Binance spot writes every price and quantity; USD-M writes those of the instrument. */
const SPOT_DECIMALS = 8;

/**
 * Writes a simulated market as Binance's combined stream would have been recorded: lines `<local µs> <json>` with
 * a REST snapshot first, then `trade` and `bookTicker` as they happen and `depthUpdate` at its interval, its update ids
 * chained, quantities absolute. Spot's fields or USD-M's, as the instrument's venue says.
 */
export class BinanceWire implements MarketSink {
  readonly #market: SimulatedMarket;
  readonly #futures: boolean;
  readonly #symbol: string;
  readonly #prices: Grid;
  readonly #quantities: Grid;
  readonly #line: (line: string) => void;
  readonly #latency: Generator;
  readonly #stream: string;
  /** Levels changed since the last depthUpdate: price to quantity, by side. */
  readonly #changes: readonly [Map<number, number>, Map<number, number>] = [new Map(), new Map()];
  #updateId = 1_000_000;
  #depthFrom = 0;
  #lastDepth = 0;
  #nextDepth: number;
  #localTime = 0;
  #tradeId = 0;
  #messages = 0;
  #bid = 0;
  #bidQuantity = 0;
  #ask = 0;
  #askQuantity = 0;

  constructor(market: SimulatedMarket, seed: number, line: (line: string) => void) {
    const { venue, symbol, tickSize, stepSize } = market.instrument;
    this.#market = market;
    this.#futures = venue === 'binance-usdm';
    this.#symbol = symbol;
    this.#prices = new Grid(tickSize, this.#futures);
    this.#quantities = new Grid(stepSize, this.#futures);
    this.#line = line;
    this.#latency = stream(seed, 'market/latency');
    this.#stream = symbol.toLowerCase();
    this.#depthFrom = this.#updateId + 1;
    this.#lastDepth = this.#updateId;
    this.#nextDepth = market.startTime + market.depthInterval;
    this.#snapshot(market.startTime);
  }

  get messages(): number {
    return this.#messages;
  }

  get trades(): number {
    return this.#tradeId;
  }

  onTrade(time: number, aggressor: Side, price: number, quantity: number): void {
    this.advance(time);
    const ms = Math.floor(time / 1000);
    this.#tradeId++;
    const fields =
      `"s":"${this.#symbol}","t":${this.#tradeId},"p":"${this.#prices.write(price)}",` +
      `"q":"${this.#quantities.write(quantity)}"`;
    const maker = `"m":${aggressor === ASK}`;
    this.#send(
      time,
      `{"stream":"${this.#stream}@trade","data":{"e":"trade","E":${ms},` +
        (this.#futures
          ? `"T":${ms},${fields},"X":"MARKET",${maker}}}`
          : `${fields},"T":${ms},${maker},"M":true}}`),
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
    const ms = Math.floor(time / 1000);
    this.#send(
      time,
      `{"stream":"${this.#stream}@bookTicker","data":{${this.#futures ? '"e":"bookTicker",' : ''}"u":${this.#updateId},` +
        `"s":"${this.#symbol}","b":"${this.#prices.write(bid)}","B":"${this.#quantities.write(bidQuantity)}",` +
        `"a":"${this.#prices.write(ask)}","A":"${this.#quantities.write(askQuantity)}"` +
        `${this.#futures ? `,"T":${ms},"E":${ms}` : ''}}}`,
    );
  }

  /** Sends the depth updates that are due at or before `time`, µs: call once more when the market ends. */
  advance(time: number): void {
    while (this.#nextDepth <= time) {
      if (this.#updateId >= this.#depthFrom) this.#depthUpdate(this.#nextDepth);
      this.#nextDepth += this.#market.depthInterval;
    }
  }

  #depthUpdate(time: number): void {
    const ms = Math.floor(time / 1000);
    const ids = `"U":${this.#depthFrom},"u":${this.#updateId}`;
    this.#send(
      time,
      `{"stream":"${this.#stream}@depth@${this.#market.depthInterval / 1000}ms","data":{"e":"depthUpdate","E":${ms},` +
        (this.#futures
          ? `"T":${ms},"s":"${this.#symbol}",${ids},"pu":${this.#lastDepth},`
          : `"s":"${this.#symbol}",${ids},`) +
        `"b":${this.#levels(BID, this.#changes[BID])},"a":${this.#levels(ASK, this.#changes[ASK])}}}`,
    );
    this.#lastDepth = this.#updateId;
    this.#depthFrom = this.#updateId + 1;
    this.#changes[BID].clear();
    this.#changes[ASK].clear();
  }

  #snapshot(time: number): void {
    const levels: readonly [Map<number, number>, Map<number, number>] = [new Map(), new Map()];
    this.#market.snapshot((side, price, quantity) => levels[side].set(price, quantity));
    const ms = Math.floor(time / 1000);
    this.#send(
      time,
      `{"lastUpdateId":${this.#updateId},${this.#futures ? `"E":${ms},"T":${ms},` : ''}` +
        `"bids":${this.#levels(BID, levels[BID])},"asks":${this.#levels(ASK, levels[ASK])}}`,
    );
  }

  /** Levels best first, as `[["price","quantity"],…]`. */
  #levels(side: Side, levels: ReadonlyMap<number, number>): string {
    const prices = [...levels.keys()].sort((a, b) => (side === BID ? b - a : a - b));
    const pairs = prices.map(
      (price) => `["${this.#prices.write(price)}","${this.#quantities.write(levels.get(price) ?? 0)}"]`,
    );
    return `[${pairs.join(',')}]`;
  }

  #send(time: number, json: string): void {
    const received = Math.round(time + LATENCY + this.#latency.exponential(1 / LATENCY_JITTER));
    this.#localTime = Math.max(this.#localTime, received);
    this.#messages++;
    this.#line(`${this.#localTime} ${json}\n`);
  }
}

/** Writes multiples of a tick or step as Binance does. */
class Grid {
  /** The step in units of the last decimal that it has. */
  readonly #units: number;
  readonly #decimals: number;
  readonly #width: number;

  constructor(step: number, futures: boolean) {
    let decimals = 0;
    // Relative to the step: one of 10⁻⁸ is as near to 0 as rounding errors of one of 1 are.
    const off = (scaled: number) => Math.abs(scaled - Math.round(scaled)) > 1e-6 * scaled;
    while (decimals < SPOT_DECIMALS && off(step * 10 ** decimals)) decimals++;
    this.#decimals = decimals;
    this.#units = Math.round(step * 10 ** decimals);
    this.#width = futures ? decimals : SPOT_DECIMALS;
  }

  write(count: number): string {
    return decimal(count * this.#units, this.#decimals, this.#width);
  }
}

/** A whole number of 10^−decimals as a decimal string with `width` decimals, exactly. */
export function decimal(units: number, decimals: number, width: number = SPOT_DECIMALS): string {
  const scale = 10 ** decimals;
  const whole = Math.floor(units / scale);
  if (width === 0) return String(whole);
  const fraction = String(units - whole * scale).padStart(decimals, '0');
  return `${whole}.${decimals === 0 ? '' : fraction}${'0'.repeat(width - decimals)}`;
}
