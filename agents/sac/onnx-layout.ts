import * as op from '../../onnx/operators.ts';
import type { Tensor } from '../../onnx/tensor.ts';
import type { SacEngineOptions, SacState } from './engine.ts';
import {
  actorLayout,
  CRITICS,
  criticLayout,
  type GAIN,
  type SHIFT,
  TARGETS,
  type TensorPlace,
} from './layout.ts';
import type { Dense } from './onnx-losses.ts';

/** A stretch of a tensor of the graph that is a named tensor of a learner's state. */
interface Part {
  readonly learner: number;
  readonly name: string;
  readonly shape: readonly number[];
  readonly offset: number;
  readonly length: number;
  /** The graph holds the matrix with its axes swapped. */
  readonly transposed: boolean;
}

/** One tensor of the graph: what of the states lies in it, one after the other. */
export interface GraphTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly parts: readonly Part[];
}

/** What a matrix is in its layer; the last part of its name in a learner's state. */
type Role = 'kernel' | 'bias' | typeof GAIN | typeof SHIFT;

/** A matrix that the losses are written with: a tensor of the graph, or a stretch of one. */
interface View {
  readonly places: readonly TensorPlace[];
  readonly role: Role;
  readonly rows: number;
  readonly columns: number;
  readonly transposed: boolean;
  /** Which tensor it lies in, and where in it if that holds others too. */
  readonly tensor: number;
  readonly offset: number;
  readonly isWhole: boolean;
}

/** The weights of the actor, the critics or the targets of all learners, as the graph holds them. */
export interface NetworkWeights {
  readonly tensors: readonly GraphTensor[];
  readonly views: readonly View[];
  /** Axes in front of each matrix: critics, then learners if there are several. */
  readonly lead: readonly number[];
}

/**
 * Matrices up to this many numbers lie together in one tensor. Each tensor of the state costs some 12 µs an update in
 * the Node binding and a dozen operations of its own; to cut a matrix out of a joint one, and to put its gradient
 * there, costs copies.
 */
const JOINED_SIZE = 4_096;

export function actorWeights(options: SacEngineOptions, learners: number): NetworkWeights {
  const { places } = actorLayout(options);
  return networkWeights('actor', ['actor'], layersOf(places), learners);
}

/** Those of the critics or, with the names of {@link TARGETS}, of the targets. */
export function criticWeights(
  options: SacEngineOptions,
  learners: number,
  networks: readonly string[] = CRITICS,
): NetworkWeights {
  const [[kernel, bias, ...norm], ...others] = layersOf(criticLayout(options).places);
  // The first layer's bias is the last row of its kernel: its input has a column of ones.
  const whole = { ...kernel, places: [...kernel.places, ...bias.places], rows: kernel.rows + 1 };
  const layers = [[whole, ...norm], ...others];
  return networkWeights(networks === TARGETS ? 'target' : 'critic', networks, layers, learners);
}

type Matrix = Pick<View, 'places' | 'role' | 'rows' | 'columns' | 'transposed'>;

/** The matrices of each layer. A head's kernel is swapped: few columns make slow products. */
function layersOf(places: readonly TensorPlace[]): readonly Matrix[][] {
  const layers: Matrix[][] = [];
  const heads = places.filter(({ shape }) => shape.length === 2);
  for (const place of places) {
    if (place.shape.length === 2) {
      const [rows, columns] = place.shape;
      const transposed = layers.length > 0 && place === heads[heads.length - 1];
      const swapped = { rows: columns, columns: rows };
      layers.push([
        { places: [place], role: 'kernel', transposed, ...(transposed ? swapped : { rows, columns }) },
      ]);
    } else {
      const role = place.name.split('/')[1] as Role;
      layers[layers.length - 1].push({
        places: [place],
        role,
        rows: 1,
        columns: place.length,
        transposed: false,
      });
    }
  }
  return layers;
}

function networkWeights(
  prefix: string,
  networks: readonly string[],
  layers: readonly Matrix[][],
  learners: number,
): NetworkWeights {
  const lead = [...(networks.length > 1 ? [networks.length] : []), ...(learners > 1 ? [learners] : [])];
  const matrices = layers.flat();
  const isLarge = ({ rows, columns }: Matrix) => rows * columns > JOINED_SIZE;
  const groups = matrices.filter(isLarge).map((matrix) => [matrix]);
  const small = matrices.filter((matrix) => !isLarge(matrix));
  if (small.length > 0) groups.push(small);
  const placed = new Map<Matrix, View>();
  const tensors = groups.map((group, tensor) => {
    const isWhole = isLarge(group[0]);
    let size = 0;
    for (const matrix of group) {
      placed.set(matrix, { ...matrix, tensor, offset: size, isWhole });
      size += matrix.rows * matrix.columns;
    }
    const parts = networks.flatMap((network, j) =>
      Array.from({ length: learners }, (_, learner) =>
        partsOf(group, network, learner, (j * learners + learner) * size),
      ).flat(),
    );
    const [{ rows, columns, places }] = group;
    const shape = isWhole ? [rows, columns] : [1, size];
    const name = isWhole ? places[0].name : 'rest';
    return { name: `${prefix}/${name}`, shape: [...lead, ...shape], parts };
  });
  return { tensors, views: matrices.map((matrix) => placed.get(matrix) as View), lead };
}

function partsOf(group: readonly Matrix[], network: string, learner: number, start: number): Part[] {
  let offset = start;
  return group.flatMap(({ places, transposed }) =>
    places.map(({ name, shape, length }) => {
      const part = { learner, name: `${network}/${name}`, shape, offset, length, transposed };
      offset += length;
      return part;
    }),
  );
}

/** The matrices, cut out of expressions for the tensors. */
export function viewsOf({ views, lead }: NetworkWeights, tensors: readonly Tensor[]): readonly Tensor[] {
  return views.map(({ tensor, offset, rows, columns, isWhole }) => {
    const whole = tensors[tensor];
    if (isWhole) return whole;
    return op.reshape(op.slice(whole, -1, offset, offset + rows * columns), [...lead, rows, columns]);
  });
}

/** Values for the tensors from values for the matrices: the inverse of {@link viewsOf}. */
export function joined(
  { views, tensors, lead }: NetworkWeights,
  values: readonly Tensor[],
): readonly Tensor[] {
  return tensors.map((_, tensor) => {
    const within = views
      .map((view, i) => ({ view, value: values[i] }))
      .filter((x) => x.view.tensor === tensor);
    if (within[0].view.isWhole) return within[0].value;
    const rows = within.map(({ view, value }) => op.reshape(value, [...lead, 1, view.rows * view.columns]));
    return rows.length === 1 ? rows[0] : op.concat(rows, -1);
  });
}

/** The layers that the matrices make; a first kernel of the critics holds its bias. */
export function denseLayers({ views }: NetworkWeights, matrices: readonly Tensor[]): readonly Dense[] {
  const layers: { -readonly [Part in keyof Dense]: Dense[Part] }[] = [];
  views.forEach(({ role, transposed }, i) => {
    if (role === 'kernel') layers.push({ kernel: transposed ? op.swapLast(matrices[i]) : matrices[i] });
    else layers[layers.length - 1][role] = matrices[i];
  });
  return layers;
}

export function sizeOf({ shape }: { readonly shape: readonly number[] }): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** Copies a learner's tensors `prefix + name` into the graph's tensor. */
export function copyIn(
  state: SacState,
  learner: number,
  prefix: string,
  tensor: GraphTensor,
  out: Float32Array,
): void {
  for (const { learner: whose, name, shape, offset, transposed } of tensor.parts) {
    if (whose !== learner) continue;
    const { data } = state[prefix + name];
    out.set(transposed ? swapped(data, shape[0], shape[1]) : data, offset);
  }
}

/** Copies a learner's part of the graph's tensor into tensors of its state: the inverse of {@link copyIn}. */
export function copyOut(
  data: Float32Array,
  learner: number,
  prefix: string,
  tensor: GraphTensor,
  out: SacState,
): void {
  for (const { learner: whose, name, shape, offset, length, transposed } of tensor.parts) {
    if (whose !== learner) continue;
    const own = data.subarray(offset, offset + length);
    out[prefix + name].data.set(transposed ? swapped(own, shape[1], shape[0]) : own);
  }
}

/** A matrix of so many rows and columns with its axes swapped. */
function swapped(data: Float32Array, rows: number, columns: number): Float32Array {
  const out = new Float32Array(data.length);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) out[j * rows + i] = data[i * columns + j];
  return out;
}
