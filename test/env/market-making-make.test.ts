import assert from 'node:assert/strict';
import { InputError } from '../../base/errors.ts';
import { EnvClosed } from '../../env/errors.ts';
import { registerAnchor } from '../../env/market-making/anchors.ts';
import { MarketMakingEnv } from '../../env/market-making/environment.ts';
import { MidQuoter } from '../../env/market-making/mid-quoter.ts';
import '../../env/market-making/registration.ts';
import { make, registered } from '../../env/registry.ts';
import { unwrap } from '../../env/wrappers/wrapper.ts';
import { syntheticTape } from '../support/synthetic-tape.ts';

const refused = (options: Record<string, unknown>, field: string, hint = /./): void =>
  assert.throws(
    () => make('MarketMaking-v0', options),
    (error) => error instanceof InputError && error.field === field && hint.test(error.hint ?? 'none'),
  );

describe("make('MarketMaking-v0')", () => {
  const tapes = [syntheticTape(1, 60)];
  const marketMaking = { anchor: 'mid', episodeSeconds: 5, warmupSeconds: 1 } as const;

  it('makes the environment from settings in part', () => {
    assert.ok(registered().includes('MarketMaking-v0'));
    const env = make('MarketMaking-v0', { tapes, marketMaking, lane: { latency: { entryMs: 25 } } });
    assert.ok(unwrap(env) instanceof MarketMakingEnv);
    env.reset({ seed: 1 });
    let steps = 1;
    while (!env.step(new Float32Array(3)).truncated) steps++;
    assert.equal(steps, 50);
    env.close();
    assert.throws(() => env.reset(), EnvClosed);
  });

  it('truncates earlier where asked to', () => {
    const env = make('MarketMaking-v0', { tapes, marketMaking, maxEpisodeSteps: 7 });
    env.reset({ seed: 1 });
    let steps = 1;
    while (!env.step(new Float32Array(3)).truncated) steps++;
    assert.equal(steps, 7);
  });

  it('refuses what it cannot use, naming the option and the nearest one there is', () => {
    refused({ tapes, marketMakng: {} }, 'marketMakng', /"marketMaking"/);
    refused({ tapes, lane: { fees: { makerBp: 1 } } }, 'lane.fees.makerBp', /"lane.fees.makerBps"/);
    refused({ tapes, marketMaking: { ...marketMaking, episodeSeconds: -1 } }, 'marketMaking.episodeSeconds');
    refused(
      { tapes, marketMaking: { ...marketMaking, centreShiftTicks: Number.NaN } },
      'marketMaking.centreShiftTicks',
    );
    refused({ tapes, marketMaking: 'mid' }, 'marketMaking');
    refused({ marketMaking }, 'tape');
    refused({ tapes, tape: 'day.arrow', marketMaking }, 'tape');
    refused({ tape: 3, marketMaking }, 'tape');
    refused({ tapes, marketMaking, anchor: 'mid' }, 'anchor');
    refused({ tapes, marketMaking, seed: -1 }, 'seed');
    refused({ tapes, marketMaking, start: 'yesterday' }, 'start');
  });

  it('finds an anchor by the name it was registered under', () => {
    registerAnchor('v1', () => new MidQuoter());
    const env = make('MarketMaking-v0', { tapes, marketMaking: { ...marketMaking, anchor: 'v1' } });
    env.reset({ seed: 1 });
    env.close();
  });
});
