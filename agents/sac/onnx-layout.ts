import type { SacEngineOptions, SacState, StateTensor } from './engine.ts';
import { actorLayout, CRITICS, criticLayout, type NetworkLayout, TARGETS } from './layout.ts';

/** A stretch of a tensor of the graph that is a named tensor of the state. */
interface Part {
  readonly name: string;
  readonly shape: readonly number[];
  readonly offset: number;
  readonly length: number;
}

/** One tensor of the graph: what of the state lies in it, one after the other. */
export interface GraphTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly parts: readonly Part[];
}

/**
 * The weights as the graph holds them. The actor's layers are kernel `[inputs, outputs]` and bias `[1, outputs]`. The
 * critics lie behind one another, `[2, inputs, outputs]`, and their first layer's bias is the last row of its kernel:
 * its input has a column of ones.
 */
export function actorTensors(options: SacEngineOptions): readonly GraphTensor[] {
  return actorLayout(options).places.map(({ name, shape, length }) => ({
    name: `actor/${name}`,
    shape: shape.length === 2 ? shape : [1, ...shape],
    parts: [{ name: `actor/${name}`, shape, offset: 0, length }],
  }));
}

/** Those of the critics or, with the names of {@link TARGETS}, of the targets. */
export function criticTensors(
  options: SacEngineOptions,
  networks: readonly string[] = CRITICS,
): readonly GraphTensor[] {
  const { places }: NetworkLayout = criticLayout(options);
  const prefix = networks === TARGETS ? 'target' : 'critic';
  const first = stacked(`${prefix}/0`, networks, places.slice(0, 2));
  const [rows, columns] = places[0].shape;
  const others = places.slice(2).map((place) => {
    const { shape } = place;
    const stack = shape.length === 2 ? [2, ...shape] : [2, 1, ...shape];
    return { ...stacked(`${prefix}/${place.name}`, networks, [place]), shape: stack };
  });
  return [{ ...first, shape: [2, rows + 1, columns] }, ...others];
}

function stacked(name: string, networks: readonly string[], places: NetworkLayout['places']): GraphTensor {
  const parts: Part[] = [];
  let offset = 0;
  for (const network of networks) {
    for (const { name: place, shape, length } of places) {
      parts.push({ name: `${network}/${place}`, shape, offset, length });
      offset += length;
    }
  }
  return { name, shape: [offset], parts };
}

export function sizeOf({ shape }: { readonly shape: readonly number[] }): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** Copies the state's tensors `prefix + name` into the graph's tensor. */
export function pack(state: SacState, prefix: string, tensor: GraphTensor, out: Float32Array): void {
  for (const { name, offset } of tensor.parts) out.set(state[prefix + name].data, offset);
}

/** Copies the graph's tensor out into tensors of the state: the inverse of {@link pack}. */
export function unpack(
  data: Float32Array,
  prefix: string,
  tensor: GraphTensor,
  out: Record<string, StateTensor>,
): void {
  for (const { name, shape, offset, length } of tensor.parts) {
    out[prefix + name] = { shape, data: data.slice(offset, offset + length) };
  }
}
