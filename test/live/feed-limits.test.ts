import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { WebSocketServer } from 'ws';
import { StreamSocket } from '../../live/connection/stream-socket.ts';
import { LocalExchange, type LocalExchangeOptions } from '../../live/exchange/local-exchange.ts';
import type { LiveEvent } from '../../live/feed/events.ts';
import { LiveFeed } from '../../live/feed/live-feed.ts';
import type { LiveFeedOptions } from '../../live/feed/options.ts';
import { exchangeInfoEntry, gridOf } from '../../market/binance/exchange-info.ts';
import { AcceleratedClock, ManualClock } from '../support/accelerated-clock.ts';
import { Relay, type RelayRules } from './relay.ts';
import { Stage } from './stage.ts';
import { assertSameBook, played, truthAt, until } from './support.ts';

const SYMBOL = 'SIMUSDT';

describe('live feed: what is documented, alarmed and limited', () => {
  const stage = new Stage(21);

  interface Connected {
    readonly exchange: LocalExchange;
    readonly relay: Relay;
    readonly feed: LiveFeed;
    readonly events: LiveEvent[];
  }

  async function connect(
    rules: RelayRules,
    options: Partial<LiveFeedOptions> = {},
    exchangeOptions: Partial<LocalExchangeOptions> = {},
  ): Promise<Connected> {
    const exchange = await LocalExchange.start({
      captures: [stage.capture],
      port: 0,
      speed: 40,
      clock: new AcceleratedClock(1),
      ...exchangeOptions,
    });
    const relay = await Relay.start(exchange, rules);
    const feed = new LiveFeed({
      venue: 'binance-spot',
      symbols: [SYMBOL],
      ws: relay.ws,
      rest: relay.rest,
      trades: 'trade',
      clock: new AcceleratedClock(1),
      ...options,
    });
    const events: LiveEvent[] = [];
    feed.on((event) => {
      if (event.type !== 'market') events.push(event);
    });
    stage.closes(exchange, relay, { close: async () => feed.stop() });
    return { exchange, relay, feed, events };
  }

  const alarms = (events: readonly LiveEvent[], name: string): readonly LiveEvent[] =>
    events.filter((event) => event.type === 'alarm' && event.name === name);

  it('a book that went wrong without a hole in the ids is found by checksum, counted and made right', async () => {
    let altered = 0;
    const { exchange, feed, events } = await connect(
      {
        // Updates get a bid more, at prices just behind the best: ids and syntax stay as they are.
        message: (text) => {
          const { synchronised, book, instrument } = feed.symbol(SYMBOL);
          if (altered >= 40 || !synchronised || !text.includes('"b":[[')) return text;
          const price = (book.bestBid - 1 - (altered++ % 10)) * instrument.tickSize;
          return text.replace('"b":[[', `"b":[["${price.toFixed(8)}","777.00000000"],[`);
        },
      },
      { refreshSeconds: 0.2 },
    );
    const end = played(exchange);
    await feed.start();
    await until('a mismatch', () => feed.counters.checksumMismatches > 0);
    assert.ok(altered > 0);
    assert.ok(alarms(events, 'checksum').length > 0);
    assert.ok(feed.counters.resyncs >= 1);
    await end;
    const book = feed.symbol(SYMBOL);
    const lastId = exchange.session?.truth.get(SYMBOL)?.lastId;
    await until('the end', () => book.lastId === lastId);
    assertSameBook(book, await truthAt([stage.capture], 'binance-spot', SYMBOL, book.lastId));
  });

  it('where the market comes near to what the snapshot saw, another is asked for, and nothing is lost', async () => {
    const { exchange, feed, events } = await connect({}, { snapshotLimit: 5 });
    const end = played(exchange);
    await feed.start();
    await end;
    await until('another', () => alarms(events, 'horizon').length > 0 && feed.counters.snapshots > 1);
    assert.equal(feed.counters.gaps, 0);
  });

  it('when the exchange says that it will hang up, another socket is open before it does', async () => {
    const { exchange, relay, feed, events } = await connect({});
    const end = played(exchange);
    await feed.start();
    await until('the book', () => feed.symbol(SYMBOL).synchronised);
    assert.equal(relay.opened, 1);
    relay.say('{"e":"serverShutdown","E":1760000000000}');
    await until('a renewal', () => feed.counters.renewals === 1);
    assert.equal(relay.opened, 2);
    await end;
    assert.deepEqual([feed.counters.gaps, feed.counters.reconnects, feed.counters.lostTrades], [0, 0, 0]);
    assert.ok(events.some((event) => event.type === 'renewed' && event.reason === 'shutdown'));
  });

  for (const status of [429, 418]) {
    it(`after ${status} no request at all is sent before Retry-After has passed`, async () => {
      const clock = new ManualClock();
      let requests = 0;
      let refused = false;
      const { feed, events } = await connect(
        {
          request: (path, response) => {
            requests++;
            if (!path.includes('/depth') || refused) return false;
            refused = true;
            response.writeHead(status, { 'Retry-After': '7' }).end('{"code":-1003,"msg":"no"}');
            return true;
          },
        },
        { clock, clockSampleSeconds: 1 },
        { speed: 1 },
      );
      await feed.start();
      // What was sent before the client knew of the refusal has been answered.
      await until('a sample', () => feed.clockEstimate.samples === 1);
      await until('the refusal', () => alarms(events, 'rest').length === 1);
      const before = requests;
      for (let tenths = 0; tenths < 69; tenths++) {
        clock.advance(100);
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
      assert.equal(requests, before);
      clock.advance(100);
      await until('the book', () => feed.symbol(SYMBOL).synchronised);
      assert.equal(feed.counters.snapshotFailures, 1);
    });
  }

  it('the exchange’s clock is known to half a round trip, and alarmed once for as long as it is off', async () => {
    const clock = new AcceleratedClock(1);
    let ahead = 4321;
    const { feed, events } = await connect(
      {
        request: (path, response) => {
          if (!path.endsWith('/time')) return false;
          response.end(JSON.stringify({ serverTime: Math.floor(clock.now() / 1000) + ahead }));
          return true;
        },
      },
      { clock, clockSampleSeconds: 0.02 },
      { speed: 1 },
    );
    await feed.start();
    await until('samples', () => feed.clockEstimate.samples >= 10);
    const { offset, roundTrip } = feed.clockEstimate;
    // The answer is whole milliseconds, cut off.
    assert.ok(Math.abs(offset / 1000 - 4321) <= roundTrip / 2000 + 1, `${offset} µs`);
    assert.equal(alarms(events, 'clock-offset').length, 1);
    ahead = 0;
    await until('the better clock', () => Math.abs(feed.clockEstimate.offset) < 500_000);
    assert.equal(alarms(events, 'clock-offset').length, 1);
  });

  it('an exchange that answers slowly is alarmed', async () => {
    const { feed, events } = await connect(
      {
        request: (path, response) => {
          if (!path.endsWith('/time')) return false;
          setTimeout(() => response.end(JSON.stringify({ serverTime: 1 })), 30);
          return true;
        },
      },
      { clockSampleSeconds: 0.02, roundTripAlarmMs: 10 },
      { speed: 1 },
    );
    await feed.start();
    await until('the alarm', () => alarms(events, 'round-trip').length > 0);
  });

  it('every event has both times: when the exchange did it and when it came', async () => {
    const { exchange, feed } = await connect({});
    const lags: number[] = [];
    const before = new AcceleratedClock(1).now();
    feed.on((event) => {
      // A bookTicker of spot does not say when it was.
      if (event.type !== 'market' || event.message.exchangeTime < 0) return;
      assert.equal(event.exchangeTime, event.message.exchangeTime);
      assert.ok(event.localTime >= before);
      lags.push(event.localTime - event.exchangeTime);
    });
    const end = played(exchange);
    await feed.start();
    await end;
    await until('300 events', () => lags.length > 300);
    // The capture is of another day than this client's clock: nothing has been corrected.
    for (const lag of lags) assert.ok(Math.abs(lag) > 3600e6, `${lag} µs`);
  });

  it('a feed that is held back holds the exchange back: nothing is lost and no socket given up', async () => {
    const { exchange, feed } = await connect({}, { clock: new AcceleratedClock(20) }, { speed: 200 });
    const end = played(exchange);
    await feed.start();
    await until('the book', () => feed.symbol(SYMBOL).synchronised);
    feed.setPaused(true);
    await new Promise((resolve) => setTimeout(resolve, 100));
    const { messages } = feed.counters;
    await until('time', () => exchange.session?.ended === true);
    // Longer, by the feed's clock, than a ping and its pong may take, and than a busy stream may be silent.
    await new Promise((resolve) => setTimeout(resolve, 600));
    assert.ok(feed.counters.messages - messages < 50, 'it does not read');
    feed.setPaused(false);
    await end;
    const lastId = exchange.session?.truth.get(SYMBOL)?.lastId;
    await until('the end', () => feed.symbol(SYMBOL).lastId === lastId);
    const { gaps, reconnects, renewals, silences, lostTrades } = feed.counters;
    assert.deepEqual([gaps, reconnects, renewals, silences, lostTrades], [0, 0, 0, 0, 0]);
  });

  describe('a socket', () => {
    async function server(): Promise<{ readonly base: string; readonly sockets: WebSocketServer }> {
      const http = createServer();
      const sockets = new WebSocketServer({ server: http, autoPong: true });
      const host = await stage.listen(http);
      stage.closes({
        close: async () => {
          for (const client of sockets.clients) client.terminate();
        },
      });
      return { base: `ws://${host}`, sockets };
    }

    function socketTo(base: string, streams: readonly string[], clock = new AcceleratedClock(20)) {
      const seen = { opened: false, closed: '', messages: 0 };
      const socket = new StreamSocket(base, streams, 5, clock, {
        onOpen: () => {
          seen.opened = true;
        },
        onMessage: () => {
          seen.messages++;
        },
        onClose: (reason) => {
          seen.closed = reason;
        },
        onRoundTrip: () => undefined,
      });
      stage.closes({ close: async () => socket.close() });
      return seen;
    }

    it('answers a ping with its own payload', async () => {
      const { base, sockets } = await server();
      const pongs: string[] = [];
      sockets.on('connection', (client) => {
        client.on('pong', (payload) => pongs.push(payload.toString()));
        client.ping('1760000000123');
      });
      socketTo(base, ['a@trade']);
      await until('the pong', () => pongs.length > 0);
      assert.deepEqual(pongs, ['1760000000123']);
    });

    it('subscribes to more streams than an address holds, each once, a few messages a second', async () => {
      const { base, sockets } = await server();
      const names = Array.from({ length: 1024 }, (_, i) => `s${i}@trade`);
      const got: string[] = [];
      const times: number[] = [];
      const clock = new AcceleratedClock(20);
      sockets.on('connection', (client, request) => {
        got.push(...(new URL(request.url ?? '', base).searchParams.get('streams') ?? '').split('/'));
        client.on('message', (data) => {
          times.push(clock.now());
          got.push(...(JSON.parse(String(data)) as { params: string[] }).params);
        });
      });
      socketTo(base, names, clock);
      await until('all streams', () => got.length >= names.length);
      assert.deepEqual([...got].sort(), [...names].sort());
      // Ten messages at five a second: the last is a second after the first.
      assert.equal(times.length, 10);
      assert.ok(times[9] - times[0] > 0.7e6, `${times[9] - times[0]} µs`);
    });

    it('is given up where a message is larger than any of a market stream', async () => {
      const { base, sockets } = await server();
      sockets.on('connection', (client) => client.send(Buffer.alloc((8 << 20) + 1, 0x20)));
      const seen = socketTo(base, ['a@trade']);
      await until('the end', () => seen.closed !== '');
      assert.match(seen.closed, /Max payload size exceeded/);
      assert.equal(seen.messages, 0);
    });
  });

  it('exchangeInfo gives tick, step and smallest order value, of spot and of USD-M', () => {
    const filters = [
      { filterType: 'PRICE_FILTER', minPrice: '0.01000000', tickSize: '0.01000000' },
      { filterType: 'LOT_SIZE', minQty: '0.00001000', stepSize: '0.00001000' },
    ];
    const spot = { symbol: 'BTCUSDT', filters: [...filters, { filterType: 'NOTIONAL', minNotional: '5.0' }] };
    const usdm = {
      symbol: 'BTCUSDT',
      filters: [...filters, { filterType: 'MIN_NOTIONAL', notional: '100' }],
    };
    for (const [entry, minNotional] of [
      [spot, 5],
      [usdm, 100],
    ] as const) {
      const found = exchangeInfoEntry(JSON.stringify({ symbols: [{ symbol: 'X' }, entry] }), 'BTCUSDT');
      assert.deepEqual(gridOf(found ?? assert.fail()), {
        tickSize: 0.01,
        stepSize: 0.00001,
        minQuantity: 0.00001,
        minNotional,
      });
    }
    assert.equal(exchangeInfoEntry('{"symbols":[]}', 'BTCUSDT'), undefined);
    assert.equal(gridOf({ symbol: 'BTCUSDT', filters: [] }), undefined);
  });
});
