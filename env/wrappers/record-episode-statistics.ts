import type { ResetOptions, ResetResult, StepResult } from '../env.ts';
import { Wrapper } from './wrapper.ts';

/** Sum of rewards and number of steps of a finished episode. */
export interface EpisodeStatistics {
  /** Undiscounted return. */
  readonly r: number;
  /** Length in steps. */
  readonly l: number;
}

/** Adds `info.episode` ({@link EpisodeStatistics}) to the last step of each episode. */
export class RecordEpisodeStatistics<Observation = Float32Array, Action = Float32Array> extends Wrapper<
  Observation,
  Action
> {
  #return = 0;
  #length = 0;

  override reset(options?: ResetOptions): ResetResult<Observation> {
    const result = this.env.reset(options);
    this.#return = 0;
    this.#length = 0;
    return result;
  }

  override step(action: Action): StepResult<Observation> {
    const result = this.env.step(action);
    this.#return += result.reward;
    this.#length++;
    if (!result.terminated && !result.truncated) return result;
    const episode: EpisodeStatistics = { r: this.#return, l: this.#length };
    return { ...result, info: { ...result.info, episode } };
  }
}
