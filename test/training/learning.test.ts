import assert from 'node:assert/strict';
import { createEngine } from '../../agents/sac/choose-engine.ts';
import { evaluatePolicy } from '../../training/evaluate-policy.ts';
import { SAC } from '../../training/sac.ts';
import { PointEnv } from '../support/point-env.ts';

describe('learning', function () {
  this.timeout(60_000);

  it('keeps a point at the origin after 900 steps: a return of at least −5, of −68 for doing nothing', async () => {
    const sac = new SAC(new PointEnv(), {
      seed: 3,
      sac: {
        hidden: [32, 32],
        batchSize: 64,
        learningRate: 3e-3,
        discount: 0.9,
        initialTemperature: 0.2,
        kappaMax: 0,
      },
      training: { bufferSize: 5_000, learningStarts: 200, earlyStop: { window: 0, tolerance: 0 } },
      engine: (options) => createEngine(options, { engine: 'tfjs-wasm' }),
    });
    const judge = async () => (await evaluatePolicy(sac, new PointEnv(), 20, 1000)).meanReward;
    assert.ok((await judge()) < -40, 'knows nothing yet');
    await sac.learn({ totalTimesteps: 900 });
    const score = await judge();
    sac.dispose();
    // The best possible is −1.76 (test/support/point-env.ts).
    assert.ok(score > -5, `${score}`);
  });
});
