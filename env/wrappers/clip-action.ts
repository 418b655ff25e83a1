import type { Env, StepResult } from '../env.ts';
import { Box } from '../spaces.ts';
import { requireBox } from './require-box.ts';
import { Wrapper } from './wrapper.ts';

/** Accepts any real action of the right length and clips it to the inner action space. NaN stays an InvalidAction. */
export class ClipAction<Observation = Float32Array> extends Wrapper<Observation> {
  readonly #inner: Box;
  readonly #space: Box;

  constructor(env: Env<Observation>) {
    super(env);
    this.#inner = requireBox(env.actionSpace, 'ClipAction', 'action space');
    this.#space = new Box(-Infinity, Infinity, this.#inner.shape);
  }

  override get actionSpace(): Box {
    return this.#space;
  }

  override step(action: Float32Array): StepResult<Observation> {
    // What is no Float32Array of the right length is passed on as it is: the inner environment says what is wrong.
    if (!(action instanceof Float32Array) || action.length !== this.#inner.size) return this.env.step(action);
    const { low, high } = this.#inner;
    return this.env.step(action.map((x, i) => Math.min(Math.max(x, low[i]), high[i])));
  }
}
