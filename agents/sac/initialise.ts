import { InputError } from '../../base/errors.ts';
import { stream } from '../../base/random.ts';
import type { SacEngineOptions, SacState, StateTensor } from './engine.ts';
import {
  CRITICS,
  flatten,
  GAIN,
  LOG_TEMPERATURE,
  layoutOf,
  SCALES,
  SHIFT,
  scalar,
  TARGETS,
  TRAINED,
  UPDATES,
  unflatten,
} from './layout.ts';

/**
 * The actor's head starts this much smaller than PyTorch's rule: its mean is then close to 0 and its deviation close
 * to 1 whatever it sees, so that a residual policy starts at its anchor's own quote (and see Andrychowicz et al.
 * 2021, "What matters for on-policy deep actor-critic methods?", section 3.2).
 */
export const ACTOR_HEAD_SCALE = 0.01;

/**
 * A learner that has learnt nothing: kernels and biases uniform in ±1/√fan_in (PyTorch's rule for linear layers), the
 * actor's head times {@link ACTOR_HEAD_SCALE}, gains of layer normalisations 1 and their shifts 0, targets equal to their critics, empty Adam moments, log α of the
 * initial temperature. Each tensor has its own random stream, so every engine starts from the same bytes.
 */
export function initialState(options: SacEngineOptions): SacState {
  requireShare(options.criticDropout);
  const state: Record<string, StateTensor> = {};
  for (const network of TRAINED) {
    const layout = layoutOf(network, options);
    const flat = new Float32Array(layout.length);
    const head = layout.places.length - 2;
    let bound = 0;
    layout.places.forEach(({ name, shape, offset, length }, i) => {
      if (shape.length === 2) bound = 1 / Math.sqrt(shape[0]);
      const scale = network === 'actor' && i >= head ? ACTOR_HEAD_SCALE * bound : bound;
      const generator = stream(options.seed, `learner/initialise/${network}/${name}`);
      if (name.endsWith(`/${GAIN}`)) flat.fill(1, offset, offset + length);
      if (name.endsWith(`/${GAIN}`) || name.endsWith(`/${SHIFT}`)) return;
      for (let k = 0; k < length; k++) flat[offset + k] = scale * (2 * generator.uniform() - 1);
    });
    unflatten(flat, network, layout, state);
    for (const moment of ['adam/m', 'adam/v']) {
      unflatten(new Float32Array(layout.length), `${moment}/${network}`, layout, state);
    }
  }
  CRITICS.forEach((critic, j) => {
    const layout = layoutOf(critic, options);
    unflatten(flatten(state, critic, layout), TARGETS[j], layout, state);
  });
  state[LOG_TEMPERATURE] = scalar(Math.log(options.initialTemperature));
  for (const moment of ['adam/m', 'adam/v']) state[`${moment}/${LOG_TEMPERATURE}`] = scalar(0);
  for (const name of [...SCALES, UPDATES]) state[name] = scalar(0);
  return state;
}

function requireShare(criticDropout: number): void {
  if (criticDropout >= 0 && criticDropout < 1) return;
  throw new InputError({
    code: 'bad-dropout',
    message: `The critics cannot leave out a share of ${criticDropout} of their hidden units.`,
    field: 'criticDropout',
    value: criticDropout,
    expected: 'a number from 0 to below 1',
  });
}
