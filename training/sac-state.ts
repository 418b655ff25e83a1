import { readFileSync } from 'node:fs';
import type { ActingPolicy } from '../agents/sac/acting-policy.ts';
import { InputError } from '../base/errors.ts';
import type { Generator, GeneratorState } from '../base/random.ts';
import { loadCheckpoint, saveCheckpoint } from '../checkpoints/checkpoint.ts';
import { POLICY_IN_CHECKPOINT, type PolicyDescription, policyParts } from '../checkpoints/policy.ts';
import {
  encodeSafetensors,
  float32Tensors,
  readSafetensors,
  type Tensor,
} from '../checkpoints/safetensors.ts';
import type { RunningNormaliser, RunningNormaliserState } from '../env/normaliser.ts';
import { RingBuffer } from '../replay/ring-buffer.ts';
import type { Curriculum, CurriculumState } from './curriculum.ts';
import type { EarlyStop, EarlyStopState } from './early-stop.ts';
import type { Environments } from './environments.ts';
import type { EpisodeStatistics, EpisodeStatisticsState } from './episode-statistics.ts';
import type { BlockLearner, LearnerSnapshot } from './learner/block.ts';
import type { LearnerState } from './learner.ts';
import type { Recorder, RecorderState } from './recorder.ts';
import type { SAC } from './sac.ts';
import type { SacSettings, TrainingSettings } from './settings.ts';

/** Describes the policy of now for `manifest.json`. */
export type PolicyDescriber = (sac: SAC) => PolicyDescription;

/** Parts of a checkpoint of SAC. */
const LEARNER = 'learner.safetensors';
const ACTING = 'acting.safetensors';
const REPLAY = 'replay.bin';
const EPISODES = 'episodes.safetensors';
const TRAINER = 'trainer.json';
/** 2: the weights that act are kept beside the learner's. */
const VERSION = 2;

export interface Progress {
  readonly started: boolean;
  readonly timesteps: number;
  readonly updates: number;
  readonly owed: number;
}

/** Everything of a learning agent that has a state. */
export interface SacParts {
  readonly seed: number;
  readonly sac: SacSettings;
  readonly training: TrainingSettings;
  readonly progress: Progress;
  readonly learner: BlockLearner;
  readonly acting: ActingPolicy;
  readonly buffer: RingBuffer;
  readonly policyNoise: Generator;
  readonly environments: Environments;
  readonly normaliser: RunningNormaliser;
  readonly curriculum: Curriculum;
  readonly earlyStop: EarlyStop;
  readonly statistics: EpisodeStatistics;
  readonly recorder: Recorder;
}

/** `trainer.json`: all state that is not tensors. JSON keeps every float64 exactly. */
interface TrainerState {
  readonly algorithm: 'SAC';
  readonly version: typeof VERSION;
  readonly engine: string;
  readonly seed: number;
  readonly sac: SacSettings;
  readonly training: TrainingSettings;
  readonly progress: Progress;
  readonly sizes: { readonly environments: number; readonly observation: number; readonly action: number };
  readonly learner: LearnerState;
  readonly policyNoise: GeneratorState;
  readonly environments: readonly GeneratorState[];
  readonly episodes: readonly { readonly seeds: readonly number[]; readonly steps: number }[];
  readonly normaliser: RunningNormaliserState;
  readonly curriculum: CurriculumState;
  readonly earlyStop: EarlyStopState;
  readonly statistics: EpisodeStatisticsState;
  readonly recorder: RecorderState;
}

/** `snapshot`: of the learner, after all updates so far. */
export function saveSac(
  directory: string,
  parts: SacParts,
  { weights: learner, streams }: LearnerSnapshot,
  description?: PolicyDescription,
): void {
  const environments = parts.environments.exportState();
  const episodes: Record<string, Tensor> = {};
  environments.episodes.forEach(({ steps, values }, i) => {
    episodes[`episode/${i}`] = { shape: [steps, steps === 0 ? 0 : values.length / steps], data: values };
  });
  const trainer: TrainerState = {
    algorithm: 'SAC',
    version: VERSION,
    engine: parts.learner.engine,
    seed: parts.seed,
    sac: parts.sac,
    training: parts.training,
    progress: parts.progress,
    sizes: {
      environments: parts.environments.count,
      observation: parts.environments.observationSize,
      action: parts.environments.actionSize,
    },
    learner: streams,
    policyNoise: parts.policyNoise.getState(),
    environments: environments.generators,
    episodes: environments.episodes.map(({ seeds, steps }) => ({ seeds, steps })),
    normaliser: parts.normaliser.exportState(),
    curriculum: parts.curriculum.exportState(),
    earlyStop: parts.earlyStop.exportState(),
    statistics: parts.statistics.exportState(),
    recorder: parts.recorder.exportState(),
  };
  const policy = description === undefined ? {} : policyParts(description, learner);
  saveCheckpoint(directory, {
    [TRAINER]: `${JSON.stringify(trainer)}\n`,
    [LEARNER]: encodeSafetensors(learner),
    [ACTING]: encodeSafetensors(parts.acting.weights),
    [EPISODES]: encodeSafetensors(episodes),
    [REPLAY]: (sink) => parts.buffer.save(sink),
    ...Object.fromEntries(
      Object.entries(policy).map(([name, content]) => [`${POLICY_IN_CHECKPOINT}/${name}`, content]),
    ),
  });
}

/** A checkpoint that is read and verified, and puts its state into parts of the right sizes. */
export interface LoadedSac {
  readonly seed: number;
  readonly sac: SacSettings;
  readonly training: TrainingSettings;
  readonly engine: string;
  readonly progress: Progress;
  /** Throws an InputError unless the environments are of the sizes the checkpoint was trained with. */
  requireSizes(environments: Environments): void;
  readBuffer(): RingBuffer;
  restore(parts: SacParts): Promise<void>;
}

export function loadSac(directory: string): LoadedSac {
  const checkpoint = loadCheckpoint(directory);
  const state = JSON.parse(readFileSync(checkpoint.path(TRAINER), 'utf8')) as TrainerState;
  if (state.algorithm !== 'SAC' || state.version !== VERSION) {
    throw new InputError({
      code: 'checkpoint-version',
      message: `${directory} holds ${state.algorithm} of version ${state.version}.`,
      field: 'algorithm',
      value: state.algorithm,
      expected: `SAC, version ${VERSION}`,
      hint: 'Load it with the release of makergym that wrote it.',
    });
  }
  return {
    seed: state.seed,
    sac: state.sac,
    training: state.training,
    engine: state.engine,
    progress: state.progress,
    requireSizes({ count, observationSize, actionSize }) {
      requireSize('environments', count, state.sizes.environments);
      requireSize('observation features', observationSize, state.sizes.observation);
      requireSize('action components', actionSize, state.sizes.action);
    },
    readBuffer: () => RingBuffer.load(checkpoint.path(REPLAY)),
    async restore(parts) {
      const tensors = (part: string) => {
        const path = checkpoint.path(part);
        return float32Tensors(readSafetensors(path), path);
      };
      await parts.learner.importState({ weights: tensors(LEARNER), streams: state.learner });
      parts.acting.load(tensors(ACTING));
      if (state.progress.started) {
        const episodes = tensors(EPISODES);
        parts.environments.importState({
          generators: state.environments,
          episodes: state.episodes.map((episode, i) => ({
            ...episode,
            values: episodes[`episode/${i}`].data,
          })),
        });
      }
      parts.policyNoise.setState(state.policyNoise);
      parts.normaliser.importState(state.normaliser);
      parts.curriculum.importState(state.curriculum);
      parts.earlyStop.importState(state.earlyStop);
      parts.statistics.importState(state.statistics);
      parts.recorder.importState(state.recorder);
    },
  };

  function requireSize(what: string, found: number, expected: number): void {
    if (found === expected) return;
    throw new InputError({
      code: 'checkpoint-mismatch',
      message: `${directory} was trained with ${expected} ${what}; these environments have ${found}.`,
      field: what,
      value: found,
      expected: `${expected}`,
      hint: 'Load it with the environments it was trained in.',
    });
  }
}
