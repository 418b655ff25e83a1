import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tableFromIPC } from 'apache-arrow';
import { InputError, InterruptedError } from '../../base/errors.ts';
import { savePolicy } from '../../checkpoints/policy.ts';
import type { CommandContext } from '../../cli/command.ts';
import { resolveConfig } from '../../cli/config.ts';
import { run as judge } from '../../cli/run/evaluate.ts';
import { run as report } from '../../cli/run/report.ts';
import type { Kpis } from '../../evaluation/kpis.ts';
import type { Difference } from '../../evaluation/statistics.ts';
import type { Target } from '../../evaluation/targets.ts';
import { importCaptures } from '../../market/import.ts';
import { simulateCapture } from '../../market/simulated/capture.ts';
import { openTape } from '../../market/tape/reader.ts';
import type { TapeInfo } from '../../market/tape/rows.ts';
import { randomPolicy } from '../support/policy.ts';

const CONFIG = resolveConfig({
  evaluation: { blockSeconds: 10, resamples: 200, sharpeIntervalSeconds: 5 },
  marketMaking: { warmupSeconds: 5 },
});

interface Result {
  readonly candidate: { readonly agent: string; readonly kpis: Kpis };
  readonly baseline: { readonly agent: string; readonly kpis: Kpis };
  readonly controls: Readonly<Record<string, { readonly kpis: Kpis }>>;
  readonly difference: Readonly<Record<string, Difference>>;
  readonly targets: readonly Target[];
  readonly verdict: string;
}

describe('makergym evaluate', function () {
  this.timeout(60_000);
  let folder: string;
  let tape: string;
  let info: TapeInfo;
  let run: string;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'makergym-'));
    tape = join(folder, 'day.arrow');
    const capture = join(folder, 'day.capture');
    await simulateCapture({ market: 'queue-reactive', seed: 1, durationSeconds: 180, out: capture });
    await importCaptures({ captures: [capture], out: tape });
    const opened = openTape(tape);
    info = opened.info;
    opened.close();
    run = makeRun('run', []);
  });
  after(() => rmSync(folder, { recursive: true }));

  /** A run's folder with a policy of random weights that claims to have been trained on `tapes`. */
  function makeRun(name: string, tapes: readonly { start: number; end: number }[]): string {
    const path = join(folder, name);
    const { description, weights } = randomPolicy([8]);
    const described = {
      ...description,
      instrument: info.instrument,
      provenance: {
        ...description.provenance,
        tapes: tapes.map((span) => ({ source: 'day.capture', checksum: info.checksum, ...span })),
      },
    };
    mkdirSync(path);
    const record = {
      format: 'makergym-run',
      version: 1,
      command: ['makergym train --tape day.arrow'],
      versions: { makergym: '0.1.0' },
      revision: null,
      seed: 0,
      totalTimesteps: 10,
      engine: 'none',
      training: {},
    };
    writeFileSync(join(path, 'run.json'), JSON.stringify(record));
    writeFileSync(join(path, 'config.json'), JSON.stringify(CONFIG));
    savePolicy(join(path, 'best'), described, weights);
    return path;
  }

  function context(signal = new AbortController().signal) {
    const printed: string[] = [];
    const value: CommandContext = {
      given: new Set<string>(),
      config: CONFIG,
      seed: CONFIG.seed,
      signal,
      progress: () => ({ update: () => undefined, done: () => undefined }),
      log: (line) => printed.push(line),
      print: (text) => printed.push(text),
    };
    return { value, printed };
  }

  async function evaluate(args: Record<string, unknown>): Promise<Result> {
    const all = { baseline: 'v15', tape: [tape], ...args } as Parameters<typeof judge>[0];
    return (await judge(all, context().value)) as unknown as Result;
  }

  it('gives KPIs of candidate, baseline and controls on the same ticks, differences, targets and a verdict', async () => {
    const result = await evaluate({ POLICY: run });
    assert.equal(result.candidate.agent, 'run');
    assert.equal(result.baseline.agent, 'v15');
    assert.deepEqual(Object.keys(result.controls), ['v1', 'fixed']);
    for (const { kpis } of [result.candidate, result.baseline, ...Object.values(result.controls)]) {
      assert.equal(kpis.durationSeconds, result.candidate.kpis.durationSeconds);
      // What the signals foretell is the market's, not the agent's.
      assert.equal(kpis.hitRatioPct, result.candidate.kpis.hitRatioPct);
    }
    const { pnl } = result.difference;
    assert.equal(pnl.absolute, (result.candidate.kpis.pnl ?? 0) - (result.baseline.kpis.pnl ?? 0));
    const [low, high] = pnl.ci95 as readonly [number, number];
    assert.ok(low < (pnl.absolute ?? 0) && (pnl.absolute ?? 0) < high);
    assert.ok(['better', 'worse', 'inconclusive'].includes(result.verdict));
    assert.equal(result.targets.length, 9);
    assert.doesNotMatch(JSON.stringify(result), /NaN|Infinity/);
  });

  it('an agent against itself differs by exactly 0 and nothing is concluded', async () => {
    const result = await evaluate({ POLICY: 'v15' });
    for (const [name, { absolute }] of Object.entries(result.difference)) {
      if (absolute !== null) assert.equal(absolute, 0, name);
    }
    assert.equal(result.verdict, 'inconclusive');
    assert.deepEqual(Object.keys(result.controls), ['v1', 'fixed']);
  });

  it('the same seed and ticks give the same document', async () => {
    const [once, again] = [await evaluate({ POLICY: run }), await evaluate({ POLICY: run })];
    for (const key of ['candidate', 'baseline', 'controls', 'difference', 'targets', 'verdict'] as const) {
      assert.deepEqual(once[key], again[key], key);
    }
  });

  it('keeps its results in --out and numbered in the run, for report to show', async () => {
    const out = join(folder, 'kept');
    const before = existsSync(join(run, 'evaluations')) ? readdirSync(join(run, 'evaluations')).length : 0;
    const result = await evaluate({ POLICY: run, out, fills: join(folder, 'fills.arrow') });
    assert.deepEqual(readdirSync(out).sort(), [
      'decisions.arrow',
      'evaluation.json',
      'fills.arrow',
      'session.json',
    ]);
    assert.equal(readdirSync(join(run, 'evaluations')).length, before + 1);
    const fills = tableFromIPC(readFileSync(join(folder, 'fills.arrow')));
    assert.equal(fills.numRows, result.candidate.kpis.fills);
    const document = JSON.parse(readFileSync(join(out, 'evaluation.json'), 'utf8')) as Result;
    assert.equal(document.verdict, result.verdict);

    const shown = context();
    for (const args of [{ RUN: run }, { backtest: out }]) {
      const { out: page } = await report(args, shown.value);
      const html = readFileSync(String(page), 'utf8');
      assert.match(html, /Verdict against v15/);
      assert.match(html, /id="quotes"/);
    }
    await assert.rejects(evaluate({ POLICY: run, out }), { code: 'out-exists' });
  });

  it('refuses ticks the policy was trained on, unless told to', async () => {
    const half = (info.start + info.end) / 2;
    const trained = makeRun('trained', [{ start: info.start, end: half }]);
    await assert.rejects(
      evaluate({ POLICY: trained }),
      (error: unknown) => error instanceof InputError && error.code === 'training-overlap',
    );
    const start = new Date(Math.ceil(half / 1000)).toISOString();
    const later = await evaluate({ POLICY: trained, start });
    assert.ok(later.candidate.kpis.durationSeconds < 91);
    await evaluate({ POLICY: trained, 'allow-overlap': true });
  });

  it('says what is wrong with what it was given', async () => {
    await assert.rejects(evaluate({ POLICY: 'v16' }), { code: 'unknown-agent' });
    await assert.rejects(evaluate({ POLICY: 'v1', baseline: 'fxed' }), { hint: 'Did you mean "fixed"?' });
    await assert.rejects(evaluate({ POLICY: 'v1', tape: [join(folder, 'none.arrow')] }), InputError);
    await assert.rejects(evaluate({ POLICY: 'v1', start: '2031-01-01' }), { code: 'outside-tape' });
  });

  it('interrupted, writes nothing', async () => {
    const controller = new AbortController();
    controller.abort();
    const out = join(folder, 'interrupted');
    const args = { POLICY: 'v1', baseline: 'v15', tape: [tape], out };
    await assert.rejects(judge(args, context(controller.signal).value), InterruptedError);
    assert.deepEqual(existsSync(out) ? readdirSync(out) : [], []);
  });
});
