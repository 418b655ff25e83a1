import type { Space } from './spaces.ts';

/** What `reset` takes. A given seed gives the same episode, bit for bit, whatever ran before. */
export interface ResetOptions {
  /** Seeds the episode; without it the env continues its own stream. */
  readonly seed?: number;
  /** Env-specific, e.g. the start time of a market-making episode. */
  readonly options?: Readonly<Record<string, unknown>>;
}

/** Diagnostics beside an observation. Numbers are logged by the trainer under their key. */
export type Info = Readonly<Record<string, unknown>>;

export interface ResetResult<Observation> {
  readonly observation: Observation;
  readonly info: Info;
}

export interface StepResult<Observation> {
  readonly observation: Observation;
  readonly reward: number;
  /** The task itself ended: no value lies beyond, nothing is bootstrapped. */
  readonly terminated: boolean;
  /** The episode was cut (time limit, end of tape): the state has a value, which is bootstrapped. */
  readonly truncated: boolean;
  readonly info: Info;
}

/**
 * An environment with the semantics of Gymnasium 1.0: `reset` before the first `step` and after an episode's end,
 * `terminated` told from `truncated`, observations within `observationSpace`, actions within `actionSpace`.
 * Errors: `ResetNeeded`, `InvalidAction`, `EnvClosed` (env/errors.ts).
 */
export interface Env<Observation = Float32Array, Action = Float32Array> {
  readonly id: string;
  readonly observationSpace: Space<Observation>;
  readonly actionSpace: Space<Action>;
  reset(options?: ResetOptions): ResetResult<Observation>;
  step(action: Action): StepResult<Observation>;
  close(): void;
}

/**
 * Several copies of an environment stepped together. Autoreset is `next-step`, as Gymnasium's default: the step after
 * an episode's end ignores that env's action, resets it and returns reward 0.
 */
export interface VectorEnv {
  readonly count: number;
  readonly singleObservationSpace: Space<Float32Array>;
  readonly singleActionSpace: Space<Float32Array>;
  /** `seeds[i]` seeds env i. Observations are rows of one `count × size` array, which the env reuses. */
  reset(seeds?: readonly number[]): { readonly observations: Float32Array; readonly infos: readonly Info[] };
  step(actions: Float32Array): VectorStep;
  close(): void;
}

export interface VectorStep {
  readonly observations: Float32Array;
  readonly rewards: Float64Array;
  readonly terminated: Uint8Array;
  readonly truncated: Uint8Array;
  readonly infos: readonly Info[];
}
