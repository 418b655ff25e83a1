import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { importCaptures } from '../../market/import.ts';
import { type Inspection, inspectReplay } from '../../market/inspection.ts';
import { TapeReplay } from '../../market/replay.ts';
import { simulateCapture } from '../../market/simulated/capture.ts';
import { openTape } from '../../market/tape/reader.ts';
import { recordings } from '../support/recordings.ts';

describe('Inspection of a tape', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'makergym-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  async function inspect(captures: readonly string[]): Promise<Inspection> {
    const out = join(folder, 'tape.arrow');
    await importCaptures({ captures, out });
    const replay = new TapeReplay([openTape(out)]);
    try {
      return inspectReplay(replay);
    } finally {
      replay.close();
    }
  }

  for (const [pair, days] of [
    ['spot-btcusdt', ['20240808', '20240809']],
    ['usdm-btcusdt', ['20240718', '20240719']],
  ] as const) {
    it(`explains over a quarter of the variance of ${pair} by book order flow at 1, 5 and 10 s`, async function () {
      const data = recordings();
      if (data === null) {
        console.log('      no recordings at ../shared/data or MAKERGYM_DATA');
        this.skip();
      }
      const captures = days.map((day) => join(data, 'binance', pair, `${day}.gz`));
      const { ofiRegression, spreadTicks, signals } = await inspect(captures);
      for (const { horizonSeconds, slope, r2 } of ofiRegression) {
        assert.ok((slope ?? 0) > 0 && (r2 ?? 0) > 0.25, `${horizonSeconds} s: slope ${slope}, R² ${r2}`);
      }
      assert.equal(spreadTicks.p50, 1);
      const imbalance = signals.find((s) => s.name === 'depthImbalance' && s.horizonSeconds === 1);
      assert.ok((imbalance?.correlation ?? 0) > 0.1 && (imbalance?.pValue ?? 1) < 0.001);
    });
  }

  it('finds in a simulated market the whole chain of updates, flow that explains and signals that tell', async () => {
    const capture = join(folder, 'sim.gz');
    const { messages, trades } = await simulateCapture({
      market: 'queue-reactive',
      seed: 1,
      durationSeconds: 900,
      out: capture,
    });
    const summary = await importCaptures({ captures: [capture], out: join(folder, 'other.arrow') });
    assert.equal(summary.messages, messages);
    assert.equal(summary.trades, trades);
    assert.deepEqual(summary.gaps, []);
    assert.deepEqual({ ...summary.ignored }, {});
    assert.equal(summary.bookTicker.mismatches, 0);
    assert.ok(summary.bookTicker.checked > 1000);
    assert.equal(summary.crossed, 0);
    assert.equal(summary.instrument.tickSize, 0.01);
    assert.equal(summary.instrument.stepSize, 0.001);

    const found = await inspect([capture]);
    assert.equal(found.trades, trades);
    assert.equal(found.gaps, 0);
    assert.ok(found.synchronisedPct > 99.9);
    assert.ok((found.tradeSignAutocorrelation ?? 0) > 0.2, 'orders follow orders of their side');
    for (const { slope, r2 } of found.ofiRegression) assert.ok((slope ?? 0) > 0 && (r2 ?? 0) > 0.2);
    const flow = found.signals.find((s) => s.name === 'ofi1s' && s.horizonSeconds === 1);
    assert.ok((flow?.pValue ?? 1) < 0.01 && (flow?.hitRatio ?? 0) > 0.53);
  });
});
