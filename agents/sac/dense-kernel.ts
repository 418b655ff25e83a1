import { assemble, FunctionBody, Type } from '../../base/wasm/assembler.ts';
import {
  type CompiledModule,
  canCompile,
  compile,
  createMemory,
  instantiate,
} from '../../base/wasm/web-assembly.ts';

// Runs at every decision: one loop in WebAssembly SIMD, or the same in TypeScript; nothing is allocated.

/** Where a layer's numbers lie in the kernel's memory, float32, as byte addresses; and its shape. */
export interface DenseLayer {
  readonly input: number;
  readonly inputs: number;
  /** The kernel, a row of outputs for each input. */
  readonly kernel: number;
  readonly bias: number;
  readonly output: number;
  /** Bytes of a row, a multiple of 16: outputs beyond the layer's own have weights of 0. */
  readonly rowBytes: number;
  /** Room for (inputs + 4) pairs of 8 bytes. */
  readonly pairs: number;
  readonly relu: boolean;
}

/**
 * Dense layers y = max(W·x + b, 0), or without the max. Inputs that are 0, as ReLU makes about half of them, are left out;
 * the rest is added four at a time, bias + ((w₀x₀ + w₁x₁) + (w₂x₂ + w₃x₃)) + …, where products and what is in parentheses
 * are rounded to float32 and the long sum is float64: the same bits on every machine and with either kernel, and no more
 * than the products' own rounding in the result. NaN stays NaN, through the max too.
 */
export interface DenseKernel {
  readonly name: 'wasm-simd' | 'loops';
  readonly memory: ArrayBuffer;
  run(layer: DenseLayer): void;
}

let module: CompiledModule | null | undefined;

/** A kernel with that many bytes of memory of its own: SIMD where the machine has WebAssembly with it. */
export function createDenseKernel(bytes: number): DenseKernel {
  return createSimdKernel(bytes) ?? createLoopsKernel(bytes);
}

/** Null where there is no WebAssembly SIMD. */
export function createSimdKernel(bytes: number): DenseKernel | null {
  if (module === undefined) {
    const program = denseProgram();
    module = canCompile(program) ? compile(program) : null;
  }
  if (module === null) return null;
  const memory = createMemory(bytes);
  const call = instantiate(module, memory);
  return {
    name: 'wasm-simd',
    memory: memory.buffer,
    run: ({ input, inputs, kernel, bias, output, rowBytes, pairs, relu }) =>
      call(
        input,
        input + 4 * inputs,
        kernel,
        bias,
        output,
        rowBytes,
        pairs,
        relu ? 0 : Number.NEGATIVE_INFINITY,
      ),
  };
}

/** About seven times slower. */
export function createLoopsKernel(bytes: number): DenseKernel {
  const memory = new ArrayBuffer(4 * Math.ceil(bytes / 4));
  const floats = new Float32Array(memory);
  const words = new Int32Array(memory);
  let sums = new Float64Array(0);
  return {
    name: 'loops',
    memory,
    run: (layer) => {
      if (sums.length < layer.rowBytes / 4) sums = new Float64Array(layer.rowBytes / 4);
      runLoops(layer, floats, words, sums);
    },
  };
}

function runLoops(layer: DenseLayer, floats: Float32Array, words: Int32Array, sums: Float64Array): void {
  const width = layer.rowBytes / 4;
  const input = layer.input / 4;
  const kernel = layer.kernel / 4;
  const bias = layer.bias / 4;
  const output = layer.output / 4;
  const pairs = layer.pairs / 4;
  let end = pairs;
  for (let i = 0; i < layer.inputs; i++) {
    const x = floats[input + i];
    words[end] = kernel + i * width;
    floats[end + 1] = x;
    if (x !== 0) end += 2;
  }
  for (let i = 0; i < 8; i += 2) {
    words[end + i] = kernel;
    floats[end + i + 1] = 0;
  }
  for (let o = 0; o < width; o++) sums[o] = floats[bias + o];
  // The first group is added even where every input is 0.
  const groups = Math.max(1, Math.ceil((end - pairs) / 8));
  for (let i = 0; i < groups; i++) addFour(floats, words, pairs + 8 * i, sums, width);
  for (let o = 0; o < width; o++) floats[output + o] = layer.relu && sums[o] < 0 ? 0 : sums[o];
}

/** Adds four rows of the kernel, each times its input, to the sums. */
function addFour(
  floats: Float32Array,
  words: Int32Array,
  at: number,
  sums: Float64Array,
  width: number,
): void {
  const f = Math.fround;
  const [r0, r1, r2, r3] = [words[at], words[at + 2], words[at + 4], words[at + 6]];
  const [x0, x1, x2, x3] = [floats[at + 1], floats[at + 3], floats[at + 5], floats[at + 7]];
  for (let o = 0; o < width; o++) {
    const low = f(f(x0 * floats[r0 + o]) + f(x1 * floats[r1 + o]));
    const high = f(f(x2 * floats[r2 + o]) + f(x3 * floats[r3 + o]));
    sums[o] += f(low + high);
  }
}

const PARAMETERS = [...Array<number>(7).fill(Type.i32), Type.f32];
const [INPUT, INPUT_END, KERNEL, BIAS, OUTPUT, ROW_BYTES, PAIRS, FLOOR] = Array.from(
  { length: 8 },
  (_, i) => i,
);
/** Local numbers: the end of the pairs, the first byte of the columns at hand, the pair at hand, four rows. */
const [END, COLUMN, PAIR] = [8, 9, 10];
const ROWS = [11, 12, 13, 14];
/** Local vectors: the four inputs, the smallest output, four outputs at hand, and two sums for each four outputs. */
const INPUTS = [15, 16, 17, 18];
const [LEAST, TERM] = [19, 20];
const SUMS = [21, 22, 23, 24, 25, 26, 27, 28];

/** Bytes of the outputs that the sums are for. */
const WIDE = 8 * SUMS.length;

/** The layer in SIMD: outputs in lanes, 16 at a time in eight sums that stay in registers, then what remains by fours. */
function denseProgram(): Uint8Array {
  const f = new FunctionBody();
  f.get(FLOOR).vector('f32x4Splat').set(LEAST);
  pairUp(f);
  f.i32(WIDE).get(ROW_BYTES).scalar('i32LessOrEqual');
  f.when(() => {
    f.loop(() => {
      columns(f, SUMS);
      f.get(COLUMN).i32(WIDE).scalar('i32Add').get(ROW_BYTES).scalar('i32LessOrEqual');
    });
  });
  f.get(COLUMN).get(ROW_BYTES).scalar('i32LessThan');
  f.when(() => {
    f.loop(() => {
      columns(f, SUMS.slice(0, 2));
      f.get(COLUMN).get(ROW_BYTES).scalar('i32LessThan');
    });
  });
  const locals = [...Array<number>(7).fill(Type.i32), ...Array<number>(14).fill(Type.v128)];
  return assemble({ parameters: PARAMETERS, locals, body: f });
}

/** Writes pairs of a row's address and its input for inputs that are not 0, and four of input 0 to fill the last group. */
function pairUp(f: FunctionBody): void {
  const row = ROWS[0];
  f.get(PAIRS).set(END).get(KERNEL).set(row);
  f.loop(() => {
    f.get(END).get(row).storeI32();
    f.get(END).get(INPUT).loadF32().storeF32(4);
    // The next pair overwrites one whose input is 0; NaN is not 0.
    f.get(END).get(INPUT).loadF32();
    f.float(0).scalar('f32NotEqual').i32(3).scalar('i32ShiftLeft', 'i32Add').set(END);
    f.get(row).get(ROW_BYTES).scalar('i32Add').set(row);
    f.get(INPUT).i32(4).scalar('i32Add').tee(INPUT).get(INPUT_END).scalar('i32LessThan');
  });
  for (let i = 0; i < 4; i++) {
    f.get(END)
      .get(KERNEL)
      .storeI32(8 * i);
    f.get(END)
      .float(0)
      .storeF32(8 * i + 4);
  }
}

/** Two outputs for each of the sums, from COLUMN on, which moves behind them. */
function columns(f: FunctionBody, sums: readonly number[]): void {
  const fours = sums.length / 2;
  for (let j = 0; j < fours; j++) {
    f.get(BIAS).get(COLUMN).scalar('i32Add');
    f.load(16 * j).tee(TERM);
    f.vector('f64x2PromoteLowF32x4').set(sums[2 * j]);
    f.high(TERM)
      .vector('f64x2PromoteLowF32x4')
      .set(sums[2 * j + 1]);
  }
  f.get(PAIRS).set(PAIR);
  f.loop(() => {
    for (let i = 0; i < 4; i++) {
      f.get(PAIR).loadI32(8 * i);
      f.get(COLUMN).scalar('i32Add').set(ROWS[i]);
      f.get(PAIR)
        .loadRepeated(8 * i + 4)
        .set(INPUTS[i]);
    }
    for (let j = 0; j < fours; j++) addProducts(f, j, sums[2 * j], sums[2 * j + 1]);
    f.get(PAIR).i32(32).scalar('i32Add').tee(PAIR).get(END).scalar('i32LessThan');
  });
  for (let j = 0; j < fours; j++) {
    f.get(OUTPUT).get(COLUMN).scalar('i32Add');
    f.get(sums[2 * j]).vector('f32x4DemoteF64x2');
    f.get(sums[2 * j + 1]).vector('f32x4DemoteF64x2');
    f.joinLow()
      .get(LEAST)
      .vector('f32x4PseudoMaximum')
      .store(16 * j);
  }
  f.get(COLUMN)
    .i32(16 * fours)
    .scalar('i32Add')
    .set(COLUMN);
}

/** Adds four rows times their inputs, of the four outputs `j` at hand, to the two sums. */
function addProducts(f: FunctionBody, j: number, low: number, high: number): void {
  for (let i = 0; i < 4; i++) {
    f.get(ROWS[i]).load(16 * j);
    f.get(INPUTS[i]).vector('f32x4Multiply');
    if (i % 2 === 1) f.vector('f32x4Add');
  }
  f.vector('f32x4Add').set(TERM);
  f.get(low).get(TERM).vector('f64x2PromoteLowF32x4', 'f64x2Add').set(low);
  f.get(high).high(TERM).vector('f64x2PromoteLowF32x4', 'f64x2Add').set(high);
}
