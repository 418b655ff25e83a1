/**
 * Writes a WebAssembly module of one function: the little of the binary format (WebAssembly 2.0, with fixed-width
 * SIMD, none of it relaxed) that loops over columns and matrices need.
 */

export const Type = { i32: 0x7f, f32: 0x7d, v128: 0x7b } as const;

/** Opcodes of vector instructions without immediates, after the prefix 0xfd. */
export const Vector = {
  f32x4Splat: 0x13,
  f32x4LessThan: 0x43,
  f64x2LessThan: 0x49,
  and: 0x4e,
  or: 0x50,
  xor: 0x51,
  f32x4DemoteF64x2: 0x5e,
  f64x2PromoteLowF32x4: 0x5f,
  i32x4ShiftLeft: 0xab,
  i32x4ShiftRight: 0xad,
  i32x4Add: 0xae,
  i64x2ExtendLowSigned: 0xc7,
  i64x2ExtendHighSigned: 0xc8,
  i64x2ExtendLow: 0xc9,
  i64x2ShiftLeft: 0xcb,
  f32x4Add: 0xe4,
  f32x4Subtract: 0xe5,
  f32x4Multiply: 0xe6,
  f32x4PseudoMinimum: 0xea,
  f32x4PseudoMaximum: 0xeb,
  f64x2Add: 0xf0,
  f64x2Subtract: 0xf1,
  f64x2Multiply: 0xf2,
  f32x4ConvertI32x4: 0xfa,
} as const;

/** Opcodes of instructions on numbers, without immediates. */
export const Scalar = {
  i32LessThan: 0x48,
  i32LessOrEqual: 0x4c,
  f32NotEqual: 0x5c,
  i32Add: 0x6a,
  i32ShiftLeft: 0x74,
} as const;

/** The body of a function, instruction by instruction; locals are numbered from 0, parameters first. */
export class FunctionBody {
  readonly bytes: number[] = [];

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

  scalar(...instructions: readonly (keyof typeof Scalar)[]): this {
    return this.#emit(...instructions.map((name) => Scalar[name]));
  }

  /** Loads a number from the address on the stack plus `offset`. */
  loadI32(offset = 0): this {
    return this.#emit(0x28, 0, ...unsigned(offset));
  }

  loadF32(offset = 0): this {
    return this.#emit(0x2a, 0, ...unsigned(offset));
  }

  /** Stores a number at the address below it on the stack plus `offset`. */
  storeI32(offset = 0): this {
    return this.#emit(0x36, 0, ...unsigned(offset));
  }

  storeF32(offset = 0): this {
    return this.#emit(0x38, 0, ...unsigned(offset));
  }

  /** Loads 32 bits from the address on the stack plus `offset` into each quarter of a vector. */
  loadRepeated(offset = 0): this {
    return this.#emit(0xfd, 0x09, 0, ...unsigned(offset));
  }

  /** A constant vector of four equal 32-bit words. */
  words(value: number): this {
    return this.#emit(0xfd, 0x0c, ...repeat(Uint32Array.of(value), 4));
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

  /** Repeats `body` for as long as it leaves a non-zero condition on the stack. */
  loop(body: () => void): this {
    this.#emit(0x03, 0x40);
    body();
    return this.#emit(0x0d, 0, 0x0b);
  }

  /** Does `body`, which leaves the stack as it was, where the condition on the stack is not zero. */
  when(body: () => void): this {
    this.#emit(0x04, 0x40);
    body();
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
  readonly body: FunctionBody;
}

/** A module that imports memory `host.memory` and exports the function, which has no result, as `run`. */
export function assemble({ parameters = [], locals, body }: FunctionSource): Uint8Array {
  const declared = locals.flatMap((type) => [1, type]);
  const code = [...unsigned(locals.length), ...declared, ...body.bytes, 0x0b];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [1, 0x60, ...unsigned(parameters.length), ...parameters, 0]),
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

function repeat(value: Uint32Array | Float32Array | Float64Array, times: number): readonly number[] {
  const bytes = [...new Uint8Array(value.buffer)];
  return Array.from({ length: times }, () => bytes).flat();
}
