import type { Tensor } from 'onnxruntime-node';
import { InPlaceSession } from '../../onnx/in-place.ts';
import type { OnnxRuntime } from '../../onnx/session.ts';
import type { SacEngineOptions } from './engine.ts';
import { COLUMN_NAMES, COLUMNS, type Column } from './onnx-batch.ts';
import { type Settings, sessionOptions } from './onnx-device.ts';
import { type GraphTensor, sizeOf } from './onnx-layout.ts';
import { LentTensor } from './onnx-lent.ts';
import { NEXT, SUM, updateGraph } from './onnx-update.ts';

/** An update compiled for one size of batch, with the tensors it reads from and writes into. */
export interface CompiledUpdate {
  readonly session: InPlaceSession;
  readonly columns: Readonly<Record<Column, LentTensor>>;
  /** What each layer's units are multiplied with in each pass, by the graph's name; empty without dropout. */
  readonly masks: ReadonlyMap<string, Float32Array>;
  /** Where the batches of several learners are put together; with one the caller's memory is read. Zeros at first. */
  readonly blank: Readonly<Record<Column, Float32Array>>;
  /** State and numbers when the state lies in the first set, and when it lies in the second. */
  readonly feeds: readonly Record<string, Tensor>[];
  readonly fetches: readonly Readonly<Record<string, Tensor>>[];
  readonly criticMeans: Float32Array;
  readonly actorMeans: Float32Array;
  /** Numbers that are finite only if all weights after an update are, by where they are written. */
  readonly checked: readonly (readonly Checked[])[];
  /** Columns that the means do not vouch for: what is wrong with them may be lost in a ReLU. */
  readonly looked: readonly Column[];
}

/** Numbers that lie learner by learner, for each critic in turn if they are of critics. */
export interface Checked {
  readonly data: Float32Array;
  readonly networks: number;
}

/** What an update is compiled for. */
interface State {
  readonly learners: number;
  /** The two sets of tensors that the state lies in by turns, by name. */
  readonly sets: readonly ReadonlyMap<string, Tensor>[];
  readonly trained: readonly GraphTensor[];
  /** Numbers of an update, by name. */
  readonly scalars: Readonly<Record<string, Tensor>>;
}

/** Compiles the update on batches of `size` and makes all it reads and writes besides the state. */
export async function compileUpdate(
  runtime: OnnxRuntime,
  options: SacEngineOptions,
  size: number,
  settings: Settings,
  { learners, sets, trained, scalars }: State,
): Promise<CompiledUpdate> {
  const lead = learners > 1 ? [learners] : [];
  const tensor = (data: Float32Array, shape: readonly number[]): Tensor =>
    new runtime.Tensor('float32', data, shape);
  const graph = updateGraph(options, size, learners);
  const session = await InPlaceSession.open(runtime, graph, sessionOptions(settings));
  const byColumn = <T>(make: (column: Column, length: number) => T) =>
    Object.fromEntries(
      COLUMN_NAMES.map((column) => [column, make(column, learners * size * COLUMNS[column](options))]),
    ) as Record<Column, T>;
  const columns = byColumn(() => new LentTensor(runtime));
  const blank = byColumn((_, length) => new Float32Array(length));
  const width = options.varianceWeight === 0 ? [1, 3] : [2, 4];
  const criticMeans = new Float32Array(2 * learners * width[0]);
  const actorMeans = new Float32Array(learners * width[1]);
  const sums = graph.outputs.filter(({ name }) => name.startsWith(SUM));
  const sumTensors = sums.map(({ name, tensor: { shape: dimensions } }) => {
    const shape = dimensions as readonly number[];
    return [name, tensor(new Float32Array(sizeOf({ shape })), shape)] as const;
  });
  const results = {
    'critic/means': tensor(criticMeans, [2, ...lead, 1, width[0]]),
    'actor/means': tensor(actorMeans, [1, ...lead, 1, width[1]]),
    ...Object.fromEntries(sumTensors),
  };
  const used = new Set(session.inputNames);
  const masks = graph.inputs.filter(({ name }) => name.startsWith('mask/'));
  const maskTensors = masks.map(({ name, tensor: { shape: dimensions } }) => {
    const shape = dimensions as readonly number[];
    return [name, tensor(new Float32Array(sizeOf({ shape })), shape)] as const;
  });
  const feeds = sets.map((set) => {
    const inputs = [...Object.entries(scalars), ...maskTensors, ...set];
    return Object.fromEntries(inputs.filter(([name]) => used.has(name)));
  });
  const fetches = [1, 0].map((other) => ({
    ...results,
    ...Object.fromEntries([...sets[other]].map(([name, tensor]) => [name + NEXT, tensor])),
  }));
  // What has no sum is small, and looked at itself.
  const isSummed = (name: string) => sums.some((sum) => sum.name === SUM + name);
  const check = (name: string, { data }: Tensor): Checked => ({
    data: data as Float32Array,
    networks: name.includes('critic/') ? 2 : 1,
  });
  const checked = [1, 0].map((other) => [
    ...sumTensors.map(([name, sum]) => check(name, sum)),
    ...trained
      .filter(({ name }) => !isSummed(name + NEXT))
      .map(({ name }) => check(name, sets[other].get(name) as Tensor)),
  ]);
  const looked = COLUMN_NAMES.filter((name) => /noise|observations/i.test(name) && !isSummed(name));
  return {
    session,
    columns,
    masks: new Map(maskTensors.map(([name, { data }]) => [name, data as Float32Array])),
    blank,
    feeds,
    fetches,
    criticMeans,
    actorMeans,
    checked,
    looked,
  };
}
