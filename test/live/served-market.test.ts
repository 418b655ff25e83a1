import assert from 'node:assert/strict';
import { parseFaults } from '../../live/exchange/faults.ts';
import { LocalExchange } from '../../live/exchange/local-exchange.ts';
import { marketSource } from '../../live/exchange/market-source.ts';
import { TruthBook } from '../../live/exchange/truth-book.ts';
import { importCaptures } from '../../market/import.ts';
import type { Instrument } from '../../market/instrument.ts';
import { openMarket } from '../../market/simulated/open-market.ts';
import { AcceleratedClock } from '../support/accelerated-clock.ts';
import { TestFolder } from '../support/capture.ts';
import { makergymJson } from '../support/cli.ts';
import { assertSameBook, recordedFeed, until } from './support.ts';

const SPEED_UP = 50;
const SEED = 4;

/** The book of a served market at an update id, kept apart from exchange and client. */
async function truthAt(name: string, { venue }: Instrument, id: number): Promise<TruthBook> {
  const truth = new TruthBook(venue);
  for await (const { kind, payload } of marketSource(openMarket(name), SEED).messages()) {
    if (kind === 'snapshot') truth.onSnapshot(payload);
    if (kind !== 'depth') continue;
    if ((payload.u ?? 0) > id) break;
    truth.onDepth(payload);
  }
  return truth;
}

describe('a simulated market, served', () => {
  let folder: TestFolder;
  before(() => {
    folder = new TestFolder();
  });
  after(() => folder.remove());

  for (const [name, faults] of [
    ['spot-btcusdt', 'none'],
    ['usdm-btcusdt', 'none'],
    ['queue-reactive', 'random:3'],
    ['usdm-btcusdt', 'random:5'],
  ] as const) {
    it(`${name} with faults ${faults}: what is recorded of it imports, and the client's book is the market's`, async () => {
      const clock = new AcceleratedClock(SPEED_UP);
      const exchange = await LocalExchange.start({
        source: marketSource(openMarket(name), SEED),
        port: 0,
        speed: Number.POSITIVE_INFINITY,
        faults: parseFaults(faults, 11),
        clock,
      });
      const [instrument] = exchange.survey.symbols.values();
      const { venue } = exchange.survey;
      const { symbol, tickSize } = instrument;
      const { feed, recorder } = recordedFeed(exchange, symbol, folder.at(`${name}-${faults}`), clock);
      try {
        await feed.start();
        await until('some thousands of messages', () => (exchange.session?.played ?? 0) > 6000, 30);
        assert.equal(exchange.session?.ended, false, 'a market has no end');
        const book = feed.symbol(symbol);
        await until('a book', () => book.synchronised && feed.waiting === 0, 10);
        assertSameBook(book, await truthAt(name, { ...instrument, venue }, book.lastId));
        assert.equal(book.oracle.mismatches, 0);
        assert.equal(book.instrument.tickSize, tickSize, 'as exchangeInfo says');
        if (faults === 'none') assert.equal(feed.counters.gaps, 0);
      } finally {
        feed.stop();
        await recorder.close();
        await exchange.close();
      }
      const imported = await importCaptures({ captures: recorder.files, out: folder.at('t.arrow') });
      assert.equal(imported.bookTicker.mismatches, 0);
      assert.equal(imported.crossed, 0);
      assert.ok(imported.bookTicker.checked > 10 && imported.trades > 10);
      assert.equal(imported.instrument.tickSize, tickSize);
      if (faults === 'none') assert.deepEqual(imported.gaps, []);
    });
  }

  it('its books stay as small as they are, however long it goes on', async () => {
    for (const name of ['spot-btcusdt', 'queue-reactive']) {
      const source = marketSource(openMarket(name), SEED);
      const truth = new TruthBook((await source.survey()).venue);
      let count = 0;
      let first = 0;
      let last = 0;
      for await (const { kind, payload } of source.messages()) {
        if (kind === 'snapshot') truth.onSnapshot(payload);
        if (kind === 'depth') truth.onDepth(payload);
        last = truth.bids.size + truth.asks.size;
        if (++count === 1) first = last;
        if (count > 30_000) break;
      }
      assert.ok(last < 1.5 * first + 50, `${name}: ${first} levels, then ${last}`);
    }
  });

  it('the same seed is the same market', async () => {
    const lines = async (seed: number) => {
      const texts: string[] = [];
      for await (const { text, localTime } of marketSource(openMarket('spot-nexousdt'), seed).messages()) {
        texts.push(`${localTime} ${text}`);
        if (texts.length === 200) return texts;
      }
      return texts;
    };
    assert.deepEqual(await lines(1), await lines(1));
    assert.notDeepEqual(await lines(1), await lines(2));
  });

  it('the command takes captures or a market, and says which it lacks', async () => {
    for (const [args, code, field] of [
      [[], 'missing-option', 'CAPTURE'],
      [['a.gz', '--market', 'spot-btcusdt'], 'too-many-options', '--market'],
      [['--market', 'spot-btcusd'], 'unknown-market', 'market'],
      [['--market', 'spot-btcusdt', '--venue', 'binance-spot'], 'foreign-option', '--venue'],
    ] as const) {
      const { code: exit, document } = await makergymJson('serve', ...args);
      const error = document.error as { code: string; field: string };
      assert.deepEqual([exit, error.code, error.field], [2, code, field]);
    }
  });
});
