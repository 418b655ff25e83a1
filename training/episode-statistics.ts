/** Episodes that the rolling means are taken over, as in Stable-Baselines3. */
const EPISODES = 100;

export interface EpisodeStatisticsState {
  readonly rewards: readonly number[];
  readonly lengths: readonly number[];
  readonly recent: readonly Episode[];
  readonly episodes: number;
}

/** A finished episode: its summed reward (as the environment gave it) and its steps. */
export interface Episode {
  readonly reward: number;
  readonly length: number;
}

/** Reward and length of the episodes under way, and means over the last hundred that ended. */
export class EpisodeStatistics {
  readonly #rewards: Float64Array;
  readonly #lengths: Float64Array;
  #recent: Episode[] = [];
  #episodes = 0;

  constructor(environments: number) {
    this.#rewards = new Float64Array(environments);
    this.#lengths = new Float64Array(environments);
  }

  /** Episodes finished since training began. */
  get episodes(): number {
    return this.#episodes;
  }

  /** Mean reward and length of the last hundred episodes; NaN before the first ended. */
  get meanReward(): number {
    return this.#recent.reduce((sum, { reward }) => sum + reward, 0) / this.#recent.length;
  }

  get meanLength(): number {
    return this.#recent.reduce((sum, { length }) => sum + length, 0) / this.#recent.length;
  }

  /** Adds a step of one environment; returns the episode if it ended it. */
  onStep(environment: number, reward: number, ended: boolean): Episode | undefined {
    this.#rewards[environment] += reward;
    this.#lengths[environment]++;
    if (!ended) return undefined;
    const episode = { reward: this.#rewards[environment], length: this.#lengths[environment] };
    this.#rewards[environment] = 0;
    this.#lengths[environment] = 0;
    this.#episodes++;
    this.#recent.push(episode);
    if (this.#recent.length > EPISODES) this.#recent.shift();
    return episode;
  }

  exportState(): EpisodeStatisticsState {
    return {
      rewards: [...this.#rewards],
      lengths: [...this.#lengths],
      recent: [...this.#recent],
      episodes: this.#episodes,
    };
  }

  importState(state: EpisodeStatisticsState): void {
    this.#rewards.set(state.rewards);
    this.#lengths.set(state.lengths);
    this.#recent = [...state.recent];
    this.#episodes = state.episodes;
  }
}
