import '../../agents/anchors.ts';
import { moments } from '../../agents/optimal/play.ts';
import { carteaJaimungal } from '../../agents/optimal/value-function.ts';
import '../../env/market-making/registration.ts';
import { ANALYTIC_PRESETS, makeAnalyticVector } from '../../env/analytic/registration.ts';
import type { AnalyticVectorEnv } from '../../env/analytic/vector-environment.ts';
import type { Env } from '../../env/env.ts';
import { type EnvOptions, make } from '../../env/registry.ts';
import { evaluatePolicy } from '../../training/evaluate-policy.ts';
import type { SAC } from '../../training/sac.ts';
import type { OpenTask, TrainingTask } from './task.ts';

/** Episodes of an evaluation: of the analytic markets, which run side by side, and of any other environment. */
const PATHS = 400;
const EPISODES = 20;

/**
 * Training in a registered environment. The score is the mean reward of an episode without noise, on the same seeded
 * episodes at each evaluation. Throws an InputError for an unknown id or option.
 */
export function registeredTask(id: string, options: EnvOptions, seed: number): TrainingTask {
  // Made once to check id and options before anything is written.
  make(id, options).close();
  const analytic = Object.hasOwn(ANALYTIC_PRESETS, id);
  return {
    lines: [`Training in   ${id}`],
    record: { env: id, envOptions: options },
    open: (agents) =>
      analytic ? openAnalytic(id, options, agents, seed) : openAny(id, options, agents, seed),
  };
}

function openAny(id: string, options: EnvOptions, agents: number, seed: number): OpenTask {
  const env: readonly Env[] = Array.from({ length: agents }, () => make(id, options));
  const apart: Env = make(id, options);
  return {
    env,
    evaluate: async (sac) => {
      const { meanReward, deviation, meanLength } = await evaluatePolicy(sac, apart, EPISODES, seed);
      return { score: meanReward, metrics: { reward_std: deviation, length: meanLength } };
    },
    close: () => {
      for (const each of [...env, apart]) each.close();
    },
  };
}

function openAnalytic(id: string, options: EnvOptions, agents: number, seed: number): OpenTask {
  const env = makeAnalyticVector(id, agents, options);
  const apart = makeAnalyticVector(id, PATHS, options);
  const seeds = Array.from({ length: PATHS }, (_, i) => seed + i);
  const optimum = optimumOf(apart);
  return {
    env,
    evaluate: async (sac) => {
      const { mean, meanError } = moments(await episodeRewards(sac, apart, seeds));
      const metrics: Record<string, number> = { standard_error: meanError };
      if (optimum !== undefined) metrics.share_of_optimum = mean / optimum;
      return { score: mean, metrics };
    },
    close: () => {
      env.close();
      apart.close();
    },
  };
}

/** The sum of rewards of one episode of each path, the policy acting without noise. */
export async function episodeRewards(
  sac: SAC,
  env: AnalyticVectorEnv,
  seeds?: readonly number[],
): Promise<Float64Array> {
  const { count } = env;
  let { observations } = env.reset(seeds);
  const actions = new Float32Array(2 * count);
  const total = new Float64Array(count);
  while (!env.market.ended) {
    await sac.act(observations, count, null, actions);
    const step = env.step(actions);
    observations = step.observations;
    for (let i = 0; i < count; i++) total[i] += step.rewards[i];
  }
  return total;
}

/**
 * The exact value of the market in continuous time, from no inventory, where it is known: Poisson arrivals, exponential
 * fills, a mid without drift and a penalty on inventory, and where it takes no minutes. Not trading is worth 0.
 */
export function optimumOf(env: AnalyticVectorEnv): number | undefined {
  const { midPrice, arrivals, fills, reward, duration, maxInventory } = env.market.checked;
  const penalty = reward.name === 'running-inventory-penalty';
  const martingale =
    midPrice.name === 'brownian' ? midPrice.settings.drift === 0 : midPrice.name === 'heston';
  if (!penalty || !martingale || arrivals.name !== 'poisson' || fills.name !== 'exponential')
    return undefined;
  const decay = fills.settings.decay as number;
  const rate = arrivals.settings.rate as number;
  const running = reward.settings.running as number;
  const lots = Math.min(maxInventory, reachedLots(rate, duration));
  // What the exponential takes: its norm times the duration, for each lot.
  if ((decay * running * lots * lots + rate) * duration * lots > AFFORDABLE) return undefined;
  const terminal = reward.settings.terminal as number;
  return carteaJaimungal({ decay, rate, running, terminal, maxInventory: lots, duration }).value(0, 0);
}

/** About ten seconds of work on the exact value; more than that nobody waits for before a training. */
const AFFORDABLE = 2e9;

/**
 * Lots beyond which the value from no inventory is the same to the last digit: both sides together fill by optimal
 * quotes at a rate of 2λ/e, and a path of n fills weighs (2λT/e)ⁿ/n!, which 4λT and some more leave below 2⁻⁶⁰.
 */
function reachedLots(rate: number, duration: number): number {
  return Math.ceil(4 * rate * duration) + 60;
}
