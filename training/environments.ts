import { InputError, RunError } from '../base/errors.ts';
import { type Generator, type GeneratorState, stream } from '../base/random.ts';
import type { Env, Info, VectorEnv } from '../env/env.ts';
import { RowKind } from '../replay/ring-buffer.ts';
import { ActionScaling, requireBox } from './action-scaling.ts';
import { EpisodeLog, type EpisodeLogState } from './episode-log.ts';

/** What a learner can be trained in: one environment, several of a kind, or a vector of them. */
export type TrainableEnv = Env | readonly Env[] | VectorEnv;

/** One step of all environments. Arrays are reused by the next. */
export interface EnvironmentsStep {
  /** `count × observationSize`, after the step. */
  readonly observations: Float32Array;
  readonly rewards: Float64Array;
  /** What each stream's row of the replay buffer holds ({@link RowKind}); `final`: the episode had ended and this
   * step only began the next. */
  readonly kinds: Uint8Array;
  /** 1 where the episode ended with this step, terminated or truncated. */
  readonly ended: Uint8Array;
  /** Actions that were carried out, in [−1, 1]: `info.executedAction` where an environment gives one. */
  readonly executed: Float32Array;
  readonly infos: readonly Info[];
}

export interface EnvironmentsState {
  readonly generators: readonly GeneratorState[];
  readonly episodes: readonly EpisodeLogState[];
}

/** Sets the bound of |Δc| that the curriculum allows, ticks, in every environment. */
export type AllowedShiftSetter = (ticks: number) => void;

/**
 * The environments of a run, seen alike: each episode begins with a seed from its own stream `env/i`, actions are in
 * [−1, 1], the step after an episode's end begins the next. Can be saved in the middle of episodes: the state is the
 * seeds and the actions so far, which are played again on restoring.
 */
export class Environments {
  readonly count: number;
  readonly observationSize: number;
  readonly actionSize: number;
  readonly #source: readonly Env[] | VectorEnv;
  /** Between the learner's actions in [−1, 1] and the environments'. */
  readonly scaling: ActionScaling;
  readonly #setAllowedShift: AllowedShiftSetter | undefined;
  readonly #generators: readonly Generator[];
  /** One an environment; a vector env, which is reset as a whole, has one for all. */
  readonly #logs: readonly EpisodeLog[];
  readonly #observations: Float32Array;
  readonly #rewards: Float64Array;
  readonly #kinds: Uint8Array;
  readonly #ended: Uint8Array;
  readonly #executed: Float32Array;
  readonly #scaled: Float32Array;
  readonly #infos: Info[];

  constructor(env: TrainableEnv, seed: number, setAllowedShift?: AllowedShiftSetter) {
    this.#source = isVectorEnv(env) ? env : isMany(env) ? env : [env];
    const first = isVectorEnv(this.#source) ? this.#source : this.#source[0];
    if (first === undefined) {
      throw new InputError({
        code: 'no-environment',
        message: 'There is no environment to train in: the list is empty.',
        field: 'env',
        expected: 'at least one environment',
      });
    }
    const observationSpace = isVectorEnv(first) ? first.singleObservationSpace : first.observationSpace;
    const actionSpace = isVectorEnv(first) ? first.singleActionSpace : first.actionSpace;
    this.count = isVectorEnv(this.#source) ? this.#source.count : this.#source.length;
    this.observationSize = requireBox(observationSpace, 'observation space').size;
    this.scaling = new ActionScaling(actionSpace);
    this.actionSize = this.scaling.size;
    this.#setAllowedShift = setAllowedShift;
    this.#generators = Array.from({ length: this.count }, (_, i) => stream(seed, `env/${i}`));
    this.#logs = isVectorEnv(this.#source)
      ? [new EpisodeLog(this.count * this.actionSize)]
      : this.#source.map(() => new EpisodeLog(this.actionSize));
    this.#observations = new Float32Array(this.count * this.observationSize);
    this.#rewards = new Float64Array(this.count);
    this.#kinds = new Uint8Array(this.count);
    this.#ended = new Uint8Array(this.count);
    this.#executed = new Float32Array(this.count * this.actionSize);
    this.#scaled = new Float32Array(this.count * this.actionSize);
    this.#infos = Array.from({ length: this.count }, () => ({}));
  }

  /** Where the environments stand, `count × observationSize`; reused. */
  get observations(): Float32Array {
    return this.#observations;
  }

  /** Begins the first episodes. */
  start(): void {
    if (isVectorEnv(this.#source)) this.#resetVector(this.#source, this.#drawSeeds());
    else for (let i = 0; i < this.count; i++) this.#resetOne(this.#source[i], i, this.#seed(i));
  }

  /** Steps every environment; `actions` is `count × actionSize` in [−1, 1]. */
  step(actions: Float32Array, allowedShift: number): EnvironmentsStep {
    if (!Number.isNaN(allowedShift)) this.#setAllowedShift?.(allowedShift);
    if (isVectorEnv(this.#source)) this.#stepVector(this.#source, actions, allowedShift);
    else for (let i = 0; i < this.count; i++) this.#stepOne(this.#source[i], i, actions, allowedShift);
    return {
      observations: this.#observations,
      rewards: this.#rewards,
      kinds: this.#kinds,
      ended: this.#ended,
      executed: this.#executed,
      infos: this.#infos,
    };
  }

  exportState(): EnvironmentsState {
    return {
      generators: this.#generators.map((generator) => generator.getState()),
      episodes: this.#logs.map((log) => log.exportState()),
    };
  }

  /** Goes to where `state` was taken: resets with the same seeds and plays the same actions again. */
  importState(state: EnvironmentsState): void {
    state.episodes.forEach((episode, i) => {
      const log = new EpisodeLog(this.#logs[i] === undefined ? 0 : this.#actionsOf(i).length);
      log.importState(episode);
      if (isVectorEnv(this.#source)) this.#resetVector(this.#source, log.seeds);
      else this.#resetOne(this.#source[i], i, log.seeds[0]);
      const actions = new Float32Array(this.count * this.actionSize);
      for (let step = 0; step < log.steps; step++) {
        this.#actionsOf(i, actions).set(log.actions(step));
        const allowedShift = log.allowedShift(step);
        if (!Number.isNaN(allowedShift)) this.#setAllowedShift?.(allowedShift);
        if (isVectorEnv(this.#source)) this.#stepVector(this.#source, actions, allowedShift);
        else this.#stepOne(this.#source[i], i, actions, allowedShift);
      }
    });
    state.generators.forEach((generator, i) => {
      this.#generators[i].setState(generator);
    });
  }

  /** The part of an array of all actions that belongs to log `i`. */
  #actionsOf(i: number, actions = this.#scaled): Float32Array {
    return isVectorEnv(this.#source)
      ? actions
      : actions.subarray(i * this.actionSize, (i + 1) * this.actionSize);
  }

  #stepOne(env: Env, i: number, actions: Float32Array, allowedShift: number): void {
    if (this.#ended[i] === 1) {
      this.#resetOne(env, i, this.#seed(i));
      return;
    }
    this.#logs[i].push(this.#actionsOf(i, actions), allowedShift);
    this.#scale(i, actions);
    const result = env.step(this.#actionsOf(i).slice());
    this.#observations.set(result.observation, i * this.observationSize);
    this.#take(i, actions, result.reward, result.terminated, result.truncated, result.info);
  }

  #resetOne(env: Env, i: number, seed: number): void {
    this.#logs[i].begin([seed]);
    const { observation, info } = env.reset({ seed });
    this.#observations.set(observation, i * this.observationSize);
    this.#began(i, info);
  }

  #stepVector(env: VectorEnv, actions: Float32Array, allowedShift: number): void {
    if (this.#ended.every((flag) => flag === 1)) {
      // All ended together, as environments that share an episode do: fresh seeds keep the log to one episode.
      this.#resetVector(env, this.#drawSeeds());
      return;
    }
    this.#logs[0].push(actions, allowedShift);
    for (let i = 0; i < this.count; i++) this.#scale(i, actions);
    const result = env.step(this.#scaled);
    this.#observations.set(result.observations);
    for (let i = 0; i < this.count; i++) {
      if (this.#ended[i] === 1) {
        this.#began(i, result.infos[i]);
        continue;
      }
      const { rewards, terminated, truncated, infos } = result;
      this.#take(i, actions, rewards[i], terminated[i] === 1, truncated[i] === 1, infos[i]);
    }
  }

  #resetVector(env: VectorEnv, seeds: readonly number[]): void {
    this.#logs[0].begin(seeds);
    const { observations, infos } = env.reset(seeds);
    this.#observations.set(observations);
    for (let i = 0; i < this.count; i++) this.#began(i, infos[i]);
  }

  #began(i: number, info: Info): void {
    this.#rewards[i] = 0;
    this.#kinds[i] = RowKind.final;
    this.#ended[i] = 0;
    this.#infos[i] = info;
    this.#requireFinite(i, 0);
  }

  #take(
    i: number,
    actions: Float32Array,
    reward: number,
    terminated: boolean,
    truncated: boolean,
    info: Info,
  ): void {
    this.#rewards[i] = reward;
    this.#kinds[i] = terminated ? RowKind.terminal : RowKind.transition;
    this.#ended[i] = terminated || truncated ? 1 : 0;
    this.#infos[i] = info;
    const executed = info.executedAction instanceof Float32Array ? info.executedAction : undefined;
    for (let k = 0; k < this.actionSize; k++) {
      const at = i * this.actionSize + k;
      this.#executed[at] = executed === undefined ? actions[at] : this.scaling.toUnit(executed[k], k);
    }
    this.#requireFinite(i, reward);
  }

  #scale(i: number, actions: Float32Array): void {
    for (let k = 0; k < this.actionSize; k++) {
      const at = i * this.actionSize + k;
      this.#scaled[at] = this.scaling.toEnvironment(actions[at], k);
    }
  }

  #requireFinite(i: number, reward: number): void {
    const from = i * this.observationSize;
    let sum = reward;
    for (let k = 0; k < this.observationSize; k++) sum += this.#observations[from + k];
    if (Number.isFinite(sum)) return;
    const observation = this.#observations.subarray(from, from + this.observationSize);
    const feature = observation.findIndex((x) => !Number.isFinite(x));
    const what = Number.isFinite(reward) ? `feature ${feature} of the observation` : 'the reward';
    throw new RunError({
      code: 'not-finite',
      message: `Environment ${i} gave ${Number.isFinite(reward) ? observation[feature] : reward} as ${what}.`,
      field: Number.isFinite(reward) ? 'observation' : 'reward',
      expected: 'a finite number',
      hint: 'Mend the environment; nothing of this step was learnt.',
    });
  }

  #seed(i: number): number {
    return this.#generators[i].uint32();
  }

  #drawSeeds(): readonly number[] {
    return this.#generators.map((generator) => generator.uint32());
  }
}

function isVectorEnv(env: object): env is VectorEnv {
  return 'singleObservationSpace' in env;
}

function isMany(env: TrainableEnv): env is readonly Env[] {
  return Array.isArray(env);
}
