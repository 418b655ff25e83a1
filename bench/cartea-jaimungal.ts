/**
 * What share of the exact optimum SAC reaches in CarteaJaimungal-v0:
 * `npx tsx bench/cartea-jaimungal.ts [timesteps] [seeds] [φ] [σ]`. Prints the share for each seed, mean and
 * standard error over seeds, variance critic off and on, beside what simple quotes reach.
 *
 * Share = mean reward of an episode ÷ h(0, 0), the optimum in continuous time; not trading is worth 0. In steps of 0.005
 * the optimum is a little higher, so that 100 % can be passed.
 */

import { DiscreteOptimum } from '../agents/optimal/discrete-optimum.ts';
import { OptimalStrategy, SymmetricStrategy } from '../agents/optimal/market-agents.ts';
import { moments, play } from '../agents/optimal/play.ts';
import { carteaJaimungal } from '../agents/optimal/value-function.ts';
import { stream } from '../base/random.ts';
import { episodeRewards } from '../cli/training/registered-task.ts';
import { AnalyticMarket } from '../env/analytic/market.ts';
import { makeAnalyticVector } from '../env/analytic/registration.ts';
import { CARTEA_JAIMUNGAL_MARKET } from '../env/analytic/settings.ts';
import { SAC } from '../training/sac.ts';

const ID = 'CarteaJaimungal-v0';
const timesteps = Number(process.argv[2] ?? 400_000);
const seeds = Number(process.argv[3] ?? 5);
const running = Number(process.argv[4] ?? 0.01);
/** σ moves no optimum, as the mid is a martingale: it is the noise that learning has to see through. */
const volatility = Number(process.argv[5] ?? 2);
const terminal = 0.001;
const EVALUATION_PATHS = 10_000;

const options = { reward: { running, terminal }, midPrice: { volatility } };
const settings = {
  ...CARTEA_JAIMUNGAL_MARKET,
  midPrice: { process: 'brownian', volatility },
  reward: { kind: 'running-inventory-penalty', running, terminal },
};
const problem = { decay: 1.5, rate: 140, running, terminal, maxInventory: 100, duration: 1, steps: 200 };
const solution = carteaJaimungal(problem);
const optimum = solution.value(0, 0);
const percent = (share: number) => `${(100 * share).toFixed(2)} %`;

const discrete = new DiscreteOptimum({
  probability: 0.7,
  decay: 1.5,
  runningPerStep: running * 0.005,
  terminal,
  maxInventory: 100,
  steps: 200,
});
console.log(`σ = ${volatility}, φ = ${running}, α = ${terminal}: h(0, 0) = ${optimum.toFixed(4)}`);
console.log(`optimum in steps of 0.005: ${percent(discrete.value / optimum)}`);
for (const [name, agent] of [
  ['closed form', OptimalStrategy.of(solution)],
  ['always 1/κ on both sides', new SymmetricStrategy(1 / 1.5)],
] as const) {
  const market = new AnalyticMarket(settings, 1000, stream(1, 'bench'));
  const { reward } = play(market, agent, 100_000);
  console.log(`${name}: ${percent(reward.mean / optimum)} ± ${percent(reward.meanError / optimum)}`);
}

/** Settings of a run: small networks suffice for two features, and a short discount for a small penalty. */
const SETTINGS = {
  hidden: [32, 32],
  batchSize: 256,
  learningRate: 1e-3,
  discount: 0.9,
  initialTemperature: 0.1,
} as const;
const VARIANTS = [
  ['variance critic off', { varianceWeight: 0, kappaMax: 0 }],
  ['variance critic on, κ up to 0.5', { varianceWeight: 0.1, kappaMax: 0.5 }],
] as const;

const evaluation = makeAnalyticVector(ID, EVALUATION_PATHS, options);
const evaluationSeeds = Array.from({ length: EVALUATION_PATHS }, (_, i) => 1_000_000 + i);
for (const [name, variant] of VARIANTS) {
  const shares: number[] = [];
  for (let seed = 0; seed < seeds; seed++) {
    const sac = new SAC(makeAnalyticVector(ID, 128, options), {
      seed,
      sac: { ...SETTINGS, ...variant },
      training: {
        bufferSize: 500_000,
        learningStarts: 1600,
        updatesPerStep: 0.016,
        earlyStop: { window: 0, tolerance: 0 },
      },
      engine: { engine: process.env.ENGINE },
    });
    const { updates, updatesPerSecond } = await sac.learn({ totalTimesteps: timesteps });
    const { mean, meanError } = moments(await episodeRewards(sac, evaluation, evaluationSeeds));
    shares.push(mean / optimum);
    const engine = await sac.engine();
    console.log(
      `  ${name}, seed ${seed}: ${percent(mean / optimum)} ± ${percent(meanError / optimum)} ` +
        `(${updates} updates, ${updatesPerSecond?.toFixed(0)}/s, ${engine})`,
    );
    await sac.dispose();
  }
  const { mean, deviation } = moments(Float64Array.from(shares));
  const error = deviation / Math.sqrt(Math.max(1, seeds - 1));
  console.log(`${name}: ${percent(mean)} ± ${percent(error)} over ${seeds} seeds`);
}
