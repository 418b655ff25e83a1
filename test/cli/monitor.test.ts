import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { exportPolicy } from '../../checkpoints/export.ts';
import { savePolicy } from '../../checkpoints/policy.ts';
import { importCaptures } from '../../market/import.ts';
import { simulateCapture } from '../../market/simulated/capture.ts';
import { TestFolder } from '../support/capture.ts';
import { randomPolicy } from '../support/policy.ts';
import { type Program, Programs } from '../support/program.ts';
import { type Family, parsePrometheusText } from '../support/prometheus-text.ts';

interface LogLine {
  readonly level: string;
  readonly event: string;
  readonly command: string;
  readonly summary?: Readonly<Record<string, unknown>>;
}

describe('record and shadow, watched', function () {
  // Programs of their own, on a machine that may be busy.
  this.timeout(120_000);
  let folder: TestFolder;
  let exported: string;
  let source: readonly string[];
  const programs = new Programs();

  before(async () => {
    folder = new TestFolder();
    const capture = folder.at('simulated.gz');
    await simulateCapture({ market: 'queue-reactive', seed: 4, durationSeconds: 600, out: capture });
    const { instrument } = await importCaptures({ captures: [capture], out: folder.at('simulated.arrow') });
    const { description, weights } = randomPolicy([16, 16]);
    savePolicy(folder.at('policy'), { ...description, instrument }, weights);
    exported = folder.at('exported');
    await exportPolicy({ source: folder.at('policy'), out: exported, force: false });
    const exchange = run('serve', capture, '--port', '0', '--json', '--speed', '5');
    await exchange.prints('stdout', '\n');
    const { url, rest } = JSON.parse(exchange.stdout) as Record<string, string>;
    source = ['--ws', url, '--rest', rest];
  });
  after(async () => {
    await programs.end();
    folder.remove();
  });

  const run = (...args: readonly string[]): Program => programs.run(...args);

  const record = (...args: readonly string[]): Program =>
    run(
      'record',
      '--venue',
      'binance-spot',
      '--symbol',
      'SIMUSDT',
      '--out',
      folder.at('record'),
      ...source,
      ...args,
    );
  const shadow = (...args: readonly string[]): Program =>
    run(
      'shadow',
      exported,
      '--source',
      'binance-spot:SIMUSDT',
      ...source,
      '--out',
      folder.at('shadow'),
      ...args,
    );

  async function scrape(url: string): Promise<Map<string, Family>> {
    return parsePrometheusText(await (await fetch(`${url}metrics`)).text());
  }

  /** Scrapes until a metric is above a value, as a program that runs will have it. */
  async function scrapeUntil(url: string, name: string, above: number): Promise<Map<string, Family>> {
    for (const deadline = performance.now() + 50_000; performance.now() < deadline; ) {
      const families = await scrape(url);
      if ((families.get(name)?.samples ?? []).some(({ value }) => value > above)) return families;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return assert.fail(`${name} stays at or below ${above}`);
  }

  /** Waits until a program is healthy: the event loop of a busy machine lags now and then. */
  async function healthy(url: string): Promise<void> {
    let said = '';
    for (const deadline = performance.now() + 50_000; performance.now() < deadline; ) {
      const response = await fetch(`${url}healthz`);
      said = await response.text();
      if (response.status === 200) return;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    assert.fail(said);
  }

  const logOf = (path: string): LogLine[] =>
    readFileSync(path, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as LogLine);

  it('shadow serves metrics, health and the page while it decides, and logs from start to stop', async () => {
    const log = folder.at('shadow.log');
    const program = shadow('--monitor-port', '0', '--log', log, '--json');
    await program.prints('stderr', 'live page: ');
    const [, url] = /live page: (\S+)/.exec(program.stderr) ?? assert.fail();
    assert.match(url, /^http:\/\/127\.0\.0\.1:\d+\/$/);
    const families = await scrapeUntil(url, 'makergym_decisions_total', 5);
    for (const name of ['makergym_mid_price', 'makergym_inventory_lots', 'makergym_feed_messages_total'])
      assert.equal(families.get(name)?.samples.length, 1, name);
    const decided = families.get('makergym_decision_latency_seconds')?.samples.at(-1)?.value ?? 0;
    assert.ok(decided > 5);
    await healthy(url);
    assert.match(await (await fetch(url)).text(), /<title>makergym shadow<\/title>/);
    program.process.kill('SIGINT');
    assert.equal(await program.ended, 0, program.stderr);
    const summary = JSON.parse(program.stdout) as { decisions: number };
    const lines = logOf(log);
    assert.deepEqual(
      [lines[0], lines[1], lines[lines.length - 1]].map(({ event }) => event),
      ['start', 'connected', 'stop'],
    );
    assert.ok(lines.some(({ event, level }) => event === 'synchronised' && level === 'info'));
    assert.ok(lines.every(({ command }) => command === 'shadow'));
    assert.equal(lines[lines.length - 1].summary?.decisions, summary.decisions);
  });

  it('record serves metrics of its feed, and its log can be stderr', async () => {
    const program = record('--monitor-port', '0', '--log', '-', '--log-level', 'info');
    await program.prints('stderr', '"event":"synchronised"');
    // Lines for people are left out, so that stderr is JSON; the address is told there.
    const lines = program.stderr.trimEnd().split('\n');
    const started = JSON.parse(lines[0]) as { event: string; url: string };
    assert.equal(started.event, 'start');
    const families = await scrapeUntil(started.url, 'makergym_feed_messages_total', 20);
    assert.equal(families.get('makergym_book_synchronised')?.samples[0].labels.symbol, 'SIMUSDT');
    assert.equal(families.get('makergym_book_synchronised')?.samples[0].value, 1);
    assert.ok((families.get('makergym_book_age_seconds')?.samples[0].value ?? Number.NaN) < 30);
    assert.equal(families.get('makergym_inventory_lots'), undefined);
    await healthy(started.url);
    assert.equal((await fetch(started.url)).status, 404);
    program.process.kill('SIGINT');
    assert.equal(await program.ended, 0);
    for (const line of lines) assert.doesNotThrow(() => JSON.parse(line), line);
  });

  it('a port in use and options that go with another leave nothing behind', async () => {
    const holder = createServer().listen(0, '127.0.0.1');
    try {
      await new Promise((resolve) => holder.once('listening', resolve));
      const port = String((holder.address() as { port: number }).port);
      const out = ['--out', folder.at('never')];
      const cases: readonly (readonly [readonly string[], string, string])[] = [
        [['--monitor-port', port, '--log', folder.at('never.log')], 'port-in-use', 'monitor-port'],
        [['--monitor-port', '0', '--monitor-host', '0.0.0.0'], 'remote-address', 'monitor-host'],
        [['--monitor-port', '0', '--monitor-names', 'http://x'], 'bad-name', 'monitor-names'],
        [['--monitor-host', '127.0.0.1'], 'missing-option', 'monitor-host'],
        [['--log-level', 'warn'], 'missing-option', 'log-level'],
        [['--log', folder.at('no/such/folder.log')], 'cannot-write', 'log'],
      ];
      for (const [args, wanted, field] of cases) {
        const program = run(
          ...['shadow', exported, '--source', 'binance-spot:SIMUSDT', ...source, ...out, ...args, '--json'],
        );
        const code = await program.ended;
        assert.equal(code, 2, `${args.join(' ')}: ${program.stdout}${program.stderr}`);
        const { error } = JSON.parse(program.stdout) as {
          error: { code: string; field: string; hint: string };
        };
        assert.deepEqual([error.code, error.field], [wanted, field]);
        assert.ok(error.hint !== null);
      }
      assert.ok(!existsSync(folder.at('never')) && !existsSync(folder.at('never.log')));
    } finally {
      holder.close();
    }
  });
});
