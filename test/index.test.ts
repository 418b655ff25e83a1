import assert from 'node:assert/strict';
import { checkEnv, make, OBSERVATION_NAMES, SAC, TapeReplay } from '../index.ts';
import { syntheticTape } from './support/synthetic-tape.ts';

describe('the package', () => {
  const options = () => ({
    replay: new TapeReplay([syntheticTape(1, 120)]),
    marketMaking: { episodeSeconds: 10, warmupSeconds: 10 },
  });

  it('makes a market-making environment anchored on V1.5', () => {
    const env = make('MarketMaking-v0', options());
    assert.deepEqual(env.observationSpace.shape, [OBSERVATION_NAMES.length]);
    checkEnv(env);
  });

  it('types the options of the market-making environment, so that an editor completes them', () => {
    const seen: string[] = [];
    const env = make('MarketMaking-v0', {
      ...options(),
      lane: { fees: { makerBps: -0.5 } },
      protect: (quoter) => {
        seen.push(quoter.name);
        return quoter;
      },
    });
    assert.deepEqual(seen, ['residual on v15']);
    env.close();
  });

  it('names the nearest environment for an unknown one', () => {
    assert.throws(() => make('MarketMakng-v0'), { hint: /MarketMaking-v0/ });
  });

  it('trains SAC in it and predicts an action', async () => {
    const env = make('MarketMaking-v0', options());
    const sac = new SAC(env, {
      seed: 1,
      sac: { hidden: [16], batchSize: 16 },
      training: { learningStarts: 50, bufferSize: 1000, evaluateEvery: 0, checkpointEvery: 0 },
    });
    const result = await sac.learn({ totalTimesteps: 80 });
    assert.equal(result.timesteps, 80);
    assert.equal(result.updates, 30);
    const { observation } = env.reset({ seed: 3 });
    const action = await sac.predict(observation as Float32Array);
    assert.ok(env.actionSpace.contains(action));
    sac.dispose();
  });
});
