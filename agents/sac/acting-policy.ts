import type { SacEngineOptions, SacState } from './engine.ts';
import { MlpPolicy } from './mlp-policy.ts';
import { OnnxActor } from './onnx-actor.ts';

// Runs at every step of training: a row is decided at once and without allocation.

/** From so many multiplications on, in several rows, ONNX Runtime is faster than `MlpPolicy`: a call of it takes 25 µs. */
const PRODUCTS_FOR_ONNX = 500_000;

/**
 * The policy that acts while the learner is busy, with weights of its own: `MlpPolicy` for a few rows, and for many
 * on ONNX Runtime where the learner's engine runs on it too. Which of them it is depends on nothing else, so that the
 * same run takes the same actions.
 */
export class ActingPolicy {
  readonly #options: SacEngineOptions;
  /** Rows from which on ONNX Runtime computes. */
  readonly #rowsForOnnx: number;
  readonly #weights: SacState;
  readonly #single: MlpPolicy;
  readonly #observation: Float32Array;
  readonly #noise: Float32Array;
  readonly #action: Float32Array;
  #onnx: OnnxActor | null | undefined;
  #staleSingle = false;
  #staleOnnx = true;

  /** `engine` is the name of the learner's; `weights` (`actor/…`) are copied. */
  constructor(engine: string, options: SacEngineOptions, weights: SacState) {
    this.#options = options;
    const actor = Object.entries(weights).filter(([name]) => name.startsWith('actor/'));
    const copies = actor.map(([name, { shape, data }]) => [name, { shape, data: data.slice() }]);
    const products = actor.reduce((sum, [, { data }]) => sum + data.length, 0);
    this.#rowsForOnnx = engine.startsWith('onnx')
      ? Math.max(2, Math.ceil(PRODUCTS_FOR_ONNX / products))
      : Infinity;
    this.#weights = Object.fromEntries(copies);
    this.#single = new MlpPolicy(weights);
    this.#observation = new Float32Array(options.observationSize);
    this.#noise = new Float32Array(options.actionSize);
    this.#action = new Float32Array(options.actionSize);
  }

  /** Its weights, to be read only. */
  get weights(): SacState {
    return this.#weights;
  }

  /** Takes over other weights of the same shapes. */
  load(weights: SacState): void {
    for (const name in this.#weights) this.#weights[name].data.set(weights[name].data);
    this.#staleSingle = true;
    this.#staleOnnx = true;
  }

  /** As an engine's `act`: actions in [−1, 1] for `count` normalised observations. */
  async act(
    observations: Float32Array,
    count: number,
    noise: Float32Array | null,
    out: Float32Array,
  ): Promise<void> {
    if (count >= this.#rowsForOnnx) {
      if (this.#onnx === undefined) this.#onnx = await OnnxActor.open(this.#options);
      if (this.#onnx !== null) {
        if (this.#staleOnnx) this.#onnx.load(this.#weights);
        this.#staleOnnx = false;
        return this.#onnx.act(observations, count, noise, out);
      }
    }
    if (this.#staleSingle) this.#single.load(this.#weights);
    this.#staleSingle = false;
    for (let row = 0; row < count; row++) this.#actRow(row, observations, noise, out);
  }

  async dispose(): Promise<void> {
    await this.#onnx?.release();
    this.#onnx = undefined;
  }

  #actRow(row: number, observations: Float32Array, noise: Float32Array | null, out: Float32Array): void {
    const { observationSize, actionSize } = this.#options;
    for (let i = 0; i < observationSize; i++) this.#observation[i] = observations[row * observationSize + i];
    if (noise === null) {
      this.#single.act(this.#observation, this.#action);
    } else {
      for (let i = 0; i < actionSize; i++) this.#noise[i] = noise[row * actionSize + i];
      this.#single.sample(this.#observation, this.#noise, this.#action);
    }
    for (let i = 0; i < actionSize; i++) out[row * actionSize + i] = this.#action[i];
  }
}
