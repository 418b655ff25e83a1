import assert from 'node:assert/strict';
import { InputError, MakergymError } from '../../base/errors.ts';
import { EnvClosed, InvalidAction, ResetNeeded, UnregisteredEnv } from '../../env/errors.ts';
import { checkOptionKeys } from '../../env/options.ts';
import { make, register, registered } from '../../env/registry.ts';
import { unwrap } from '../../env/wrappers/wrapper.ts';
import { ChainEnv } from '../support/chain-env.ts';
import { PointEnv } from '../support/point-env.ts';

describe('registry', () => {
  before(() => {
    register(
      'TestChain-v0',
      (options) => {
        checkOptionKeys('TestChain-v0', options, ['length']);
        return new ChainEnv(options.length as number | undefined);
      },
      { maxEpisodeSteps: 10 },
    );
    register('TestPoint-v0', () => new PointEnv());
  });

  it('makes what was registered and passes options on', () => {
    const env = make<Float32Array, number>('TestChain-v0', { length: 2 });
    assert.ok(unwrap(env) instanceof ChainEnv);
    env.reset();
    env.step(1);
    assert.equal(env.step(1).terminated, true);
    assert.ok(registered().includes('TestChain-v0'));
  });

  it('names the nearest id for an unknown one', () => {
    assert.throws(
      () => make('TestChian-v0'),
      (error) => error instanceof UnregisteredEnv && error.hint === 'Did you mean "TestChain-v0"?',
    );
  });

  it('names the nearest option for an unknown one', () => {
    assert.throws(
      () => make('TestChain-v0', { lenght: 3 }),
      (error) => error instanceof InputError && error.field === 'lenght' && /"length"/.test(error.hint ?? ''),
    );
  });

  it('refuses an id without a version and one that is taken', () => {
    assert.throws(() => register('Chain', () => new ChainEnv()), InputError);
    assert.throws(() => register('TestChain-v0', () => new ChainEnv()), InputError);
  });

  it('truncates at the registered limit, at the one asked for, or never', () => {
    const lengths = [undefined, 3, null].map((maxEpisodeSteps) => {
      const env = make<Float32Array, number>('TestChain-v0', { maxEpisodeSteps });
      env.reset();
      for (let steps = 1; steps <= 20; steps++) if (env.step(0).truncated) return steps;
      return Infinity;
    });
    assert.deepEqual(lengths, [10, 3, Infinity]);
    const env = make<Float32Array, number>('TestChain-v0', { maxEpisodeSteps: 1 });
    env.reset();
    env.step(0);
    assert.throws(() => env.step(0), ResetNeeded);
    assert.throws(() => make('TestChain-v0', { maxEpisodeSteps: 0 }), InputError);
  });

  it('enforces the order of calls and checks actions', () => {
    const env = make('TestPoint-v0');
    const action = Float32Array.of(0);
    assert.throws(() => env.step(action), ResetNeeded);
    env.reset({ seed: 1 });
    assert.throws(
      () => env.step(Float32Array.of(2)),
      (error) =>
        error instanceof InvalidAction && /expected an action in Box\(-1, 1, \[1\]/.test(error.message),
    );
    assert.throws(() => env.step(Float32Array.of(Number.NaN)), InvalidAction);
    assert.throws(() => env.step(Float32Array.of(0, 0)), InvalidAction);
    for (let i = 0; i < 50; i++) env.step(action);
    assert.throws(() => env.step(action), ResetNeeded);
    env.close();
    env.close();
    assert.throws(() => env.reset(), EnvClosed);
    assert.throws(
      () => env.step(action),
      (error) => error instanceof MakergymError && error.code === 'env-closed',
    );
  });
});
