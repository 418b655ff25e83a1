import assert from 'node:assert/strict';
import { checkEnv, EnvCheckFailed, findEnvProblems } from '../../env/check-env.ts';
import type { ResetOptions, ResetResult, StepResult } from '../../env/env.ts';
import { Wrapper } from '../../env/wrappers/wrapper.ts';
import { ChainEnv } from '../support/chain-env.ts';
import { PointEnv } from '../support/point-env.ts';

type Result = StepResult<Float32Array>;

/** A PointEnv with one thing broken: what `step` returns, or what `reset` does. */
class Broken extends Wrapper {
  readonly #result: (result: Result, action: Float32Array) => Result;
  readonly #options: (options?: ResetOptions) => ResetOptions | undefined;

  constructor(
    result: (result: Result, action: Float32Array) => Result = (r) => r,
    options: (options?: ResetOptions) => ResetOptions | undefined = (o) => o,
  ) {
    super(new PointEnv());
    this.#result = result;
    this.#options = options;
  }

  override reset(options?: ResetOptions): ResetResult<Float32Array> {
    return super.reset(this.#options(options));
  }

  override step(action: Float32Array): Result {
    return this.#result(super.step(action), action);
  }
}

/** Never checks anything: steps whenever, with whatever. */
class Careless extends Wrapper {
  override step(action: Float32Array): Result {
    try {
      return super.step(Float32Array.of(Number.isNaN(action[0]) ? 0 : Math.min(Math.max(action[0], -1), 1)));
    } catch {
      super.reset({ seed: 1 });
      return super.step(Float32Array.of(0));
    }
  }
}

const rules = (env: Wrapper): readonly string[] => findEnvProblems(env).map((f) => f.rule);

describe('checkEnv', () => {
  it('finds nothing wrong with environments that keep the contract', () => {
    checkEnv(new PointEnv());
    checkEnv(new ChainEnv());
    const used = new PointEnv();
    used.reset({ seed: 9 });
    checkEnv(used);
  });

  it('says what was expected against what was received', () => {
    const env = new Broken((r) => ({ ...r, observation: Float32Array.of(5) }));
    assert.throws(
      () => checkEnv(env),
      (error) => {
        assert.ok(error instanceof EnvCheckFailed);
        assert.deepEqual(error.findings[0], {
          rule: 'step-observation',
          expected: 'an element of Box(-2, 2, [1], float32)',
          received: '5 at index 0, above 2',
        });
        return /expected an element of Box\(-2, 2, \[1\], float32\); received 5 at index 0/.test(
          error.message,
        );
      },
    );
  });

  it('finds wrong shapes and types of observations', () => {
    const double = (r: Result): Result => ({
      ...r,
      observation: Float64Array.of(0) as unknown as Float32Array,
    });
    assert.deepEqual(rules(new Broken((r) => ({ ...r, observation: new Float32Array(2) }))), [
      'step-observation',
    ]);
    assert.deepEqual(rules(new Broken(double)), ['step-observation']);
    assert.deepEqual(rules(new Broken((r) => ({ ...r, observation: Float32Array.of(Number.NaN) }))), [
      'step-observation',
    ]);
  });

  it('finds rewards that are not finite, and flags that are no booleans', () => {
    assert.deepEqual(rules(new Broken((r) => ({ ...r, reward: Number.NaN }))), ['reward']);
    assert.deepEqual(
      rules(new Broken((r) => ({ ...r, truncated: Number(r.truncated) as unknown as boolean }))),
      ['truncated'],
    );
    assert.deepEqual(rules(new Broken((r) => ({ ...r, info: undefined as unknown as Result['info'] }))), [
      'step-info',
    ]);
  });

  it('finds a reset that ignores its seed, and steps that depend on what ran before', () => {
    assert.ok(rules(new Broken(undefined, () => undefined)).includes('deterministic-reset'));
    let steps = 0;
    const drifting = new Broken((r) => ({ ...r, reward: r.reward + steps++ * 1e-12 }));
    assert.deepEqual(rules(drifting), ['deterministic-step']);
  });

  it('finds an observation that changes under its owner, and an action that is written to', () => {
    const shared = new Float32Array(1);
    const reusing = new Broken((r) => {
      shared.set(r.observation);
      return { ...r, observation: shared };
    });
    assert.deepEqual(rules(reusing), ['observation-kept']);
    const writing = new Broken((r, action) => {
      action[0] = 0;
      return r;
    });
    assert.ok(rules(writing).includes('action-untouched'));
  });

  it('finds an environment that steps without reset and takes any action', () => {
    assert.deepEqual(rules(new Careless(new PointEnv())), ['invalid-action', 'step-after-end']);
  });

  it('reports an error out of reset or step as a finding', () => {
    const failing = new Broken(undefined, () => {
      throw new Error('no data');
    });
    assert.deepEqual(findEnvProblems(failing), [
      { rule: 'no-error', expected: 'reset and step to succeed', received: 'Error: no data' },
    ]);
  });
});
