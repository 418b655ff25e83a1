import type { Env, ResetOptions, ResetResult, StepResult } from '../../env/env.ts';
import { SyncVectorEnv } from '../../env/sync-vector-env.ts';
import type { TrainableEnv } from '../../training/environments.ts';
import type { SacOptions } from '../../training/sac.ts';
import { FakeEngine } from '../support/fake-engine.ts';
import { POINT_GAIN, PointEnv } from '../support/point-env.ts';

/** The point with a bound on its moves that a curriculum widens, and lengths that differ from seed to seed. */
class BoundedPointEnv implements Env {
  readonly id = 'BoundedPoint-v0';
  readonly #point = new PointEnv();
  readonly observationSpace = this.#point.observationSpace;
  readonly actionSpace = this.#point.actionSpace;
  allowed = 1;
  #left = 0;

  reset(options: ResetOptions = {}): ResetResult<Float32Array> {
    this.#left = 5 + ((options.seed ?? 0) % 17);
    return this.#point.reset(options);
  }

  step(action: Float32Array): StepResult<Float32Array> {
    const executedAction = action.map((a) => Math.min(Math.max(a, -this.allowed), this.allowed) * POINT_GAIN);
    const result = this.#point.step(executedAction);
    const terminated = --this.#left === 0;
    return { ...result, terminated, info: { executedAction, 'reward/distance': result.reward } };
  }

  close(): void {}
}

/** Environments of each kind that a run may be resumed with. */
export function resumeEnvironments(kind: string): TrainableEnv {
  const several = () => [new BoundedPointEnv(), new BoundedPointEnv(), new BoundedPointEnv()];
  if (kind === 'one') return new BoundedPointEnv();
  if (kind === 'several') return several();
  if (kind === 'vector, ending apart') return new SyncVectorEnv(several().map((env) => () => env));
  return new SyncVectorEnv([() => new PointEnv(), () => new PointEnv()]);
}

export function resumeOptions(env: TrainableEnv): SacOptions {
  const bounded = [env].flat().filter((each) => each instanceof BoundedPointEnv);
  return {
    seed: 11,
    sac: { batchSize: 16 },
    training: {
      bufferSize: 150,
      learningStarts: 30,
      updatesPerStep: 0.7,
      curriculum: { startTicks: 0.4, endTicks: 1, widenAt: 0.2, widenedAt: 0.9 },
      earlyStop: { window: 100, tolerance: 0 },
    },
    engine: (options) => new FakeEngine(options),
    setAllowedShift(ticks) {
      for (const each of bounded) each.allowed = ticks;
    },
  };
}
