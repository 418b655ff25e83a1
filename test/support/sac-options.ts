import type { SacEngineOptions, TransitionBatch } from '../../agents/sac/engine.ts';
import { type Generator, stream } from '../../base/random.ts';
import { DEFAULT_SAC } from '../../training/settings.ts';

/** Options of a learner small enough for a test. */
export function sacOptions(changes: Partial<SacEngineOptions> = {}): SacEngineOptions {
  const actionSize = changes.actionSize ?? 2;
  return {
    ...DEFAULT_SAC,
    observationSize: 3,
    actionSize,
    hidden: [8, 6],
    batchSize: 8,
    targetEntropy: -actionSize,
    seed: 1,
    ...changes,
  };
}

/** A batch of random transitions, a fifth of them terminal. */
export function randomBatch(
  options: SacEngineOptions,
  generator: Generator = stream(5, 'batch'),
): TransitionBatch {
  const { batchSize: size, observationSize, actionSize } = options;
  const normal = (count: number) => Float32Array.from({ length: count }, () => generator.normal());
  return {
    size,
    observations: normal(size * observationSize),
    actions: normal(size * actionSize).map(Math.tanh),
    rewards: normal(size),
    nextObservations: normal(size * observationSize),
    terminated: Float32Array.from({ length: size }, () => (generator.uniform() < 0.2 ? 1 : 0)),
    noise: normal(size * actionSize),
    nextNoise: normal(size * actionSize),
  };
}
