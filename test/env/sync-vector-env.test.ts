import assert from 'node:assert/strict';
import { InputError } from '../../base/errors.ts';
import { SyncVectorEnv } from '../../env/sync-vector-env.ts';
import { TimeLimit } from '../../env/wrappers/time-limit.ts';
import { POINT_STEPS, PointEnv } from '../support/point-env.ts';

describe('SyncVectorEnv', () => {
  it('steps each environment as it would go alone', () => {
    const vector = new SyncVectorEnv([() => new PointEnv(), () => new PointEnv(), () => new PointEnv()]);
    const alone = [7, 8, 9].map((seed) => {
      const env = new PointEnv();
      return { env, first: env.reset({ seed }).observation };
    });
    const { observations } = vector.reset([7, 8, 9]);
    assert.deepEqual(
      [...observations],
      alone.map(({ first }) => first[0]),
    );
    for (let t = 0; t < POINT_STEPS; t++) {
      const actions = Float32Array.of(Math.sin(t), Math.cos(t), 0.5);
      const step = vector.step(actions);
      for (const [i, { env }] of alone.entries()) {
        const result = env.step(actions.slice(i, i + 1));
        assert.equal(step.observations[i], result.observation[0]);
        assert.equal(step.rewards[i], result.reward);
        assert.equal(step.truncated[i], Number(result.truncated));
      }
    }
  });

  it('resets an ended environment in the next step, ignoring its action and paying 0', () => {
    const vector = new SyncVectorEnv([() => new TimeLimit(new PointEnv(), 3), () => new PointEnv()]);
    vector.reset([1, 2]);
    const zero = new Float32Array(2);
    vector.step(zero);
    vector.step(zero);
    assert.deepEqual([...vector.step(zero).truncated], [1, 0]);
    const again = vector.step(Float32Array.of(Number.NaN, 0));
    assert.deepEqual([...again.truncated], [0, 0]);
    assert.equal(again.rewards[0], 0);
    assert.notEqual(again.rewards[1], 0);

    // Without a seed an env goes on with its own stream: its second episode is the one it would have alone.
    const alone = new PointEnv();
    alone.reset({ seed: 1 });
    assert.equal(again.observations[0], alone.reset().observation[0]);
  });

  it('refuses the wrong number of seeds, actions and environments', () => {
    const vector = new SyncVectorEnv([() => new PointEnv()]);
    assert.throws(() => vector.reset([1, 2]), InputError);
    vector.reset([1]);
    assert.throws(() => vector.step(new Float32Array(2)), InputError);
    assert.throws(() => new SyncVectorEnv([]), InputError);
  });
});
