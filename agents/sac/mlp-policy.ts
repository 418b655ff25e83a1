import { InputError } from '../../base/errors.ts';
import { createDenseKernel, type DenseKernel, type DenseLayer } from './dense-kernel.ts';
import type { SacState } from './engine.ts';

// Runs at every decision, live too: typed arrays made once, layers in WebAssembly; acting allocates nothing.

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
  /** `[inputs, outputs]`, row-major, in the kernel's memory; rows are filled up with zeros to `width` numbers. */
  readonly weights: Float32Array;
  readonly width: number;
  readonly bias: Float32Array;
  readonly dense: DenseLayer;
}

/**
 * The actor by itself: raw features → normaliser → ReLU layers → tanh(mean), synchronous, so that it can decide inside an
 * event handler. Layers are float32, in WebAssembly SIMD or, where there is none, in loops that give the same bits. An
 * engine's `act` gives the same to about 1e−6.
 */
export class MlpPolicy {
  readonly observationSize: number;
  readonly actionSize: number;
  /** What computes the layers. */
  readonly backend: DenseKernel['name'];
  readonly #layers: readonly Layer[];
  readonly #kernel: DenseKernel;
  readonly #mean: Float64Array;
  readonly #deviation: Float64Array;
  readonly #clip: number;
  readonly #input: Float32Array;
  readonly #head: Float32Array;

  /**
   * `weights` holds `actor/{i}/kernel|bias`, and is copied; without a normaliser the features are taken as they are.
   * `createKernel` is for comparisons.
   */
  constructor(
    weights: SacState,
    normaliser: FeatureNormaliser | null = null,
    createKernel: (bytes: number) => DenseKernel = createDenseKernel,
  ) {
    const shapes = readShapes(weights);
    this.#kernel = createKernel(memorySize(shapes));
    this.#layers = layOut(shapes, this.#kernel.memory);
    const { memory } = this.#kernel;
    const first = this.#layers[0];
    const head = this.#layers[this.#layers.length - 1];
    this.backend = this.#kernel.name;
    this.observationSize = first.inputs;
    this.actionSize = head.outputs / 2;
    this.#input = new Float32Array(memory, first.dense.input, first.inputs);
    this.#head = new Float32Array(memory, head.dense.output, head.outputs);
    this.#mean = new Float64Array(first.inputs);
    this.#deviation = new Float64Array(first.inputs).fill(1);
    this.#clip = normaliser?.clip ?? Infinity;
    if (normaliser !== null) this.#readNormaliser(normaliser);
    this.load(weights);
  }

  /** Takes over other weights of the same shapes, as they come out of training. */
  load(weights: SacState): void {
    this.#layers.forEach((layer, i) => {
      const { kernel, bias } = readLayer(weights, i);
      const { inputs, outputs, width } = layer;
      if (kernel.length !== inputs * outputs || bias.length !== outputs) {
        throw badWeights(`actor/${i}/kernel`, `${kernel.length} weights`, `${inputs * outputs} weights`);
      }
      layer.bias.set(bias);
      if (width === outputs) layer.weights.set(kernel);
      else copyRows(kernel, outputs, layer.weights, width);
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
    for (let i = 0; i < this.#layers.length; i++) this.#kernel.run(this.#layers[i].dense);
    return this.#head;
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

function copyRows(from: Float32Array, length: number, to: Float32Array, width: number): void {
  for (let row = 0, i = 0; i < from.length; row += width) {
    for (let o = 0; o < length; o++) to[row + o] = from[i++];
  }
}

interface Shape {
  readonly inputs: number;
  readonly outputs: number;
}

function readShapes(weights: SacState): Shape[] {
  const shapes: Shape[] = [];
  for (let i = 0; i === 0 || weights[`actor/${i}/kernel`] !== undefined; i++) {
    const { kernel, bias } = readLayer(weights, i);
    const outputs = bias.length;
    const inputs = kernel.length / outputs;
    const before = shapes[i - 1]?.outputs ?? inputs;
    if (inputs !== before) throw badWeights(`actor/${i}/kernel`, `${inputs} inputs`, `${before} inputs`);
    shapes.push({ inputs, outputs });
  }
  const head = shapes[shapes.length - 1].outputs;
  if (head % 2 !== 0) throw badWeights('the head', `${head} outputs`, 'a mean and a log-std for each action');
  return shapes;
}

/** Numbers in a row that holds so many, in whole vectors of four. */
function padded(count: number): number {
  return 4 * Math.ceil(count / 4);
}

/** The features, the pairs the kernel works with, then for each layer its bias, output and weights. */
function memorySize(shapes: readonly Shape[]): number {
  const layers = shapes.map(({ inputs, outputs }) => (inputs + 2) * padded(outputs));
  return 4 * (padded(shapes[0].inputs) + pairsRoom(shapes) + layers.reduce((a, b) => a + b));
}

function pairsRoom(shapes: readonly Shape[]): number {
  return padded(2 * (Math.max(...shapes.map(({ inputs }) => inputs)) + 4));
}

function layOut(shapes: readonly Shape[], memory: ArrayBuffer): Layer[] {
  let next = 0;
  const take = (numbers: number): number => {
    next += 4 * numbers;
    return next - 4 * numbers;
  };
  let input = take(padded(shapes[0].inputs));
  const pairs = take(pairsRoom(shapes));
  return shapes.map(({ inputs, outputs }, i) => {
    const width = padded(outputs);
    const [bias, output, kernel] = [take(width), take(width), take(inputs * width)];
    const relu = i < shapes.length - 1;
    const dense = { input, inputs, kernel, bias, output, rowBytes: 4 * width, pairs, relu };
    input = output;
    const weights = new Float32Array(memory, kernel, inputs * width);
    return { inputs, outputs, weights, width, bias: new Float32Array(memory, bias, outputs), dense };
  });
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
