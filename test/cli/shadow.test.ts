import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { LocalExchange } from '../../live/exchange/local-exchange.ts';
import type { Instrument } from '../../market/instrument.ts';
import { simulateCapture } from '../../market/simulated/capture.ts';
import { until } from '../live/support.ts';
import { AcceleratedClock } from '../support/accelerated-clock.ts';
import { TestFolder } from '../support/capture.ts';
import { makergym, makergymJson } from '../support/cli.ts';
import { randomExport } from '../support/export.ts';
import { type Program, Programs } from '../support/program.ts';

const INSTRUMENT: Instrument = {
  venue: 'binance-spot',
  symbol: 'SIMUSDT',
  tickSize: 0.01,
  stepSize: 0.001,
};

/** How long after its first snapshot a recording goes on, as far as it is on the disk, s. */
function secondsWithBook(captures: string): number {
  const lines = readdirSync(captures).flatMap((name) => {
    const bytes = readFileSync(join(captures, name));
    // The first byte is written last: until then there is nothing yet for a reader of gzip.
    return bytes.length === 0 || bytes[0] === 0 ? [] : gunzipSync(bytes).toString().split('\n');
  });
  const snapshot = lines.find((line) => line.includes('/depth?'));
  const last = lines.findLast((line) => /^\d+ /.test(line));
  if (snapshot === undefined || last === undefined) return 0;
  const known = Number(/ -> (\d+): /.exec(snapshot)?.[1]);
  return (Number.parseInt(last, 10) - known) / 1e6;
}

describe('shadow', function () {
  // Programs of their own, on a machine that may be busy.
  this.timeout(120_000);
  let folder: TestFolder;
  let capture: string;
  let policy: string;
  let elsewhere: string;
  const programs = new Programs();
  before(async () => {
    folder = new TestFolder();
    capture = folder.at('simulated.gz');
    await simulateCapture({ market: 'queue-reactive', seed: 3, durationSeconds: 120, out: capture });
    policy = await randomExport(folder.at('exported'), INSTRUMENT);
    elsewhere = await randomExport(folder.at('elsewhere'), { ...INSTRUMENT, tickSize: 0.1 });
  });
  afterEach(() => programs.end());
  after(() => folder.remove());

  const run = (...args: readonly string[]): Program => programs.run('shadow', ...args, '--json');

  it('over a capture: what cli.md promises, a recording, and the very bytes of a backtest', async () => {
    const out = folder.at('session');
    const { code, document } = await makergymJson('shadow', policy, '--source', capture, '--out', out);
    assert.equal(code, 0);
    assert.ok((document.decisions as number) > 1000);
    for (const field of ['gaps', 'resyncs', 'fallbacks']) assert.equal(typeof document[field], 'number');
    const { p50, p99, p999 } = document.decisionLatencyMs as Record<string, number>;
    assert.ok(p50 > 0 && p50 <= p99 && p99 <= p999);
    assert.ok(Array.isArray(document.drift));
    assert.equal((document.kpis as { orders: number }).orders > 0, true);
    assert.deepEqual(readdirSync(out).sort(), ['captures', 'decisions.arrow', 'fills.arrow', 'session.json']);
    const captures = readdirSync(join(out, 'captures')).map((name) => join(out, 'captures', name));
    const tape = folder.at('again.arrow');
    await makergym('import', ...captures, '--out', tape, '--quiet');
    const files = ['--decisions', folder.at('d.arrow'), '--fills', folder.at('f.arrow'), '--quiet'];
    const backtest = await makergymJson('backtest', tape, '--agent', policy, ...files);
    assert.equal(backtest.document.decisions, document.decisions);
    assert.deepEqual(backtest.document.kpis, document.kpis);
    assert.ok(readFileSync(folder.at('d.arrow')).equals(readFileSync(join(out, 'decisions.arrow'))));
    assert.ok(readFileSync(folder.at('f.arrow')).equals(readFileSync(join(out, 'fills.arrow'))));
    const verified = await makergymJson('shadow', '--verify', out);
    assert.equal(verified.code, 0);
    const { equal, decisions, firstDifference } = verified.document;
    assert.deepEqual([equal, decisions, firstDifference], [true, document.decisions, null]);
  });

  it('--duration plays the beginning of a capture, and records no more than that', async () => {
    const out = folder.at('part');
    const args = ['--source', capture, '--duration', '30s', '--out', out];
    const { document } = await makergymJson('shadow', policy, ...args);
    assert.ok(Math.abs((document.decisions as number) - 300) <= 1);
    const verified = await makergymJson('shadow', '--verify', out);
    assert.deepEqual([verified.document.equal, verified.document.decisions], [true, document.decisions]);
  });

  it('takes options of its own; --verify takes them from the session', async () => {
    const out = folder.at('options');
    const { document } = await makergymJson(
      ...(['shadow', policy, '--source', capture, '--duration', '20s', '--out', out] as const),
      ...['--decision-interval', '50ms', '--latency', '5ms,7ms', '--fees=-0.5,4', '--queue', 'log'],
      ...['--max-inventory', '3', '--lot', '0.5', '--decisions', folder.at('own.arrow')],
      ...['--set', 'shadow.staleBookMs=60', '--seed', '5'],
    );
    assert.equal(document.lot, 0.5);
    assert.ok(Math.abs((document.decisions as number) - 400) <= 1);
    assert.ok(readFileSync(folder.at('own.arrow')).equals(readFileSync(join(out, 'decisions.arrow'))));
    assert.ok((document.fallbackReasons as Record<string, number>)['stale-book'] > 0);
    assert.equal((await makergymJson('shadow', '--verify', out)).document.equal, true);
  });

  it('--verify fails where decisions differ, and names time and fields', async () => {
    const out = folder.at('tampered');
    await makergym('shadow', policy, '--source', capture, '--duration', '20s', '--out', out, '--quiet');
    const session = JSON.parse(readFileSync(join(out, 'session.json'), 'utf8'));
    session.lane.maxInventory = 0.001;
    writeFileSync(join(out, 'session.json'), JSON.stringify(session));
    const { code, document } = await makergymJson('shadow', '--verify', out);
    assert.equal(code, 1);
    assert.equal(document.equal, false);
    const first = document.firstDifference as { file: string; time: string; fields: Record<string, unknown> };
    assert.equal(first.file, 'decisions.arrow');
    assert.match(first.time, /^\d{4}-\d\d-\d\dT/);
    assert.ok('bidQuantity' in first.fields || 'askQuantity' in first.fields);
  });

  it('Ctrl-C ends a live session in the ordinary way; kill -9 leaves a recording that gives the decisions', async () => {
    const exchange = await LocalExchange.start({
      captures: [capture],
      port: 0,
      // Slow enough that the second session has enough of the capture, however late it starts.
      speed: 5,
      clock: new AcceleratedClock(1),
    });
    try {
      const source = ['--source', exchange.url, '--rest', exchange.rest, '--trades', 'trade'];
      const [stopped, killed] = [folder.at('stopped'), folder.at('killed')];
      const sync = ['--sync-interval', '100ms'];
      const one = run(policy, ...source, '--out', stopped);
      const two = run(policy, ...source, '--out', killed, ...sync, '--monitor-port', '0');
      for (const program of [one, two]) await program.prints('stderr', 'book known');
      await until('half a second on the disk', () => secondsWithBook(join(killed, 'captures')) > 0.5, 50);
      two.process.kill('SIGKILL');
      one.process.kill('SIGINT');
      assert.equal(await one.ended, 0, one.stderr);
      await two.ended;
      const document = JSON.parse(one.stdout) as Record<string, unknown>;
      assert.ok((document.decisions as number) > 0);
      const verified = await makergymJson('shadow', '--verify', stopped);
      assert.deepEqual([verified.document.equal, verified.document.decisions], [true, document.decisions]);
      assert.equal(verified.document.recreated, false);
      assert.ok(!existsSync(join(killed, 'decisions.arrow')));
      const recreated = await makergymJson('shadow', '--verify', killed);
      assert.equal(recreated.code, 0, recreated.stdout);
      assert.equal(recreated.document.recreated, true);
      assert.ok((recreated.document.decisions as number) > 0);
      assert.ok(existsSync(join(killed, 'decisions.arrow')));
    } finally {
      await exchange.close();
    }
  });

  describe('refuses, and says what to do', () => {
    async function refusal(...args: readonly string[]): Promise<Record<string, unknown>> {
      const { code, document } = await makergymJson('shadow', ...args);
      assert.equal(code, 2, JSON.stringify(document));
      return document.error as Record<string, unknown>;
    }

    it('what is no export: a policy of a run, a baseline', async () => {
      const error = await refusal(`${policy}-policy`, '--source', capture);
      assert.equal(error.code, 'not-an-export');
      assert.match(String(error.hint), /makergym export/);
      assert.equal((await refusal('v15', '--source', capture)).code, 'not-an-export');
    });

    it('an export whose files were altered', async () => {
      const broken = await randomExport(folder.at('altered'), INSTRUMENT);
      writeFileSync(join(broken, 'policy.onnx'), 'x');
      assert.equal((await refusal(broken, '--source', capture)).code, 'wrong-size');
    });

    it('another instrument, by name or by its grid', async () => {
      const named = await refusal(policy, '--source', 'binance-usdm:SIMUSDT');
      assert.equal(named.code, 'other-instrument');
      assert.match(String(named.hint), /binance-spot:SIMUSDT/);
      const out = folder.at('misfit');
      const grid = await refusal(elsewhere, '--source', capture, '--out', out);
      assert.equal(grid.code, 'other-instrument');
      assert.ok(!existsSync(out), 'nothing is left behind');
    });

    it('a source that is none, half an address, options that do not go together', async () => {
      assert.match(String((await refusal(policy, '--source', 'binance-spto:SIMUSDT')).hint), /binance-spot/);
      assert.equal((await refusal(policy, '--source', folder.at('none.gz'))).code, 'file-not-found');
      assert.equal((await refusal(policy, '--source', 'ws://127.0.0.1:9')).field, 'rest');
      const half = ['--source', 'binance-spot:SIMUSDT', '--ws', 'ws://127.0.0.1:9'];
      assert.equal((await refusal(policy, ...half)).field, 'rest');
      assert.equal((await refusal(policy, '--source', capture, '--ws', 'ws://a')).code, 'unexpected-option');
      assert.equal((await refusal(policy)).field, '--source');
      assert.equal((await refusal('--source', capture)).field, 'POLICY');
      const secret = ['--source', 'ws://me:secret@127.0.0.1:9', '--rest', 'http://127.0.0.1:9'];
      const address = await refusal(policy, ...secret, '--out', folder.at('secret'));
      assert.equal(address.code, 'bad-address');
      assert.ok(!JSON.stringify(address).includes('secret@'));
      const setting = ['--set', 'shadow.staleBookMs=0'];
      assert.equal((await refusal(policy, '--source', capture, ...setting)).field, 'shadow.staleBookMs');
    });

    it('a folder that holds a session, one that holds none, a policy that is not the session’s', async () => {
      const out = folder.at('taken');
      await makergym('shadow', policy, '--source', capture, '--duration', '10s', '--out', out, '--quiet');
      assert.equal((await refusal(policy, '--source', capture, '--out', out)).code, 'out-exists');
      assert.equal(
        (await refusal(folder.at('nowhere'), '--source', 'binance-spot:BTCUSDT')).code,
        'file-not-found',
      );
      assert.equal((await refusal('--verify', folder.at('nowhere'))).code, 'file-not-found');
      assert.equal((await refusal('--verify', out, '--source', capture)).code, 'unexpected-option');
      const other = await randomExport(folder.at('other'), INSTRUMENT, { maxInventory: 3 });
      assert.equal((await refusal(other, '--verify', out)).code, 'other-policy');
      rmSync(join(out, 'decisions.arrow'));
      assert.equal((await refusal('--verify', out)).code, 'file-not-found');
    });
  });
});
