import type { Env } from '../env/env.ts';
import type { SAC } from './sac.ts';

export interface EpisodesEvaluation {
  /** Mean reward of an episode, its standard deviation over episodes, and mean length. */
  readonly meanReward: number;
  readonly deviation: number;
  readonly meanLength: number;
}

/**
 * Runs the policy without noise for whole episodes, seeded `seed`, `seed + 1`, …, in an environment of its own.
 * Touches nothing that training goes on from. `options` go to each reset.
 */
export async function evaluatePolicy(
  sac: SAC,
  env: Env,
  episodes: number,
  seed = 0,
  options?: Readonly<Record<string, unknown>>,
): Promise<EpisodesEvaluation> {
  const rewards: number[] = [];
  let steps = 0;
  for (let episode = 0; episode < episodes; episode++) {
    let { observation } = env.reset({ seed: seed + episode, options });
    let total = 0;
    for (let over = false; !over; steps++) {
      const result = env.step(await sac.predict(observation));
      observation = result.observation;
      total += result.reward;
      over = result.terminated || result.truncated;
    }
    rewards.push(total);
  }
  const meanReward = rewards.reduce((sum, reward) => sum + reward, 0) / episodes;
  const squares = rewards.reduce((sum, reward) => sum + (reward - meanReward) ** 2, 0);
  return {
    meanReward,
    deviation: episodes > 1 ? Math.sqrt(squares / (episodes - 1)) : 0,
    meanLength: steps / episodes,
  };
}
