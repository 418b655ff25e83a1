/**
 * Learning in MarketMaking-v0, an update a step, beside the updates alone and beside what peers reach in an environment
 * that costs them nothing: `npm run bench -- learning`.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEngine } from '../agents/sac/choose-engine.ts';
import { V15 } from '../agents/v15.ts';
import { RunningNormaliser } from '../env/normaliser.ts';
import { importCaptures } from '../market/import.ts';
import { simulateCapture } from '../market/simulated/capture.ts';
import { Learner } from '../training/learner.ts';
import '../env/market-making/registration.ts';
import { make } from '../env/registry.ts';
import { SAC } from '../training/sac.ts';
import { DEFAULT_SAC } from '../training/settings.ts';
import type { Bench, BenchContext, Figure } from './bench.ts';
import { type Contestant, rateOf, TurnTakingPeer, takeTurns } from './turns.ts';

/** Simulated market that the agent learns in; it begins anew at its end. */
const MARKET_SECONDS = 1800;
const WARM_UP = 1000;
/** Learning steps beside updates a second, %. */
const SHARE_GOAL = 90;

const PEERS = [
  { name: 'Stable-Baselines3', script: 'sac_sb3_learning.py' },
  { name: 'SBX', script: 'sac_sbx_learning.py' },
] as const;

async function marketTape(folder: string): Promise<string> {
  const [capture, tape] = [join(folder, 'market.gz'), join(folder, 'market.arrow')];
  await simulateCapture({ market: 'queue-reactive', seed: 1, durationSeconds: MARKET_SECONDS, out: capture });
  await importCaptures({ captures: [capture], out: tape });
  return tape;
}

/** An agent that goes on learning for some steps each turn. */
async function learning(
  name: string,
  tape: string,
  steps: number,
  options: { readonly threads: number; readonly learnerThread: boolean },
): Promise<Contestant & { readonly sac: SAC }> {
  const { threads, learnerThread } = options;
  const env = make('MarketMaking-v0', { tape, anchor: new V15() });
  const sac = new SAC(env, {
    seed: 1,
    training: { learningStarts: WARM_UP, bufferSize: 20_000, earlyStop: { window: 0, tolerance: 0 } },
    engine: { engine: 'onnx', threads },
    learnerThread,
  });
  await sac.learn({ totalTimesteps: WARM_UP + 100 });
  return {
    name,
    sac,
    turn: async () =>
      (await sac.learn({ totalTimesteps: sac.timesteps + steps })).stepsPerSecond ?? Number.NaN,
    close: () => {
      void sac.dispose();
      env.close();
    },
  };
}

/** The same updates with nothing between them. */
async function updating(name: string, sac: SAC, threads: number, turnMs: number): Promise<Contestant> {
  const { observationSize, actionSize } = sac.environments;
  const sizes = { observationSize, actionSize, targetEntropy: -actionSize, seed: 1 };
  const engine = await createEngine({ ...DEFAULT_SAC, ...sizes }, { engine: 'onnx', threads });
  const learner = new Learner(engine, RunningNormaliser.from(sac.normaliser.exportState()), 1);
  return {
    name,
    turn: () => rateOf(() => learner.update(sac.buffer), turnMs),
    close: () => engine.dispose(),
  };
}

async function* run(context: BenchContext): AsyncIterable<Figure> {
  const { threads, quick, python } = context;
  const folder = mkdtempSync(join(tmpdir(), 'makergym-'));
  const contestants: Contestant[] = [];
  try {
    const tape = await marketTape(folder);
    const steps = quick ? 60 : 250;
    const ours = await learning('learning', tape, steps, { threads, learnerThread: true });
    contestants.push(ours);
    contestants.push(await learning('in one thread', tape, steps, { threads, learnerThread: false }));
    contestants.push(await updating('updates', ours.sac, threads, quick ? 300 : 1000));
    const missing = new Map<string, string>();
    for (const { name, script } of PEERS) {
      context.log(`starting ${name}`);
      const peer = await TurnTakingPeer.start(name, python, script, threads, steps);
      if (typeof peer === 'string') missing.set(name, peer);
      else contestants.push(peer);
    }
    const rates = await takeTurns(contestants, quick ? 2 : 7);
    const rate = rates.get('learning') ?? Number.NaN;
    const updates = rates.get('updates') ?? Number.NaN;
    const what = `Learning in MarketMaking-v0, an update a step, batch 256, 2×256, ${threads} threads`;
    yield { what, ours: rate, unit: 'steps/s', note: `updates alone ${updates.toFixed(0)}/s` };
    yield {
      what: 'of the updates alone',
      ours: (100 * rate) / updates,
      unit: '%',
      goal: SHARE_GOAL,
      note: `with the learner in the environments' thread ${((100 * (rates.get('in one thread') ?? Number.NaN)) / updates).toFixed(0)} %`,
    };
    for (const { name } of PEERS) {
      const theirs = rates.get(name) ?? null;
      const note = 'theirs in an environment of random numbers';
      yield {
        what: 'Learning',
        ours: rate,
        unit: 'steps/s',
        peer: name,
        theirs,
        missing: missing.get(name),
        note,
      };
    }
  } finally {
    for (const contestant of contestants) contestant.close();
    rmSync(folder, { recursive: true });
  }
}

export const learningBench: Bench = {
  name: 'learning',
  describe: 'learning steps beside updates alone, and beside Stable-Baselines3 and SBX',
  run,
};
