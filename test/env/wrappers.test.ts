import assert from 'node:assert/strict';
import { InputError } from '../../base/errors.ts';
import { checkEnv } from '../../env/check-env.ts';
import type { Env, StepResult } from '../../env/env.ts';
import { InvalidAction } from '../../env/errors.ts';
import { box } from '../../env/spaces.ts';
import { ClipAction } from '../../env/wrappers/clip-action.ts';
import { NormalizeObservation } from '../../env/wrappers/normalize-observation.ts';
import { RecordEpisodeStatistics } from '../../env/wrappers/record-episode-statistics.ts';
import { RescaleAction } from '../../env/wrappers/rescale-action.ts';
import { TimeLimit } from '../../env/wrappers/time-limit.ts';
import { unwrap, Wrapper } from '../../env/wrappers/wrapper.ts';
import { ChainEnv } from '../support/chain-env.ts';
import { PointEnv } from '../support/point-env.ts';

/** Notes the actions that reach the environment. */
class Spy extends Wrapper {
  readonly actions: number[] = [];

  override get actionSpace() {
    return box(-0.5, 1, [1]);
  }

  override step(action: Float32Array): StepResult<Float32Array> {
    this.actions.push(action[0]);
    return this.env.step(action);
  }
}

describe('TimeLimit', () => {
  it('truncates and never terminates', () => {
    const env = new TimeLimit(new PointEnv(), 7);
    env.reset({ seed: 1 });
    const results = Array.from({ length: 7 }, () => env.step(Float32Array.of(0)));
    assert.deepEqual(
      results.map((r) => r.truncated),
      [false, false, false, false, false, false, true],
    );
    assert.ok(results.every((r) => !r.terminated));
  });

  it('leaves a termination at the very limit a termination too', () => {
    const env = new TimeLimit(new ChainEnv(2), 2);
    env.reset();
    env.step(1);
    const { terminated, truncated } = env.step(1);
    assert.deepEqual([terminated, truncated], [true, true]);
  });
});

describe('ClipAction', () => {
  it('clips to the inner space and accepts any real action', () => {
    const spy = new Spy(new PointEnv());
    const env = new ClipAction(spy);
    env.reset({ seed: 1 });
    for (const a of [-9, 0.25, Infinity]) env.step(Float32Array.of(a));
    assert.deepEqual(spy.actions, [-0.5, 0.25, 1]);
    assert.throws(() => new ClipAction(new PointEnv()).step(Float32Array.of(0, 0)), Error);
    const point = new ClipAction(new PointEnv());
    point.reset();
    assert.throws(() => point.step(Float32Array.of(Number.NaN)), InvalidAction);
  });
});

describe('RescaleAction', () => {
  it('maps the ends onto the ends and the middle onto the middle', () => {
    const spy = new Spy(new PointEnv());
    const env = new RescaleAction(spy, 0, 10);
    env.reset({ seed: 1 });
    for (const a of [0, 5, 10]) env.step(Float32Array.of(a));
    assert.deepEqual(spy.actions, [-0.5, 0.25, 1]);
    assert.throws(() => env.step(Float32Array.of(11)), InvalidAction);
    assert.throws(() => new RescaleAction(new ClipAction(spy)), InputError);
  });
});

describe('RecordEpisodeStatistics', () => {
  it('reports return and length at the end, of each episode by itself', () => {
    const env = new RecordEpisodeStatistics(new ChainEnv(3));
    for (let episode = 0; episode < 2; episode++) {
      env.reset();
      assert.equal(env.step(1).info.episode, undefined);
      env.step(1);
      assert.deepEqual(env.step(1).info.episode, { r: 1, l: 3 });
    }
  });
});

describe('NormalizeObservation', () => {
  it('shows about zero mean and unit variance, and does not learn while frozen', () => {
    const env = new NormalizeObservation(new PointEnv());
    const seen: number[] = [];
    for (let seed = 0; seed < 40; seed++) {
      seen.push(env.reset({ seed }).observation[0]);
      for (let i = 0; i < 50; i++) seen.push(env.step(Float32Array.of(0)).observation[0]);
    }
    const tail = seen.slice(seen.length / 2);
    const mean = tail.reduce((a, b) => a + b) / tail.length;
    const variance = tail.reduce((a, b) => a + (b - mean) ** 2, 0) / tail.length;
    assert.ok(Math.abs(mean) < 0.3 && Math.abs(variance - 1) < 0.4, `mean ${mean}, variance ${variance}`);

    env.normaliser.freeze();
    const state = env.normaliser.exportState();
    checkEnv(env);
    assert.deepEqual(env.normaliser.exportState(), state);
  });
});

describe('wrappers', () => {
  it('keep the contract of the environment inside', () => {
    const wrapped: readonly Env[] = [
      new TimeLimit(new PointEnv(), 5),
      new ClipAction(new PointEnv()),
      new RescaleAction(new PointEnv(), -3, 3),
      new RecordEpisodeStatistics(new PointEnv()),
    ];
    // A time limit by itself does not refuse a step after the end; make() adds OrderEnforcing for that.
    for (const env of wrapped.slice(1)) checkEnv(env);
    assert.ok(wrapped.every((env) => unwrap(env) instanceof PointEnv));
  });
});
