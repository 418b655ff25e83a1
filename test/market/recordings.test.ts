import assert from 'node:assert/strict';
import { join } from 'node:path';
import { importCaptures } from '../../market/import.ts';
import { openTape, verifyTape } from '../../market/tape/reader.ts';
import { TestFolder } from '../support/capture.ts';
import { recordings } from '../support/recordings.ts';

/** Depth updates and trades as counted with grep in the recordings. */
const CHAINED = [
  {
    name: 'spot-nexousdt',
    files: ['20240723.gz', '20240724.gz'],
    depth: 68_182,
    trades: 12_458,
    tick: 0.001,
  },
  { name: 'spot-btcusdt', files: ['20240808.gz', '20240809.gz'], depth: 6_495, trades: 19_904, tick: 0.01 },
  { name: 'usdm-btcusdt', files: ['20240718.gz', '20240719.gz'], depth: 9_022, trades: 10_701, tick: 0.1 },
] as const;

const FRAMES = [
  ['frames-spot', 'binance-spot', ['NKNUSDT', 'BLZETH', 'LRCBTC', 'RUNEEUR']],
  ['frames-usdm', 'binance-usdm', ['SUSHIUSDT', 'AKROUSDT', 'KEEPUSDT', 'CTKUSDT']],
] as const;

describe('import of recordings', () => {
  let folder: TestFolder;
  const data = recordings();
  before(function () {
    folder = new TestFolder();
    if (data !== null) return;
    console.log('      no recordings here: set MAKERGYM_DATA to their folder to run these tests');
    this.skip();
  });
  after(() => folder.remove());

  for (const { name, files, depth, trades, tick } of CHAINED) {
    it(`${name}: no gap, no crossed book, and bookTicker agrees`, async () => {
      const out = folder.at(`${name}.arrow`);
      const captures = files.map((file) => join(data ?? '', 'binance', name, file));
      const summary = await importCaptures({ captures, out });
      assert.deepEqual(summary.gaps, []);
      assert.equal(summary.crossed, 0);
      assert.ok(summary.bookTicker.checked > 500);
      assert.equal(summary.bookTicker.mismatches, 0);
      assert.deepEqual(summary.ignored, {});
      assert.deepEqual([summary.depthUpdates, summary.trades, summary.snapshots], [depth, trades, 1]);
      assert.equal(summary.instrument.tickSize, tick);
      assert.equal(verifyTape(out).rows, summary.rows);
    });
  }

  for (const [name, venue, symbols] of FRAMES) {
    it(`${name}: every symbol of the frames`, async () => {
      const from = join(data ?? '', 'binance', name);
      for (const symbol of symbols) {
        const out = folder.at(`${symbol}.arrow`);
        const options = { captures: [join(from, 'ws.txt')], snapshot: join(from, 'http.txt'), symbol, out };
        const summary = await importCaptures(options);
        assert.equal(summary.instrument.venue, venue);
        assert.deepEqual(summary.gaps, []);
        assert.equal(summary.crossed, 0);
        assert.equal(summary.bookTicker.mismatches, 0);
        const tape = openTape(out);
        assert.equal(tape.info.instrument.symbol, symbol);
        tape.close();
      }
    });
  }
});
