/**
 * Writes a WebAssembly module of one function: the little of the binary format (WebAssembly 2.0, with fixed-width
 * SIMD) that a loop over columns needs.
 */

export const Type = { i32: 0x7f, v128: 0x7b } as const;

/** Opcodes of vector instructions without immediates, after the prefix 0xfd. */
export const Vector = {
  f32x4LessThan: 0x43,
  f64x2LessThan: 0x49,
  and: 0x4e,
  or: 0x50,
  xor: 0x51,
  f32x4DemoteF64x2: 0x5e,
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

/** The body of a function, instruction by instruction; locals are numbered from 0. */
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

  addI32(): this {
    return this.#emit(0x6a);
  }

  lessThanI32(): this {
    return this.#emit(0x48);
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

  #emit(...bytes: readonly number[]): this {
    this.bytes.push(...bytes);
    return this;
  }
}

export interface FunctionSource {
  /** Types of the local variables. */
  readonly locals: readonly number[];
  readonly body: FunctionBody;
}

/** A module that imports memory `market.memory` and exports the function as `step`, without parameters or result. */
export function assemble({ locals, body }: FunctionSource): Uint8Array {
  const declared = locals.flatMap((type) => [1, type]);
  const code = [...unsigned(locals.length), ...declared, ...body.bytes, 0x0b];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [1, 0x60, 0, 0]),
    ...section(2, [1, ...name('market'), ...name('memory'), 0x02, 0x00, 1]),
    ...section(3, [1, 0]),
    ...section(7, [1, ...name('step'), 0x00, 0]),
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
