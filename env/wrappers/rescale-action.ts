import type { Env, StepResult } from '../env.ts';
import { InvalidAction } from '../errors.ts';
import { Box } from '../spaces.ts';
import { requireBox } from './require-box.ts';
import { Wrapper } from './wrapper.ts';

/** Maps actions from [min, max] linearly onto the bounds of the inner action space. */
export class RescaleAction<Observation = Float32Array> extends Wrapper<Observation> {
  readonly #inner: Box;
  readonly #space: Box;

  constructor(
    env: Env<Observation>,
    min: number | ArrayLike<number> = -1,
    max: number | ArrayLike<number> = 1,
  ) {
    super(env);
    this.#inner = requireBox(env.actionSpace, 'RescaleAction', 'action space', true);
    this.#space = requireBox(new Box(min, max, this.#inner.shape), 'RescaleAction', 'outer bounds', true);
  }

  override get actionSpace(): Box {
    return this.#space;
  }

  override step(action: Float32Array): StepResult<Observation> {
    if (!this.#space.contains(action)) throw new InvalidAction(this.id, this.#space, action);
    const { low, high } = this.#inner;
    const { low: min, high: max } = this.#space;
    // Weights of the two ends, so that the ends map onto the bounds exactly.
    return this.env.step(
      action.map((x, i) => {
        const share = max[i] > min[i] ? (x - min[i]) / (max[i] - min[i]) : 0;
        return Math.min(Math.max(low[i] * (1 - share) + high[i] * share, low[i]), high[i]);
      }),
    );
  }
}
