import type { Env, ResetOptions, ResetResult, StepResult } from '../env.ts';
import { RunningNormaliser } from '../normaliser.ts';
import { Box } from '../spaces.ts';
import { requireBox } from './require-box.ts';
import { Wrapper } from './wrapper.ts';

/**
 * Shows observations with running mean 0 and variance 1, clipped at ±clip. Each observation updates the statistics
 * before it is normalised, until `normaliser.freeze()`: freeze it in evaluation, or the episodes seen before change
 * what the agent sees.
 */
export class NormalizeObservation<Action = Float32Array> extends Wrapper<Float32Array, Action> {
  readonly normaliser: RunningNormaliser;
  readonly #space: Box;

  constructor(env: Env<Float32Array, Action>, normaliser?: RunningNormaliser) {
    super(env);
    const inner = requireBox(env.observationSpace, 'NormalizeObservation', 'observation space');
    this.normaliser = normaliser ?? new RunningNormaliser(inner.size);
    this.normaliser.requireSize(inner.size);
    this.#space = new Box(-this.normaliser.clip, this.normaliser.clip, inner.shape);
  }

  override get observationSpace(): Box {
    return this.#space;
  }

  override reset(options?: ResetOptions): ResetResult<Float32Array> {
    const result = this.env.reset(options);
    return { ...result, observation: this.#normalise(result.observation) };
  }

  override step(action: Action): StepResult<Float32Array> {
    const result = this.env.step(action);
    return { ...result, observation: this.#normalise(result.observation) };
  }

  #normalise(raw: Float32Array): Float32Array {
    this.normaliser.update(raw, 1);
    const out = new Float32Array(raw.length);
    this.normaliser.normalise(raw, 1, out);
    return out;
  }
}
