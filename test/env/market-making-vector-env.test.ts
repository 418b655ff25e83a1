import assert from 'node:assert/strict';
import { V15 } from '../../agents/v15.ts';
import { InputError } from '../../base/errors.ts';
import { stream } from '../../base/random.ts';
import { EnvClosed, InvalidAction, ResetNeeded } from '../../env/errors.ts';
import { MarketMakingEnv } from '../../env/market-making/environment.ts';
import { OBSERVATION_SIZE } from '../../env/market-making/observation.ts';
import { MarketMakingVectorEnv } from '../../env/market-making/vector-environment.ts';
import type { Quoter } from '../../env/quoter.ts';
import { DEFAULT_MARKET_MAKING, type MarketMakingSettings } from '../../env/settings.ts';
import type { Tape } from '../../market/tape/rows.ts';
import { DEFAULT_SAFETY } from '../../safety/limits.ts';
import { SafetyLayer } from '../../safety/safety-layer.ts';
import { syntheticTape } from '../support/synthetic-tape.ts';

const COUNT = 3;
const SETTINGS: MarketMakingSettings = {
  ...DEFAULT_MARKET_MAKING,
  anchor: 'mid',
  episodeSeconds: 15,
  warmupSeconds: 10,
};

const protect = (inner: Quoter): Quoter => new SafetyLayer(inner, DEFAULT_SAFETY, null);

let tape: Tape;

function vector(): MarketMakingVectorEnv {
  const anchor = (): Quoter => new V15();
  return new MarketMakingVectorEnv({ replay: [tape], marketMaking: SETTINGS, count: COUNT, anchor, protect });
}

describe('MarketMaking-v0, vector', () => {
  before(() => {
    tape = syntheticTape(2, 90);
  });

  it('takes each agent through the episode that it would have alone, bit for bit', () => {
    const env = vector();
    const seeds = [11, 12, 13];
    const { infos, observations } = env.reset(seeds);
    const options = { start: infos[0].start };
    const alone = seeds.map((seed) => {
      const single = new MarketMakingEnv({
        replay: [tape],
        marketMaking: SETTINGS,
        anchor: new V15(),
        protect,
      });
      return { single, observation: single.reset({ seed, options }).observation };
    });
    const row = (i: number, from = observations): Float32Array =>
      from.slice(i * OBSERVATION_SIZE, (i + 1) * OBSERVATION_SIZE);
    for (const [i, { observation }] of alone.entries()) assert.deepEqual(row(i), observation);

    const generator = stream(1, 'test/actions');
    let fills = 0;
    for (let over = false; !over; ) {
      const actions = Float32Array.from({ length: 3 * COUNT }, () => 2 * generator.uniform() - 1);
      const step = env.step(actions);
      for (const [i, { single }] of alone.entries()) {
        const result = single.step(actions.slice(3 * i, 3 * i + 3));
        assert.deepEqual(row(i, step.observations), result.observation);
        assert.equal(step.rewards[i], result.reward);
        assert.equal(step.truncated[i], Number(result.truncated));
        assert.deepEqual(step.infos[i], result.info);
        fills += result.info.fills as number;
      }
      over = step.truncated[0] === 1;
    }
    assert.ok(fills > 0);
  });

  it('replays the market once for all agents', () => {
    const env = vector();
    const single = new MarketMakingEnv({ replay: [tape], marketMaking: SETTINGS });
    const { infos } = env.reset([1, 2, 3]);
    single.reset({ seed: 1, options: { start: infos[0].start } });
    assert.equal(env.rows, single.rows);
  });

  it('begins the next episode in the step after the end, with reward 0', () => {
    const env = vector();
    env.reset([1, 2, 3]);
    const zero = new Float32Array(3 * COUNT);
    let steps = 0;
    for (let over = false; !over; steps++) over = env.step(zero).truncated[0] === 1;
    assert.equal(steps, 150);
    const next = env.step(zero);
    assert.deepEqual([...next.rewards], [0, 0, 0]);
    assert.deepEqual([...next.truncated], [0, 0, 0]);
    assert.ok(next.infos.every(({ inventory, start }) => inventory === 0 && start === next.infos[0].start));
    assert.deepEqual([...env.step(zero).terminated], [0, 0, 0]);
  });

  it('raises typed errors for calls out of order and wrong actions', () => {
    const env = vector();
    assert.throws(() => env.step(new Float32Array(9)), ResetNeeded);
    assert.throws(() => env.reset([1]), InputError);
    env.reset([1, 2, 3]);
    assert.throws(() => env.step(new Float32Array(3)), InvalidAction);
    assert.throws(() => env.step(new Float32Array(9).fill(2)), InvalidAction);
    env.close();
    assert.throws(() => env.reset(), EnvClosed);
    assert.throws(() => new MarketMakingVectorEnv({ replay: [tape], count: 0 }), InputError);
  });
});
