import type { PolicyDescription } from '../../checkpoints/policy.ts';
import type { Evaluator } from '../../training/callbacks.ts';
import type { AllowedShiftSetter, TrainableEnv } from '../../training/environments.ts';
import type { SAC } from '../../training/sac.ts';
import type { Config } from '../config.ts';
import { describeData, type TrainingData } from './data.ts';
import { policyDescriber } from './describe-policy.ts';
import { trainingEnvironment } from './environment.ts';
import { evaluatorOn } from './evaluator.ts';
import { FeatureReference } from './feature-reference.ts';

/** What a run trains in, and how its policies are judged. */
export interface TrainingTask {
  /** In words, for the log. */
  readonly lines: readonly string[];
  /** What `run.json` keeps, so that a resumed run finds it again. */
  readonly record: Readonly<Record<string, unknown>>;
  /** `checkpoint`: the one that training goes on from. */
  open(agents: number, checkpoint?: string): OpenTask;
}

export interface OpenTask {
  readonly env: TrainableEnv;
  readonly evaluate: Evaluator;
  readonly setAllowedShift?: AllowedShiftSetter;
  /** For policies that can be evaluated on tapes and exported. `engine`: name of the engine that trains. */
  readonly describePolicy?: (sac: SAC, engine: string) => PolicyDescription;
  close(): void;
}

/** Market making on stretches of tapes. */
export function tapeTask(run: string, data: TrainingData, config: Config, program: string): TrainingTask {
  return {
    lines: describeData(data),
    record: { data },
    open(agents, checkpoint) {
      const env = trainingEnvironment(run, data.training, config, agents);
      const features = new FeatureReference(checkpoint);
      return {
        env,
        evaluate: evaluatorOn(run, data.selection, config, features),
        setAllowedShift: (ticks) => {
          env.allowedShiftTicks = ticks;
        },
        describePolicy: (sac, engine) =>
          policyDescriber({ run, config, data, program, engine: () => engine, features })(sac),
        close: () => env.close(),
      };
    },
  };
}
