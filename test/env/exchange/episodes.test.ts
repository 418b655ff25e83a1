import assert from 'node:assert/strict';
import { stream } from '../../../base/random.ts';
import { BasisPointFees } from '../../../env/exchange/fees.ts';
import { MarketMakingEnv } from '../../../env/market-making/environment.ts';
import { MidQuoter } from '../../../env/market-making/mid-quoter.ts';
import { MarketMakingVectorEnv } from '../../../env/market-making/vector-environment.ts';
import { DEFAULT_LANE, DEFAULT_MARKET_MAKING, type LaneSettings } from '../../../env/settings.ts';
import { syntheticTape } from '../../support/synthetic-tape.ts';

const latency = DEFAULT_LANE.latency;
/** Lanes with a chance or a memory of their own. */
const LANES: Readonly<Record<string, LaneSettings>> = {
  'log-normal latency': {
    ...DEFAULT_LANE,
    latency: { ...latency, model: 'log-normal', entryMs: 40, sigma: 1, feedMs: 20 },
  },
  'spiky latency': {
    ...DEFAULT_LANE,
    latency: { ...latency, model: 'spikes', jitterMs: 30, spikeProbability: 0.3, spikeMs: 300 },
  },
  'latency of the tape': { ...DEFAULT_LANE, latency: { ...latency, model: 'tape', scale: 3 } },
  'fees by volume, impact, pro-rata, orders that take': {
    ...DEFAULT_LANE,
    queue: { model: 'pro-rata', exponent: 2, fifoShare: 0.4 },
    fees: { ...DEFAULT_LANE.fees, model: 'binance-usdm', startingVolume: 14_999_900 },
    timeInForce: 'gtc',
    impact: { share: 1, decayMs: 2000 },
  },
};

describe('episodes on an exchange with chance and memory', () => {
  const tape = syntheticTape(4, 60);
  const marketMaking = {
    ...DEFAULT_MARKET_MAKING,
    anchor: 'mid',
    episodeSeconds: 10,
    warmupSeconds: 5,
  } as const;
  const single = (lane: LaneSettings) => new MarketMakingEnv({ replay: [tape], lane, marketMaking });

  function episode(env: MarketMakingEnv, seed: number, start?: unknown) {
    const actions = stream(seed, 'test/actions');
    const begun = env.reset({ seed, options: start === undefined ? {} : { start } });
    const steps = [];
    for (let over = false; !over; ) {
      const action = env.actionSpace.sample(actions);
      const step = env.step(action);
      steps.push(step);
      over = step.truncated;
    }
    return { begun, steps };
  }

  for (const [name, lane] of Object.entries(LANES)) {
    it(`${name}: the same seed gives the same episode bit for bit, whatever ran before`, () => {
      const alone = episode(single(lane), 5);
      const used = single(lane);
      episode(used, 8);
      used.reset({ seed: 9 });
      used.step(new Float32Array(3));
      assert.deepEqual(episode(used, 5), alone);
      assert.notDeepEqual(episode(used, 6), alone);
    });

    it(`${name}: agents of a vector environment go as they would alone`, () => {
      const seeds = [21, 22, 23];
      const env = new MarketMakingVectorEnv({
        replay: [tape],
        lane,
        marketMaking,
        count: seeds.length,
        anchor: () => new MidQuoter(),
      });
      const { infos } = env.reset(seeds);
      const alone = seeds.map((seed) => episode(single(lane), seed, infos[0].start));
      const actions = seeds.map((seed) => stream(seed, 'test/actions'));
      const space = single(lane).actionSpace;
      for (let index = 0, over = false; !over; index++) {
        const all = Float32Array.from(actions.flatMap((generator) => [...space.sample(generator)]));
        const step = env.step(all);
        for (const [i, { steps }] of alone.entries()) {
          assert.equal(step.rewards[i], steps[index].reward);
          assert.deepEqual(step.infos[i], steps[index].info);
        }
        over = step.truncated[0] === 1;
      }
    });
  }

  it('models given in code are made anew for each episode', () => {
    let made = 0;
    const env = new MarketMakingEnv({
      replay: [tape],
      marketMaking,
      models: () => {
        made++;
        return { fees: new BasisPointFees(7, 7) };
      },
    });
    const dear = episode(env, 1);
    episode(env, 2);
    assert.equal(made, 2);
    const cheap = episode(single({ ...DEFAULT_LANE, fees: { makerBps: 0, takerBps: 0 } }), 1);
    const equity = ({ steps }: typeof dear) => steps[steps.length - 1].info.equity as number;
    assert.ok(equity(dear) < equity(cheap));
  });
});
