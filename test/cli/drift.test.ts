import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { driftReference } from '../../checkpoints/drift-reference.ts';
import { loadPolicy } from '../../checkpoints/policy.ts';
import type { PolicyManifest } from '../../checkpoints/policy-manifest.ts';
import { OBSERVATION_NAMES, OWN_FEATURES } from '../../env/market-making/observation.ts';
import type { FeatureDrift } from '../../evaluation/drift.ts';
import { importCaptures } from '../../market/import.ts';
import { simulateCapture } from '../../market/simulated/capture.ts';
import { DEFAULT_QUEUE_REACTIVE } from '../../market/simulated/parameters.ts';
import { makergym, makergymJson } from '../support/cli.ts';
import { marketIn, TINY } from '../support/market-folder.ts';

describe('drift of a policy', function () {
  this.timeout(60_000);
  let folder: string;
  const at = (name: string): string => join(folder, name);
  const window = ['--set', 'shadow.drift.windowSeconds=240'];

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'makergym-'));
    const { tape } = await marketIn(folder, 1, 400);
    const run = await makergym(
      ...['train', '--tape', tape, '--total-timesteps', '260', '--out', at('run'), '--engine', 'tfjs-cpu'],
      ...['--seed', '3', ...TINY],
    );
    assert.equal(run.code, 0, run.stderr);
  });
  after(() => rmSync(folder, { recursive: true }));

  async function backtest(tape: string, agent = at('run')) {
    const words = ['backtest', tape, '--agent', agent, '--max-inventory', '10', ...window];
    const { document, code, stderr } = await makergymJson(...words);
    assert.equal(code, 0, stderr);
    return document.drift as readonly FeatureDrift[] | null;
  }

  it('a policy says how its features were distributed, its own ones as it acted when it was judged', () => {
    const { manifest } = loadPolicy(at('run'));
    const reference = driftReference(manifest) ?? assert.fail('no reference');
    assert.equal(reference.length, OBSERVATION_NAMES.length);
    for (const [i, { shares, edges, seen, count }] of reference.entries()) {
      assert.equal(seen, OWN_FEATURES.includes(OBSERVATION_NAMES[i]) ? 'selection' : 'training');
      assert.ok(Math.abs(shares.reduce((sum, share) => sum + share, 0) - 1) < 1e-9);
      assert.equal(shares.length, edges.length + 1);
      // 20 s of selection at 100 ms, and the observations of training.
      assert.equal(count, seen === 'selection' ? 200 : reference[0].count);
    }
    assert.deepEqual(
      OWN_FEATURES.filter((name) => !OBSERVATION_NAMES.includes(name)),
      [],
    );
    const checkpoint = loadPolicy(join(at('run'), 'checkpoints', 'step_260'));
    assert.equal(driftReference(checkpoint.manifest)?.length, OBSERVATION_NAMES.length);
  });

  it('backtest and evaluate tell how far each feature is from training', async () => {
    const { tape } = await marketIn(folder, 2, 400);
    const drift = (await backtest(tape)) ?? assert.fail('no drift');
    assert.deepEqual(
      drift.map(({ feature }) => feature),
      OBSERVATION_NAMES,
    );
    for (const { psi, level } of drift) {
      assert.ok(psi !== null && psi >= 0 && Number.isFinite(psi));
      assert.ok(['unjudged', 'stable', 'watch', 'alarm'].includes(level));
    }
    const { document } = await makergymJson('evaluate', at('run'), '--tape', tape, ...window);
    assert.deepEqual(document.drift, drift, 'the same ticks, the same drift');
  });

  it('a shadow session over a capture tells the drift that a backtest of it tells', async () => {
    const { capture, tape } = await marketIn(folder, 4, 300);
    assert.equal((await makergym('export', at('run'), '--out', at('export'))).code, 0);
    const { document, code, stderr } = await makergymJson(
      ...['shadow', at('export'), '--source', capture, '--out', at('shadow'), ...window],
    );
    assert.equal(code, 0, stderr);
    assert.deepEqual(document.drift, await backtest(tape, at('export')));
  });

  it('a market with orders twenty times as large is told by the features of size', async () => {
    const capture = at('large.gz');
    await simulateCapture({
      market: 'queue-reactive',
      seed: 3,
      durationSeconds: 400,
      out: capture,
      parameters: { orderSize: 20 * DEFAULT_QUEUE_REACTIVE.orderSize },
    });
    await importCaptures({ captures: [capture], out: at('large.arrow') });
    const { tape } = await marketIn(folder, 2, 400);
    const named = async (path: string): Promise<readonly string[]> =>
      ((await backtest(path)) ?? []).filter(({ alarmed }) => alarmed).map(({ feature }) => feature);
    const [usual, large] = [await named(tape), await named(at('large.arrow'))];
    for (const feature of ['bidDepthL1', 'askDepthL3', 'bidDepthL5']) {
      assert.ok(large.includes(feature), `${feature} of ${large}`);
      assert.ok(!usual.includes(feature), `${feature} of ${usual}`);
    }
    const { stdout } = await makergym('backtest', at('large.arrow'), '--agent', at('run'), ...window);
    assert.match(stdout, /Drift: \d+ of \d+ features are unlike training \(PSI\): .*Depth/);
  });

  it('a policy of an early release, which does not say it whole, runs and is not judged', async () => {
    const { tape } = await marketIn(folder, 2, 60);
    const path = join(at('run'), 'best', 'manifest.json');
    const text = readFileSync(path, 'utf8');
    const manifest = JSON.parse(text) as PolicyManifest;
    const training = manifest.observation.training?.map(({ mean, deviation, edges }) => ({
      mean,
      deviation,
      edges,
    }));
    for (const early of [training, undefined]) {
      const observation = { ...manifest.observation, training: early };
      writeFileSync(path, JSON.stringify({ ...manifest, observation }));
      assert.equal(await backtest(tape), null);
      const { stdout } = await makergym('backtest', tape, '--agent', at('run'));
      assert.match(stdout, /Drift cannot be judged/);
    }
    const broken = { ...manifest.observation, training: [{ mean: null, deviation: 1, edges: [] }] };
    writeFileSync(path, JSON.stringify({ ...manifest, observation: broken }));
    const { document } = await makergymJson('backtest', tape, '--agent', at('run'));
    const { error } = document as { error: { code: string; field: string } };
    assert.deepEqual([error.code, error.field], ['bad-manifest', 'observation.training.0.mean']);
    writeFileSync(path, text);
  });

  it('an agent that is no policy has no drift; thresholds that contradict are refused', async () => {
    const { tape } = await marketIn(folder, 2, 60);
    assert.equal(await backtest(tape, 'v15'), null);
    const { document, code } = await makergymJson(
      ...['backtest', tape, '--agent', at('run'), '--set', 'shadow.drift.watch=0.5'],
    );
    assert.equal(code, 2);
    assert.equal((document.error as { field: string }).field, 'shadow.drift.watch');
  });
});
