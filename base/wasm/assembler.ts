/**
 * Writes a WebAssembly module of one function: the little of the binary format (WebAssembly 2.0, with fixed-width
 * SIMD, none of it relaxed) that loops over columns, matrices and texts need.
 */

export const Type = { i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c, v128: 0x7b } as const;

/** Opcodes of vector instructions without immediates, after the prefix 0xfd. */
export const Vector = {
  i8x16Swizzle: 0x0e,
  f32x4Splat: 0x13,
  i8x16Equal: 0x23,
  i8x16NotEqual: 0x24,
  i8x16GreaterThanUnsigned: 0x28,
  f32x4LessThan: 0x43,
  f64x2LessThan: 0x49,
  and: 0x4e,
  andNot: 0x4f,
  or: 0x50,
  xor: 0x51,
  f32x4DemoteF64x2: 0x5e,
  f64x2PromoteLowF32x4: 0x5f,
  i8x16Bitmask: 0x64,
  i8x16Subtract: 0x71,
  i16x8NarrowI32x4: 0x85,
  i16x8ShiftRightUnsigned: 0x8d,
  i16x8Add: 0x8e,
  i16x8Multiply: 0x95,
  i32x4ShiftLeft: 0xab,
  i32x4ShiftRight: 0xad,
  i32x4Add: 0xae,
  i32x4DotI16x8: 0xba,
  i64x2ExtendLowSigned: 0xc7,
  i64x2ExtendHighSigned: 0xc8,
  i64x2ExtendLow: 0xc9,
  i64x2ShiftLeft: 0xcb,
  f32x4SquareRoot: 0xe3,
  f32x4Add: 0xe4,
  f32x4Subtract: 0xe5,
  f32x4Multiply: 0xe6,
  f32x4Divide: 0xe7,
  f32x4PseudoMinimum: 0xea,
  f32x4PseudoMaximum: 0xeb,
  f64x2Add: 0xf0,
  f64x2Subtract: 0xf1,
  f64x2Multiply: 0xf2,
  f64x2Divide: 0xf3,
  f64x2PseudoMinimum: 0xf6,
  f64x2PseudoMaximum: 0xf7,
  f32x4ConvertI32x4: 0xfa,
} as const;

/** Opcodes of instructions on numbers, without immediates. */
export const Scalar = {
  i32IsZero: 0x45,
  i32Equal: 0x46,
  i32NotEqual: 0x47,
  i32LessThan: 0x48,
  i32GreaterThan: 0x4a,
  i32GreaterThanUnsigned: 0x4b,
  i32LessOrEqual: 0x4c,
  i32GreaterOrEqual: 0x4e,
  i64IsZero: 0x50,
  i64NotEqual: 0x52,
  i64GreaterThanUnsigned: 0x56,
  f32NotEqual: 0x5c,
  f64Equal: 0x61,
  f64GreaterThan: 0x64,
  f64GreaterOrEqual: 0x66,
  i32LeadingZeros: 0x67,
  i32TrailingZeros: 0x68,
  i32Add: 0x6a,
  i32Subtract: 0x6b,
  i32Multiply: 0x6c,
  i32And: 0x71,
  i32Or: 0x72,
  i32ExclusiveOr: 0x73,
  i32ShiftLeft: 0x74,
  i32ShiftRightUnsigned: 0x76,
  i64Add: 0x7c,
  i64Subtract: 0x7d,
  i64Multiply: 0x7e,
  i64DivideUnsigned: 0x80,
  i64RemainderUnsigned: 0x82,
  i64And: 0x83,
  i64Or: 0x84,
  i64ShiftLeft: 0x86,
  i64ShiftRightUnsigned: 0x88,
  f64Absolute: 0x99,
  f64Nearest: 0x9e,
  f64Add: 0xa0,
  f64Subtract: 0xa1,
  f64Multiply: 0xa2,
  f64Divide: 0xa3,
  i32WrapI64: 0xa7,
  i64ExtendI32Unsigned: 0xad,
  f64ConvertI64: 0xb9,
} as const;

/** Where a branch goes: out of the block it was given by, or back to the beginning of the loop. */
export type Label = number;

/** The body of a function, instruction by instruction; locals are numbered from 0, parameters first. */
export class FunctionBody {
  readonly bytes: number[] = [];
  /** Blocks that are open. */
  #depth = 0;

  get(local: number): this {
    return this.#emit(0x20, ...unsigned(local));
  }

  set(local: number): this {
    return this.#emit(0x21, ...unsigned(local));
  }

  tee(local: number): this {
    return this.#emit(0x22, ...unsigned(local));
  }

  i32(value: number): this {
    return this.#emit(0x41, ...signed(value));
  }

  float(value: number): this {
    return this.#emit(0x43, ...repeat(Float32Array.of(value), 1));
  }

  i64(value: bigint): this {
    return this.#emit(0x42, ...signed64(value));
  }

  double(value: number): this {
    return this.#emit(0x44, ...repeat(Float64Array.of(value), 1));
  }

  scalar(...instructions: readonly (keyof typeof Scalar)[]): this {
    return this.#emit(...instructions.map((name) => Scalar[name]));
  }

  /** Loads a number from the address on the stack plus `offset`. */
  loadI32(offset = 0): this {
    return this.#emit(0x28, 0, ...unsigned(offset));
  }

  loadI64(offset = 0): this {
    return this.#emit(0x29, 0, ...unsigned(offset));
  }

  loadF32(offset = 0): this {
    return this.#emit(0x2a, 0, ...unsigned(offset));
  }

  loadF64(offset = 0): this {
    return this.#emit(0x2b, 0, ...unsigned(offset));
  }

  /** Loads a byte, or two of them, the first the lower, as an unsigned i32. */
  loadByte(offset = 0): this {
    return this.#emit(0x2d, 0, ...unsigned(offset));
  }

  loadTwoBytes(offset = 0): this {
    return this.#emit(0x2f, 0, ...unsigned(offset));
  }

  /** Stores a number at the address below it on the stack plus `offset`. */
  storeI32(offset = 0): this {
    return this.#emit(0x36, 0, ...unsigned(offset));
  }

  storeI64(offset = 0): this {
    return this.#emit(0x37, 0, ...unsigned(offset));
  }

  /** Stores the lowest byte of an i32. */
  storeByte(offset = 0): this {
    return this.#emit(0x3a, 0, ...unsigned(offset));
  }

  storeF32(offset = 0): this {
    return this.#emit(0x38, 0, ...unsigned(offset));
  }

  storeF64(offset = 0): this {
    return this.#emit(0x39, 0, ...unsigned(offset));
  }

  /** An f64 as the nearest i32 towards 0. */
  truncate(): this {
    return this.#emit(0xfc, 0x02);
  }

  /** An f64 as the nearest i64 towards 0. */
  truncateToI64(): this {
    return this.#emit(0xfc, 0x06);
  }

  /** Loads 32 bits from the address on the stack plus `offset` into each quarter of a vector. */
  loadRepeated(offset = 0): this {
    return this.#emit(0xfd, 0x09, 0, ...unsigned(offset));
  }

  /** A constant vector of four equal 32-bit words. */
  words(value: number): this {
    return this.#emit(0xfd, 0x0c, ...repeat(Uint32Array.of(value), 4));
  }

  /** A constant vector of sixteen equal bytes. */
  bytes16(value: number): this {
    return this.#emit(0xfd, 0x0c, ...Array<number>(16).fill(value));
  }

  floats(value: number): this {
    return this.#emit(0xfd, 0x0c, ...repeat(Float32Array.of(value), 4));
  }

  doubles(value: number): this {
    return this.#emit(0xfd, 0x0c, ...repeat(Float64Array.of(value), 2));
  }

  /** Loads 16 bytes from the address on the stack plus `offset`. */
  load(offset = 0): this {
    return this.#emit(0xfd, 0x00, 0, ...unsigned(offset));
  }

  store(offset = 0): this {
    return this.#emit(0xfd, 0x0b, 0, ...unsigned(offset));
  }

  /** A quarter of the vector on the stack. */
  laneI32(lane: number): this {
    return this.#emit(0xfd, 0x1b, lane);
  }

  /** The low halves of two vectors, the first's first. */
  joinLow(): this {
    return this.#emit(0xfd, 0x0d, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23);
  }

  /** The high half of a vector, in both halves. */
  high(local: number): this {
    const bytes = [8, 9, 10, 11, 12, 13, 14, 15];
    return this.get(local)
      .get(local)
      .#emit(0xfd, 0x0d, ...bytes, ...bytes);
  }

  vector(...instructions: readonly (keyof typeof Vector)[]): this {
    for (const name of instructions) this.#emit(0xfd, ...unsigned(Vector[name]));
    return this;
  }

  /** Whether any bit of the vector on the stack is set. */
  anyTrue(): this {
    return this.#emit(0xfd, 0x53);
  }

  /** Repeats `body` for as long as it leaves a non-zero condition on the stack. */
  loop(body: () => void): this {
    return this.#nested([0x03, 0x40], (label) => {
      body();
      this.branchIf(label);
    });
  }

  /** Does `body` again whenever it branches to the label it is given, and goes on where it does not. */
  repeat(body: (again: Label) => void): this {
    return this.#nested([0x03, 0x40], body);
  }

  /** Does `body`, which leaves by its end or by branching to the label it is given. */
  block(body: (exit: Label) => void): this {
    return this.#nested([0x02, 0x40], body);
  }

  /** Does `body`, which leaves the stack as it was, where the condition on the stack is not zero, else `otherwise`. */
  when(body: () => void, otherwise?: () => void): this {
    return this.#nested([0x04, 0x40], () => {
      body();
      if (otherwise === undefined) return;
      this.#emit(0x05);
      otherwise();
    });
  }

  branch(label: Label): this {
    return this.#emit(0x0c, ...unsigned(this.#depth - label));
  }

  /** Branches where the condition on the stack is not zero. */
  branchIf(label: Label): this {
    return this.#emit(0x0d, ...unsigned(this.#depth - label));
  }

  /** Ends the function with what is on the stack. */
  result(): this {
    return this.#emit(0x0f);
  }

  #nested(opening: readonly number[], body: (label: Label) => void): this {
    this.#emit(...opening);
    body(++this.#depth);
    this.#depth--;
    return this.#emit(0x0b);
  }

  #emit(...bytes: readonly number[]): this {
    this.bytes.push(...bytes);
    return this;
  }
}

export interface FunctionSource {
  /** Types of the parameters; none by default. */
  readonly parameters?: readonly number[];
  /** Types of the local variables. */
  readonly locals: readonly number[];
  /** Type of the result, where there is one. */
  readonly result?: number;
  readonly body: FunctionBody;
}

/** A module that imports memory `host.memory` and exports the function as `run`. */
export function assemble({ parameters = [], locals, result, body }: FunctionSource): Uint8Array {
  const results = result === undefined ? [0] : [1, result];
  const declared = locals.flatMap((type) => [1, type]);
  const code = [...unsigned(locals.length), ...declared, ...body.bytes, 0x0b];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [1, 0x60, ...unsigned(parameters.length), ...parameters, ...results]),
    ...section(2, [1, ...name('host'), ...name('memory'), 0x02, 0x00, 1]),
    ...section(3, [1, 0]),
    ...section(7, [1, ...name('run'), 0x00, 0]),
    ...section(10, [1, ...unsigned(code.length), ...code]),
  ]);
}

function section(id: number, content: readonly number[]): readonly number[] {
  return [id, ...unsigned(content.length), ...content];
}

function name(text: string): readonly number[] {
  return [text.length, ...new TextEncoder().encode(text)];
}

/** LEB128. */
function unsigned(value: number): readonly number[] {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>>= 7) {
    if (rest < 0x80) return [...bytes, rest];
    bytes.push((rest & 0x7f) | 0x80);
  }
}

function signed(value: number): readonly number[] {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>= 7) {
    if (rest >= -64 && rest < 64) return [...bytes, rest & 0x7f];
    bytes.push((rest & 0x7f) | 0x80);
  }
}

function signed64(value: bigint): readonly number[] {
  const bytes: number[] = [];
  for (let rest = BigInt.asIntN(64, value); ; rest >>= 7n) {
    if (rest >= -64n && rest < 64n) return [...bytes, Number(rest & 0x7fn)];
    bytes.push(Number(rest & 0x7fn) | 0x80);
  }
}

function repeat(value: Uint32Array | Float32Array | Float64Array, times: number): readonly number[] {
  const bytes = [...new Uint8Array(value.buffer)];
  return Array.from({ length: times }, () => bytes).flat();
}
