import { PASSES } from './dropout.ts';
import type { SacEngineOptions, TransitionBatch } from './engine.ts';
import { COLUMN_NAMES, type Column, columnShape } from './onnx-batch.ts';
import { floatsAt, Layout, type PlacedTensor } from './onnx-memory.ts';
import { maskName, sumName } from './onnx-update.ts';

/** Columns whose sums the graphs find. */
const SUMMED = ['observations', 'nextObservations'] as const;
/** Columns that the means do not vouch for: noise that is not finite may be lost where tanh is flat. */
const LOOKED_AT = ['noise', 'nextNoise'] as const;

// Hot path: views are made beforehand.

/** Batches of one size as the graphs read them, and what they find besides gradients. */
export class BatchMemory {
  readonly memory: ArrayBuffer;
  readonly inputs: readonly PlacedTensor[];
  readonly results: readonly PlacedTensor[];
  /** Each column of all learners' batches; with one learner they are its batch. */
  readonly columns: Readonly<Record<Column, Float32Array>>;
  readonly #learners: number;
  readonly #views: ReadonlyMap<string, Float32Array>;

  constructor(options: SacEngineOptions, size: number, learners: number) {
    const { hidden, observationSize, criticDropout, varianceWeight } = options;
    const lead = learners > 1 ? [learners] : [];
    const [criticMeans, actorMeans] = varianceWeight === 0 ? [1, 3] : [2, 4];
    const columns = COLUMN_NAMES.map((name) => ({
      name,
      shape: [...lead, ...columnShape(name, size, options)],
    }));
    const masks = PASSES.flatMap((pass) =>
      hidden.map((width, layer) => ({ name: maskName(pass, layer), shape: [2, ...lead, size, width] })),
    );
    const layout = new Layout();
    this.inputs = layout.place(criticDropout > 0 ? [...columns, ...masks] : columns);
    this.results = layout.place([
      { name: 'critic/means', shape: [2, ...lead, 1, criticMeans] },
      { name: 'actor/means', shape: [1, ...lead, 1, actorMeans] },
      ...SUMMED.map((name) => ({ name: sumName(name), shape: [...lead, 1, observationSize] })),
    ]);
    this.memory = new ArrayBuffer(layout.bytes);
    this.#learners = learners;
    this.#views = new Map(
      [...this.inputs, ...this.results].map((tensor) => [tensor.name, floatsAt(this.memory, tensor)]),
    );
    this.columns = Object.fromEntries(COLUMN_NAMES.map((name) => [name, this.view(name)])) as Record<
      Column,
      Float32Array
    >;
  }

  /** An input or a result. */
  view(name: string): Float32Array {
    return this.#views.get(name) as Float32Array;
  }

  /** Takes the learners' batches over, except columns that are in this memory already. */
  put(batches: readonly TransitionBatch[]): void {
    for (const name of COLUMN_NAMES) {
      const to = this.columns[name];
      const length = to.length / batches.length;
      batches.forEach((batch, learner) => {
        const from = batch[name];
        if (from !== to) to.set(from.length === length ? from : from.subarray(0, length), learner * length);
      });
    }
  }

  /** Takes over what units of a layer are multiplied with: of one of the critics of a learner, `[size, width]`. */
  putMask(name: string, critic: number, learner: number, mask: Float32Array): void {
    this.view(name).set(mask, (critic * this.#learners + learner) * mask.length);
  }

  /** The first column of a learner that holds a number that is not finite and that no mean tells of. */
  unfiniteColumn(learner: number): Column | undefined {
    return (
      SUMMED.find((name) => !this.#isFinite(sumName(name), learner)) ??
      LOOKED_AT.find((name) => !this.#isFinite(name, learner))
    );
  }

  /** Whether a learner's part of the numbers has a finite sum. */
  #isFinite(name: string, learner: number): boolean {
    const numbers = this.view(name);
    const length = numbers.length / this.#learners;
    let total = 0;
    for (let i = learner * length; i < (learner + 1) * length; i++) total += numbers[i];
    return Number.isFinite(total);
  }
}
