import { InputError } from '../base/errors.ts';
import { Box, type Space } from '../env/spaces.ts';

/** The space as a Box of finite bounds; throws an InputError naming what came. */
export function requireBox(space: Space<unknown>, field: string): Box {
  if (space instanceof Box) return space;
  throw new InputError({
    code: 'unsupported-space',
    message: `SAC needs a Box as ${field}; received ${space}.`,
    field,
    value: String(space),
    expected: 'a Box',
    hint: 'Wrap the environment so that it has one.',
  });
}

/** Maps between the learner's actions in [−1, 1] and a bounded Box, component by component. */
export class ActionScaling {
  readonly size: number;
  readonly #box: Box;
  /** The box is [−1, 1] already, so that actions pass untouched, bit for bit. */
  readonly #identity: boolean;

  constructor(space: Space<unknown>) {
    this.#box = requireBox(space, 'action space');
    this.size = this.#box.size;
    const { low, high } = this.#box;
    for (let i = 0; i < this.size; i++) {
      if (Number.isFinite(low[i]) && Number.isFinite(high[i]) && low[i] < high[i]) continue;
      throw new InputError({
        code: 'unsupported-space',
        message: `SAC needs actions with finite bounds; received ${space}.`,
        field: 'action space',
        value: String(space),
        expected: 'a Box with low < high, both finite',
        hint: 'Bound the action space.',
      });
    }
    this.#identity = low.every((x) => x === -1) && high.every((x) => x === 1);
  }

  /** A component in [−1, 1] as the environment takes it. */
  toEnvironment(unit: number, component: number): number {
    if (this.#identity) return unit;
    const low = this.#box.low[component];
    const high = this.#box.high[component];
    // Rounding must not leave the box by an ulp.
    return Math.min(Math.max(Math.fround(low + ((unit + 1) / 2) * (high - low)), low), high);
  }

  /** The inverse. */
  toUnit(value: number, component: number): number {
    if (this.#identity) return value;
    const low = this.#box.low[component];
    const high = this.#box.high[component];
    return Math.min(Math.max((2 * (value - low)) / (high - low) - 1, -1), 1);
  }
}
