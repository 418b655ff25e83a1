import type { SacEngine, SacMetrics, TransitionBatch } from '../agents/sac/engine.ts';
import { RunError } from '../base/errors.ts';
import { type Generator, type GeneratorState, stream } from '../base/random.ts';
import type { RunningNormaliser } from '../env/normaliser.ts';
import type { RingBuffer, SampleWindow } from '../replay/ring-buffer.ts';

export interface LearnerState {
  readonly sample: GeneratorState;
  readonly noise: GeneratorState;
}

// Hot path: the batch is preallocated; an update allocates nothing of its own.

/**
 * Feeds the engine: samples raw transitions, normalises them with the statistics of now, draws the noise. Its two
 * random streams are `replay/sample` and `learner/noise`.
 */
export class Learner {
  readonly #engine: SacEngine;
  readonly #normaliser: RunningNormaliser;
  readonly #sample: Generator;
  readonly #noise: Generator;
  readonly #batch: TransitionBatch;

  constructor(engine: SacEngine, normaliser: RunningNormaliser, seed: number) {
    this.#engine = engine;
    this.#normaliser = normaliser;
    this.#sample = stream(seed, 'replay/sample');
    this.#noise = stream(seed, 'learner/noise');
    const { batchSize: size, observationSize, actionSize } = engine.options;
    this.#batch = engine.batch ?? {
      size,
      observations: new Float32Array(size * observationSize),
      actions: new Float32Array(size * actionSize),
      rewards: new Float32Array(size),
      nextObservations: new Float32Array(size * observationSize),
      terminated: new Float32Array(size),
      noise: new Float32Array(size * actionSize),
      nextNoise: new Float32Array(size * actionSize),
    };
  }

  /**
   * One update from a fresh sample of the window, by default of all. Throws a RunError naming the first metric that is
   * not finite.
   */
  async update(buffer: RingBuffer, window?: SampleWindow): Promise<SacMetrics> {
    const batch = this.#batch;
    buffer.sample(batch.size, this.#sample, batch, window);
    this.#normaliser.normalise(batch.observations, batch.size, batch.observations);
    this.#normaliser.normalise(batch.nextObservations, batch.size, batch.nextObservations);
    fillNormal(this.#noise, batch.noise);
    fillNormal(this.#noise, batch.nextNoise);
    const metrics = await this.#engine.update(batch);
    for (const [name, value] of Object.entries(metrics)) {
      if (Number.isFinite(value)) continue;
      throw new RunError({
        code: 'diverged',
        message: `Training diverged: ${name} is ${value}.`,
        field: name,
        value,
        expected: 'a finite number',
        hint: 'Lower sac.learningRate, or look at the scale of the reward.',
      });
    }
    return metrics;
  }

  exportState(): LearnerState {
    return { sample: this.#sample.getState(), noise: this.#noise.getState() };
  }

  importState(state: LearnerState): void {
    this.#sample.setState(state.sample);
    this.#noise.setState(state.noise);
  }
}

export function fillNormal(generator: Generator, out: Float32Array): void {
  generator.fillNormals(out);
}
