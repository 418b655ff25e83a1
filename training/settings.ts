import type { SacEngineOptions } from '../agents/sac/engine.ts';

/** Hyper-parameters of the SAC update; sizes come from the environment, the seed from the run. */
export type SacSettings = Omit<
  SacEngineOptions,
  'observationSize' | 'actionSize' | 'seed' | 'targetEntropy'
> & {
  /** null: −dim(A). */
  readonly targetEntropy: number | null;
};

export const DEFAULT_SAC: SacSettings = {
  hidden: [256, 256],
  batchSize: 256,
  learningRate: 3e-4,
  adamEpsilon: 1e-8,
  tau: 0.005,
  discount: 0.99,
  targetEntropy: null,
  initialTemperature: 1,
  entropyBackup: false,
  varianceWeight: 0.1,
  varianceLoss: 'qlike',
  varianceClip: 4,
  kappaMax: 0.5,
  kappaRampUpdates: 10_000,
  criticLayerNorm: false,
  criticDropout: 0,
};

/** The training loop around the update. A timestep is one transition of one environment. */
export interface TrainingSettings {
  /** Capacity of the replay buffer, transitions. */
  readonly bufferSize: number;
  /** Timesteps of random actions before learning starts. */
  readonly learningStarts: number;
  /** Updates per timestep (update-to-data ratio); 0.25 is one update every four timesteps. */
  readonly updatesPerStep: number;
  /** Evaluate every so many timesteps (0: only at the end), over this many seconds of the evaluation tape. */
  readonly evaluateEvery: number;
  readonly evaluationSeconds: number;
  /** Checkpoint every so many timesteps (0: only at the end and on interruption); how many are kept. */
  readonly checkpointEvery: number;
  readonly checkpointsKept: number;
  /** Log a row every so many timesteps. */
  readonly logEvery: number;
  readonly normaliseObservations: boolean;
  /** Curriculum: |Δc| bounded at `startTicks` until `widenAt` (share of total timesteps), then widened linearly to
   * `endTicks` by `widenedAt`. Equal ticks switch it off. */
  readonly curriculum: {
    readonly startTicks: number;
    readonly endTicks: number;
    readonly widenAt: number;
    readonly widenedAt: number;
  };
  /** Stop when the mean episode reward moved by at most `tolerance`·σ over the last `window` timesteps (0: never). */
  readonly earlyStop: { readonly window: number; readonly tolerance: number };
  /** Weight of the penalty on (proposed − executed)² of the action, so that the safety layer does not alias actions. */
  readonly projectionPenalty: number;
}

export const DEFAULT_TRAINING: TrainingSettings = {
  bufferSize: 1_000_000,
  learningStarts: 1_000,
  updatesPerStep: 1,
  evaluateEvery: 5_000,
  evaluationSeconds: 1_800,
  checkpointEvery: 5_000,
  checkpointsKept: 3,
  logEvery: 1_000,
  normaliseObservations: true,
  curriculum: { startTicks: 2, endTicks: 5, widenAt: 0.3, widenedAt: 0.6 },
  earlyStop: { window: 50_000, tolerance: 0.3 },
  projectionPenalty: 0.01,
};
