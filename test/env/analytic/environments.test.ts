import assert from 'node:assert/strict';
import { InputError } from '../../../base/errors.ts';
import type { AnalyticEnv } from '../../../env/analytic/environment.ts';
import { ANALYTIC_PRESETS, makeAnalyticVector } from '../../../env/analytic/registration.ts';
import { checkEnv } from '../../../env/check-env.ts';
import { ResetNeeded } from '../../../env/errors.ts';
import { make, registered } from '../../../env/registry.ts';
import { unwrap } from '../../../env/wrappers/wrapper.ts';

const CJ = 'CarteaJaimungal-v0';

describe('analytic environments', () => {
  const variants: readonly Readonly<Record<string, unknown>>[] = [
    {},
    { midPrice: { process: 'brownian', increments: 'normal', drift: 1 } },
    { midPrice: { process: 'jump-diffusion' } },
    { midPrice: { process: 'ornstein-uhlenbeck' } },
    { midPrice: { process: 'heston' } },
    { arrivals: { process: 'hawkes' } },
    { arrivals: { probability: 'exact' } },
    { fills: { function: 'power' } },
    { reward: { kind: 'pnl' } },
    { reward: { kind: 'running-inventory-penalty' } },
    { reward: { kind: 'exponential-utility' } },
    {
      midPrice: { process: 'heston' },
      arrivals: { process: 'hawkes' },
      fills: { function: 'power' },
      reward: { kind: 'exponential-utility' },
    },
  ];
  for (const id of Object.keys(ANALYTIC_PRESETS)) {
    it(`${id} is registered and keeps the contract with every part`, () => {
      assert.ok(registered().includes(id));
      for (const options of variants) checkEnv(make(id, options));
    });
  }

  it('observes what the optimum can depend on, and nothing else', () => {
    const names = (options: Readonly<Record<string, unknown>>) =>
      (unwrap(make(CJ, options)) as AnalyticEnv).task.observationNames;
    assert.deepEqual(names({}), ['inventory', 'timeLeft']);
    assert.deepEqual(names({ midPrice: { process: 'ornstein-uhlenbeck' } }), [
      'inventory',
      'timeLeft',
      'mid',
    ]);
    assert.deepEqual(names({ midPrice: { process: 'heston' } }), ['inventory', 'timeLeft', 'variance']);
    assert.deepEqual(names({ arrivals: { process: 'hawkes' }, reward: { kind: 'exponential-utility' } }), [
      'inventory',
      'timeLeft',
      'bidIntensity',
      'askIntensity',
      'wealth',
    ]);
  });

  it('an action is a pair of distances on the action range', () => {
    const { task } = unwrap(make(CJ)) as AnalyticEnv;
    assert.equal(task.distance(-1), 0);
    assert.equal(task.distance(1), 3);
    assert.equal(task.action(task.distance(0.25)), 0.25);
    assert.equal(task.action(Number.POSITIVE_INFINITY), 1);
  });

  it('terminates at T, after duration ÷ timeStep steps', () => {
    const env = make(CJ, { timeStep: 0.1, arrivals: { rate: 10 } });
    env.reset({ seed: 3 });
    for (let step = 1; step <= 10; step++) {
      const { terminated, truncated } = env.step(new Float32Array(2));
      assert.equal(terminated, step === 10);
      assert.equal(truncated, false);
    }
  });

  it('rewards of an episode add up to its criterion', () => {
    const env = make(CJ, { reward: { kind: 'running-inventory-penalty', running: 0.5, terminal: 0.2 } });
    env.reset({ seed: 5 });
    let total = 0;
    let squares = 0;
    for (;;) {
      const { reward, terminated, info } = env.step(new Float32Array(2).fill(-0.5));
      const { inventory, wealth } = info as Record<string, number>;
      total += reward;
      squares += inventory ** 2;
      if (!terminated) continue;
      assert.ok(Math.abs(total - (wealth - 0.5 * 0.005 * squares - 0.2 * inventory ** 2)) < 1e-9);
      return;
    }
  });

  it('utility rewards add up to the utility of the final wealth', () => {
    const env = make('AvellanedaStoikov-v0');
    env.reset({ seed: 8 });
    for (let total = 0; ; ) {
      const { reward, terminated, info } = env.step(new Float32Array(2).fill(-0.2));
      total += reward;
      if (!terminated) continue;
      const wealth = (info as Record<string, number>).wealth;
      assert.ok(Math.abs(total - (1 - Math.exp(-0.1 * wealth)) / 0.1) < 1e-9);
      return;
    }
  });
});

describe('vector of analytic paths', () => {
  it('begins again on the step after the end, all paths together, with reward 0', () => {
    const env = makeAnalyticVector(CJ, 5, { timeStep: 0.1, arrivals: { rate: 10 } });
    assert.throws(() => env.step(new Float32Array(10)), ResetNeeded);
    env.reset([1, 2, 3, 4, 5]);
    for (let step = 1; step <= 10; step++) {
      assert.equal(env.step(new Float32Array(10)).terminated[4], step === 10 ? 1 : 0);
    }
    const { rewards, terminated, observations } = env.step(new Float32Array(10));
    assert.deepEqual([...rewards], [0, 0, 0, 0, 0]);
    assert.deepEqual([...terminated], [0, 0, 0, 0, 0]);
    assert.deepEqual([...observations.subarray(0, 2)], [0, 1]);
  });

  it('the same seeds give the same paths bit for bit, whatever ran before', () => {
    const env = makeAnalyticVector(CJ, 3);
    const run = () => {
      env.reset([7, 8, 9]);
      const seen: number[] = [];
      for (let i = 0; i < 50; i++) seen.push(...env.step(new Float32Array(6)).rewards);
      return seen;
    };
    assert.deepEqual(run(), run());
  });
});

describe('options of analytic environments', () => {
  const refused = (options: Readonly<Record<string, unknown>>, field: string, hint?: string) =>
    assert.throws(
      () => make(CJ, options),
      (error: unknown) =>
        error instanceof InputError && error.field === field && (hint === undefined || error.hint === hint),
      JSON.stringify(options),
    );

  it('an unknown part or parameter is told with the nearest', () => {
    refused({ midPrice: { process: 'hestn' } }, 'midPrice.process', 'Did you mean "heston"?');
    refused({ arrivals: { process: 'hawks' } }, 'arrivals.process', 'Did you mean "hawkes"?');
    refused({ fills: { function: 'powr' } }, 'fills.function', 'Did you mean "power"?');
    refused({ reward: { kind: 'pln' } }, 'reward.kind', 'Did you mean "pnl"?');
    refused({ midPrice: { volatilty: 2 } }, 'volatilty', 'Did you mean "volatility"?');
    refused({ arrivals: { probability: 'exct' } }, 'arrivals.probability', 'Did you mean "exact"?');
    refused({ midprice: {} }, 'midprice', 'Did you mean "midPrice"?');
  });

  it('impossible parameters are refused, naming the field', () => {
    refused({ reward: { kind: 'exponential-utility', riskAversion: 0 } }, 'reward.riskAversion');
    refused({ reward: { kind: 'exponential-utility', riskAversion: -1 } }, 'reward.riskAversion');
    refused({ fills: { decay: 0 } }, 'fills.decay');
    refused(
      { arrivals: { rate: 300 } },
      'arrivals.rate',
      "Take a timeStep of at most 0.0033333333333333335, or probability: 'exact'.",
    );
    refused({ arrivals: { rate: Number.NaN } }, 'arrivals.rate');
    refused({ arrivals: { process: 'hawkes', jump: 40, decay: 40 } }, 'arrivals.jump');
    refused({ midPrice: { process: 'heston', correlation: -1.5 } }, 'midPrice.correlation');
    refused({ midPrice: { process: 'jump-diffusion', jumpRate: 1e12 } }, 'midPrice.jumpRate');
    refused({ midPrice: 'brownian' }, 'midPrice');
    refused({ midPrice: [] }, 'midPrice');
    refused({ timeStep: 0.3 }, 'market.timeStep');
    refused({ timeStep: -1 }, 'market.timeStep');
    refused({ maxInventory: 0.5 }, 'market.maxInventory');
    refused({ minDistance: 3 }, 'maxDistance');
    refused({ seed: -1 }, 'seed');
    assert.throws(() => makeAnalyticVector(CJ, 0), InputError);
    assert.throws(() => makeAnalyticVector('CarteaJaimungl-v0', 1), InputError);
  });
});
