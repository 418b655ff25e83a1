import { InputError } from '../../base/errors.ts';
import type { SacState } from './engine.ts';

// Runs at every decision, live too: plain loops over typed arrays made once; acting allocates nothing.

/** Statistics that normalise raw features: clip((x − mean)/√(variance + ε), ±clip). */
export interface FeatureNormaliser {
  readonly mean: ArrayLike<number>;
  readonly variance: ArrayLike<number>;
  readonly epsilon: number;
  readonly clip: number;
}

interface Layer {
  readonly inputs: number;
  readonly outputs: number;
  /** `[inputs, outputs]`, row-major. */
  readonly kernel: Float32Array;
  readonly bias: Float32Array;
  readonly result: Float32Array;
}

/** Inputs taken into a layer's sums in one pass. */
const BLOCK = 8;

/**
 * The actor as plain loops: raw features → normaliser → ReLU layers → tanh(mean), synchronous and float32 between
 * layers, so that it can decide inside an event handler. An engine's `act` gives the same to about 1e−6.
 */
export class MlpPolicy {
  readonly observationSize: number;
  readonly actionSize: number;
  readonly #layers: readonly Layer[];
  readonly #mean: Float64Array;
  readonly #deviation: Float64Array;
  readonly #clip: number;
  readonly #input: Float32Array;
  /** Offsets of the rows of the kernel whose input is not 0, and those inputs. ReLU leaves about half of them. */
  readonly #rows: Int32Array;
  readonly #values: Float64Array;
  readonly #sums: Float64Array;

  /** `weights` holds `actor/{i}/kernel|bias`; without a normaliser the features are taken as they are. */
  constructor(weights: SacState, normaliser: FeatureNormaliser | null = null) {
    this.#layers = readLayers(weights);
    const first = this.#layers[0];
    const head = this.#layers[this.#layers.length - 1];
    this.observationSize = first.inputs;
    this.actionSize = head.outputs / 2;
    const widest = Math.max(...this.#layers.map(({ inputs, outputs }) => Math.max(inputs, outputs)));
    this.#input = new Float32Array(first.inputs);
    this.#rows = new Int32Array(widest);
    this.#values = new Float64Array(widest);
    this.#sums = new Float64Array(widest);
    this.#mean = new Float64Array(first.inputs);
    this.#deviation = new Float64Array(first.inputs).fill(1);
    this.#clip = normaliser?.clip ?? Infinity;
    if (normaliser !== null) this.#readNormaliser(normaliser);
  }

  /** Takes over other weights of the same shapes, as they come out of training. */
  load(weights: SacState): void {
    this.#layers.forEach((layer, i) => {
      const { kernel, bias } = readLayer(weights, i);
      if (kernel.length !== layer.kernel.length || bias.length !== layer.bias.length) {
        throw badWeights(`actor/${i}/kernel`, `${kernel.length} weights`, `${layer.kernel.length} weights`);
      }
      layer.kernel.set(kernel);
      layer.bias.set(bias);
    });
  }

  /** The deterministic action tanh(mean) in [−1, 1] for one row of raw features. */
  act(observation: Float32Array, out: Float32Array): void {
    const head = this.#forward(observation);
    for (let i = 0; i < this.actionSize; i++) out[i] = Math.tanh(head[i]);
  }

  /** The action tanh(mean + exp(log-std)·noise), log-std clipped to [−20, 2], for standard normal noise. */
  sample(observation: Float32Array, noise: Float32Array, out: Float32Array): void {
    const head = this.#forward(observation);
    const n = this.actionSize;
    for (let i = 0; i < n; i++) {
      const logStd = Math.min(Math.max(head[n + i], -20), 2);
      out[i] = Math.tanh(head[i] + Math.exp(logStd) * noise[i]);
    }
  }

  /** Mean and clipped log-std before the tanh, for one row of raw features. */
  distribution(observation: Float32Array, mean: Float32Array, logStd: Float32Array): void {
    const head = this.#forward(observation);
    const n = this.actionSize;
    for (let i = 0; i < n; i++) {
      mean[i] = head[i];
      logStd[i] = Math.min(Math.max(head[n + i], -20), 2);
    }
  }

  #forward(observation: Float32Array): Float32Array {
    const input = this.#input;
    const mean = this.#mean;
    const deviation = this.#deviation;
    const clip = this.#clip;
    for (let i = 0; i < input.length; i++) {
      const x = (observation[i] - mean[i]) / deviation[i];
      input[i] = Math.min(Math.max(x, -clip), clip);
    }
    const last = this.#layers.length - 1;
    let x = input;
    for (let i = 0; i <= last; i++) x = this.#layer(this.#layers[i], x, i < last);
    return x;
  }

  /**
   * One dense layer, row by row of its kernel, so that inputs which ReLU made 0 cost nothing and the kernel is read
   * in the order it lies in memory.
   */
  #layer(layer: Layer, x: Float32Array, relu: boolean): Float32Array {
    const { inputs, outputs, kernel, bias, result } = layer;
    const rows = this.#rows;
    const values = this.#values;
    const sums = this.#sums;
    let count = 0;
    for (let i = 0; i < inputs; i++) {
      const value = x[i];
      // NaN is not 0: it goes on to the output, where it is seen.
      if (value !== 0) {
        rows[count] = i * outputs;
        values[count++] = value;
      }
    }
    for (let o = 0; o < outputs; o++) sums[o] = bias[o];
    let k = 0;
    for (; k + BLOCK <= count; k += BLOCK) addBlock(kernel, rows, values, k, outputs, sums);
    for (; k < count; k++) {
      const row = rows[k];
      const value = values[k];
      for (let o = 0; o < outputs; o++) sums[o] += value * kernel[row + o];
    }
    for (let o = 0; o < outputs; o++) {
      const sum = sums[o];
      result[o] = relu && sum < 0 ? 0 : sum;
    }
    return result;
  }

  #readNormaliser({ mean, variance, epsilon }: FeatureNormaliser): void {
    if (mean.length !== this.observationSize || variance.length !== this.observationSize) {
      throw badWeights('normaliser', `${mean.length} features`, `${this.observationSize} features`);
    }
    for (let i = 0; i < mean.length; i++) {
      this.#mean[i] = mean[i];
      this.#deviation[i] = Math.sqrt(variance[i] + epsilon);
    }
  }
}

/** Adds eight rows of the kernel, each times its input, to the sums. */
function addBlock(
  kernel: Float32Array,
  rows: Int32Array,
  values: Float64Array,
  k: number,
  outputs: number,
  sums: Float64Array,
): void {
  const r0 = rows[k];
  const r1 = rows[k + 1];
  const r2 = rows[k + 2];
  const r3 = rows[k + 3];
  const r4 = rows[k + 4];
  const r5 = rows[k + 5];
  const r6 = rows[k + 6];
  const r7 = rows[k + 7];
  const x0 = values[k];
  const x1 = values[k + 1];
  const x2 = values[k + 2];
  const x3 = values[k + 3];
  const x4 = values[k + 4];
  const x5 = values[k + 5];
  const x6 = values[k + 6];
  const x7 = values[k + 7];
  for (let o = 0; o < outputs; o++) {
    const low = x0 * kernel[r0 + o] + x1 * kernel[r1 + o] + (x2 * kernel[r2 + o] + x3 * kernel[r3 + o]);
    const high = x4 * kernel[r4 + o] + x5 * kernel[r5 + o] + (x6 * kernel[r6 + o] + x7 * kernel[r7 + o]);
    sums[o] += low + high;
  }
}

function readLayers(weights: SacState): Layer[] {
  const layers: Layer[] = [];
  for (let i = 0; i === 0 || weights[`actor/${i}/kernel`] !== undefined; i++) {
    const { kernel, bias } = readLayer(weights, i);
    const outputs = bias.length;
    const inputs = kernel.length / outputs;
    const before = layers[i - 1]?.outputs ?? inputs;
    if (inputs !== before) throw badWeights(`actor/${i}/kernel`, `${inputs} inputs`, `${before} inputs`);
    const result = new Float32Array(outputs);
    layers.push({ inputs, outputs, kernel: kernel.slice(), bias: bias.slice(), result });
  }
  const head = layers[layers.length - 1].outputs;
  if (head % 2 !== 0) throw badWeights('the head', `${head} outputs`, 'a mean and a log-std for each action');
  return layers;
}

function readLayer(weights: SacState, i: number): { kernel: Float32Array; bias: Float32Array } {
  const kernel = weights[`actor/${i}/kernel`];
  const bias = weights[`actor/${i}/bias`];
  if (kernel === undefined || bias === undefined) {
    throw badWeights(`actor/${i}`, 'nothing', 'a kernel and a bias');
  }
  const [inputs, outputs] = kernel.shape;
  if (bias.data.length !== outputs || kernel.data.length !== inputs * outputs) {
    throw badWeights(`actor/${i}`, `kernel [${kernel.shape}], bias [${bias.shape}]`, 'shapes that fit');
  }
  return { kernel: kernel.data, bias: bias.data };
}

function badWeights(field: string, found: string, expected: string): InputError {
  return new InputError({
    code: 'bad-policy',
    message: `The policy's ${field} has ${found}; expected ${expected}.`,
    field,
    value: found,
    expected,
    hint: 'Take weights and normaliser from one and the same undamaged checkpoint or export.',
  });
}
