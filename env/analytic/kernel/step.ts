import type { Generator } from '../../../base/random.ts';
import { assemble, FunctionBody, Type } from '../../../base/wasm/assembler.ts';
import { compile, instantiate } from '../../../base/wasm/web-assembly.ts';
import type { StateMatrix } from '../state-matrix.ts';

/** Bytes of the kernel's generators at the memory's start: four xoshiro128+ side by side. */
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

const ROUND = 1.5 * 2 ** 23;

const ROW = 0;
const [S0, S1, S2, S3, WORD, TEMP, T, N, B, A, Q, M, BOUGHT, SOLD] = Array.from(
  { length: 14 },
  (_, i) => 1 + i,
);
const [LOG_P, DECAY, STEP, DRIFT, LIMIT, MINUS_LIMIT, ONE, SIGN] = Array.from(
  { length: 8 },
  (_, i) => 15 + i,
);

/**
 * Poisson arrivals with probability λ·dt, exponential fills and a binomial mid as one WebAssembly SIMD loop over a state
 * matrix, two paths at a time; addresses and parameters are compiled in. A pair takes one draw of four 32-bit words: the lower
 * 31 bits of each decide a fill, the highest bit of the first two the direction of the mid. Fill probabilities are
 * float32, exact to about 10⁻⁶ of their value; prices, cash and inventory are float64.
 */
export function createKernel(state: StateMatrix, parameters: KernelParameters): () => void {
  return instantiate(compile(program(state, parameters)), state.memory);
}

/** Seeds the four generators. */
export function seedKernel(memory: { readonly buffer: ArrayBuffer }, generator: Generator): void {
  const words = new Uint32Array(memory.buffer, 0, GENERATOR_BYTES / 4);
  for (let i = 0; i < words.length; i++) words[i] = generator.uint32();
}

function program(state: StateMatrix, parameters: KernelParameters): Uint8Array {
  const { probability, decay, midStep, midDrift, maxInventory } = parameters;
  const f = new FunctionBody();
  f.floats(31 + Math.log2(probability)).set(LOG_P);
  f.floats(-decay * Math.LOG2E).set(DECAY);
  f.doubles(midStep).set(STEP);
  f.doubles(midDrift).set(DRIFT);
  f.doubles(maxInventory).set(LIMIT);
  f.doubles(-maxInventory).set(MINUS_LIMIT);
  f.doubles(1).set(ONE);
  f.doubles(-0).set(SIGN);
  [S0, S1, S2, S3].forEach((s, i) => {
    f.i32(0)
      .load(16 * i)
      .set(s);
  });
  f.loop(() => {
    draw(f);
    fillThresholds(f, state);
    fills(f, state);
    account(f, state);
    f.get(ROW)
      .i32(16)
      .scalar('i32Add')
      .tee(ROW)
      .i32(8 * state.rows)
      .scalar('i32LessThan');
  });
  [S0, S1, S2, S3].forEach((s, i) => {
    f.i32(0)
      .get(s)
      .store(16 * i);
  });
  return assemble({ locals: [Type.i32, ...Array<number>(22).fill(Type.v128)], body: f });
}

/** WORD ← four words of xoshiro128+ (Blackman and Vigna, 2018), whose few weak bits are the lowest. */
function draw(f: FunctionBody): void {
  f.get(S0).get(S3).vector('i32x4Add').set(WORD);
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

/** T ← 2³¹·λ·dt·e^(−κδ) for the pair's bids, then its asks, as 2^t. */
function fillThresholds(f: FunctionBody, state: StateMatrix): void {
  load(f, state, 'bidDistance').tee(B).vector('f32x4DemoteF64x2');
  load(f, state, 'askDistance').tee(A).vector('f32x4DemoteF64x2');
  f.joinLow().get(DECAY).vector('f32x4Multiply').get(LOG_P).vector('f32x4Add');
  f.floats(-126).vector('f32x4PseudoMaximum').floats(126).vector('f32x4PseudoMinimum').tee(T);
  // Adding 1.5·2²³ leaves t, rounded to a whole number n, in the lowest bits.
  f.floats(ROUND).vector('f32x4Add').set(N);
  f.get(T).get(N).floats(ROUND).vector('f32x4Subtract', 'f32x4Subtract').set(T);
  f.floats(EXP2[EXP2.length - 1]);
  for (let i = EXP2.length - 2; i >= 0; i--) {
    f.get(T).vector('f32x4Multiply').floats(EXP2[i]).vector('f32x4Add');
  }
  // Adding n to the exponent multiplies by 2ⁿ.
  f.get(N).i32(23).vector('i32x4ShiftLeft', 'i32x4Add').set(T);
}

/** BOUGHT, SOLD ← all ones where the bid, the ask is filled, else 0. A draw of 0, which would be below any threshold,
 * counts as 1. */
function fills(f: FunctionBody, state: StateMatrix): void {
  f.get(WORD).words(0x7fffffff).vector('and').words(1).vector('or', 'f32x4ConvertI32x4');
  f.get(T).vector('f32x4LessThan').set(T);
  load(f, state, 'inventory').set(Q);
  f.get(T).vector('i64x2ExtendLowSigned').get(Q).get(LIMIT).vector('f64x2LessThan', 'and').set(BOUGHT);
  f.get(T).vector('i64x2ExtendHighSigned').get(MINUS_LIMIT).get(Q).vector('f64x2LessThan', 'and').set(SOLD);
}

/** Inventory, cash, gain and mid after the fills and the mid's move. What is not filled is masked, not multiplied by 0:
 * its distance may be infinite. */
function account(f: FunctionBody, state: StateMatrix): void {
  load(f, state, 'mid').set(M);
  f.get(ROW).get(Q).get(BOUGHT).get(ONE).vector('and', 'f64x2Add').get(SOLD).get(ONE);
  f.vector('and', 'f64x2Subtract').tee(Q).store(address(state, 'inventory'));
  load(f.get(ROW), state, 'cash').get(SOLD).get(M).get(A).vector('f64x2Add', 'and', 'f64x2Add');
  f.get(BOUGHT).get(M).get(B).vector('f64x2Subtract', 'and', 'f64x2Subtract').store(address(state, 'cash'));
  // The highest bit of a word becomes the sign of σ√dt.
  f.get(WORD).vector('i64x2ExtendLow').i32(32).vector('i64x2ShiftLeft').get(SIGN).vector('and');
  f.get(STEP).vector('xor').get(DRIFT).vector('f64x2Add').set(TEMP);
  f.get(ROW).get(BOUGHT).get(B).vector('and').get(SOLD).get(A).vector('and', 'f64x2Add');
  f.get(Q).get(TEMP).vector('f64x2Multiply', 'f64x2Add').store(address(state, 'gain'));
  f.get(ROW).get(M).get(TEMP).vector('f64x2Add').store(address(state, 'mid'));
}

function load(f: FunctionBody, state: StateMatrix, column: string): FunctionBody {
  return f.get(ROW).load(address(state, column));
}

function address(state: StateMatrix, column: string): number {
  return state.column(column).byteOffset;
}
