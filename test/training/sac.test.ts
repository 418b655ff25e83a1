import assert from 'node:assert/strict';
import { InterruptedError, RunError } from '../../base/errors.ts';
import type { Env, ResetOptions, ResetResult, StepResult } from '../../env/env.ts';
import { box } from '../../env/spaces.ts';
import { SyncVectorEnv } from '../../env/sync-vector-env.ts';
import { SAC } from '../../training/sac.ts';
import type { TrainingSettings } from '../../training/settings.ts';
import { FakeEngine } from '../support/fake-engine.ts';
import { PointEnv } from '../support/point-env.ts';

const small: Partial<TrainingSettings> = { bufferSize: 500, learningStarts: 20, logEvery: 50 };

/** Counts steps in its observation; ends after `length` steps, terminated or truncated. */
class CountingEnv implements Env {
  readonly id = 'Counting-v0';
  readonly observationSpace = box(-1e6, 1e6, [1]);
  readonly actionSpace = box([0, -10], [4, 10], [2]);
  readonly actions: number[][] = [];
  #count = 0;
  readonly #length: number;
  readonly #terminates: boolean;
  readonly #info: (action: Float32Array) => Record<string, unknown>;

  constructor(
    length: number,
    terminates: boolean,
    info = (_: Float32Array): Record<string, unknown> => ({}),
  ) {
    this.#length = length;
    this.#terminates = terminates;
    this.#info = info;
  }

  reset(_options?: ResetOptions): ResetResult<Float32Array> {
    this.#count = 0;
    return { observation: Float32Array.of(0), info: {} };
  }

  step(action: Float32Array): StepResult<Float32Array> {
    assert.ok(this.actionSpace.contains(action), `${action}`);
    this.actions.push([...action]);
    const ended = ++this.#count === this.#length;
    return {
      observation: Float32Array.of(this.#count),
      reward: 1,
      terminated: ended && this.#terminates,
      truncated: ended && !this.#terminates,
      info: this.#info(action),
    };
  }

  close(): void {}
}

async function batchesOf(env: Env, training: Partial<TrainingSettings> = {}) {
  let engine: FakeEngine | undefined;
  const sac = new SAC(env, {
    sac: { batchSize: 64 },
    training: { ...small, normaliseObservations: false, ...training },
    engine: (options) => {
      engine = new FakeEngine(options);
      engine.keep = true;
      return engine;
    },
  });
  await sac.learn({ totalTimesteps: 60 });
  return { batches: (engine as FakeEngine).batches, sac };
}

describe('SAC', () => {
  it('does not take random actions for a plateau, also where the curriculum ends before the warm-up does', async () => {
    const sac = new SAC(new CountingEnv(5, false), {
      training: {
        ...small,
        learningStarts: 300,
        curriculum: { startTicks: 2, endTicks: 5, widenAt: 0.1, widenedAt: 0.2 },
        earlyStop: { window: 30, tolerance: 0.3 },
      },
      sac: { batchSize: 64 },
      engine: (options) => new FakeEngine(options),
      setAllowedShift: () => undefined,
    });
    // Both windows, after the warm-up.
    const { timesteps, stoppedEarly } = await sac.learn({ totalTimesteps: 400 });
    assert.deepEqual([timesteps, stoppedEarly], [360, true]);
  });

  it('bootstraps through a truncation, never through a termination', async () => {
    for (const terminates of [true, false]) {
      const { batches } = await batchesOf(new CountingEnv(3, terminates));
      let ends = 0;
      for (const { size, observations, nextObservations, terminated } of batches) {
        for (let i = 0; i < size; i++) {
          const [from, to] = [Math.round(observations[i]), Math.round(nextObservations[i])];
          assert.equal(to, from + 1, 'no transition leads from one episode into the next');
          assert.equal(terminated[i], terminates && to === 3 ? 1 : 0);
          ends += to === 3 ? 1 : 0;
        }
      }
      assert.ok(ends > 0);
    }
  });

  it('takes one update a step after warm-up, or as many as the ratio says', async () => {
    for (const [ratio, updates] of [
      [1, 40],
      [0.25, 10],
      [2, 80],
    ]) {
      const { sac } = await batchesOf(new CountingEnv(7, false), { updatesPerStep: ratio });
      assert.deepEqual([sac.timesteps, sac.updates], [60, updates]);
    }
  });

  it('learns from the action that was executed, at the price of its correction', async () => {
    const executed = Float32Array.of(2, 5); // [0, 0.5] in [−1, 1]
    const { batches, sac } = await batchesOf(
      new CountingEnv(7, false, () => ({ executedAction: executed })),
      { projectionPenalty: 0.5 },
    );
    const { actions, rewards, size } = batches[0];
    for (let i = 0; i < size; i++) {
      assert.deepEqual([actions[2 * i], actions[2 * i + 1]], [0, 0.5]);
      // Proposals lie in [−1, 1]²: the mean square to (0, ½) is at most (1 + 2.25)/2.
      assert.ok(rewards[i] <= 1 && rewards[i] >= 1 - 0.5 * 1.625);
      assert.ok(rewards[i] < 1);
    }
    assert.equal(sac.statistics.meanReward, 7, 'episode rewards are the environment’s own');
  });

  it('spreads actions over the whole of the action space', async () => {
    const env = new CountingEnv(7, false);
    await batchesOf(env, { learningStarts: 60 });
    const [first, second] = [env.actions.map((a) => a[0]), env.actions.map((a) => a[1])];
    assert.ok(Math.min(...first) < 0.5 && Math.max(...first) > 3.5);
    assert.ok(Math.min(...second) < -8 && Math.max(...second) > 8);
  });

  it('counts a timestep for each transition of several environments, shared or apart', async () => {
    for (const env of [
      [new PointEnv(), new PointEnv(), new PointEnv()],
      new SyncVectorEnv([() => new PointEnv(), () => new PointEnv(), () => new PointEnv()]),
    ]) {
      const sac = new SAC(env, { training: small, engine: (options) => new FakeEngine(options) });
      const result = await sac.learn({ totalTimesteps: 300 });
      assert.equal(result.timesteps, 300);
      assert.equal(sac.buffer.size, 300);
      assert.equal(sac.statistics.meanLength, 50);
      assert.equal(sac.statistics.episodes, 6);
    }
  });

  it('gives the same run for the same seed, another for another', async () => {
    const fingerprint = async (seed: number) => {
      let engine: FakeEngine | undefined;
      const sac = new SAC(new PointEnv(), {
        seed,
        training: small,
        engine: (options) => {
          engine = new FakeEngine(options);
          return engine;
        },
      });
      await sac.learn({ totalTimesteps: 120 });
      return (engine as FakeEngine).exportState();
    };
    assert.deepEqual(await fingerprint(1), await fingerprint(1));
    assert.notDeepEqual(await fingerprint(1), await fingerprint(2));
  });

  it('logs the tags users of Stable-Baselines3 know', async () => {
    const env = new CountingEnv(5, false, () => ({ 'reward/pnl': 2, 'safety/offset': 1, 'x/y': 3 }));
    const records: ReadonlyMap<string, number>[] = [];
    const sac = new SAC(env, { training: small, engine: (options) => new FakeEngine(options) });
    await sac.learn({
      totalTimesteps: 100,
      loggers: [{ write: (record) => records.push(record.scalars), close: () => undefined }],
    });
    const last = records[records.length - 1];
    for (const tag of [
      'rollout/ep_rew_mean',
      'rollout/ep_len_mean',
      'train/actor_loss',
      'train/critic_loss',
      'train/critic_var_loss',
      'train/ent_coef',
      'train/ent_coef_loss',
      'train/sigma',
      'train/kappa',
      'time/fps',
      'time/total_timesteps',
    ]) {
      assert.ok(last.has(tag), tag);
    }
    assert.equal(records[0].get('reward/pnl'), 100, 'parts of the reward are summed over the interval');
    assert.equal(records[0].get('x/y'), 3, 'other numbers are averaged');
  });

  it('finishes its step when aborted, then says so', async () => {
    const controller = new AbortController();
    const sac = new SAC(new PointEnv(), { training: small, engine: (options) => new FakeEngine(options) });
    const steps: number[] = [];
    const learning = sac.learn({
      totalTimesteps: 1000,
      signal: controller.signal,
      checkpoints: { save: async () => 'here', last: undefined, resumeHint: 'Go on with this.' },
      callbacks: [
        {
          onStep(model) {
            steps.push(model.timesteps);
            if (model.timesteps === 30) controller.abort();
            return undefined;
          },
        },
      ],
    });
    await assert.rejects(learning, (error: InterruptedError) => {
      assert.ok(error instanceof InterruptedError);
      assert.equal(error.hint, 'Go on with this.');
      return true;
    });
    assert.equal(steps.at(-1), 30);
  });

  it('names what went non-finite, and what is left', async () => {
    const sac = new SAC(new PointEnv(), {
      training: small,
      engine: (options) => {
        const engine = new FakeEngine(options);
        engine.divergesAt = 5;
        return engine;
      },
    });
    await assert.rejects(
      sac.learn({
        totalTimesteps: 100,
        checkpoints: { save: async () => 'X', last: 'X', resumeHint: '' },
      }),
      (error: RunError) => {
        assert.ok(error instanceof RunError);
        assert.match(error.message, /criticLoss is NaN.*timestep 25, update 4.*last good checkpoint is X/);
        return true;
      },
    );
    const nan = new CountingEnv(7, false);
    nan.step = () => ({
      observation: Float32Array.of(Number.NaN),
      reward: 0,
      terminated: false,
      truncated: false,
      info: {},
    });
    const model = new SAC(nan, { engine: (options) => new FakeEngine(options) });
    await assert.rejects(model.learn({ totalTimesteps: 1 }), /Environment 0 gave NaN as feature 0/);
  });

  it('stops when a callback says so', async () => {
    const sac = new SAC(new PointEnv(), { training: small, engine: (options) => new FakeEngine(options) });
    const result = await sac.learn({
      totalTimesteps: 1000,
      callbacks: [{ onStep: (model) => model.timesteps < 42 }],
    });
    assert.deepEqual([result.timesteps, result.stoppedEarly], [42, true]);
  });

  it('refuses spaces it cannot learn in', () => {
    const env = new CountingEnv(3, false);
    Object.defineProperty(env, 'actionSpace', { value: box(-Infinity, 1, [1]) });
    assert.throws(() => new SAC(env), /finite bounds/);
  });
});
