import type { SacEngineOptions, SacState } from '../agents/sac/engine.ts';
import { InterruptedError } from '../base/errors.ts';
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
import { explainFailure } from './failure.ts';
import { startLearner } from './learner/start.ts';
import { fillNormal } from './learner.ts';
import { Recorder } from './recorder.ts';
import { type LearningBegan, recordInfo, recordProgress } from './sac-log.ts';
import type { LearnOptions, LearnResult, SacOptions } from './sac-options.ts';
import { loadSac, type SacParts, saveSac } from './sac-state.ts';
import { DEFAULT_SAC, DEFAULT_TRAINING, type SacSettings, type TrainingSettings } from './settings.ts';
import { UpdateBlocks, type UpdateProgress } from './update-blocks.ts';

export type { EngineFactory, LearnOptions, LearnResult, SacOptions } from './sac-options.ts';

/** Turns of the event loop are given this often, so that Ctrl-C is heard. */
const BREATH_MS = 20;

/**
 * Soft Actor-Critic (Haarnoja et al. 2018) with a variance critic: the loop around a learner, which holds the networks
 * and makes the updates.
 *
 * Updates are made in blocks, while the environments go on: a block that begins after timestep t learns from the
 * transitions up to t, and the policy that acts meanwhile is the one from before it. So a seed gives the same run
 * whatever is fast or slow, with the learner in a thread of its own or in this one.
 *
 * ```ts
 * const sac = new SAC(env, { seed: 1 });
 * await sac.learn({ totalTimesteps: 10_000 });
 * const action = await sac.predict(observation);
 * await sac.dispose();
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
  /** Made when they are first needed. */
  #blocks: UpdateBlocks | undefined;
  readonly #progress: UpdateProgress = { updates: 0, owed: 0 };
  #started = false;
  #timesteps = 0;

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

  /** Updates finished; those of the block under way come on top. */
  get updates(): number {
    return this.#progress.updates;
  }

  get buffer(): RingBuffer {
    return this.#buffer;
  }

  get environments(): Environments {
    return this.#environments;
  }

  /** Name of the engine that makes the updates, e.g. `onnx`. */
  async engine(): Promise<string> {
    return (await this.#start()).learner.engine;
  }

  /** The learner's whole state after all updates so far. */
  async weights(): Promise<SacState> {
    return (await (await this.#start()).exportState()).weights;
  }

  /** Makes the learner when it is first needed. */
  async #start(): Promise<UpdateBlocks> {
    if (this.#blocks !== undefined) return this.#blocks;
    const { count, observationSize, actionSize } = this.#environments;
    const options: SacEngineOptions = {
      ...this.sac,
      targetEntropy: this.sac.targetEntropy ?? -actionSize,
      observationSize,
      actionSize,
      seed: this.seed,
    };
    const { updatesPerStep } = this.training;
    const maxUpdates = Math.ceil(updatesPerStep * count) + 1;
    const { seed, normaliser, recorder } = this;
    const buffer = this.#buffer;
    const learner = await startLearner({ options, seed, normaliser, buffer, maxUpdates }, this.#options);
    this.#blocks = new UpdateBlocks({ learner, buffer, updatesPerStep, progress: this.#progress, recorder });
    return this.#blocks;
  }

  /**
   * Learns until `totalTimesteps` are taken. Throws an InterruptedError when its signal aborts, a RunError naming
   * what was not finite when training diverges.
   */
  async learn(options: LearnOptions): Promise<LearnResult> {
    const { totalTimesteps, callbacks = [], signal } = options;
    const { evaluateEvery, checkpointEvery, logEvery } = this.training;
    const blocks = await this.#start();
    const began: LearningBegan = {
      time: performance.now(),
      timesteps: this.#timesteps,
      updates: this.updates,
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
        await this.#chooseActions(blocks, actions);
        const step = this.#environments.step(actions, allowedShift);
        this.#store(actions, step);
        stoppedEarly = this.#finishEpisodes(step, callbacks);
        if (this.#timesteps > this.training.learningStarts) {
          await blocks.learnFrom(this.#timesteps, this.#timesteps - before);
        }

        for (const callback of callbacks) {
          if ((await callback.onStep?.(this)) === false) stoppedEarly = true;
        }
        const last = stoppedEarly || this.#timesteps >= totalTimesteps;
        if (last || crossed(before, this.#timesteps, evaluateEvery)) await this.#evaluate(options);
        if (last || crossed(before, this.#timesteps, logEvery)) await this.#log(began, options);
        if (last || crossed(before, this.#timesteps, checkpointEvery)) await this.#checkpoint(options);
        if (performance.now() - breath > BREATH_MS) {
          await new Promise((resolve) => setImmediate(resolve));
          breath = performance.now();
        }
        if (signal?.aborted && !last) await this.#interrupt(options);
      }
    } catch (error) {
      throw explainFailure(error, this, options.checkpoints?.last);
    }
    for (const callback of callbacks) await callback.onEnd?.(this);
    const seconds = (performance.now() - began.time) / 1000;
    const rate = (amount: number) => (this.#timesteps > began.timesteps ? amount / seconds : null);
    return {
      timesteps: this.#timesteps,
      updates: this.updates,
      updatesPerSecond: rate(this.updates - began.updates),
      stepsPerSecond: rate(this.#timesteps - began.timesteps),
      stoppedEarly,
    };
  }

  /** The action for one raw observation, in the environment's units. */
  async predict(
    observation: Float32Array,
    { deterministic = true }: { readonly deterministic?: boolean } = {},
  ): Promise<Float32Array> {
    const { actionSize } = this.#environments;
    this.normaliser.requireSize(observation.length);
    const noise = deterministic ? null : new Float32Array(actionSize);
    if (noise !== null) fillNormal(this.#policyNoise, noise);
    const action = new Float32Array(actionSize);
    await this.act(observation, 1, noise, action);
    return action.map((unit, component) => this.#scaling.toEnvironment(unit, component));
  }

  /**
   * Actions in [−1, 1] of the policy after all updates so far, for `count` raw observations. `noise` (standard normal,
   * `count × actionSize`) makes them stochastic; null gives tanh(mean).
   */
  async act(
    observations: Float32Array,
    count: number,
    noise: Float32Array | null,
    out: Float32Array,
  ): Promise<void> {
    const latest = await (await this.#start()).latest();
    const normalised = new Float32Array(observations.length);
    this.normaliser.normalise(observations, count, normalised);
    await latest.act(normalised, count, noise, out);
  }

  /** Saves everything that learning goes on from, bit for bit, as a checkpoint. */
  async save(directory: string): Promise<void> {
    const blocks = await this.#start();
    const snapshot = await blocks.exportState();
    saveSac(directory, this.#parts(blocks), snapshot, this.describePolicy());
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
    sac.#buffer = loaded.readBuffer();
    const blocks = await sac.#start();
    try {
      await loaded.restore(sac.#parts(blocks));
    } catch (error) {
      await sac.dispose();
      throw error;
    }
    const { started, timesteps, updates, owed } = loaded.progress;
    sac.#started = started;
    sac.#timesteps = timesteps;
    Object.assign(sac.#progress, { updates, owed });
    return sac;
  }

  /** What `manifest.json` of the policy of now says; undefined where nobody describes it. */
  describePolicy(): PolicyDescription | undefined {
    return this.#options.describePolicy?.(this);
  }

  /** Frees memory, sessions and threads. */
  async dispose(): Promise<void> {
    const blocks = this.#blocks;
    this.#blocks = undefined;
    await blocks?.dispose();
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
    if (allowedShift !== before) {
      this.#earlyStop.restart(Math.max(this.#timesteps, this.training.learningStarts));
    }
    return allowedShift;
  }

  /** Uniform during warm-up, then the policy's own draw. */
  async #chooseActions(blocks: UpdateBlocks, actions: Float32Array): Promise<void> {
    if (this.#timesteps < this.training.learningStarts) {
      for (let i = 0; i < actions.length; i++) actions[i] = 2 * this.#policyNoise.uniform() - 1;
      return;
    }
    const { count, observations } = this.#environments;
    const normalised = new Float32Array(observations.length);
    const noise = new Float32Array(actions.length);
    this.normaliser.normalise(observations, count, normalised);
    fillNormal(this.#policyNoise, noise);
    await blocks.acting.act(normalised, count, noise, actions);
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

  async #evaluate({ evaluate, callbacks = [] }: LearnOptions): Promise<void> {
    if (evaluate === undefined) return;
    await this.#blocks?.finish();
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

  async #log(began: LearningBegan, { callbacks = [], loggers = [] }: LearnOptions): Promise<void> {
    await this.#blocks?.finish();
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

  /** Everything that a checkpoint holds. */
  #parts({ learner, acting }: UpdateBlocks): SacParts {
    return {
      seed: this.seed,
      sac: this.sac,
      training: this.training,
      progress: {
        started: this.#started,
        timesteps: this.#timesteps,
        ...this.#progress,
      },
      learner,
      acting,
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
