import { assemble, FunctionBody, Type } from '../base/wasm/assembler.ts';
import {
  type CompiledModule,
  canCompile,
  compile,
  createMemory,
  instantiate,
} from '../base/wasm/web-assembly.ts';

// Hot path: batches of the learner; memory is kept.

/**
 * clip((x − mean)/deviation, ±clip) of many rows in WebAssembly SIMD. Arithmetic is float64 and results are rounded to
 * float32, operation by operation as in TypeScript: the same bits, NaN included, in a third of the time.
 */
export interface NormaliseKernel {
  /** Normalises `count` rows of `input` into `out`, which may be the same array. */
  normalise(
    mean: Float64Array,
    deviation: Float64Array,
    input: Float32Array,
    count: number,
    out: Float32Array,
  ): void;
}

/** A kernel for rows of `size` features; null where there is no WebAssembly SIMD. */
export function createNormaliseKernel(size: number, clip: number): NormaliseKernel | null {
  const program = normaliseProgram(size, clip);
  return canCompile(program) ? new SimdNormaliser(size, compile(program)) : null;
}

/** Rows that are normalised together: so many make whole vectors of four floats whatever their size. */
const ROWS = 4;

/** Byte addresses: means, then deviations, each repeated for every row of {@link ROWS}, then the rows themselves. */
function placesOf(size: number) {
  const table = 8 * ROWS * size;
  return { means: 0, deviations: table, rows: 2 * table };
}

class SimdNormaliser implements NormaliseKernel {
  readonly #size: number;
  readonly #module: CompiledModule;
  #capacity = 0;
  #tables = new Float64Array(0);
  #rows = new Float32Array(0);
  #run: (...parameters: number[]) => void = () => undefined;

  constructor(size: number, module: CompiledModule) {
    this.#size = size;
    this.#module = module;
  }

  normalise(
    mean: Float64Array,
    deviation: Float64Array,
    input: Float32Array,
    count: number,
    out: Float32Array,
  ): void {
    this.#makeRoom(count);
    const size = this.#size;
    const length = count * size;
    for (let row = 0; row < ROWS; row++) {
      this.#tables.set(mean, row * size);
      this.#tables.set(deviation, (ROWS + row) * size);
    }
    const rows = this.#rows;
    rows.set(input.length === length ? input : input.subarray(0, length));
    const { rows: start } = placesOf(size);
    this.#run(start, start + 4 * length);
    out.set(rows.length === length ? rows : rows.subarray(0, length));
  }

  #makeRoom(count: number): void {
    if (count <= this.#capacity) return;
    const size = this.#size;
    const { rows } = placesOf(size);
    const memory = createMemory(rows + 4 * size * ROWS * Math.ceil(count / ROWS));
    this.#capacity = count;
    this.#tables = new Float64Array(memory.buffer, 0, rows / 8);
    this.#rows = new Float32Array(memory.buffer, rows, count * size);
    this.#run = instantiate(this.#module, memory);
  }
}

const [AT, END, FEATURE, X] = Array.from({ length: 4 }, (_, i) => i);

/** The rows from one address to another, in place; it may go on to the next multiple of {@link ROWS}. */
function normaliseProgram(size: number, clip: number): Uint8Array {
  const { means, deviations } = placesOf(size);
  const f = new FunctionBody();
  /** Two features, whose floats are in the low half of the vector on the stack. */
  const normalised = (offset: number) => {
    f.vector('f64x2PromoteLowF32x4');
    f.get(FEATURE)
      .load(means + offset)
      .vector('f64x2Subtract');
    f.get(FEATURE)
      .load(deviations + offset)
      .vector('f64x2Divide');
    f.doubles(clip).vector('f64x2PseudoMinimum').doubles(-clip).vector('f64x2PseudoMaximum');
    f.vector('f32x4DemoteF64x2');
  };
  f.loop(() => {
    f.i32(0).set(FEATURE);
    f.loop(() => {
      f.get(AT).load().set(X);
      f.get(AT);
      f.get(X);
      normalised(0);
      f.high(X);
      normalised(16);
      f.joinLow().store();
      f.get(AT).i32(16).scalar('i32Add').set(AT);
      f.get(FEATURE).i32(32).scalar('i32Add').tee(FEATURE).i32(deviations).scalar('i32LessThan');
    });
    f.get(AT).get(END).scalar('i32LessThan');
  });
  return assemble({ parameters: [Type.i32, Type.i32], locals: [Type.i32, Type.v128], body: f });
}
