import { type Generator, stream } from '../../base/random.ts';

/**
 * Random numbers a column at a time. Hot path: xoshiro128** in local variables, ziggurat tables (Marsaglia and Tsang,
 * 2000) of 256 layers, nothing allocated. A draw takes 8 bits for the layer and other 24 for the place in it.
 */

const LAYERS = 256;
/** Where the tail of the exponential density begins, and the area of each layer. */
const TAIL = 7.69711747013105;
const AREA = 0.003949659822581557;
const SCALE = 1 / (1 << 24);

const edge = new Float64Array(LAYERS + 1);
const density = new Float64Array(LAYERS + 1);
const width = new Float64Array(LAYERS);
const sure = new Int32Array(LAYERS);
edge[0] = AREA / Math.exp(-TAIL);
edge[1] = TAIL;
for (let i = 2; i < LAYERS; i++) edge[i] = -Math.log(AREA / edge[i - 1] + Math.exp(-edge[i - 1]));
for (let i = 0; i <= LAYERS; i++) density[i] = Math.exp(-edge[i]);
for (let i = 0; i < LAYERS; i++) {
  width[i] = edge[i] * SCALE;
  sure[i] = Math.floor((edge[i + 1] / edge[i]) * (1 << 24));
}

export class RandomColumns {
  readonly #state = new Int32Array(4);
  #scalar: Generator;

  constructor(generator: Generator) {
    this.#scalar = generator;
    this.seed(generator);
  }

  seed(generator: Generator): void {
    for (let i = 0; i < 4; i++) this.#state[i] = generator.uint32() | 0;
    this.#scalar = stream(generator.uint32(), 'analytic/scalar');
  }

  /** Draws that are rare or odd: jumps, slow paths. */
  get scalar(): Generator {
    return this.#scalar;
  }

  /** Exponential deviates of mean 1. */
  exponential(out: Float64Array, count: number): void {
    let [s0, s1, s2, s3] = this.#state;
    for (let j = 0; j < count; j++) {
      const m = Math.imul(s1, 5);
      const word = Math.imul((m << 7) | (m >>> 25), 9);
      const t = s1 << 9;
      s2 ^= s0;
      s3 ^= s1;
      s1 ^= s2;
      s0 ^= s3;
      s2 ^= t;
      s3 = (s3 << 11) | (s3 >>> 21);
      const layer = word & 255;
      const place = word >>> 8;
      out[j] = place < sure[layer] ? place * width[layer] : this.#edgeOfLayer(place, layer);
    }
    const state = this.#state;
    state[0] = s0;
    state[1] = s1;
    state[2] = s2;
    state[3] = s3;
  }

  /** Standard normal deviates. */
  normal(out: Float64Array, count: number): void {
    for (let j = 0; j < count; j++) out[j] = this.#scalar.normal();
  }

  /** +1 or −1, each with probability ½. */
  signs(out: Float64Array, count: number): void {
    for (let j = 0; j < count; j += 32) {
      let bits = this.#scalar.uint32();
      const end = Math.min(count, j + 32);
      for (let k = j; k < end; k++) {
        out[k] = 1 - 2 * (bits & 1);
        bits >>>= 1;
      }
    }
  }

  /** One draw in a hundred lands where the layer leaves the density: the tail, or accept and reject. */
  #edgeOfLayer(place: number, layer: number): number {
    const random = this.#scalar;
    for (let p = place, i = layer; ; ) {
      const x = p * width[i];
      if (p < sure[i]) return x;
      if (i === 0) return TAIL + random.exponential(1);
      if (density[i] + (density[i + 1] - density[i]) * random.uniform() < Math.exp(-x)) return x;
      const word = random.uint32();
      i = word & 255;
      p = word >>> 8;
    }
  }
}
