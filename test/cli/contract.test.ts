import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { tableFromIPC } from 'apache-arrow';
import { ENGINES } from '../../agents/sac/choose-engine.ts';
import { makergym, makergymJson } from '../support/cli.ts';
import { TINY } from '../support/market-folder.ts';
import { checkShape, FIELDS, KPIS, NUMBER_OR_NULL } from './contract-fields.ts';

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));

describe('the contract of the command line', function () {
  this.timeout(60_000);
  let folder: string;
  const at = (name: string) => join(folder, name);
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'makergym-contract-'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  /** Runs a command, checks its document against the contract and gives it back. */
  async function run(...argv: readonly string[]): Promise<Record<string, never>> {
    const { code, document, stdout } = await makergymJson(...argv, '--seed', '7');
    assert.equal(code, 0, stdout);
    assert.deepEqual(Object.keys(document).slice(0, 3), ['command', 'version', 'seed']);
    assert.deepEqual([document.command, document.version, document.seed], [argv[0], version, 7]);
    checkShape(document, FIELDS[argv[0]], argv[0]);
    return document as Record<string, never>;
  }

  it('simulate writes a capture that starts with a snapshot', async () => {
    const document = await run(
      'simulate',
      '--market',
      'queue-reactive',
      '--duration',
      '2m',
      '--out',
      at('sim.gz'),
    );
    assert.deepEqual(
      [document.market, document.out, document.durationSeconds],
      ['queue-reactive', at('sim.gz'), 120],
    );
    const lines = gunzipSync(readFileSync(at('sim.gz')))
      .toString()
      .trimEnd()
      .split('\n');
    assert.equal(lines.length, document.messages);
    assert.equal(lines.filter((line) => line.includes('"e":"trade"')).length, document.trades);
    assert.match(lines[0], /lastUpdateId/);
  });

  it('simulate writes the tape that import makes of the capture', async () => {
    await run('simulate', '--duration', '2m', '--out', at('sim.arrow'));
    const { rows, span } = await run('import', at('sim.gz'), '--out', at('imported.arrow'));
    const table = tableFromIPC(readFileSync(at('imported.arrow')));
    assert.equal(table.numRows, rows);
    assert.deepEqual(tableFromIPC(readFileSync(at('sim.arrow'))).toString(), table.toString());
    assert.ok((span as { start: string }).start < (span as { end: string }).end);
  });

  it('fit-market writes a market that simulate plays, on the grid of the tape it was fitted to', async () => {
    const market = ['--market', 'usdm-btcusdt', '--duration', '4m'];
    await run('simulate', ...market, '--out', at('usdm.arrow'));
    const { instrument, out } = await run('fit-market', at('usdm.arrow'), '--out', at('market.json'));
    await run('simulate', '--market', out, '--duration', '10s', '--out', at('fitted.arrow'));
    assert.deepEqual((await run('inspect', at('fitted.arrow'))).instrument, instrument);
  });

  it('import tells gaps with the id that was expected and the one that came', async () => {
    const lines = gunzipSync(readFileSync(at('sim.gz')))
      .toString()
      .trimEnd()
      .split('\n');
    const depth = lines.flatMap((line, i) => (line.includes('depthUpdate') ? [i] : []));
    writeFileSync(at('gap.txt'), lines.toSpliced(depth[50], 1).join('\n'));
    const { gaps } = await run('import', at('gap.txt'), '--out', at('gap.arrow'));
    const [id, next] = [50, 51].map((i) => Number(/"U":(\d+)/.exec(lines[depth[i]])?.[1]));
    assert.deepEqual(
      (gaps as { expected: number; received: number }[]).map(({ expected, received }) => [
        expected,
        received,
      ]),
      [[id, next]],
    );
  });

  it('inspect tests each signal at each horizon', async () => {
    const { rows, signals } = await run('inspect', at('sim.arrow'));
    assert.equal(rows, tableFromIPC(readFileSync(at('sim.arrow'))).numRows);
    assert.ok((signals as readonly unknown[]).length > 10);
  });

  it('backtest tells KPIs, and files of decisions and fills with a row each', async () => {
    const document = await run(
      ...['backtest', at('sim.arrow'), '--agent', 'v15', '--out', at('session')],
      ...['--decisions', at('decisions.arrow'), '--fills', at('fills.arrow')],
    );
    const columns = (name: string) => {
      const table = tableFromIPC(readFileSync(at(name)));
      return [table.schema.fields.map((field) => field.name), table.numRows];
    };
    assert.deepEqual(columns('decisions.arrow'), [
      ['time', 'mid', 'inventory', 'bid', 'ask', 'bidQuantity', 'askQuantity', 'reason'],
      document.decisions,
    ]);
    assert.deepEqual(columns('fills.arrow'), [
      ['time', 'side', 'price', 'quantity', 'fee', 'reason', 'queueAhead', 'midAtPlacement', 'midAtFill'],
      document.fills,
    ]);
    for (const name of ['decisions.arrow', 'fills.arrow']) {
      assert.deepEqual(readFileSync(join(at('session'), name)), readFileSync(at(name)));
    }
  });

  it('a KPI without data is null', async () => {
    const end = ['--end', '2024-01-01T00:00:00.5Z', '--start', '2024-01-01T00:00:00.1Z'];
    writeFileSync(
      at('idle.mjs'),
      `export default () => ({ name: 'idle', reset() {}, quote(view, out) {
      Object.assign(out, { bid: 1, ask: 2, bidQuantity: 0, askQuantity: 0, refresh: false, reason: 0 }); } });`,
    );
    const { span } = await run('inspect', at('sim.arrow'));
    const day = String((span as { start: string }).start).slice(0, 10);
    const { kpis } = await run(
      ...['backtest', at('sim.arrow'), '--agent', at('idle.mjs')],
      ...end.map((word) => word.replace('2024-01-01', day)),
    );
    const { fills, pnl, pnlPerTrade, spreadCapturedPct, fillRatioPct, sharpe } = kpis as Record<
      string,
      unknown
    >;
    assert.deepEqual([fills, pnl], [0, 0]);
    assert.deepEqual([pnlPerTrade, spreadCapturedPct, fillRatioPct, sharpe], [null, null, null, null]);
  });

  it('train writes a run with TensorBoard events', async () => {
    const document = await run(
      ...['train', '--tape', at('sim.arrow'), '--total-timesteps', '200', '--out', at('run')],
      ...['--engine', 'tfjs-cpu', ...TINY],
    );
    assert.deepEqual([document.run, document.timesteps, document.engine], [at('run'), 200, 'tfjs-cpu']);
    assert.ok(readdirSync(join(at('run'), 'tb')).some((name) => name.startsWith('events.out.tfevents.')));
  });

  it('evaluate compares candidate and baseline KPI by KPI', async () => {
    const apart = await makergymJson(
      'simulate',
      '--duration',
      '2m',
      '--out',
      at('apart.arrow'),
      '--seed',
      '8',
    );
    assert.equal(apart.document.seed, 8);
    const { difference, targets, verdict } = await run(
      ...[
        'evaluate',
        at('run'),
        '--baseline',
        'v15',
        '--tape',
        at('apart.arrow'),
        '--set',
        'evaluation.blockSeconds=10',
      ],
    );
    assert.ok(['better', 'worse', 'inconclusive'].includes(verdict));
    const compared = Object.entries(difference as Record<string, Record<string, unknown>>);
    assert.ok(
      compared.some(([name]) => name === 'pnl') && compared.some(([name]) => name === 'rmsInventory'),
    );
    for (const [name, one] of compared) {
      assert.ok(Object.hasOwn(KPIS as object, name), name);
      const shape = { absolute: NUMBER_OR_NULL, relative: NUMBER_OR_NULL, pValue: NUMBER_OR_NULL };
      checkShape(one, shape, `difference.${name}`);
      if (one.ci95 !== null) {
        const [low, high] = one.ci95 as [number, number];
        assert.ok(low <= high, name);
      }
    }
    assert.ok((targets as readonly unknown[]).length >= 5);
  });

  it('export lists its files with their hashes', async () => {
    const { out, files, parity } = await run('export', at('run'), '--out', at('export'));
    for (const { path, sha256, bytes } of files as { path: string; sha256: string; bytes: number }[]) {
      const content = readFileSync(join(out, path));
      assert.equal(content.length, bytes);
      assert.equal(createHash('sha256').update(content).digest('hex'), sha256);
    }
    const names = (files as { path: string }[]).map(({ path }) => path);
    for (const name of ['policy.onnx', 'policy.safetensors', 'model.json', 'manifest.json']) {
      assert.ok(names.includes(name), name);
    }
    const { onnx, layers, safetensors } = parity as Record<string, number>;
    assert.ok(Math.max(onnx, layers, safetensors) <= 1e-5);
  });

  it('shadow decides as a backtest of its recording, and verifies that', async () => {
    const { decisions, drift } = await run(
      'shadow',
      at('export'),
      '--source',
      at('sim.gz'),
      '--out',
      at('shadow'),
    );
    assert.ok(decisions > 1000 && (drift as readonly unknown[]).length > 10);
    const { code, document } = await makergymJson('shadow', '--verify', at('shadow'));
    const { equal, decisions: again, firstDifference } = document;
    assert.deepEqual([code, equal, again, firstDifference], [0, true, decisions, null]);
  });

  it('report writes one page, of a run or of a backtest', async () => {
    for (const words of [[at('run')], ['--backtest', at('session')]]) {
      const { out } = await run('report', ...words);
      const page = readFileSync(out, 'utf8');
      assert.match(page, /<svg/);
      assert.doesNotMatch(page, /(src|href)="https?:/);
    }
  });

  it('doctor tells of every engine', async () => {
    const { engines } = await run('doctor', '--quick');
    assert.deepEqual(
      (engines as { name: string }[]).map(({ name }) => name),
      ENGINES.map(({ name }) => name),
    );
  });

  it('without --json results go to stdout, and --quiet leaves stderr empty', async () => {
    const commands = [
      ['inspect', at('sim.arrow')],
      ['backtest', at('sim.arrow'), '--agent', 'v1'],
      ['train', '--tape', at('sim.arrow'), '--total-timesteps', '60', '--out', at('quiet'), ...TINY],
      ['evaluate', 'v1', '--tape', at('sim.arrow')],
      ['report', at('quiet')],
    ];
    for (const words of commands) {
      const { code, stdout, stderr } = await makergym(...words, '--quiet');
      assert.deepEqual([code, stderr], [0, ''], words.join(' '));
      assert.ok(stdout.length > 0);
    }
  });

  it('help names every option, and what an unknown word may have meant', async () => {
    const help = await makergym('backtest', '--help');
    assert.equal(help.code, 0);
    for (const name of [
      'latency',
      'queue',
      'fees',
      'lot',
      'max-inventory',
      'decision-interval',
      'start',
      'end',
    ]) {
      assert.match(help.stdout, new RegExp(`--${name}\\b`));
    }
    for (const command of Object.keys(FIELDS)) {
      assert.match((await makergym('--help')).stdout, new RegExp(`^  makergym ${command}\\b`, 'm'));
    }
    const { code, document } = await makergymJson('evalute');
    assert.equal(code, 2);
    assert.equal((document.error as { hint: string }).hint, 'Did you mean "evaluate"?');
  });

  it('as a process it prints the same, ends with its code and minds no reader that leaves early', () => {
    const main = new URL('../../cli/main.ts', import.meta.url).pathname;
    const program = `node --import tsx ${main}`;
    const shell = (line: string) => spawnSync('bash', ['-o', 'pipefail', '-c', line], { encoding: 'utf8' });
    const missing = shell(`${program} inspect ${at('none.arrow')} --json`);
    assert.equal(missing.status, 2);
    assert.equal(JSON.parse(missing.stdout).error.code, 'file-not-found');
    assert.equal(missing.stderr, '');
    const piped = shell(`${program} inspect ${at('sim.arrow')} --json | true`);
    assert.equal(piped.stderr, '');
    assert.ok(!existsSync(at('none.arrow')));
  });
});
