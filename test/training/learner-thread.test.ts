import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isInstalled } from '../../agents/sac/packages.ts';
import { InputError, InterruptedError, RunError } from '../../base/errors.ts';
import { stream } from '../../base/random.ts';
import { loadCheckpoint } from '../../checkpoints/checkpoint.ts';
import type { Env } from '../../env/env.ts';
import type { TrainingCallback } from '../../training/callbacks.ts';
import { SAC, type SacOptions } from '../../training/sac.ts';
import { fakeEngineModule, work } from '../support/fake-engine-module.ts';
import { PointEnv } from '../support/point-env.ts';
import { resumeEnvironments, resumeOptions } from './resume-setting.ts';

const STEPS = 260;

/** Makes the steps of an environment take from nothing to a few milliseconds by chance. */
function slowed<E extends Env>(env: E): E {
  const chance = stream(2, 'slow');
  const step = env.step.bind(env);
  env.step = (action) => {
    work(chance.integer(300_000));
    return step(action);
  };
  return env;
}

describe('the learner in a thread of its own', function () {
  this.timeout(60_000);
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'makergym-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** Everything a run leaves: the SHA-256 of every part of its last checkpoint, and what it logged. */
  async function outcome(
    options: Partial<SacOptions>,
    kind = 'one',
    isSlow = false,
    callbacks: readonly TrainingCallback[] = [],
  ) {
    const env = resumeEnvironments(kind);
    if (isSlow) slowed(env as Env);
    const { training, ...rest } = options;
    const base = resumeOptions(env);
    const sac = new SAC(env, {
      ...base,
      engine: undefined,
      ...rest,
      training: { ...base.training, ...training },
    });
    const logged: unknown[] = [];
    await sac.learn({
      totalTimesteps: STEPS,
      callbacks,
      loggers: [
        {
          write: ({ scalars }) => logged.push([...scalars].filter(([key]) => !key.startsWith('time/'))),
          close: () => undefined,
        },
      ],
    });
    const path = join(folder, 'checkpoint');
    await sac.save(path);
    await sac.dispose();
    return { files: loadCheckpoint(path).manifest.files, logged };
  }

  const here = { engineModule: fakeEngineModule('here'), learnerThread: false };

  for (const [what, kind, training] of [
    ['one update a step', 'one', { updatesPerStep: 1, logEvery: 7 }],
    ['an update now and then, and a buffer that turns over', 'one', { updatesPerStep: 0.13, bufferSize: 40 }],
    [
      'a buffer with no room beside a block',
      'one',
      { updatesPerStep: 0.5, bufferSize: 2, learningStarts: 3 },
    ],
    ['several updates a step', 'several', { updatesPerStep: 1.7 }],
    ['a vector of environments', 'vector, ending together', { updatesPerStep: 0.3 }],
  ] as const) {
    it(`leaves the same as in the thread of the environments, whichever is slow: ${what}`, async () => {
      const expected = await outcome({ ...here, training }, kind);
      for (const [query, isSlow] of [
        ['', false],
        ['slow', false],
        ['', kind === 'one'],
      ] as const) {
        const found = await outcome({ engineModule: fakeEngineModule(query), training }, kind, isSlow);
        assert.deepEqual(found, expected, `engine ${query}, environment ${isSlow ? 'slow' : 'fast'}`);
      }
    });
  }

  it('goes on from an interruption in the midst of an update as if there had been none', async () => {
    const training = { updatesPerStep: 0.7, logEvery: 50 };
    const engineModule = fakeEngineModule('slow');
    const { files: expected } = await outcome({ engineModule, training });
    for (const at of [31, 64, 133]) {
      const env = resumeEnvironments('one');
      const options = { ...resumeOptions(env), engine: undefined, engineModule };
      const interrupted = new SAC(env, { ...options, training: { ...options.training, ...training } });
      const controller = new AbortController();
      const path = join(folder, `interrupted-${at}`);
      const learning = interrupted.learn({
        totalTimesteps: STEPS,
        signal: controller.signal,
        checkpoints: {
          save: async (sac) => {
            await sac.save(path);
            return path;
          },
          last: undefined,
          resumeHint: '',
        },
        callbacks: [
          {
            onStep(sac) {
              if (sac.timesteps === at) controller.abort();
              return undefined;
            },
          },
        ],
      });
      await assert.rejects(learning, InterruptedError);
      await interrupted.dispose();
      const again = resumeEnvironments('one');
      const sac = await SAC.load(path, again, { ...resumeOptions(again), engine: undefined, engineModule });
      assert.equal(sac.timesteps, at);
      await sac.learn({ totalTimesteps: STEPS });
      await sac.save(join(folder, 'resumed'));
      await sac.dispose();
      assert.deepEqual(loadCheckpoint(join(folder, 'resumed')).manifest.files, expected, `at ${at}`);
    }
  });

  it('may be asked while it learns, by several at once, and learns the same', async () => {
    const training = { updatesPerStep: 1, logEvery: 7 };
    const expected = await outcome({ ...here, training });
    for (const options of [here, { engineModule: fakeEngineModule('asked') }]) {
      const asked: Promise<unknown>[] = [];
      const ask: TrainingCallback = {
        onStep(sac) {
          asked.push(sac.predict(new Float32Array(1)), sac.predict(new Float32Array(1)), sac.weights());
          return undefined;
        },
      };
      assert.deepEqual(await outcome({ ...options, training }, 'one', false, [ask]), expected);
      await Promise.all(asked);
    }
  });

  it('hands over what went wrong in an update, with the state from before it', async () => {
    const told: string[] = [];
    const left: unknown[] = [];
    for (const learnerThread of [false, true]) {
      for (const query of ['diverges=9', 'throws=9']) {
        const env = new PointEnv();
        const options = { sac: { batchSize: 8 }, training: { learningStarts: 20 }, learnerThread };
        const sac = new SAC(env, { ...options, engineModule: fakeEngineModule(`${query}&${learnerThread}`) });
        const learning = sac.learn({ totalTimesteps: 100 });
        await assert.rejects(learning, (error: unknown) => {
          assert.ok(error instanceof RunError);
          told.push(error.message);
          return true;
        });
        assert.equal(sac.updates, 8);
        left.push((await sac.weights()).updates.data[0]);
        await sac.dispose();
      }
    }
    assert.match(told[0], /criticLoss is NaN. \(timestep 29, update 8\)/);
    assert.match(told[1], /Update 9 failed: In "critic\/layer 1": out of shape \(timestep 29, update 8\)/);
    assert.deepEqual(told.slice(2), told.slice(0, 2));
    // The stand-in for an engine counts an update that diverges; a real one undoes it.
    assert.deepEqual(left, [9, 8, 9, 8]);
  });

  it('goes on after an update that failed with the updates that are due, in either thread', async () => {
    const left: unknown[] = [];
    for (const learnerThread of [false, true]) {
      const options = { sac: { batchSize: 8 }, training: { learningStarts: 20 }, learnerThread };
      const engineModule = fakeEngineModule(`throws=9&again&${learnerThread}`);
      const sac = new SAC(new PointEnv(), { ...options, engineModule });
      await assert.rejects(sac.learn({ totalTimesteps: 100 }), RunError);
      await sac.learn({ totalTimesteps: 60 });
      // 40 timesteps after warm-up, an update each, but for the one that failed.
      assert.equal(sac.updates, 39);
      await sac.save(join(folder, 'checkpoint'));
      await sac.dispose();
      left.push(loadCheckpoint(join(folder, 'checkpoint')).manifest.files);
    }
    assert.deepEqual(left[1], left[0]);
  });

  it('says so when the thread ends by itself', async () => {
    const sac = new SAC(new PointEnv(), {
      training: { learningStarts: 20 },
      engineModule: fakeEngineModule('exits'),
    });
    await assert.rejects(sac.learn({ totalTimesteps: 100 }), (error: unknown) => {
      assert.ok(error instanceof RunError);
      assert.equal(error.code, 'learner-ended');
      assert.match(error.message, /exit code 7/);
      return true;
    });
    await sac.dispose();
  });

  it('says so when the thread ends between its answer and the count of what it did', () => {
    const child = fileURLToPath(new URL('learner-leaves-child.ts', import.meta.url));
    const { stdout, status } = spawnSync(process.execPath, ['--import', 'tsx', child], {
      timeout: 30_000,
      killSignal: 'SIGKILL',
    });
    assert.deepEqual(
      [status, String(stdout)],
      [0, "learner-ended: The learner's thread ended: exit code 7."],
    );
  });

  it('says what ended the thread where it can', async () => {
    const sac = new SAC(new PointEnv(), {
      sac: { batchSize: 8 },
      training: { learningStarts: 20 },
      engineModule: fakeEngineModule('keeps'),
    });
    await assert.rejects(sac.learn({ totalTimesteps: 100 }), /The learner failed: the actor is gone/);
    await assert.rejects(sac.weights(), { code: 'learner-failed' });
    await sac.dispose();
  });

  it('refuses at the start what its engine refuses', async () => {
    const refused = new SAC(new PointEnv(), { engineModule: fakeEngineModule('refuses') });
    await assert.rejects(refused.engine(), (error: unknown) => {
      assert.ok(error instanceof InputError);
      assert.deepEqual([error.code, error.field], ['no-such-device', 'device']);
      return true;
    });
    const zero = new SAC(new PointEnv(), { engine: { engine: 'onnx', threads: 0 } });
    if (isInstalled('onnxruntime-node')) await assert.rejects(zero.engine(), { field: 'threads' });
  });

  it('two agents at once in one process learn what each learns alone', async function () {
    if (!isInstalled('onnxruntime-node')) this.skip();
    const agent = (learnerThread: boolean, seed: number) =>
      new SAC(new PointEnv(), {
        seed,
        sac: { hidden: [16, 16], batchSize: 32 },
        training: { learningStarts: 30 },
        engine: { engine: 'onnx', threads: 1 },
        learnerThread,
      });
    const learn = async (sac: SAC) => {
      await sac.learn({ totalTimesteps: 100 });
      const weights = await sac.weights();
      await sac.dispose();
      return weights;
    };
    const alone = [await learn(agent(false, 1)), await learn(agent(false, 2))];
    assert.notDeepEqual(alone[0], alone[1]);
    assert.deepEqual(await Promise.all([learn(agent(true, 1)), learn(agent(true, 2))]), alone);
  });
});
