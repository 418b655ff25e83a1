import { stream } from '../../base/random.ts';
import { buildGraph } from '../../onnx/graph.ts';
import { matMul, slice } from '../../onnx/operators.ts';
import { encodeModel } from '../../onnx/protobuf.ts';
import { loadOnnxRuntime } from '../../onnx/session.ts';
import { input } from '../../onnx/tensor.ts';
import type { SacEngine, SacEngineOptions, TransitionBatch } from './engine.ts';
import { initialState } from './initialise.ts';

/** A batch of made-up transitions, for measuring speed. */
export function syntheticBatch(options: SacEngineOptions, name = 'synthetic'): TransitionBatch {
  const { batchSize: size, observationSize, actionSize } = options;
  const generator = stream(0, name);
  const normal = (count: number) => Float32Array.from({ length: count }, () => generator.normal());
  return {
    size,
    observations: normal(size * observationSize),
    actions: normal(size * actionSize).map(Math.tanh),
    rewards: normal(size),
    nextObservations: normal(size * observationSize),
    terminated: new Float32Array(size),
    noise: normal(size * actionSize),
    nextNoise: normal(size * actionSize),
  };
}

/**
 * Updates per second over about `milliseconds` (a slow engine finishes the update it is in), after some that are not
 * counted. The engine is put back to its beginning afterwards: only for one that has learnt nothing.
 */
export async function measureUpdates(engine: SacEngine, milliseconds: number): Promise<number> {
  const batch = syntheticBatch(engine.options);
  const run = async (limit: number) => {
    const start = performance.now();
    let elapsed = 0;
    let updates = 0;
    while (elapsed < limit) {
      await engine.update(batch);
      updates++;
      elapsed = performance.now() - start;
    }
    return (1000 * updates) / elapsed;
  };
  await run(milliseconds / 5);
  const rate = await run(milliseconds);
  engine.importState(initialState(engine.options));
  return Number(rate.toPrecision(3));
}

/**
 * Floating-point operations of the matrix products of one update, the bulk of its work: the actor on s and s′ and back
 * on s; the targets; the critics there and back; the updated critics there and back to the action.
 */
export function matrixWork(options: SacEngineOptions): number {
  const { observationSize, actionSize, hidden, batchSize } = options;
  const products = (inputs: number, outputs: number) => {
    const sizes = [inputs, ...hidden, outputs];
    return sizes.slice(1).map((size, i) => 2 * batchSize * sizes[i] * size);
  };
  const sum = (numbers: readonly number[]) => numbers.reduce((total, x) => total + x, 0);
  const actor = products(observationSize, 2 * actionSize);
  const critic = products(observationSize + actionSize, 2);
  const toAction = (critic[0] * actionSize) / (observationSize + actionSize);
  const backward = sum(critic) + sum(critic.slice(1));
  const ofActor = 2 * sum(actor) + sum(actor) + sum(actor.slice(1));
  return ofActor + 2 * (sum(critic) + sum(critic) + backward + sum(critic) + sum(critic.slice(1)) + toAction);
}

/**
 * Floating-point operations per second of this machine in products of 256 × 256 matrices, one a thread, in ONNX
 * Runtime; null where that is not installed.
 */
export async function matrixRate(threads: number, milliseconds: number): Promise<number | null> {
  const runtime = await loadOnnxRuntime();
  if (runtime === null) return null;
  const n = 256;
  const products = 10;
  const shape = [threads, n, n];
  const [a, b] = [input('a', shape), input('b', shape)];
  let c = a;
  for (let i = 0; i < products; i++) c = matMul(c, b);
  // Only a corner of the last product leaves the graph, so that no copy is measured.
  const corner = slice(slice(c, 1, 0, 1), 2, 0, 1);
  const graph = buildGraph('product', [a, b], { corner });
  const model = encodeModel(graph, { producer: 'makergym', producerVersion: '' });
  const session = await runtime.InferenceSession.create(model, {
    intraOpNumThreads: threads,
    logSeverityLevel: 4,
  });
  const tensor = () => new runtime.Tensor('float32', new Float32Array(threads * n * n).fill(1 / n), shape);
  const feeds = { a: tensor(), b: tensor() };
  // The best of several stretches: whatever else the machine does makes it only slower.
  let best = 0;
  const start = performance.now();
  while (performance.now() - start < milliseconds) {
    const begin = performance.now();
    await session.run(feeds);
    best = Math.max(best, (products * threads * 2 * n ** 3) / ((performance.now() - begin) / 1000));
  }
  await session.release();
  return best;
}
