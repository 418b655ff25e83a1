import type { Generator } from '../../../base/random.ts';
import type { StateMatrix } from '../state-matrix.ts';
import { assemble, FunctionBody, Type } from './assembler.ts';
import { instantiate } from './web-assembly.ts';

/** Bytes of the kernel's generators at the memory's start: four xoshiro128** side by side. */
export const GENERATOR_BYTES = 64;

/** Parameters of the compiled market. */
export interface KernelParameters {
  /** λ·dt: probability that a quote at the mid is filled in a step. */
  readonly probability: number;
  /** κ of the fill function e^(−κδ). */
  readonly decay: number;
  /** σ√dt. */
  readonly midStep: number;
  /** μ·dt. */
  readonly midDrift: number;
  readonly maxInventory: number;
}

/** 2^x on [−½, ½]: interpolation at the Chebyshev nodes, within 1.1·10⁻⁷ of its value. */
const EXP2 = [1.00000008, 0.693147188, 0.240221075, 0.0555035711, 0.00967603192, 0.00133908634];

const ROW = 0;
const [S0, S1, S2, S3, WORD, TEMP, T, N, B, A, Q, M, FB, FA] = Array.from({ length: 14 }, (_, i) => 1 + i);
const [LOG_P, DECAY, STEP, DRIFT, LIMIT, MINUS_LIMIT] = Array.from({ length: 6 }, (_, i) => 15 + i);

/**
 * Poisson arrivals with probability λ·dt, exponential fills and a binomial mid as one WebAssembly SIMD loop over a state
 * matrix, two paths at a time; addresses and parameters are compiled in. A pair takes one draw of four 32-bit words:
 * the upper 31 bits of each decide a fill, the lowest bit of the first two the direction of the mid. Fill probabilities
 * are float32, exact to about 10⁻⁶ of their value; prices, cash and inventory are float64.
 */
export function createKernel(state: StateMatrix, parameters: KernelParameters): () => void {
  return instantiate(program(state, parameters), state.memory);
}

/** Seeds the four generators. */
export function seedKernel(memory: { readonly buffer: ArrayBuffer }, generator: Generator): void {
  const words = new Uint32Array(memory.buffer, 0, GENERATOR_BYTES / 4);
  for (let i = 0; i < words.length; i++) words[i] = generator.uint32();
}

function program(state: StateMatrix, parameters: KernelParameters): Uint8Array {
  const { probability, decay, midStep, midDrift, maxInventory } = parameters;
  const f = new FunctionBody();
  f.floats(Math.log2(probability)).set(LOG_P);
  f.floats(-decay * Math.LOG2E).set(DECAY);
  f.doubles(midStep).set(STEP);
  f.doubles(midDrift).set(DRIFT);
  f.doubles(maxInventory).set(LIMIT);
  f.doubles(-maxInventory).set(MINUS_LIMIT);
  [S0, S1, S2, S3].forEach((s, i) => {
    f.i32(0)
      .load(16 * i)
      .set(s);
  });
  f.loop(() => {
    draw(f);
    fillProbabilities(f, state);
    fills(f, state);
    account(f, state);
    f.get(ROW)
      .i32(16)
      .addI32()
      .tee(ROW)
      .i32(8 * state.rows)
      .lessThanI32();
  });
  [S0, S1, S2, S3].forEach((s, i) => {
    f.i32(0)
      .get(s)
      .store(16 * i);
  });
  return assemble({ locals: [Type.i32, ...Array<number>(20).fill(Type.v128)], body: f });
}

/** WORD ← four words of xoshiro128** (Blackman and Vigna, 2018); multiplications by 5 and 9 as shift and add. */
function draw(f: FunctionBody): void {
  f.get(S1).i32(2).vector('i32x4ShiftLeft').get(S1).vector('i32x4Add').set(WORD);
  rotate(f, WORD, 7);
  f.get(WORD).i32(3).vector('i32x4ShiftLeft').get(WORD).vector('i32x4Add').set(WORD);
  f.get(S1).i32(9).vector('i32x4ShiftLeft').set(TEMP);
  f.get(S2).get(S0).vector('xor').set(S2);
  f.get(S3).get(S1).vector('xor').set(S3);
  f.get(S1).get(S2).vector('xor').set(S1);
  f.get(S0).get(S3).vector('xor').set(S0);
  f.get(S2).get(TEMP).vector('xor').set(S2);
  rotate(f, S3, 11);
}

function rotate(f: FunctionBody, local: number, bits: number): void {
  f.get(local).i32(bits).vector('i32x4ShiftLeft');
  f.get(local)
    .i32(32 - bits)
    .vector('i32x4ShiftRight', 'or')
    .set(local);
}

/** T ← λ·dt·e^(−κδ) for the pair's bids, then its asks, as 2^t. */
function fillProbabilities(f: FunctionBody, state: StateMatrix): void {
  load(f, state, 'bidDistance').tee(B).vector('f32x4DemoteF64x2');
  load(f, state, 'askDistance').tee(A).vector('f32x4DemoteF64x2');
  f.joinLow().get(DECAY).vector('f32x4Multiply').get(LOG_P).vector('f32x4Add');
  f.floats(-126).vector('f32x4Maximum').floats(126).vector('f32x4Minimum').tee(T);
  f.vector('f32x4Nearest').set(N);
  f.get(T).get(N).vector('f32x4Subtract').set(T);
  f.floats(EXP2[EXP2.length - 1]);
  for (let i = EXP2.length - 2; i >= 0; i--) {
    f.get(T).vector('f32x4Multiply').floats(EXP2[i]).vector('f32x4Add');
  }
  // Adding n to the exponent multiplies by 2ⁿ.
  f.get(N).vector('i32x4TruncateF32x4').i32(23).vector('i32x4ShiftLeft').vector('i32x4Add').set(T);
}

/** FB, FA ← 1 where the bid, the ask is filled, else 0. */
function fills(f: FunctionBody, state: StateMatrix): void {
  f.get(WORD)
    .i32(1)
    .vector('i32x4ShiftRight', 'f32x4ConvertI32x4')
    .floats(2 ** -31)
    .vector('f32x4Multiply');
  f.get(T).vector('f32x4LessThan').set(T);
  load(f, state, 'inventory').set(Q);
  f.get(T).vector('i64x2ExtendLowSigned').get(Q).get(LIMIT).vector('f64x2LessThan', 'and');
  f.doubles(1).vector('and').set(FB);
  f.get(T).vector('i64x2ExtendHighSigned').get(MINUS_LIMIT).get(Q).vector('f64x2LessThan', 'and');
  f.doubles(1).vector('and').set(FA);
}

/** Inventory, cash, gain and mid after the fills and the mid's move. */
function account(f: FunctionBody, state: StateMatrix): void {
  load(f, state, 'mid').set(M);
  f.get(ROW).get(Q).get(FB).vector('f64x2Add').get(FA).vector('f64x2Subtract').tee(Q);
  f.store(address(state, 'inventory'));
  load(f.get(ROW), state, 'cash').get(FA).get(M).get(A).vector('f64x2Add', 'f64x2Multiply', 'f64x2Add');
  f.get(FB).get(M).get(B).vector('f64x2Subtract', 'f64x2Multiply', 'f64x2Subtract');
  f.store(address(state, 'cash'));
  // The lowest bit of a word becomes the sign of σ√dt.
  f.get(WORD).vector('i64x2ExtendLow').i32(63).vector('i64x2ShiftLeft').get(STEP).vector('xor');
  f.get(DRIFT).vector('f64x2Add').set(TEMP);
  f.get(ROW).get(FB).get(B).vector('f64x2Multiply').get(FA).get(A).vector('f64x2Multiply', 'f64x2Add');
  f.get(Q).get(TEMP).vector('f64x2Multiply', 'f64x2Add').store(address(state, 'gain'));
  f.get(ROW).get(M).get(TEMP).vector('f64x2Add').store(address(state, 'mid'));
}

function load(f: FunctionBody, state: StateMatrix, column: string): FunctionBody {
  return f.get(ROW).load(address(state, column));
}

function address(state: StateMatrix, column: string): number {
  return state.column(column).byteOffset;
}
