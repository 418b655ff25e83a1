import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { InputError, InterruptedError } from '../../base/errors.ts';
import { OrderBook } from '../../market/book.ts';
import { ASK, BID, type Side } from '../../market/side.ts';
import { BinanceWire, decimal } from '../../market/simulated/binance-wire.ts';
import { simulateCapture } from '../../market/simulated/capture.ts';
import { DEFAULT_QUEUE_REACTIVE, type QueueReactiveParameters } from '../../market/simulated/parameters.ts';
import { QueueReactiveMarket } from '../../market/simulated/queue-reactive.ts';
import type { MarketSink } from '../../market/simulated/simulated-market.ts';

const SECOND = 1e6;
const SILENT: MarketSink = { onTrade() {}, onLevel() {}, onSettled() {} };

/** A market of one queue a side whose orders all have one size, and whose reference price never moves. */
const ONE_QUEUE: QueueReactiveParameters = {
  ...DEFAULT_QUEUE_REACTIVE,
  orderSize: 1000,
  orderSizeSpread: 0,
  marketOrderSize: 0.001,
  marketOrderSizeSpread: 0,
  limitRates: [20],
  cancelRates: [4],
  emptyQueueFactor: 1,
  marketRate: 1e-9,
  marketFloor: 1,
  theta: 0,
  excitementPerTrade: 0,
  newsRate: 0,
};

function lines(seconds: number, seed: number, parameters = DEFAULT_QUEUE_REACTIVE): string[] {
  const market = new QueueReactiveMarket(parameters, seed);
  const out: string[] = [];
  const wire = new BinanceWire(market, seed, (line) => out.push(line));
  const end = parameters.startTime + seconds * SECOND;
  while (market.peek() < end) market.next(wire);
  wire.advance(end);
  return out;
}

interface Payload {
  readonly lastUpdateId: number;
  readonly bids: [string, string][];
  readonly asks: [string, string][];
  readonly e?: string;
  readonly E: number;
  readonly U: number;
  readonly u: number;
  readonly p: string;
  readonly q: string;
  readonly m: boolean;
  readonly b: string & [string, string][];
  readonly a: string & [string, string][];
  readonly B: string;
  readonly A: string;
}

describe('Queue-reactive market', () => {
  it('has a Poisson queue where orders arrive at λ and each is cancelled at rate c: mean and variance λ/c', () => {
    const market = new QueueReactiveMarket(ONE_QUEUE, 3);
    let total = 0;
    let mean = 0;
    let squares = 0;
    let since = market.time;
    for (let i = 0; i < 200_000; i++) {
      const time = market.peek();
      const size = market.quantityAt(BID, ONE_QUEUE.startPrice) / ONE_QUEUE.orderSize;
      const held = time - since;
      total += held;
      mean += held * size;
      squares += held * size * size;
      since = time;
      market.next(SILENT);
    }
    mean /= total;
    const variance = squares / total - mean ** 2;
    assert.ok(Math.abs(mean - 5) < 0.1, `mean ${mean}`);
    assert.ok(Math.abs(variance - 5) < 0.25, `variance ${variance}`);
  });

  it('has μ/(1 − n) market orders a second when each brings about n more (Hawkes)', () => {
    const parameters = {
      ...ONE_QUEUE,
      marketRate: 2,
      excitementPerTrade: 0.6,
      cancelResponse: 0,
      limitResponse: 0,
    };
    const market = new QueueReactiveMarket(parameters, 4);
    let buys = 0;
    const sink: MarketSink = {
      ...SILENT,
      onTrade: (_time, aggressor) => {
        if (aggressor === BID) buys++;
      },
    };
    const seconds = 2000;
    while (market.next(sink) < parameters.startTime + seconds * SECOND);
    // Orders that find an empty side leave no trade: P(empty) = e^(−5).
    const expected = (2 / (1 - 0.6)) * (1 - Math.exp(-5));
    assert.ok(Math.abs(buys / seconds - expected) < 0.25, `${buys / seconds} a second, ${expected} expected`);
  });

  it('never crosses, whatever happens, and its levels add up to what it told', () => {
    const market = new QueueReactiveMarket(DEFAULT_QUEUE_REACTIVE, 5);
    const told: readonly [Map<number, number>, Map<number, number>] = [new Map(), new Map()];
    market.snapshot((side, price, quantity) => told[side].set(price, quantity));
    const sink: MarketSink = {
      onTrade: (_time, aggressor, price, quantity) => {
        const side = (1 - aggressor) as Side;
        assert.equal(price, market.best(side), 'a trade is at the best price');
        assert.ok(
          quantity > 0 && quantity <= market.quantityAt(side, price),
          'no more than what was displayed',
        );
      },
      onLevel: (_time, side, price, quantity) => {
        if (quantity === 0) told[side].delete(price);
        else told[side].set(price, quantity);
      },
      onSettled: () => {
        assert.ok(market.best(BID) < market.best(ASK));
      },
    };
    for (let i = 0; i < 30_000; i++) market.next(sink);
    for (const side of [BID, ASK] as const) {
      const held = new Map<number, number>();
      market.snapshot((s, price, quantity) => s === side && held.set(price, quantity));
      assert.deepEqual([...held].sort(), [...told[side]].sort());
      const best = side === BID ? Math.max(...held.keys()) : Math.min(...held.keys());
      assert.equal(market.best(side), best);
    }
  });

  it('is a capture by the rules of Binance spot: ids chain, bookTicker agrees with the book at the same id', () => {
    const book = new OrderBook();
    let updateId = 0;
    let localTime = 0;
    let ticker: Payload | undefined;
    let checked = 0;
    let trades = 0;
    for (const [i, line] of lines(120, 6).entries()) {
      const space = line.indexOf(' ');
      const time = Number(line.slice(0, space));
      assert.ok(time >= localTime, 'receive times never decrease');
      localTime = time;
      const message = JSON.parse(line.slice(space + 1)) as { stream?: string; data: Payload };
      const data = message.data ?? (message as unknown as Payload);
      if (i === 0) {
        updateId = data.lastUpdateId;
        assert.ok(data.bids.length > 50 && data.asks.length > 50, 'a snapshot looks like a book');
        apply(book, BID, data.bids);
        apply(book, ASK, data.asks);
      } else if (data.e === 'depthUpdate') {
        assert.equal(data.U, updateId + 1);
        assert.ok(data.u >= data.U);
        assert.equal(data.E % 100, 0);
        updateId = data.u;
        apply(book, BID, data.b);
        apply(book, ASK, data.a);
        assert.equal(book.crossed, false);
        if (ticker?.u !== updateId) continue;
        checked++;
        assert.deepEqual(
          [book.bestBid, book.bestBidQuantity, book.bestAsk, book.bestAskQuantity],
          [ticks(ticker.b), Number(ticker.B), ticks(ticker.a), Number(ticker.A)],
        );
      } else if (data.e === 'trade') {
        trades++;
        assert.ok(Number(data.q) > 0);
      } else {
        ticker = data;
      }
    }
    assert.ok(checked > 300 && trades > 300, `${checked} checks, ${trades} trades`);
  });

  it('gives the same bytes for the same seed and others for another', () => {
    assert.deepEqual(lines(5, 1), lines(5, 1));
    assert.notDeepEqual(lines(5, 1), lines(5, 2));
  });

  it('has a spread of one to three ticks nearly always, as a liquid pair has', () => {
    const market = new QueueReactiveMarket(DEFAULT_QUEUE_REACTIVE, 8);
    const shares = new Map<number, number>();
    const end = market.time + 900 * SECOND;
    for (let since = market.time; since < end; since = market.next(SILENT)) {
      const spread = market.best(ASK) - market.best(BID);
      shares.set(spread, (shares.get(spread) ?? 0) + (market.peek() - since) / (900 * SECOND));
    }
    const share = (ticks: number) => shares.get(ticks) ?? 0;
    assert.ok(share(1) > 0.65 && share(1) < 0.9, `one tick ${share(1)} of the time`);
    assert.ok(share(1) + share(2) + share(3) > 0.99);
  });

  it('refuses parameters that no market can be made of, by name', () => {
    for (const [name, value] of [
      ['marketRate', 0],
      ['theta', Number.NaN],
      ['newsRate', -1],
      ['cancelRates', [1, 2]],
      ['excitementPerTrade', 5],
    ] as const) {
      assert.throws(
        () => new QueueReactiveMarket({ ...DEFAULT_QUEUE_REACTIVE, [name]: value }, 1),
        (error: InputError) =>
          error instanceof InputError && (error.field === name || name === 'cancelRates'),
      );
    }
  });

  it('writes whole numbers of ticks as exact decimals', () => {
    assert.equal(decimal(10_001, 2), '100.01000000');
    assert.equal(decimal(5, 3), '0.00500000');
    assert.equal(decimal(7, 0), '7.00000000');
    assert.equal(decimal(123_456_789, 8), '1.23456789');
  });
});

describe('simulateCapture', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'makergym-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const options = { market: 'queue-reactive', seed: 1, durationSeconds: 20 };

  it('writes the same messages plain and gzipped, and counts them', async () => {
    const plain = await simulateCapture({ ...options, out: join(folder, 'a.txt') });
    const zipped = await simulateCapture({ ...options, out: join(folder, 'a.gz') });
    const text = readFileSync(join(folder, 'a.txt'), 'utf8');
    assert.equal(gunzipSync(readFileSync(join(folder, 'a.gz'))).toString(), text);
    assert.deepEqual(plain, zipped);
    assert.equal(text.trimEnd().split('\n').length, plain.messages);
    assert.equal(text.split('@trade"').length - 1, plain.trades);
  });

  it('leaves nothing behind when interrupted', async () => {
    const controller = new AbortController();
    controller.abort();
    await assert.rejects(
      simulateCapture({
        ...options,
        durationSeconds: 600,
        out: join(folder, 'a.gz'),
        signal: controller.signal,
      }),
      InterruptedError,
    );
    assert.deepEqual(readdirSync(folder), []);
  });

  it('refuses an unknown market, a senseless duration and a path that cannot be written', async () => {
    await assert.rejects(
      simulateCapture({ ...options, market: 'queue-reactiv', out: join(folder, 'a') }),
      (error: InputError) => error instanceof InputError && error.hint === 'Did you mean "queue-reactive"?',
    );
    for (const durationSeconds of [0, -1, Number.NaN, 1e9]) {
      await assert.rejects(
        simulateCapture({ ...options, durationSeconds, out: join(folder, 'a') }),
        InputError,
      );
    }
    await assert.rejects(simulateCapture({ ...options, out: '/dev/null/a' }), InputError);
    assert.equal(existsSync(join(folder, 'a')), false);
  });
});

function ticks(price: string): number {
  return Math.round(Number(price) * 100);
}

function apply(book: OrderBook, side: Side, levels: readonly (readonly [string, string])[]): void {
  for (const [price, quantity] of levels) book.apply(side, ticks(price), Number(quantity));
}
