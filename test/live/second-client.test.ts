import assert from 'node:assert/strict';
import { MainClient, USDMClient, WebsocketClient } from 'binance';
import { LocalExchange } from '../../live/exchange/local-exchange.ts';
import { simulateCapture } from '../../market/simulated/capture.ts';
import { TestFolder } from '../support/capture.ts';
import { recording } from './support.ts';

/** A client written by others, for the real exchange: what it understands is Binance's protocol. */
describe('local exchange, seen by a Binance client from npm', () => {
  let folder: TestFolder;
  let capture: string;
  before(async () => {
    folder = new TestFolder();
    capture = folder.at('simulated.gz');
    await simulateCapture({ market: 'queue-reactive', seed: 2, durationSeconds: 30, out: capture });
  });
  after(() => folder.remove());

  const silent = { trace: () => undefined, info: () => undefined, error: () => undefined };

  async function first(client: WebsocketClient, kinds: readonly string[]): Promise<Map<string, unknown>> {
    const seen = new Map<string, unknown>();
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`only ${[...seen.keys()]} came`)), 8000);
      client.on('message', (message: unknown) => {
        const { e, s, b, B } = message as { e?: string; s?: string; b?: string; B?: string };
        const kind = e ?? (s !== undefined && b !== undefined && B !== undefined ? 'bookTicker' : undefined);
        if (kind !== undefined) seen.set(kind, message);
        if (!kinds.every((kind) => seen.has(kind))) return;
        clearTimeout(timer);
        resolve(seen);
      });
      client.on('exception', () => undefined);
    });
  }

  it('spot: ping, time, exchangeInfo, book and streams', async () => {
    const exchange = await LocalExchange.start({ captures: [capture], port: 0, speed: 20 });
    const rest = new MainClient({ baseUrl: exchange.rest });
    const client = new WebsocketClient({ wsUrl: exchange.url }, silent);
    try {
      await rest.testConnectivity();
      const info = await rest.getExchangeInfo({ symbol: 'SIMUSDT' });
      assert.equal(info.symbols[0].symbol, 'SIMUSDT');
      const book = await rest.getOrderBook({ symbol: 'SIMUSDT', limit: 5 });
      assert.equal(book.bids.length, 5);
      assert.ok(Number(book.bids[0][0]) < Number(book.asks[0][0]));
      await assert.rejects(rest.getOrderBook({ symbol: 'NOPE', limit: 5 }), { code: -1121 });
      const streams = ['simusdt@depth@100ms', 'simusdt@trade', 'simusdt@aggTrade', 'simusdt@bookTicker'];
      const came = first(client, ['depthUpdate', 'trade', 'aggTrade', 'bookTicker']);
      await client.subscribe(streams, 'main');
      const seen = await came;
      assert.equal((seen.get('aggTrade') as { s?: string }).s, 'SIMUSDT');
      // Its getServerTime() asks Binance whatever the base address.
      const { serverTime } = (await rest.get('api/v3/time')) as { serverTime: number };
      assert.ok(Math.abs(serverTime - exchange.survey.start / 1000) < 60_000);
    } finally {
      client.closeAll(true);
      await exchange.close();
    }
  });

  it('USD-M: book and streams', async function () {
    const usdm = recording('usdm-btcusdt', '20240718.gz');
    if (usdm === null) {
      console.log('      no recordings here: set MAKERGYM_DATA to their folder to run this test');
      this.skip();
      return;
    }
    const exchange = await LocalExchange.start({ captures: [usdm], port: 0, speed: 20 });
    const rest = new USDMClient({ baseUrl: exchange.rest });
    const client = new WebsocketClient({ wsUrl: exchange.url }, silent);
    try {
      const streams = ['btcusdt@depth', 'btcusdt@bookTicker'];
      const came = first(client, ['depthUpdate', 'bookTicker']);
      await client.subscribe(streams, 'usdmPublic');
      const seen = await came;
      assert.equal(typeof (seen.get('depthUpdate') as { pu?: unknown }).pu, 'number');
      const book = await rest.getOrderBook({ symbol: 'BTCUSDT', limit: 1000 });
      assert.ok(book.bids.length > 900 && book.lastUpdateId > 0);
    } finally {
      client.closeAll(true);
      await exchange.close();
    }
  });
});
