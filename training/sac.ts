import type { SacEngine, SacEngineOptions } from '../agents/sac/engine.ts';
import { InterruptedError, RunError } from '../base/errors.ts';
import { type Generator, stream } from '../base/random.ts';
import type { PolicyDescription } from '../checkpoints/policy.ts';
import { RunningNormaliser } from '../env/normaliser.ts';
import { RingBuffer, RowKind } from '../replay/ring-buffer.ts';
import type { ActionScaling } from './action-scaling.ts';
import type { TrainingCallback } from './callbacks.ts';
import { Curriculum } from './curriculum.ts';
import { EarlyStop } from './early-stop.ts';
import { Environments, type EnvironmentsStep, type TrainableEnv } from './environments.ts';
import { EpisodeStatistics } from './episode-statistics.ts';
import { fillNormal, Learner } from './learner.ts';
import { Recorder } from './recorder.ts';
import { type LearningBegan, recordInfo, recordMetrics, recordProgress } from './sac-log.ts';
import type { LearnOptions, LearnResult, SacOptions } from './sac-options.ts';
import { loadSac, type SacParts, saveSac } from './sac-state.ts';
import { DEFAULT_SAC, DEFAULT_TRAINING, type SacSettings, type TrainingSettings } from './settings.ts';

export type { EngineFactory, LearnOptions, LearnResult, SacOptions } from './sac-options.ts';

/** Turns of the event loop are given this often, so that Ctrl-C is heard while the engine computes in this thread. */
const BREATH_MS = 20;

/**
 * Soft Actor-Critic (Haarnoja et al. 2018) with a variance critic: the loop around a {@link SacEngine}, which holds
 * the networks and computes the update.
 *
 * ```ts
 * const sac = new SAC(env, { seed: 1 });
 * await sac.learn({ totalTimesteps: 10_000 });
 * const action = await sac.predict(observation);
 * ```
 */
export class SAC {
  readonly seed: number;
  readonly sac: SacSettings;
  readonly training: TrainingSettings;
  readonly normaliser: RunningNormaliser;
  readonly curriculum: Curriculum;
  readonly statistics: EpisodeStatistics;
  readonly recorder = new Recorder();
  readonly #environments: Environments;
  readonly #scaling: ActionScaling;
  readonly #options: SacOptions;
  readonly #earlyStop: EarlyStop;
  readonly #policyNoise: Generator;
  #buffer: RingBuffer;
  #engine: SacEngine | undefined;
  #learner: Learner | undefined;
  #started = false;
  #timesteps = 0;
  #updates = 0;
  /** Updates due and not done: the fraction that an update-to-data ratio leaves over. */
  #owed = 0;

  constructor(env: TrainableEnv, options: SacOptions = {}) {
    this.seed = options.seed ?? 0;
    this.sac = { ...DEFAULT_SAC, ...options.sac };
    this.training = { ...DEFAULT_TRAINING, ...options.training };
    this.#options = options;
    this.#environments = new Environments(env, this.seed, options.setAllowedShift);
    this.#scaling = this.#environments.scaling;
    const { count, observationSize, actionSize } = this.#environments;
    this.normaliser = new RunningNormaliser(observationSize);
    this.curriculum = new Curriculum(this.training.curriculum);
    this.statistics = new EpisodeStatistics(count);
    this.#earlyStop = new EarlyStop(this.training.earlyStop);
    this.#policyNoise = stream(this.seed, 'policy/noise');
    this.#buffer = new RingBuffer({
      capacity: this.training.bufferSize,
      observationSize,
      actionSize,
      streams: count,
    });
  }

  get timesteps(): number {
    return this.#timesteps;
  }

  get updates(): number {
    return this.#updates;
  }

  get buffer(): RingBuffer {
    return this.#buffer;
  }

  get environments(): Environments {
    return this.#environments;
  }

  /** The engine, made when first needed. */
  async engine(): Promise<SacEngine> {
    if (this.#engine === undefined) {
      const { observationSize, actionSize } = this.#environments;
      const engineOptions: SacEngineOptions = {
        ...this.sac,
        targetEntropy: this.sac.targetEntropy ?? -actionSize,
        observationSize,
        actionSize,
        seed: this.seed,
      };
      const make = this.#options.engine ?? defaultEngine;
      this.#engine = await make(engineOptions);
      this.#learner = new Learner(this.#engine, this.normaliser, this.seed);
    }
    return this.#engine;
  }

  /**
   * Learns until `totalTimesteps` are taken. Throws an InterruptedError when its signal aborts, a RunError naming
   * what was not finite when training diverges.
   */
  async learn(options: LearnOptions): Promise<LearnResult> {
    const { totalTimesteps, callbacks = [], signal } = options;
    const { evaluateEvery, checkpointEvery, logEvery } = this.training;
    const engine = await this.engine();
    const began: LearningBegan = {
      time: performance.now(),
      timesteps: this.#timesteps,
      updates: this.#updates,
    };
    if (!this.#started) this.#begin();
    for (const callback of callbacks) await callback.onStart?.(this);

    const actions = new Float32Array(this.#environments.count * this.#environments.actionSize);
    let stoppedEarly = false;
    let breath = began.time;
    try {
      while (this.#timesteps < totalTimesteps && !stoppedEarly) {
        const before = this.#timesteps;
        const allowedShift = this.#advanceCurriculum(totalTimesteps);
        await this.#chooseActions(engine, actions);
        const step = this.#environments.step(actions, allowedShift);
        this.#store(actions, step);
        stoppedEarly = this.#finishEpisodes(step, callbacks);
        await this.#learnFrom(this.#timesteps - before);

        for (const callback of callbacks) {
          if ((await callback.onStep?.(this)) === false) stoppedEarly = true;
        }
        const last = stoppedEarly || this.#timesteps >= totalTimesteps;
        if (last || crossed(before, this.#timesteps, evaluateEvery)) await this.#evaluate(options);
        if (last || crossed(before, this.#timesteps, logEvery)) this.#log(began, options);
        if (last || crossed(before, this.#timesteps, checkpointEvery)) await this.#checkpoint(options);
        if (performance.now() - breath > BREATH_MS) {
          await new Promise((resolve) => setImmediate(resolve));
          breath = performance.now();
        }
        if (signal?.aborted && !last) await this.#interrupt(options);
      }
    } catch (error) {
      throw this.#explain(error, options);
    }
    for (const callback of callbacks) await callback.onEnd?.(this);
    const seconds = (performance.now() - began.time) / 1000;
    const rate = (amount: number) => (this.#timesteps > began.timesteps ? amount / seconds : null);
    return {
      timesteps: this.#timesteps,
      updates: this.#updates,
      updatesPerSecond: rate(this.#updates - began.updates),
      stepsPerSecond: rate(this.#timesteps - began.timesteps),
      stoppedEarly,
    };
  }

  /** The action for one raw observation, in the environment's units. */
  async predict(
    observation: Float32Array,
    { deterministic = true }: { readonly deterministic?: boolean } = {},
  ): Promise<Float32Array> {
    const engine = await this.engine();
    const { actionSize } = this.#environments;
    const normalised = new Float32Array(observation.length);
    this.normaliser.requireSize(observation.length);
    this.normaliser.normalise(observation, 1, normalised);
    const noise = deterministic ? null : new Float32Array(actionSize);
    if (noise !== null) fillNormal(this.#policyNoise, noise);
    const action = new Float32Array(actionSize);
    await engine.act(normalised, 1, noise, action);
    return action.map((unit, component) => this.#scaling.toEnvironment(unit, component));
  }

  /** Saves everything that learning goes on from, bit for bit, as a checkpoint. */
  async save(directory: string): Promise<void> {
    await this.engine();
    saveSac(directory, this.#parts(), this.describePolicy());
  }

  /**
   * Loads a checkpoint. Environments must be of the kind it was trained in; settings come from the checkpoint except
   * those given; the replay buffer keeps its capacity. The engine may be another, whose arithmetic then differs in the
   * last bits.
   */
  static async load(directory: string, env: TrainableEnv, options: SacOptions = {}): Promise<SAC> {
    const loaded = loadSac(directory);
    const sac = new SAC(env, {
      ...options,
      seed: loaded.seed,
      sac: { ...loaded.sac, ...options.sac },
      training: { ...loaded.training, ...options.training },
    });
    loaded.requireSizes(sac.#environments);
    await sac.engine();
    sac.#buffer = loaded.readBuffer();
    loaded.restore(sac.#parts());
    const { started, timesteps, updates, owed } = loaded.progress;
    sac.#started = started;
    sac.#timesteps = timesteps;
    sac.#updates = updates;
    sac.#owed = owed;
    return sac;
  }

  /** What `manifest.json` of the policy of now says; undefined where nobody describes it. */
  describePolicy(): PolicyDescription | undefined {
    return this.#options.describePolicy?.(this);
  }

  /** Frees what the engine holds. */
  dispose(): void {
    this.#engine?.dispose();
    this.#engine = undefined;
  }

  #begin(): void {
    this.#started = true;
    this.#environments.start();
    this.#buffer.begin(this.#environments.observations);
    this.#observe(this.#environments.observations);
    this.#earlyStop.restart(this.training.learningStarts);
  }

  /** NaN without a curriculum. */
  #advanceCurriculum(totalTimesteps: number): number {
    if (this.#options.setAllowedShift === undefined) return Number.NaN;
    const before = this.curriculum.allowedShift;
    const allowedShift = this.curriculum.advance(this.#timesteps, totalTimesteps);
    if (allowedShift !== before) this.#earlyStop.restart(this.#timesteps);
    return allowedShift;
  }

  /** Uniform during warm-up, then the policy's own draw. */
  async #chooseActions(engine: SacEngine, actions: Float32Array): Promise<void> {
    if (this.#timesteps < this.training.learningStarts) {
      for (let i = 0; i < actions.length; i++) actions[i] = 2 * this.#policyNoise.uniform() - 1;
      return;
    }
    const { count, observations } = this.#environments;
    const normalised = new Float32Array(observations.length);
    const noise = new Float32Array(actions.length);
    this.normaliser.normalise(observations, count, normalised);
    fillNormal(this.#policyNoise, noise);
    await engine.act(normalised, count, noise, actions);
  }

  /** Puts a step into the buffer: the action that was executed, and the reward less the price of correcting it. */
  #store(actions: Float32Array, step: EnvironmentsStep): void {
    const { count, actionSize } = this.#environments;
    const rewards = new Float32Array(count);
    for (let i = 0; i < count; i++) {
      if (step.kinds[i] === RowKind.final) continue;
      let squares = 0;
      for (let k = i * actionSize; k < (i + 1) * actionSize; k++) {
        squares += (actions[k] - step.executed[k]) ** 2;
        this.recorder.action(`actions/${k - i * actionSize}`, step.executed[k]);
      }
      const penalty = (this.training.projectionPenalty * squares) / actionSize;
      rewards[i] = step.rewards[i] - penalty;
      this.recorder.sum('reward/projection', -penalty);
      recordInfo(this.recorder, step.infos[i]);
      this.#timesteps++;
    }
    this.#buffer.append(step.executed, rewards, step.kinds, step.observations);
    this.#observe(step.observations);
  }

  #observe(observations: Float32Array): void {
    if (this.training.normaliseObservations) {
      this.normaliser.update(observations, this.#environments.count);
    }
  }

  /** Takes note of episodes that ended; true when the run should stop early. */
  #finishEpisodes(step: EnvironmentsStep, callbacks: readonly TrainingCallback[]): boolean {
    let stop = false;
    for (let i = 0; i < this.#environments.count; i++) {
      if (step.kinds[i] === RowKind.final) continue;
      const episode = this.statistics.onStep(i, step.rewards[i], step.ended[i] === 1);
      if (episode === undefined) continue;
      if (this.#earlyStop.onEpisode(this.#timesteps, episode.reward)) stop = true;
      for (const callback of callbacks) callback.onEpisode?.(this, episode);
    }
    return stop;
  }

  /** As many updates as the update-to-data ratio asks for after `newTimesteps`. */
  async #learnFrom(newTimesteps: number): Promise<void> {
    if (this.#timesteps <= this.training.learningStarts) return;
    this.#owed += this.training.updatesPerStep * newTimesteps;
    // A ratio such as 0.1 adds up to one only nearly.
    for (; this.#owed >= 1 - 1e-9; this.#owed--) {
      recordMetrics(this.recorder, await (this.#learner as Learner).update(this.#buffer));
      this.#updates++;
    }
  }

  async #evaluate({ evaluate, callbacks = [] }: LearnOptions): Promise<void> {
    if (evaluate === undefined) return;
    const evaluation = { timestep: this.#timesteps, ...(await evaluate(this)) };
    this.recorder.set('eval/score', evaluation.score);
    for (const [key, value] of Object.entries(evaluation.metrics)) this.recorder.set(`eval/${key}`, value);
    for (const callback of callbacks) await callback.onEvaluation?.(this, evaluation);
  }

  async #checkpoint({ checkpoints, callbacks = [] }: LearnOptions): Promise<void> {
    if (checkpoints === undefined) return;
    const directory = await checkpoints.save(this);
    for (const callback of callbacks) await callback.onCheckpoint?.(this, directory);
  }

  #log(began: LearningBegan, { callbacks = [], loggers = [] }: LearnOptions): void {
    recordProgress(this.recorder, this, began, this.#options.setAllowedShift !== undefined);
    const record = this.recorder.flush(this.#timesteps);
    for (const logger of loggers) logger.write(record);
    for (const callback of callbacks) callback.onLog?.(this, record);
  }

  async #interrupt(options: LearnOptions): Promise<never> {
    await this.#checkpoint(options);
    throw new InterruptedError(
      `Interrupted after ${this.#timesteps} timesteps.`,
      options.checkpoints?.resumeHint,
    );
  }

  /** Adds to a failure of the run where it happened and what is left to go on from. */
  #explain(error: unknown, { checkpoints }: LearnOptions): unknown {
    if (!(error instanceof RunError)) return error;
    const { code, field, value, expected, hint } = error;
    const where = `(timestep ${this.#timesteps}, update ${this.#updates})`;
    const left = checkpoints?.last === undefined ? '' : ` The last good checkpoint is ${checkpoints.last}.`;
    const message = `${error.message} ${where}.${left}`;
    return new RunError({ code, field, value, expected, hint, message }, { cause: error });
  }

  /** Everything that a checkpoint holds. */
  #parts(): SacParts {
    return {
      seed: this.seed,
      sac: this.sac,
      training: this.training,
      progress: {
        started: this.#started,
        timesteps: this.#timesteps,
        updates: this.#updates,
        owed: this.#owed,
      },
      engine: this.#engine as SacEngine,
      learner: this.#learner as Learner,
      buffer: this.#buffer,
      policyNoise: this.#policyNoise,
      environments: this.#environments,
      normaliser: this.normaliser,
      curriculum: this.curriculum,
      earlyStop: this.#earlyStop,
      statistics: this.statistics,
      recorder: this.recorder,
    };
  }
}

/** Whether a multiple of `every` lies in (before, after]; never where `every` is 0. */
export function crossed(before: number, after: number, every: number): boolean {
  return every > 0 && Math.floor(after / every) > Math.floor(before / every);
}

/** Loaded when needed, so that an own engine costs no start of TensorFlow.js. */
async function defaultEngine(options: SacEngineOptions): Promise<SacEngine> {
  const { createEngine } = await import('../agents/sac/choose-engine.ts');
  return createEngine(options);
}
