import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tableFromIPC } from 'apache-arrow';
import { InputError, InterruptedError } from '../../base/errors.ts';
import { checkArguments } from '../../cli/arguments.ts';
import type { CommandContext } from '../../cli/command.ts';
import { backtestCommand } from '../../cli/commands/backtest.ts';
import { assign, resolveConfig, type Settings } from '../../cli/config.ts';
import { parseFees } from '../../cli/options/fees.ts';
import { LANE_OPTIONS, spanOptions } from '../../cli/options/lane.ts';
import { parseLatency } from '../../cli/options/latency.ts';
import { parseQueue } from '../../cli/options/queue.ts';
import { run as replay } from '../../cli/run/backtest.ts';
import type { Kpis } from '../../evaluation/kpis.ts';
import { importCaptures } from '../../market/import.ts';
import { TapeWriter } from '../../market/tape/writer.ts';
import { recordings } from '../support/recordings.ts';
import { SYNTHETIC_INSTRUMENT, syntheticRows } from '../support/synthetic-tape.ts';

/** Runs the command as the program does, but for printing. */
async function backtest(raw: Readonly<Record<string, unknown>>, signal = new AbortController().signal) {
  const args = checkArguments(backtestCommand, raw);
  const settings: Settings = {};
  for (const [name, spec] of Object.entries(LANE_OPTIONS)) {
    const value = args[name];
    if (spec.config === undefined || value === undefined) continue;
    assign(settings, spec.config, spec.parse === undefined ? value : spec.parse(String(value)));
  }
  const config = resolveConfig(settings);
  const printed: string[] = [];
  const context: CommandContext = {
    given: new Set<string>(),
    config,
    seed: config.seed,
    signal,
    progress: () => ({ update: () => undefined, done: () => undefined }),
    log: () => undefined,
    print: (text) => printed.push(text),
  };
  const result = await replay(args, context);
  return { ...result, printed: printed.join('\n') } as Readonly<Record<string, unknown>> & {
    readonly kpis: Kpis;
    readonly printed: string;
  };
}

const refused = (field: string, hint: RegExp) => (error: unknown) =>
  error instanceof InputError && error.field === field && hint.test(error.hint ?? '');

describe('backtest', () => {
  let folder: string;
  let tape: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'backtest-'));
    tape = join(folder, 'tape.arrow');
    const writer = new TapeWriter(tape, { instrument: SYNTHETIC_INSTRUMENT, source: ['synthetic'] });
    for (const row of syntheticRows(2, 120)) {
      const { exchangeTime, localTime, kind, price, quantity, flags, updateId = -1 } = row;
      writer.push(exchangeTime, localTime, kind, price, quantity, flags, updateId);
    }
    writer.finish();
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  for (const agent of ['v1', 'v15', 'fixed']) {
    it(`runs ${agent} over a tape and tells its KPIs`, async () => {
      const result = await backtest({ TAPE: [tape], agent });
      assert.equal(result.agent, agent);
      assert.equal(result.decisions, 1200);
      assert.ok(result.kpis.fills > 0);
      assert.equal(result.fills, result.kpis.fills);
      assert.equal(result.lot, 1, 'about 100 units of quote currency at a mid of 100');
      assert.match(result.printed, /TESTUSDT on binance-spot/);
      assert.match(result.printed, new RegExp(agent));
    });
  }

  it('repeats to the last digit', async () => {
    const [a, b] = [
      await backtest({ TAPE: [tape], agent: 'v15' }),
      await backtest({ TAPE: [tape], agent: 'v15' }),
    ];
    assert.deepEqual(a.kpis, b.kpis);
  });

  it('keeps decisions, fills and what a report needs', async () => {
    const out = join(folder, 'kept');
    const fills = join(folder, 'fills.arrow');
    const result = await backtest({ TAPE: [tape], agent: 'fixed', out, fills });
    assert.deepEqual(readdirSync(out).sort(), [
      'decisions.arrow',
      'fills.arrow',
      'kpis.json',
      'session.json',
    ]);
    assert.deepEqual(JSON.parse(readFileSync(join(out, 'kpis.json'), 'utf8')), result.kpis);
    assert.equal(tableFromIPC(readFileSync(join(out, 'decisions.arrow'))).numRows, result.decisions);
    assert.ok(readFileSync(fills).equals(readFileSync(join(out, 'fills.arrow'))));
    await assert.rejects(backtest({ TAPE: [tape], agent: 'fixed', out }), refused('--out', /another --out/));
  });

  it('takes fees, latency and interval from its options', async () => {
    const plain = await backtest({ TAPE: [tape], agent: 'fixed' });
    const rebate = await backtest({ TAPE: [tape], agent: 'fixed', fees: '-1,0' });
    // Fees change no decision, so the fills are the same and a rebate of 1 bp is all the difference.
    assert.equal(rebate.kpis.fills, plain.kpis.fills);
    assert.equal(rebate.kpis.pnlGross?.toFixed(6), plain.kpis.pnlGross?.toFixed(6));
    assert.ok(rebate.kpis.fees < 0);
    const slow = await backtest({
      TAPE: [tape],
      agent: 'fixed',
      latency: '40ms,60ms',
      'decision-interval': '200ms',
    });
    assert.equal(slow.kpis.ackP99Ms, 100);
    assert.equal(slow.decisions, 600);
  });

  it('runs a part of the tape', async () => {
    const span = { start: '2023-11-14T22:13:40Z', end: '2023-11-14T22:14:10Z' };
    const result = await backtest({ TAPE: [tape], agent: 'v1', ...span });
    assert.equal(result.decisions, 300);
  });

  it('stops when interrupted and leaves no file', async () => {
    const decisions = join(folder, 'interrupted.arrow');
    await assert.rejects(
      backtest({ TAPE: [tape], agent: 'v1', decisions }, AbortSignal.abort()),
      InterruptedError,
    );
    assert.ok(!existsSync(decisions));
    assert.ok(readdirSync(folder).every((name) => !name.includes('partial')));
  });

  it('refuses bad input and says what to do', async () => {
    const run = (options: Readonly<Record<string, unknown>>) =>
      backtest({ TAPE: [tape], agent: 'v1', ...options });
    await assert.rejects(run({ TAPE: [join(folder, 'none.arrow')] }), refused('tape', /path/));
    await assert.rejects(run({ agent: 'v16' }), refused('agent', /"v15?"/));
    await assert.rejects(run({ start: '2020-01-01' }), refused('start', /within 2023-11-14T22:13:20/));
    await assert.rejects(run({ end: 'tomorrow' }), refused('--end', /2024-07-24T08:30:00Z/));
    await assert.rejects(run({ lot: '0.0001' }), refused('lot', /--lot/));
    await assert.rejects(run({ lot: '0' }), refused('--lot', /size of a lot/));
    await assert.rejects(run({ 'max-inventory': 'NaN' }), refused('--max-inventory', /position/));
    await assert.rejects(run({ 'decision-interval': '0ms' }), refused('--decision-interval', /100ms/));
    await assert.rejects(run({ TAPE: [tape, tape] }), refused('tape', /earlier/));
    await assert.rejects(run({ agnet: 'v1' }), refused('--agnet', /--agent/));
  });

  it('reads latency, queue model and fees', () => {
    assert.deepEqual(parseLatency('10ms'), { model: 'constant', entryMs: 10, responseMs: 10 });
    assert.deepEqual(parseLatency('5ms,1s'), { model: 'constant', entryMs: 5, responseMs: 1000 });
    assert.deepEqual(parseQueue('power:3'), { model: 'power', exponent: 3 });
    assert.deepEqual(parseQueue('risk-averse'), { model: 'risk-averse' });
    assert.deepEqual(parseFees('-0.5,4'), { model: 'bps', makerBps: -0.5, takerBps: 4 });
    assert.deepEqual(spanOptions({}), { start: undefined, end: undefined });
    for (const text of ['5', '1ms,2ms,3ms', 'NaNms']) assert.throws(() => parseLatency(text), InputError);
    for (const text of ['power:0', 'power:', 'power:NaN', 'log:2', 'power:1:2']) {
      assert.throws(() => parseQueue(text), InputError);
    }
    assert.throws(() => parseQueue('risk-avers'), refused('--queue', /"risk-averse"/));
    for (const text of ['1', 'a,b', '1,', '1,2,3', '1e9,0']) assert.throws(() => parseFees(text), InputError);
  });

  it('runs on the recorded futures market', async function () {
    const data = recordings();
    if (data === null) {
      console.log('        no recordings here: set MAKERGYM_DATA');
      return this.skip();
    }
    const out = join(folder, 'usdm.arrow');
    const captures = ['20240718.gz', '20240719.gz'].map((name) =>
      join(data, 'binance', 'usdm-btcusdt', name),
    );
    await importCaptures({ captures, out });
    const fills = join(folder, 'usdm-fills.arrow');
    const { kpis } = await backtest({ TAPE: [out], agent: 'v15', fills, fees: '2,5' });
    const table = tableFromIPC(readFileSync(fills));
    assert.equal(table.numRows, kpis.fills);
    assert.ok(kpis.fills > 20 && kpis.orders > kpis.fills);
    // The session ends flat, so what it earned is what the fills paid.
    let cash = 0;
    for (const { side, price, quantity, fee } of table) {
      cash -= (side === 'bid' ? 1 : -1) * price * quantity + fee;
    }
    assert.ok(Math.abs(cash - Number(kpis.pnl)) < 1e-6);
    assert.equal(kpis.ackP99Ms, 20);
  });
});
