import { InputError } from '../../base/errors.ts';
import type { Env, ResetOptions, ResetResult, StepResult } from '../env.ts';
import { Wrapper } from './wrapper.ts';

/** Truncates an episode after so many steps. It never terminates one: the last state keeps its value. */
export class TimeLimit<Observation = Float32Array, Action = Float32Array> extends Wrapper<
  Observation,
  Action
> {
  readonly maxEpisodeSteps: number;
  #steps = 0;

  constructor(env: Env<Observation, Action>, maxEpisodeSteps: number) {
    super(env);
    if (!Number.isInteger(maxEpisodeSteps) || maxEpisodeSteps < 1) {
      throw new InputError({
        code: 'bad-option',
        message: `maxEpisodeSteps is ${maxEpisodeSteps}; expected a whole number of at least 1.`,
        field: 'maxEpisodeSteps',
        value: maxEpisodeSteps,
        expected: 'a whole number of at least 1',
      });
    }
    this.maxEpisodeSteps = maxEpisodeSteps;
  }

  override reset(options?: ResetOptions): ResetResult<Observation> {
    const result = this.env.reset(options);
    this.#steps = 0;
    return result;
  }

  override step(action: Action): StepResult<Observation> {
    const result = this.env.step(action);
    this.#steps++;
    return this.#steps < this.maxEpisodeSteps ? result : { ...result, truncated: true };
  }
}
