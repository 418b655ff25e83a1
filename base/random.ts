import seedrandom from 'seedrandom';

/** Four 32-bit words of xoshiro128** state, then the cached second normal deviate and whether there is one. */
export type GeneratorState = readonly number[];

/**
 * A small generator for hot loops: xoshiro128** (Blackman and Vigna, 2018) on four uint32 words.
 * Its whole state can be saved and restored, so that a resumed run draws the very same numbers.
 */
export class Generator {
  readonly #state = new Uint32Array(4);
  #spareNormal = 0;
  #hasSpare = false;

  constructor(state: GeneratorState) {
    this.setState(state);
  }

  /** A uniform integer in [0, 2³²). */
  uint32(): number {
    const s = this.#state;
    const s1 = s[1];
    const r = Math.imul(s1, 5);
    const result = Math.imul((r << 7) | (r >>> 25), 9) >>> 0;
    const t = s1 << 9;
    s[2] ^= s[0];
    s[3] ^= s1;
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    const s3 = s[3];
    s[3] = (s3 << 11) | (s3 >>> 21);
    return result;
  }

  /** A uniform number in [0, 1) with 53 random bits. */
  uniform(): number {
    return ((this.uint32() >>> 5) * 67108864 + (this.uint32() >>> 6)) / 9007199254740992;
  }

  /** A uniform integer in [0, n), n ≤ 2³². */
  integer(n: number): number {
    return Math.floor(this.uniform() * n);
  }

  /** A standard normal deviate (Marsaglia's polar method; the second of each pair is kept). */
  normal(): number {
    if (this.#hasSpare) {
      this.#hasSpare = false;
      return this.#spareNormal;
    }
    let u: number;
    let v: number;
    let square: number;
    do {
      u = 2 * this.uniform() - 1;
      v = 2 * this.uniform() - 1;
      square = u * u + v * v;
    } while (square >= 1 || square === 0);
    const factor = Math.sqrt((-2 * Math.log(square)) / square);
    this.#spareNormal = v * factor;
    this.#hasSpare = true;
    return u * factor;
  }

  /** Fills `out` with what calls of {@link normal} would give, in half the time: the state stays in registers meanwhile. */
  fillNormals(out: Float32Array): void {
    let i = 0;
    if (this.#hasSpare && out.length > 0) out[i++] = this.normal();
    const s = this.#state;
    let [a, b, c, d] = [s[0] | 0, s[1] | 0, s[2] | 0, s[3] | 0];
    let second = this.#spareNormal;
    for (; i + 1 < out.length; i += 2) {
      let u = 0;
      let v = 0;
      let square = 0;
      do {
        // Two uniform numbers, of two draws each: 27 bits and 26.
        let high = 0;
        for (let draw = 0; draw < 4; draw++) {
          const r = Math.imul(b, 5);
          const word = Math.imul((r << 7) | (r >>> 25), 9);
          const t = b << 9;
          c ^= a;
          d ^= b;
          b ^= c;
          a ^= d;
          c ^= t;
          d = (d << 11) | (d >>> 21);
          if ((draw & 1) === 0) {
            high = word >>> 5;
          } else {
            u = v;
            v = 2 * ((high * 67108864 + (word >>> 6)) / 9007199254740992) - 1;
          }
        }
        square = u * u + v * v;
      } while (square >= 1 || square === 0);
      const factor = Math.sqrt((-2 * Math.log(square)) / square);
      second = v * factor;
      out[i] = u * factor;
      out[i + 1] = second;
    }
    s[0] = a;
    s[1] = b;
    s[2] = c;
    s[3] = d;
    this.#spareNormal = second;
    if (i < out.length) out[i] = this.normal();
  }

  /** An exponential deviate with the given rate (events per unit of time). */
  exponential(rate: number): number {
    return -Math.log(1 - this.uniform()) / rate;
  }

  getState(): GeneratorState {
    return [...this.#state, this.#spareNormal, this.#hasSpare ? 1 : 0];
  }

  setState(state: GeneratorState): void {
    this.#state.set(state.slice(0, 4));
    this.#spareNormal = state[4] ?? 0;
    this.#hasSpare = state[5] === 1;
  }
}

/**
 * The stream of random numbers that belongs to `name` in the run with this seed, e.g. `stream(7, 'env/3')`.
 * Streams of different names are independent, so adding one changes no other.
 */
export function stream(seed: number | string, name: string): Generator {
  const source = seedrandom(`${seed}/${name}`);
  return new Generator([source.int32(), source.int32(), source.int32(), source.int32()].map((x) => x >>> 0));
}
