import type { AnalyticMarket } from '../../env/analytic/market.ts';
import type { MarketAgent } from './market-agents.ts';

/** Mean and standard deviation of a quantity over episodes, each with its standard error. */
export interface Moments {
  readonly mean: number;
  readonly deviation: number;
  readonly meanError: number;
  /** By the fourth moment, as tails matter for it: √((m₄ − s⁴)/(4s²n)). */
  readonly deviationError: number;
}

export interface Played {
  readonly episodes: number;
  /** Final cash + inventory · mid, less that of the start. */
  readonly profit: Moments;
  readonly inventory: Moments;
  /** Sum of the episode's rewards. */
  readonly reward: Moments;
}

/**
 * Plays an agent for at least `episodes` episodes, all paths of the market at once. `onRound` is told how many are done.
 */
export function play(
  market: AnalyticMarket,
  agent: MarketAgent,
  episodes: number,
  onRound?: (done: number) => void,
): Played {
  const { paths } = market;
  const rounds = Math.max(1, Math.ceil(episodes / paths));
  const profit = new Float64Array(rounds * paths);
  const inventory = new Float64Array(rounds * paths);
  const reward = new Float64Array(rounds * paths);
  const rewards = new Float64Array(paths);
  for (let round = 0; round < rounds; round++) {
    market.begin();
    const from = round * paths;
    while (!market.ended) {
      agent.quote(market);
      market.step();
      market.rewards(rewards);
      for (let j = 0; j < paths; j++) {
        profit[from + j] += market.gain[j];
        reward[from + j] += rewards[j];
      }
    }
    inventory.set(market.inventory.subarray(0, paths), from);
    onRound?.(from + paths);
  }
  return {
    episodes: rounds * paths,
    profit: moments(profit),
    inventory: moments(inventory),
    reward: moments(reward),
  };
}

export function moments(sample: Float64Array): Moments {
  const n = sample.length;
  const mean = sample.reduce((sum, x) => sum + x, 0) / n;
  let second = 0;
  let fourth = 0;
  for (const x of sample) {
    const square = (x - mean) ** 2;
    second += square;
    fourth += square * square;
  }
  const variance = second / n;
  const deviation = Math.sqrt(variance);
  return {
    mean,
    deviation,
    meanError: deviation / Math.sqrt(n),
    deviationError: deviation > 0 ? Math.sqrt((fourth / n - variance ** 2) / (4 * variance * n)) : 0,
  };
}
