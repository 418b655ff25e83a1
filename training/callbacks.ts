import type { Episode } from './episode-statistics.ts';
import type { LogRecord } from './recorder.ts';
import type { SAC } from './sac.ts';

/** A verdict on the policy of now, from data apart from training. */
export interface Evaluation {
  readonly timestep: number;
  /** Higher is better; what decides which policy is kept. */
  readonly score: number;
  /** More figures, logged under `eval/`. */
  readonly metrics: Readonly<Record<string, number>>;
}

/** Judges the policy of now by data apart from training; `training.evaluateEvery` says how often. */
export type Evaluator = (sac: SAC) => Promise<Omit<Evaluation, 'timestep'>>;

/** Where checkpoints go; `training.checkpointEvery` says how often. */
export interface CheckpointStore {
  /** Saves the agent; returns the folder. */
  save(sac: SAC): Promise<string>;
  /** The newest checkpoint that is whole. */
  readonly last: string | undefined;
  /** How to go on after an interruption, with the exact command. */
  readonly resumeHint: string;
}

/** What may be done as training goes on. Each is called between two steps, in the order the callbacks are given. */
export interface TrainingCallback {
  onStart?(sac: SAC): void | Promise<void>;
  /** After a step of all environments and its updates. `false` stops training. */
  onStep?(sac: SAC): undefined | boolean | Promise<undefined | boolean>;
  onEpisode?(sac: SAC, episode: Episode): void;
  onEvaluation?(sac: SAC, evaluation: Evaluation): void | Promise<void>;
  onCheckpoint?(sac: SAC, directory: string): void | Promise<void>;
  onLog?(sac: SAC, record: LogRecord): void;
  /** Training came to its end. */
  onEnd?(sac: SAC): void | Promise<void>;
}
