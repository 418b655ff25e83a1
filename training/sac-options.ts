import type { EngineChoice } from '../agents/sac/choose-engine.ts';
import type { SacEngine, SacEngineOptions } from '../agents/sac/engine.ts';
import type { CheckpointStore, Evaluator, TrainingCallback } from './callbacks.ts';
import type { AllowedShiftSetter } from './environments.ts';
import type { LogSink } from './recorder.ts';
import type { PolicyDescriber } from './sac-state.ts';
import type { SacSettings, TrainingSettings } from './settings.ts';

export type EngineFactory = (options: SacEngineOptions) => SacEngine | Promise<SacEngine>;

export interface SacOptions {
  /** Hyper-parameters that differ from {@link DEFAULT_SAC} and {@link DEFAULT_TRAINING}. */
  readonly sac?: Partial<SacSettings>;
  readonly training?: Partial<TrainingSettings>;
  /** Seeds everything: initial weights, exploration, sampling, episodes. */
  readonly seed?: number;
  /**
   * What computes the update: one of this project's engines, by default the fastest that this machine offers, in a
   * thread of its own; or an engine of yours, made and used in this thread.
   */
  readonly engine?: EngineChoice | EngineFactory;
  /** URL of a module whose default export is an {@link EngineFactory}: an engine of yours in a thread of its own. */
  readonly engineModule?: string;
  /** `false`: updates are made in this thread, while the environments wait. The same numbers come out. */
  readonly learnerThread?: boolean;
  /** Told the curriculum's bound of |Δc| in ticks before each step; without it there is no curriculum. */
  readonly setAllowedShift?: AllowedShiftSetter;
  /** Describes the policy, so that checkpoints hold one that `evaluate` and `export` read. */
  readonly describePolicy?: PolicyDescriber;
}

export interface LearnOptions {
  /** Timesteps the agent shall have taken in all, those before a checkpoint was loaded included. */
  readonly totalTimesteps: number;
  readonly callbacks?: readonly TrainingCallback[];
  readonly loggers?: readonly LogSink[];
  /** Judges the policy every `training.evaluateEvery` timesteps and at the end. */
  readonly evaluate?: Evaluator;
  /** Keeps checkpoints every `training.checkpointEvery` timesteps, at the end, and on interruption. */
  readonly checkpoints?: CheckpointStore;
  /** Aborting finishes the step under way, lets callbacks save, and throws an InterruptedError. */
  readonly signal?: AbortSignal;
}

export interface LearnResult {
  readonly timesteps: number;
  readonly updates: number;
  /** Of this call, while it learnt; null where nothing was done. */
  readonly updatesPerSecond: number | null;
  readonly stepsPerSecond: number | null;
  readonly stoppedEarly: boolean;
}
