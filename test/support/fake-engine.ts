import type {
  SacEngine,
  SacEngineOptions,
  SacMetrics,
  SacState,
  TransitionBatch,
} from '../../agents/sac/engine.ts';

/**
 * A stand-in for an engine: a linear policy nudged by every number of a batch, so that any difference in what the
 * loop feeds it shows in its state. It learns nothing, and is fast.
 */
export class FakeEngine implements SacEngine {
  readonly name = 'fake';
  readonly options: SacEngineOptions;
  readonly batches: TransitionBatch[] = [];
  readonly #kernel: Float32Array;
  readonly #bias: Float32Array;
  readonly #folded = new Float32Array(1);
  readonly #updates = new Float32Array(1);
  /** From this update on the critic's loss is NaN. */
  divergesAt = Infinity;
  /** Keep the batches for a look. */
  keep = false;

  constructor(options: SacEngineOptions) {
    this.options = options;
    this.#kernel = new Float32Array(options.observationSize * options.actionSize * 2);
    this.#bias = new Float32Array(options.actionSize * 2);
  }

  async act(
    observations: Float32Array,
    count: number,
    noise: Float32Array | null,
    out: Float32Array,
  ): Promise<void> {
    const { observationSize, actionSize } = this.options;
    for (let i = 0; i < count; i++) {
      for (let k = 0; k < actionSize; k++) {
        let sum = this.#bias[k];
        for (let j = 0; j < observationSize; j++) {
          sum += observations[i * observationSize + j] * this.#kernel[j * actionSize * 2 + k];
        }
        out[i * actionSize + k] = Math.tanh(sum + (noise === null ? 0 : noise[i * actionSize + k]));
      }
    }
  }

  async update(batch: TransitionBatch): Promise<SacMetrics> {
    if (this.keep) this.batches.push(structuredClone(batch));
    this.#updates[0]++;
    const { observations, actions, rewards, nextObservations, terminated, noise, nextNoise } = batch;
    for (const column of [observations, actions, rewards, nextObservations, terminated, noise, nextNoise]) {
      for (let i = 0; i < column.length; i++) {
        this.#folded[0] = 0.9 * this.#folded[0] + column[i];
        this.#kernel[i % this.#kernel.length] += 1e-5 * column[i];
        this.#bias[i % this.#bias.length] += 1e-5 * this.#folded[0];
      }
    }
    const loss = this.#updates[0] >= this.divergesAt ? Number.NaN : this.#folded[0];
    return {
      actorLoss: this.#folded[0],
      criticLoss: loss,
      criticVarianceLoss: 0,
      temperatureLoss: 0,
      temperature: 1,
      meanQ: 0,
      sigma: 1,
      kappa: 0,
      entropy: 0,
    };
  }

  exportState(): SacState {
    const { observationSize, actionSize } = this.options;
    return {
      'actor/0/kernel': { shape: [observationSize, actionSize * 2], data: this.#kernel.slice() },
      'actor/0/bias': { shape: [actionSize * 2], data: this.#bias.slice() },
      folded: { shape: [], data: this.#folded.slice() },
      updates: { shape: [], data: this.#updates.slice() },
    };
  }

  exportActor(out: SacState): void {
    out['actor/0/kernel'].data.set(this.#kernel);
    out['actor/0/bias'].data.set(this.#bias);
  }

  importState(state: SacState): void {
    this.#kernel.set(state['actor/0/kernel'].data);
    this.#bias.set(state['actor/0/bias'].data);
    this.#folded.set(state.folded.data);
    this.#updates.set(state.updates.data);
  }

  dispose(): void {}
}
