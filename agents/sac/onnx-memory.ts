import { InputError } from '../../base/errors.ts';
import type { SacEngineOptions } from './engine.ts';
import { TARGETS } from './layout.ts';
import { actorWeights, criticWeights, type GraphTensor, sizeOf } from './onnx-layout.ts';

/** A float32 tensor in a stretch of memory. */
export interface PlacedTensor {
  readonly name: string;
  readonly shape: readonly number[];
  /** Byte address. */
  readonly at: number;
}

/** A network's weights: where in a set they begin, and their length, in bytes; gaps between tensors included. */
export interface NetworkPlace {
  readonly at: number;
  readonly bytes: number;
  /** What of it is whose, in order; the gaps are nobody's. */
  readonly stretches: readonly { readonly learner: number; readonly at: number; readonly bytes: number }[];
}

/**
 * Where the state of learners lies: two sets, each all weights, then as many first and second moments, then the targets; and
 * a gradient of all weights. An update reads one set and writes the other. Byte addresses.
 */
export interface StatePlan {
  readonly bytes: number;
  /** Where each set begins. */
  readonly sets: readonly [number, number];
  /** Where the gradient begins. */
  readonly gradient: number;
  /** Bytes of all weights: from a weight to its first moment, and on to its second. */
  readonly weightBytes: number;
  readonly actor: NetworkPlace;
  readonly critics: NetworkPlace;
  /** From a critic's weight to its target's. */
  readonly toTarget: number;
  /** Distances from the beginning of a set, or of a gradient, by name; targets' from the beginning of a set. */
  readonly trained: readonly PlacedTensor[];
  readonly targets: readonly PlacedTensor[];
  /** The numbers of an update, one a learner. */
  readonly numbers: readonly PlacedTensor[];
  /** Where AdamStretch.sums of each network lie. */
  readonly sums: Readonly<Record<'critics' | 'actor', number>>;
}

/** Numbers that an update depends on, one a learner. */
export const UPDATE_NUMBERS = ['temperature', 'limit', 'kappa', 'rate', 'epsilon'] as const;
export type UpdateNumber = (typeof UPDATE_NUMBERS)[number];

/** Addresses are 32-bit integers with a sign. */
const MOST_BYTES = 2 ** 31;
/** Tensors begin at multiples of this, a line of the cache. */
const ALIGNMENT = 64;
/** Bytes of four sums. */
export const SUM_BYTES = 16;

/** Hands out stretches of memory one after the other. */
export class Layout {
  bytes = 0;

  take(floats: number): number {
    const at = this.bytes;
    this.bytes += ALIGNMENT * Math.ceil((4 * floats) / ALIGNMENT);
    return at;
  }

  place(tensors: readonly Pick<GraphTensor, 'name' | 'shape'>[]): PlacedTensor[] {
    return tensors.map(({ name, shape }) => ({ name, shape, at: this.take(sizeOf({ shape })) }));
  }
}

/** Throws an InputError for networks whose state is larger than 2 GiB. */
export function planState(options: SacEngineOptions, learners: number): StatePlan {
  const ofSet = new Layout();
  const actorTensors = ofSet.place(actorWeights(options, learners).tensors);
  const actor = { at: 0, bytes: ofSet.bytes, stretches: stretchesOf(actorTensors, 1, learners) };
  const criticTensors = ofSet.place(criticWeights(options, learners).tensors);
  const weightBytes = ofSet.bytes;
  const critics = {
    at: actor.bytes,
    bytes: weightBytes - actor.bytes,
    stretches: stretchesOf(criticTensors, 2, learners),
  };
  ofSet.bytes = 3 * weightBytes;
  const targets = ofSet.place(criticWeights(options, learners, TARGETS).tensors);
  const setBytes = ofSet.bytes;
  const all = new Layout();
  const sets = [all.take(setBytes / 4), all.take(setBytes / 4)] as const;
  const gradient = all.take(weightBytes / 4);
  const shape = learners > 1 ? [learners, 1, 1] : [];
  const numbers = all.place(UPDATE_NUMBERS.map((name) => ({ name, shape })));
  const sums = { critics: all.take(SUM_BYTES / 4), actor: all.take(SUM_BYTES / 4) };
  if (all.bytes > MOST_BYTES) throw tooLarge(options, learners, all.bytes);
  return {
    bytes: all.bytes,
    sets,
    gradient,
    weightBytes,
    actor,
    critics,
    toTarget: 3 * weightBytes - critics.at,
    trained: [...actorTensors, ...criticTensors],
    targets,
    numbers,
    sums,
  };
}

function tooLarge({ hidden }: SacEngineOptions, learners: number, bytes: number): InputError {
  const of = learners === 1 ? '' : ` of ${learners} learners`;
  return new InputError({
    code: 'networks-too-large',
    message: `Networks${of} with hidden layers of ${hidden.join(', ')} take ${(bytes / 2 ** 30).toFixed(1)} GiB with moments and targets; the engine onnx takes 2.`,
    field: 'sac.hidden',
    value: hidden,
    expected: 'at most 2 GiB',
    hint: 'Take smaller layers, or --engine tfjs.',
  });
}

/** Tensors lie network by network and in that learner by learner. */
function stretchesOf(tensors: readonly PlacedTensor[], networks: number, learners: number) {
  return tensors.flatMap((tensor) => {
    const bytes = (4 * sizeOf(tensor)) / (networks * learners);
    return Array.from({ length: networks * learners }, (_, i) => ({
      learner: i % learners,
      at: tensor.at + i * bytes,
      bytes,
    }));
  });
}

export function floatsAt(memory: ArrayBufferLike, { at, shape }: Omit<PlacedTensor, 'name'>): Float32Array {
  return new Float32Array(memory, at, sizeOf({ shape }));
}
