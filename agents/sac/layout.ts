import { InputError } from '../../base/errors.ts';
import type { SacEngineOptions, SacState, StateTensor } from './engine.ts';

/** Where one tensor of a network lies in the network's flat array. */
export interface TensorPlace {
  /** Name below the network's prefix, e.g. `0/kernel`. */
  readonly name: string;
  readonly shape: readonly number[];
  readonly offset: number;
  readonly length: number;
}

/** A multilayer perceptron as one flat array: kernel `[inputs, outputs]` row-major, bias, …, layer after layer. */
export interface NetworkLayout {
  readonly inputs: number;
  readonly outputs: number;
  readonly places: readonly TensorPlace[];
  readonly length: number;
}

export const CRITICS = ['critic/0', 'critic/1'] as const;
export const TARGETS = ['target/0', 'target/1'] as const;
/** Networks that Adam trains; log α is trained too. */
export const TRAINED = ['actor', ...CRITICS] as const;
/** Names of a layer normalisation's vectors in a layer. */
export const GAIN = 'gain';
export const SHIFT = 'shift';
export const LOG_TEMPERATURE = 'temperature/log';
/** Running scales (agents/sac/scales.ts), all float32 scalars. */
export const SCALES = ['scale/error', 'scale/q', 'scale/sigma'] as const;
export const UPDATES = 'updates';

/** With `normalised`, hidden layers have the gain and the shift of a layer normalisation after their bias. */
export function networkLayout(
  inputs: number,
  hidden: readonly number[],
  outputs: number,
  normalised = false,
): NetworkLayout {
  const sizes = [inputs, ...hidden, outputs];
  const places: TensorPlace[] = [];
  let offset = 0;
  for (let layer = 0; layer + 1 < sizes.length; layer++) {
    const [rows, columns] = [sizes[layer], sizes[layer + 1]];
    places.push({ name: `${layer}/kernel`, shape: [rows, columns], offset, length: rows * columns });
    offset += rows * columns;
    const isHidden = layer < hidden.length;
    for (const vector of isHidden && normalised ? ['bias', GAIN, SHIFT] : ['bias']) {
      places.push({ name: `${layer}/${vector}`, shape: [columns], offset, length: columns });
      offset += columns;
    }
  }
  return { inputs, outputs, places, length: offset };
}

/** Observation → mean and log-std of each action component, in that order. */
export function actorLayout(options: SacEngineOptions): NetworkLayout {
  return networkLayout(options.observationSize, options.hidden, 2 * options.actionSize);
}

/** Observation and action → Q and the raw (before softplus) variance. */
export function criticLayout(options: SacEngineOptions): NetworkLayout {
  const { observationSize, actionSize, hidden, criticLayerNorm } = options;
  return networkLayout(observationSize + actionSize, hidden, 2, criticLayerNorm);
}

export function layoutOf(network: string, options: SacEngineOptions): NetworkLayout {
  return network === 'actor' ? actorLayout(options) : criticLayout(options);
}

/** Copies the tensors `prefix/…` of a state into one flat array. */
export function flatten(state: SacState, prefix: string, layout: NetworkLayout): Float32Array {
  const flat = new Float32Array(layout.length);
  for (const { name, offset } of layout.places) flat.set(state[`${prefix}/${name}`].data, offset);
  return flat;
}

/** Copies a flat array out into named tensors: the inverse of {@link flatten}. */
export function unflatten(
  flat: Float32Array,
  prefix: string,
  layout: NetworkLayout,
  out: Record<string, StateTensor>,
): void {
  for (const { name, shape, offset, length } of layout.places) {
    out[`${prefix}/${name}`] = { shape, data: flat.slice(offset, offset + length) };
  }
}

export function scalar(value: number): StateTensor {
  return { shape: [], data: Float32Array.of(value) };
}

/** Name and shape of every tensor of a learner's state, in a fixed order. */
export function stateShapes(options: SacEngineOptions): ReadonlyMap<string, readonly number[]> {
  const shapes = new Map<string, readonly number[]>();
  const network = (prefix: string, name: string) => {
    for (const place of layoutOf(name, options).places) shapes.set(`${prefix}/${place.name}`, place.shape);
  };
  for (const name of [...TRAINED, ...TARGETS]) network(name, name);
  shapes.set(LOG_TEMPERATURE, []);
  for (const moment of ['adam/m', 'adam/v']) {
    for (const name of TRAINED) network(`${moment}/${name}`, name);
    shapes.set(`${moment}/${LOG_TEMPERATURE}`, []);
  }
  for (const name of [...SCALES, UPDATES]) shapes.set(name, []);
  return shapes;
}

/** Throws an InputError naming the first tensor that is missing, unknown, of another shape or not finite. */
export function checkState(state: SacState, options: SacEngineOptions): void {
  const shapes = stateShapes(options);
  for (const [name, shape] of shapes) {
    const tensor = state[name];
    const found = tensor === undefined ? 'nothing' : `[${tensor.shape.join(', ')}]`;
    const size = shape.reduce((product, n) => product * n, 1);
    if (found !== `[${shape.join(', ')}]` || tensor.data.length !== size) {
      throw badState(name, found, `a tensor of shape [${shape.join(', ')}]`);
    }
    if (!tensor.data.every(Number.isFinite))
      throw badState(name, 'a number that is not finite', 'finite numbers');
  }
  for (const name of Object.keys(state)) {
    if (!shapes.has(name)) throw badState(name, 'a tensor', 'no tensor of that name');
  }
}

function badState(name: string, found: string, expected: string): InputError {
  return new InputError({
    code: 'bad-learner-state',
    message: `The learner's state has ${found} at ${name}; the options ask for ${expected}.`,
    field: name,
    value: found,
    expected,
    hint: 'Load it with the hidden layers, observation and action sizes it was saved with.',
  });
}
