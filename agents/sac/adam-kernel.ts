import { assemble, FunctionBody, Type } from '../../base/wasm/assembler.ts';
import { canCompile, compile, createMemory, instantiate } from '../../base/wasm/web-assembly.ts';
import { ADAM_SEED, BETA1, BETA2 } from '../../onnx/optimisers.ts';

// Hot path: one pass over the weights where a graph's operations make eleven, in SIMD or the same in TypeScript.

/** Where a network's numbers lie, as distances in bytes from one of its weights, and what its step does besides Adam. */
export interface AdamLayout {
  readonly m: number;
  readonly v: number;
  /** Of networks that have a target: where it lies, and τ. */
  readonly target?: { readonly at: number; readonly tau: number };
}

/**
 * A stretch of weights: byte addresses of what is read and written, and its length in bytes. The step may go on to the
 * next multiple of 16.
 */
export interface AdamStretch {
  readonly from: number;
  readonly to: number;
  readonly gradient: number;
  readonly bytes: number;
  /** Of 16 bytes: four sums, to which weights and second moments are added; finite only if all of those are. */
  readonly sums: number;
}

/**
 * Adam and Polyak averaging in one pass: with g the gradient times {@link ADAM_SEED}, m ← β₁m + (1−β₁)g,
 * v ← β₂v + (1−β₂)g², w ← w − rate·m/(√v + epsilon), target ← (1−τ)·target + τ·w, with rate and epsilon of
 * adamScalars() (onnx/optimisers.ts). Every operation is rounded to float32 in the order that the graph of
 * onnx/optimisers.ts has, so that both come to the same bits; denormal moments are 0, as there.
 */
export interface AdamKernel {
  readonly name: 'wasm-simd' | 'loops';
  step(stretch: AdamStretch, rate: number, epsilon: number): void;
}

/** Memory that kernels work on, and how those on it are made. */
export interface AdamMemory {
  readonly buffer: ArrayBuffer;
  createKernel(layout: AdamLayout): AdamKernel;
}

/** Smallest normal float32. Moments that decay below it would slow arithmetic down a hundredfold on some processors. */
const SMALLEST = 2 ** -126;
const SCALE = (1 - BETA1) / ADAM_SEED;

/** Memory with SIMD kernels where the machine has WebAssembly with it. */
export function createAdamMemory(bytes: number): AdamMemory {
  return createSimdAdamMemory(bytes) ?? createLoopsAdamMemory(bytes);
}

/** Null where there is no WebAssembly SIMD. */
export function createSimdAdamMemory(bytes: number): AdamMemory | null {
  if (!canCompile(adamProgram({ m: 0, v: 0 }))) return null;
  const memory = createMemory(bytes);
  return {
    buffer: memory.buffer,
    createKernel: (layout) => simdKernel(instantiate(compile(adamProgram(layout)), memory)),
  };
}

function simdKernel(call: (...parameters: number[]) => void): AdamKernel {
  return {
    name: 'wasm-simd',
    step: ({ from, to, gradient, bytes, sums }, rate, epsilon) =>
      call(from, to, gradient, from + bytes, sums, rate, epsilon),
  };
}

/** The same numbers, several times slower. */
export function createLoopsAdamMemory(bytes: number): AdamMemory {
  const floats = new Float32Array(Math.ceil(bytes / 4));
  return {
    buffer: floats.buffer,
    createKernel: (layout) => ({
      name: 'loops',
      step: (stretch, rate, epsilon) => stepInLoops(floats, layout, stretch, rate, epsilon),
    }),
  };
}

function stepInLoops(
  floats: Float32Array,
  layout: AdamLayout,
  { from, to, gradient, bytes, sums }: AdamStretch,
  rate: number,
  epsilon: number,
): void {
  const f = Math.fround;
  const [beta1, beta2, scale] = [f(BETA1), f(BETA2), f(SCALE)];
  const { target } = layout;
  const [kept, taken] = target === undefined ? [0, 0] : [f(1 - target.tau), f(target.tau)];
  const total = floats.subarray(sums / 4, sums / 4 + 4);
  for (let i = 0; i < bytes / 4; i++) {
    const [w, next] = [from / 4 + i, to / 4 + i];
    const g = floats[gradient / 4 + i];
    const m = normal(f(f(floats[w + layout.m / 4] * beta1) + f(g * scale)));
    const v = normal(f(f(floats[w + layout.v / 4] * beta2) + f(g * g)));
    const direction = f(m / f(f(Math.sqrt(v)) + epsilon));
    const weight = f(floats[w] - f(direction * rate));
    floats[next] = weight;
    floats[next + layout.m / 4] = m;
    floats[next + layout.v / 4] = v;
    if (target !== undefined) {
      const old = floats[w + target.at / 4];
      floats[next + target.at / 4] = f(f(old * kept) + f(weight * taken));
    }
    total[i % 4] += f(weight + v);
  }
}

function normal(x: number): number {
  return Math.abs(x) < SMALLEST ? 0 : x;
}

const PARAMETERS = [...Array<number>(5).fill(Type.i32), Type.f32, Type.f32];
const [FROM, TO, GRADIENT, END, SUMS, RATE, EPSILON] = Array.from({ length: 7 }, (_, i) => i);
/** Local vectors: scalars in all lanes, four numbers at hand, sums. */
const [RATES, EPSILONS, G, M, V, W, TOTAL] = Array.from({ length: 7 }, (_, i) => PARAMETERS.length + i);

/** The step in SIMD, four weights at a time. */
function adamProgram(layout: AdamLayout): Uint8Array {
  const f = new FunctionBody();
  f.get(RATE).vector('f32x4Splat').set(RATES);
  f.get(EPSILON).vector('f32x4Splat').set(EPSILONS);
  f.get(SUMS).load().set(TOTAL);
  f.loop(() => {
    f.get(GRADIENT).load().set(G);
    f.get(FROM).load(layout.m).floats(BETA1).vector('f32x4Multiply');
    f.get(G).floats(SCALE).vector('f32x4Multiply', 'f32x4Add').set(M);
    f.get(FROM).load(layout.v).floats(BETA2).vector('f32x4Multiply');
    f.get(G).get(G).vector('f32x4Multiply', 'f32x4Add').set(V);
    for (const moment of [M, V]) withoutDenormals(f, moment);
    f.get(FROM).load();
    f.get(M).get(V).vector('f32x4SquareRoot').get(EPSILONS).vector('f32x4Add', 'f32x4Divide');
    f.get(RATES).vector('f32x4Multiply', 'f32x4Subtract').set(W);
    f.get(TO).get(W).store();
    f.get(TO).get(M).store(layout.m);
    f.get(TO).get(V).store(layout.v);
    if (layout.target !== undefined) {
      const { at, tau } = layout.target;
      f.get(TO);
      f.get(FROM)
        .load(at)
        .floats(1 - tau)
        .vector('f32x4Multiply');
      f.get(W).floats(tau).vector('f32x4Multiply', 'f32x4Add').store(at);
    }
    f.get(TOTAL).get(W).get(V).vector('f32x4Add', 'f32x4Add').set(TOTAL);
    for (const address of [TO, GRADIENT]) f.get(address).i32(16).scalar('i32Add').set(address);
    f.get(FROM).i32(16).scalar('i32Add').tee(FROM).get(END).scalar('i32LessThan');
  });
  f.get(SUMS).get(TOTAL).store();
  const locals = Array<number>(7).fill(Type.v128);
  return assemble({ parameters: PARAMETERS, locals, body: f });
}

/** Makes numbers of a local vector that are smaller than a normal float 0; NaN stays. */
function withoutDenormals(f: FunctionBody, local: number): void {
  f.get(local)
    .get(local)
    // V8 makes three instructions of the operation for an absolute value, in every turn of a loop.
    .words(0x7fffffff)
    .vector('and')
    .floats(SMALLEST)
    .vector('f32x4LessThan', 'andNot')
    .set(local);
}
