import assert from 'node:assert/strict';
import type { TradeStream } from '../../live/binance/venue.ts';
import { FAULT_KINDS } from '../../live/exchange/fault-kinds.ts';
import { parseFaults } from '../../live/exchange/faults.ts';
import { importCaptures } from '../../market/import.ts';
import { simulateCapture } from '../../market/simulated/capture.ts';
import { TestFolder } from '../support/capture.ts';
import { playShadow, verifyPlayed } from './shadow-support.ts';
import { recording } from './support.ts';

/** Faults that are rarer than once in the simulated minute, or are not counted. */
const RARE: readonly string[] = ['cut', 'half-open', 'silence', 'stale-snapshot', 'clock-skew'];

/** What of a capture is listened to, where it is not the whole. */
interface Source {
  readonly snapshot?: string;
  readonly symbol?: string;
  readonly trades?: TradeStream;
}

/** Captures by their folder, and of several symbols the one that is listened to. */
const RECORDINGS: readonly { folder: string; files: readonly string[]; symbol?: string }[] = [
  { folder: 'spot-nexousdt', files: ['20240723.gz'] },
  { folder: 'spot-btcusdt', files: ['20240808.gz', '20240809.gz'] },
  { folder: 'usdm-btcusdt', files: ['20240718.gz', '20240719.gz'] },
  { folder: 'frames-spot', files: ['ws.txt'], symbol: 'NKNUSDT' },
  { folder: 'frames-spot', files: ['ws.txt'], symbol: 'RUNEEUR' },
  { folder: 'frames-usdm', files: ['ws.txt'], symbol: 'SUSHIUSDT' },
  { folder: 'frames-usdm', files: ['ws.txt'], symbol: 'CTKUSDT' },
];

describe('decisions of a shadow session are those of a backtest of its recording', () => {
  let folder: TestFolder;
  let simulated: string;
  let sessions = 0;
  before(async () => {
    folder = new TestFolder();
    simulated = folder.at('simulated.gz');
    await simulateCapture({ market: 'queue-reactive', seed: 6, durationSeconds: 60, out: simulated });
  });
  after(() => folder.remove());

  async function survive(captures: readonly string[], faults: string, source: Source = {}) {
    const { snapshot, symbol, trades } = source;
    const out = folder.at(`session${++sessions}`);
    const session = await playShadow({
      captures,
      out,
      symbol,
      exchange: { faults: parseFaults(faults, 12), snapshot },
      shadow: trades && { trades },
    });
    const { summary } = session;
    const verdict = await verifyPlayed(session);
    assert.deepEqual(verdict.firstDifference, null);
    assert.ok(verdict.equal);
    assert.equal(verdict.decisions, summary.decisions);
    assert.ok(summary.decisions > 5, `${summary.decisions} decisions`);
    const imported = await importCaptures({ captures: summary.files, out: folder.at('again.arrow') });
    assert.equal(imported.gaps.length, summary.gaps, 'import finds the gaps that the session found');
    assert.equal(imported.bookTicker.mismatches, 0);
    assert.equal(imported.clampedLocalTimes, 0, 'no message carries an earlier time than one before it');
    assert.ok(imported.snapshots >= summary.resyncs, 'every resync is in both');
    return session;
  }

  it('without faults', async () => {
    const { summary } = await survive([simulated], 'none');
    assert.equal(summary.gaps, 0);
    assert.ok(summary.decisionsBy.policy > 0);
    assert.ok((summary.kpis.orders ?? 0) > 0, 'the would-be quotes went to the simulated exchange');
  });

  for (const kind of FAULT_KINDS) {
    it(`under ${kind}`, async () => {
      const { struck } = await survive([simulated], kind);
      if (!RARE.includes(kind)) assert.ok(struck.of(kind) > 0, `${kind} never struck`);
    });
  }

  for (let seed = 1; seed <= 10; seed++) {
    it(`under random:${seed}`, async function () {
      const capture = seed % 2 === 0 ? simulated : recording('usdm-btcusdt', '20240718.gz');
      if (capture === null) {
        console.log('      no recordings here: set MAKERGYM_DATA to their folder to run this test');
        this.skip();
        return;
      }
      await survive([capture], `random:${seed}`);
    });
  }

  for (const { folder: name, files, symbol } of RECORDINGS) {
    it(`on the recording ${[name, symbol ?? []].flat().join(', ')}, under a random plan`, async function () {
      const captures = files.map((file) => recording(name, file)).filter((path) => path !== null);
      const frames = symbol === undefined ? {} : { snapshot: recording(name, 'http.txt') ?? undefined };
      if (captures.length < files.length) {
        console.log('      no recordings here: set MAKERGYM_DATA to their folder to run this test');
        this.skip();
        return;
      }
      await survive(captures, 'random:21', {
        ...frames,
        symbol,
        trades: symbol === undefined ? undefined : 'aggTrade',
      });
    });
  }
});
