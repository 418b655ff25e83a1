import type { TrainingSettings } from './settings.ts';

/** Fewest episodes in each of the two windows compared; with fewer the mean says too little. */
const MIN_EPISODES = 5;

export interface EarlyStopState {
  /** Timestep from which episodes count. */
  readonly since: number;
  /** `[timestep of its end, reward]` of each episode still needed. */
  readonly episodes: readonly (readonly [number, number])[];
}

/**
 * Stops a run that has stopped improving. With w = `window`, at each episode's end at timestep t: m₁ is the mean
 * reward of episodes that ended in (t − w, t], m₀ of those in (t − 2w, t − w], σ the standard deviation of episode
 * rewards about their own window's mean. Stop when |m₁ − m₀| ≤ tolerance·σ. Both windows need five episodes and must
 * lie wholly after warm-up and curriculum, whose own changes are no plateau. Window 0 never stops.
 */
export class EarlyStop {
  readonly #window: number;
  readonly #tolerance: number;
  #since = 0;
  #episodes: (readonly [number, number])[] = [];

  constructor(settings: TrainingSettings['earlyStop']) {
    this.#window = settings.window;
    this.#tolerance = settings.tolerance;
  }

  /** Forgets all before `timestep`: something other than learning changed the reward. */
  restart(timestep: number): void {
    this.#since = timestep;
    this.#episodes = [];
  }

  /** Takes in an episode that ended at `timestep`; true when the run should stop. */
  onEpisode(timestep: number, reward: number): boolean {
    if (this.#window === 0) return false;
    this.#episodes.push([timestep, reward]);
    const begin = timestep - 2 * this.#window;
    this.#episodes = this.#episodes.filter(([end]) => end > begin);
    if (begin < this.#since) return false;
    const recent = this.#rewards((end) => end > timestep - this.#window);
    const earlier = this.#rewards((end) => end <= timestep - this.#window);
    if (recent.length < MIN_EPISODES || earlier.length < MIN_EPISODES) return false;
    const degrees = recent.length + earlier.length - 2;
    const deviation = Math.sqrt((squares(recent) + squares(earlier)) / degrees);
    return Math.abs(mean(recent) - mean(earlier)) <= this.#tolerance * deviation;
  }

  exportState(): EarlyStopState {
    return { since: this.#since, episodes: this.#episodes };
  }

  importState(state: EarlyStopState): void {
    this.#since = state.since;
    this.#episodes = [...state.episodes];
  }

  #rewards(within: (end: number) => boolean): number[] {
    return this.#episodes.filter(([end]) => within(end)).map(([, reward]) => reward);
  }
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function squares(values: readonly number[]): number {
  const centre = mean(values);
  return values.reduce((sum, value) => sum + (value - centre) ** 2, 0);
}
