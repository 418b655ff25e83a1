import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InputError } from '../../base/errors.ts';
import { loadCheckpoint } from '../../checkpoints/checkpoint.ts';
import { RunDirectory } from '../../checkpoints/run-directory.ts';
import type { CommandContext } from '../../cli/command.ts';
import { resolveConfig } from '../../cli/config.ts';
import { run as train } from '../../cli/run/train.ts';
import { optimumOf, registeredTask } from '../../cli/training/registered-task.ts';
import { makeAnalyticVector } from '../../env/analytic/registration.ts';
import { syntheticTape } from '../support/synthetic-tape.ts';

const SMALL = resolveConfig({
  seed: 5,
  sac: { hidden: [8], batchSize: 8 },
  training: { bufferSize: 1_000, learningStarts: 100, updatesPerStep: 0.1, checkpointEvery: 200 },
});

describe('makergym train --env', function () {
  this.timeout(60_000);
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'makergym-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  async function run(args: Record<string, unknown>) {
    const context: CommandContext = {
      config: SMALL,
      given: new Set<string>(),
      seed: SMALL.seed,
      signal: new AbortController().signal,
      progress: () => ({ update: () => undefined, done: () => undefined }),
      log: () => undefined,
      print: () => undefined,
    };
    return train({ engine: 'tfjs-cpu', ...args } as never, context);
  }

  it('trains in a market with a known optimum and tells the share of it that is reached', async () => {
    const out = join(folder, 'whole');
    const result = await run({ env: 'CarteaJaimungal-v0', 'total-timesteps': 300, 'n-envs': 2, out });
    assert.equal(result.timesteps, 300);
    const { evaluations, record } = RunDirectory.open(out);
    const [{ score, metrics }] = evaluations;
    assert.ok(Math.abs(metrics.share_of_optimum - score / 68.2558347619) < 1e-9);
    assert.ok(metrics.standard_error > 0);
    assert.deepEqual(record.training, { env: 'CarteaJaimungal-v0', envOptions: {}, agents: 2 });
    loadCheckpoint(join(out, 'best'));
  });

  it('a resumed run goes on as if it had never stopped, options of the environment included', async () => {
    const env = { env: 'AvellanedaStoikov-v0', 'env-options': 'midPrice: { process: heston }' };
    const whole = join(folder, 'uninterrupted');
    const halves = join(folder, 'halves');
    await run({ ...env, 'total-timesteps': 400, out: whole });
    await run({ ...env, 'total-timesteps': 200, out: halves });
    await run({ resume: halves, 'total-timesteps': 400 });
    const hashes = (path: string) =>
      loadCheckpoint(RunDirectory.open(path).lastCheckpoint as string).manifest.files.map(
        ({ sha256 }) => sha256,
      );
    assert.deepEqual(hashes(halves), hashes(whole));
  });

  it('knows the optimum whatever the inventory limit: more lots than fills can bring change nothing', () => {
    const optimum = (options: Record<string, unknown>) =>
      optimumOf(makeAnalyticVector('CarteaJaimungal-v0', 1, options));
    // 100 lots, and as many as nobody can hold: h(0, 0) of the reference.
    for (const maxInventory of [100, 10_000, 1e9]) {
      const value = optimum({ maxInventory }) ?? Number.NaN;
      assert.ok(Math.abs(value - 68.2558347619) < 1e-9, `${maxInventory}: ${value}`);
    }
    assert.equal(optimum({ maxInventory: 1e9, duration: 100 }), undefined, 'hours of work');
  });

  it('knows the anchors of market making, the default too', () => {
    for (const marketMaking of [{}, { anchor: 'v1' }, { anchor: 'mid' }]) {
      const tapes = [syntheticTape(1, 600)];
      const { record } = registeredTask('MarketMaking-v0', { tapes, marketMaking }, 0);
      assert.equal(record.env, 'MarketMaking-v0');
    }
  });

  it('refuses what it cannot use, naming it', async () => {
    const refused = (args: Record<string, unknown>, field: string, hint?: string) =>
      assert.rejects(
        run({ 'total-timesteps': 100, out: join(folder, 'none'), ...args }),
        (error: unknown) =>
          error instanceof InputError && error.field === field && (hint === undefined || error.hint === hint),
      );
    const env = 'CarteaJaimungal-v0';
    await refused({ env: 'CarteaJaimungl-v0' }, 'id', `Did you mean "${env}"?`);
    await refused({ env, tape: ['x.arrow'] }, '--tape');
    await refused({ env, latency: '10ms' }, 'latency');
    await refused({ env, 'env-options': '[1' }, 'env-options');
    await refused({ env, 'env-options': '{"fills": {"decay": 0}}' }, 'fills.decay');
    await refused({ market: 'queue-reactive', 'env-options': '{}' }, 'env-options');
    await refused({ env: 'MarketMaking-v0' }, 'tape');
  });
});
