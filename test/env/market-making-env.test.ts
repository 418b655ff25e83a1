import assert from 'node:assert/strict';
import { V15 } from '../../agents/v15.ts';
import { InputError } from '../../base/errors.ts';
import { stream } from '../../base/random.ts';
import { checkEnv } from '../../env/check-env.ts';
import type { StepResult } from '../../env/env.ts';
import { MarketMakingEnv, type MarketMakingOptions } from '../../env/market-making/environment.ts';
import { MidQuoter } from '../../env/market-making/mid-quoter.ts';
import { OBSERVATION_SIZE } from '../../env/market-making/observation.ts';
import {
  emptyQuote,
  type Quote,
  type Quoter,
  type QuoterContext,
  type QuoterView,
} from '../../env/quoter.ts';
import { DEFAULT_LANE, DEFAULT_MARKET_MAKING, type MarketMakingSettings } from '../../env/settings.ts';
import { TapeReplay } from '../../market/replay.ts';
import type { Tape } from '../../market/tape/rows.ts';
import { DEFAULT_SAFETY } from '../../safety/limits.ts';
import { SafetyLayer } from '../../safety/safety-layer.ts';
import { SYNTHETIC_INSTRUMENT, SYNTHETIC_START, syntheticTape } from '../support/synthetic-tape.ts';

const EPISODE_SECONDS = 20;
const STEPS = EPISODE_SECONDS * 10;

const SETTINGS: MarketMakingSettings = {
  ...DEFAULT_MARKET_MAKING,
  anchor: 'mid',
  episodeSeconds: EPISODE_SECONDS,
  warmupSeconds: 10,
};

const PARTS = ['reward/pnl', 'reward/inventory', 'reward/cancel', 'reward/latency'];

let tape: Tape;

function environment(options: Partial<MarketMakingOptions> = {}): MarketMakingEnv {
  return new MarketMakingEnv({ replay: [tape], marketMaking: SETTINGS, ...options });
}

function randomAction(generator: ReturnType<typeof stream>, env: MarketMakingEnv): Float32Array {
  return env.actionSpace.sample(generator);
}

/** A whole episode with seeded random actions; `around` runs between the steps. */
function episode(
  env: MarketMakingEnv,
  seed: number,
  around = (): void => undefined,
): readonly StepResult<Float32Array>[] {
  const generator = stream(seed, 'test/actions');
  env.reset({ seed });
  const steps: StepResult<Float32Array>[] = [];
  while (steps.at(-1)?.truncated !== true) {
    around();
    steps.push(env.step(randomAction(generator, env)));
  }
  return steps;
}

const numbers = (steps: readonly StepResult<Float32Array>[], key: string): readonly number[] =>
  steps.map(({ info }) => info[key] as number);

describe('MarketMaking-v0', () => {
  before(() => {
    tape = syntheticTape(1, 150);
  });

  it('keeps the contract of an environment', () => {
    checkEnv(environment(), { steps: 250 });
  });

  it('has episodes of the set length on the decision grid, truncated and never terminated', () => {
    const env = environment();
    const { info } = env.reset({ seed: 3 });
    assert.equal((info.start as number) % 100_000, 0);
    assert.equal((info.end as number) - (info.start as number), EPISODE_SECONDS * 1e6);
    assert.ok((info.start as number) >= SYNTHETIC_START + 10e6);
    const steps = episode(env, 3);
    assert.equal(steps.length, STEPS);
    assert.ok(steps.every(({ terminated }) => !terminated));
    assert.equal(steps.at(-1)?.info.time, info.end);
  });

  it('draws starts from all over the tape, and takes the one that is asked for', () => {
    const env = environment();
    const starts = Array.from({ length: 40 }, (_, seed) => env.reset({ seed }).info.start as number);
    const span = 120e6;
    assert.ok(Math.max(...starts) - Math.min(...starts) > 0.75 * span);
    const start = SYNTHETIC_START + 30e6;
    assert.equal(env.reset({ options: { start } }).info.start, start);
    assert.throws(() => env.reset({ options: { start: SYNTHETIC_START } }), InputError);
    assert.throws(
      () => env.reset({ options: { begin: start } }),
      (error) => error instanceof InputError && error.field === 'begin',
    );
  });

  it('gives the same episode for the same seed, whatever ran before or beside it', () => {
    const alone = episode(environment(), 5);
    const used = environment();
    episode(used, 8);
    used.reset({ seed: 9 });
    used.step(new Float32Array(3));
    assert.deepEqual(episode(used, 5), alone);

    // Two environments on one tape, step by step in turn.
    const other = environment();
    other.reset({ seed: 6 });
    let count = 0;
    const beside = episode(environment(), 5, () => {
      if (++count < STEPS) other.step(Float32Array.of(1, -1, 1));
    });
    assert.deepEqual(beside, alone);
    assert.notDeepEqual(episode(environment(), 6), alone);
  });

  it('trades, and its reward parts sum to the reward', () => {
    const steps = episode(environment(), 1);
    assert.ok(numbers(steps, 'fills').reduce((a, b) => a + b) > 0);
    for (const { reward, info } of steps) {
      const sum = PARTS.reduce((total, key) => total + (info[key] as number), 0);
      assert.ok(Math.abs(sum - reward) < 1e-12);
    }
  });

  it('pays out PnL that sums to the equity at the end, the position flattened at its cost', () => {
    const env = environment({ lane: { ...DEFAULT_LANE, lot: 2 } });
    for (const seed of [1, 2, 3]) {
      const steps = episode(env, seed);
      const last = steps[steps.length - 1];
      const scale = 2 * SYNTHETIC_INSTRUMENT.tickSize;
      const pnl = numbers(steps, 'reward/pnl').reduce((a, b) => a + b) * scale;
      assert.ok(Math.abs(pnl - (last.info.equity as number)) < 1e-9);
      assert.equal(last.info.inventory, 0);
    }
  });

  it('charges for the flattening', () => {
    // The same episode with and without a taker fee differs in the last step alone, where the position is taken off.
    const [free, taxed] = [0, 100].map((takerBps) =>
      episode(environment({ lane: { ...DEFAULT_LANE, fees: { makerBps: 0, takerBps } } }), 2),
    );
    const before = numbers(free, 'inventory').at(-2) as number;
    assert.notEqual(before, 0);
    for (let i = 0; i < STEPS - 1; i++) assert.equal(free[i].reward, taxed[i].reward);
    assert.ok(taxed[STEPS - 1].reward < free[STEPS - 1].reward);
  });

  it('quotes as its anchor at action 0', () => {
    // What reaches the market is written down behind the safety layer's place.
    const record = (quotes: Quote[]) => (inner: Quoter) => new Recorder(inner, quotes);
    const decisions = (act: Float32Array, anchor: Quoter): readonly Quote[] => {
      const quotes: Quote[] = [];
      const env = environment({ anchor, protect: record(quotes) });
      env.reset({ seed: 4 });
      while (!env.step(act).truncated);
      return quotes;
    };
    const zero = decisions(new Float32Array(3), new V15());
    const anchor: Quote[] = [];
    const env = environment({ anchor: new Recorder(new V15(), anchor) });
    env.reset({ seed: 4 });
    while (!env.step(new Float32Array(3)).truncated);
    assert.equal(zero.length, STEPS);
    assert.deepEqual(zero.map(prices), anchor.map(prices));
    assert.notDeepEqual(decisions(Float32Array.of(1, 0.5, 1), new V15()).map(prices), anchor.map(prices));
  });

  it('tells what the safety layer made of the action, and counts its interventions by step', () => {
    const protect = (inner: Quoter): Quoter => new SafetyLayer(inner, DEFAULT_SAFETY, null);
    const env = environment({ anchor: new V15(), protect });
    env.reset({ seed: 1 });
    const first = env.step(Float32Array.of(1, 0, 0));
    // |Δc| ≤ 3 ticks and at most 2 ticks a decision: of 5 ticks asked for, 2 at first, then 3.
    assert.equal((first.info.executedAction as Float32Array)[0], Math.fround(0.4));
    assert.equal(first.info['safety/offset'], 1);
    assert.equal(first.info['safety/offsetStep'], 1);
    const second = env.step(Float32Array.of(1, 0, 0));
    assert.equal((second.info.executedAction as Float32Array)[0], Math.fround(0.6));
    assert.equal(second.info['safety/offsetStep'], 0);
  });

  it('keeps to the curriculum without changing the meaning of actions', () => {
    const env = environment();
    env.allowedShiftTicks = 2;
    env.reset({ seed: 1 });
    const { info } = env.step(Float32Array.of(1, 0, 0));
    assert.equal((info.executedAction as Float32Array)[0], Math.fround(0.4));
  });

  it('sees the close coming in the last minute', () => {
    const env = environment();
    const at = env.observationNames.indexOf('timeToClose');
    const { observation } = env.reset({ seed: 1 });
    assert.ok(Math.abs(observation[at] - EPISODE_SECONDS / 60) < 1e-6);
    assert.equal(observation.length, OBSERVATION_SIZE);
    assert.equal(episode(env, 1).at(-1)?.observation[at], 0);
  });

  it('refuses a tape too short for warm-up and episode, and says how long it has to be', () => {
    const marketMaking = { ...SETTINGS, episodeSeconds: 300 };
    assert.throws(
      () => environment({ marketMaking }),
      (error) =>
        error instanceof InputError && error.code === 'tape-too-short' && /310\.\d s/.test(error.message),
    );
  });

  it('names the anchors there are for one that nobody registered', () => {
    const unknown = { ...SETTINGS, anchor: 'v2' } as unknown as MarketMakingSettings;
    assert.throws(
      () => environment({ marketMaking: unknown }),
      (error) => error instanceof InputError && error.field === 'anchor',
    );
  });

  it('rides on a replay that is given to it', () => {
    const replay = new TapeReplay([tape], { warmupSeconds: SETTINGS.warmupSeconds });
    const env = environment({ replay, anchor: new MidQuoter() });
    assert.deepEqual(episode(env, 5), episode(environment(), 5));
  });
});

/** Writes down each decision of the quoter inside. */
class Recorder implements Quoter {
  readonly name = 'recorder';
  readonly #inner: Quoter;
  readonly #quotes: Quote[];

  constructor(inner: Quoter, quotes: Quote[]) {
    this.#inner = inner;
    this.#quotes = quotes;
  }

  reset(context: QuoterContext): void {
    this.#inner.reset(context);
  }

  quote(view: QuoterView, out: Quote): void {
    this.#inner.quote(view, out);
    this.#quotes.push({ ...emptyQuote(), ...out });
  }
}

function prices({ bid, ask, bidQuantity, askQuantity, refreshBid, refreshAsk }: Quote): readonly number[] {
  return [bid, ask, bidQuantity, askQuantity, refreshBid, refreshAsk];
}
