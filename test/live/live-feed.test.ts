import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { AggregatedTrades } from '../../live/exchange/aggregated-trades.ts';
import { type CapturedMessage, readMessages } from '../../live/exchange/capture-source.ts';
import { LocalExchange, type LocalExchangeOptions } from '../../live/exchange/local-exchange.ts';
import type { LiveEvent } from '../../live/feed/events.ts';
import { LiveFeed } from '../../live/feed/live-feed.ts';
import type { LiveFeedOptions } from '../../live/feed/options.ts';
import { MessageKind } from '../../market/binance/message.ts';
import { AcceleratedClock } from '../support/accelerated-clock.ts';
import { Stage } from './stage.ts';
import { assertSameBook, played, recording, truthAt, until } from './support.ts';

const SYMBOL = 'SIMUSDT';

describe('live feed', () => {
  const stage = new Stage(9);

  async function serve(options: Partial<LocalExchangeOptions> = {}): Promise<LocalExchange> {
    const clock = options.clock ?? new AcceleratedClock(50);
    const all = { captures: [stage.capture], port: 0, speed: Number.POSITIVE_INFINITY, clock, ...options };
    const exchange = await LocalExchange.start(all);
    stage.closes(exchange);
    return exchange;
  }

  function connect(exchange: LocalExchange, options: Partial<LiveFeedOptions> = {}): LiveFeed {
    const symbols = [...exchange.survey.symbols.keys()];
    const clock = options.clock ?? new AcceleratedClock(50);
    const at = { ws: exchange.url, rest: exchange.rest };
    const feed = new LiveFeed({ venue: exchange.survey.venue, symbols, ...at, clock, ...options });
    stage.closes({ close: async () => feed.stop() });
    return feed;
  }

  it('pulled event by event, book and event are of the same moment', async () => {
    const exchange = await serve();
    const feed = connect(exchange, { trades: 'trade' });
    const events = feed.events();
    await feed.start();
    let depths = 0;
    let last = -1;
    for await (const event of events) {
      if (event.type !== 'market' || event.message.kind !== MessageKind.depth || !event.synchronised)
        continue;
      depths++;
      assert.ok(event.localTime >= last);
      last = event.localTime;
      const { lastId } = feed.symbol(event.symbol);
      assert.equal(lastId, Math.max(lastId, event.message.lastId));
      if (depths > 300) break;
    }
    assert.equal(feed.counters.gaps, 0);
  });

  it('a consumer that is too slow for the ring is told of a gap, and gets a fresh book', async () => {
    const exchange = await serve();
    const feed = connect(exchange, { ringCapacity: 64, trades: 'trade' });
    const events = feed.events();
    const seen: LiveEvent[] = [];
    const end = played(exchange);
    await feed.start();
    await until('an overflow', () => feed.counters.overflows > 0);
    const consumed = (async () => {
      for await (const event of events) if (event.type !== 'market') seen.push(event);
    })();
    await end;
    const book = feed.symbol(SYMBOL);
    const lastId = exchange.session?.truth.get(SYMBOL)?.lastId ?? 0;
    await until('the book again', () => book.synchronised && book.lastId >= lastId);
    assertSameBook(book, await truthAt([stage.capture], 'binance-spot', SYMBOL, book.lastId));
    feed.stop();
    await consumed;
    assert.ok(feed.counters.overflowedMessages >= 1);
    assert.ok(seen.some((event) => event.type === 'gap' && event.cause === 'overflow'));
    assert.ok(feed.counters.gaps >= 1);
  });

  it('sockets are renewed before the exchange cuts them, without a gap and with nothing lost', async () => {
    const clock = new AcceleratedClock(50);
    const exchange = await serve({ speed: 20, clock: new AcceleratedClock(1), socketLifeSeconds: 2.5 });
    // The exchange's second is fifty of the client's, which has two of the exchange's to spare.
    const feed = connect(exchange, { clock, socketLifeSeconds: 25, trades: 'trade' });
    const end = played(exchange);
    await feed.start();
    await end;
    const { truth } = exchange.session ?? assert.fail();
    const book = feed.symbol(SYMBOL);
    await until('the end', () => book.lastId === truth.get(SYMBOL)?.lastId);
    assert.ok(feed.counters.renewals >= 1, 'renewed');
    assert.equal(feed.counters.reconnects, 0);
    assert.equal(feed.counters.gaps, 0);
    assert.equal(feed.counters.lostTrades, 0);
    assertSameBook(book, await truthAt([stage.capture], 'binance-spot', SYMBOL, book.lastId));
  });

  it('a fresh snapshot agrees with the book that was kept, by checksum, and loses no update', async () => {
    const exchange = await serve({ speed: 60, clock: new AcceleratedClock(1) });
    const feed = connect(exchange, { refreshSeconds: 2, trades: 'trade' });
    const end = played(exchange);
    await feed.start();
    await end;
    await until('comparisons', () => feed.counters.snapshots > 3 && feed.counters.checksums > 3);
    assert.equal(feed.counters.checksumMismatches, 0);
    assert.equal(feed.counters.gaps, 0);
    assert.equal(feed.counters.resyncs, 0);
  });

  it('waits out a snapshot endpoint that is down for a minute, without hammering it', async () => {
    const exchange = await serve({ speed: 1, clock: new AcceleratedClock(1) });
    const clock = new AcceleratedClock(100);
    let askedAt = Number.NaN;
    let refused = 0;
    const rest = await stage.gateway(exchange, (path) => {
      if (!path.includes('/depth')) return false;
      if (refused === 0) askedAt = clock.now();
      // However slow the machine is, it is refused often enough to tell.
      if (clock.now() - askedAt > 60e6 && refused >= 3) return false;
      refused++;
      return true;
    });
    const feed = connect(exchange, { rest, clock });
    await feed.start();
    await until('the book', () => feed.symbol(SYMBOL).synchronised);
    assert.ok(clock.now() - askedAt >= 60e6);
    assert.ok(refused < 20, `${refused} requests in a minute`);
    assert.equal(feed.counters.snapshotFailures, refused);
  });

  it('several symbols in one process, each with the snapshot and the book of its own', async function () {
    const frames = recording('frames-spot', 'ws.txt');
    const snapshot = recording('frames-spot', 'http.txt');
    if (frames === null || snapshot === null) {
      console.log('      no recordings here: set MAKERGYM_DATA to their folder to run this test');
      this.skip();
      return;
    }
    const exchange = await serve({ captures: [frames], snapshot });
    const feed = connect(exchange);
    const end = played(exchange);
    await feed.start();
    await end;
    assert.equal(feed.instruments.length, 4);
    for (const { symbol } of feed.instruments) {
      const book = feed.symbol(symbol);
      const truth = exchange.session?.truth.get(symbol) ?? assert.fail();
      await until(symbol, () => book.synchronised && book.lastId >= truth.lastId);
      assertSameBook(book, truth);
      assert.equal(book.oracle.mismatches, 0);
    }
  });

  it('USD-M: depth and aggregated trades come over sockets of their own', async function () {
    const usdm = recording('usdm-btcusdt', '20240718.gz');
    if (usdm === null) {
      console.log('      no recordings here: set MAKERGYM_DATA to their folder to run this test');
      this.skip();
      return;
    }
    const exchange = await serve({ captures: [usdm] });
    const feed = connect(exchange);
    const kinds = new Set<number>();
    feed.on((event) => {
      if (event.type === 'market') kinds.add(event.message.kind);
    });
    const end = played(exchange);
    await feed.start();
    await end;
    await until('all of it', () => feed.waiting === 0 && feed.symbol('BTCUSDT').synchronised);
    for (const kind of ['depth', 'aggTrade', 'bookTicker', 'snapshot'] as const) {
      assert.ok(kinds.has(MessageKind[kind]), kind);
    }
    assert.equal(feed.counters.lostTrades, 0);
  });

  it('aggregated trades are the fills of one taker, added up exactly', async () => {
    const trade = (t: number, p: string, q: string, T: number): CapturedMessage => ({
      kind: 'trade',
      symbol: 'S',
      localTime: 0,
      exchangeTime: T * 1000,
      text: '',
      payload: { e: 'trade', s: 'S', E: T + 1, T, t, p, q, m: true },
    });
    const rows = new AggregatedTrades();
    const [a, b, c] = [trade(7, '1.10', '0.1', 5), trade(8, '1.10', '0.25', 5), trade(9, '1.10', '1', 6)];
    assert.equal(rows.onTrade(a, b), undefined);
    assert.deepEqual(JSON.parse(rows.onTrade(b, c) ?? ''), {
      e: 'aggTrade',
      E: 6,
      s: 'S',
      a: 1,
      p: '1.10',
      q: '0.35',
      f: 7,
      l: 8,
      T: 5,
      m: true,
    });
    assert.equal(JSON.parse(rows.onTrade(c, undefined) ?? '').q, '1');
    let volume = 0;
    let traded = 0;
    const all: CapturedMessage[] = [];
    for await (const message of readMessages([stage.capture], undefined)) all.push(message);
    const over = new AggregatedTrades();
    for (const [i, message] of all.entries()) {
      if (message.kind !== 'trade') continue;
      traded += Number(message.payload.q);
      const row = over.onTrade(message, all[i + 1]);
      if (row !== undefined) volume += Number(JSON.parse(row).q);
    }
    assert.ok(Math.abs(volume - traded) < 1e-6 && traded > 0);
  });

  describe('refuses', () => {
    const fails = async (feed: LiveFeed, code: string): Promise<void> => {
      await assert.rejects(feed.start(), { code });
    };

    it('a symbol that the exchange does not trade', async () => {
      await fails(connect(await serve(), { symbols: ['NOPEUSDT'] }), 'unknown-symbol');
    });

    it('an exchange that is not there', async () => {
      const exchange = await serve();
      await exchange.close();
      const feed = new LiveFeed({
        venue: 'binance-spot',
        symbols: [SYMBOL],
        ws: 'ws://127.0.0.1:9',
        rest: 'http://127.0.0.1:9',
        clock: new AcceleratedClock(1000),
      });
      await fails(feed, 'cannot-connect');
      feed.stop();
    });

    it('a redirect to another host', async () => {
      let asked = 0;
      const other = createServer((_request, response) => {
        asked++;
        response.end('{}');
      });
      const elsewhere = `http://${await stage.listen(other)}`;
      const server = createServer((request, response) => {
        response.writeHead(302, { Location: `${elsewhere}${request.url}` }).end();
      });
      const rest = `http://${await stage.listen(server)}`;
      const clock = new AcceleratedClock(1000);
      const feed = new LiveFeed({
        venue: 'binance-spot',
        symbols: [SYMBOL],
        ws: 'ws://127.0.0.1:9',
        rest,
        clock,
      });
      await fails(feed, 'cannot-connect');
      assert.equal(asked, 0);
      feed.stop();
    });
  });
});
