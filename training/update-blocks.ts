import { ActingPolicy } from '../agents/sac/acting-policy.ts';
import type { RingBuffer } from '../replay/ring-buffer.ts';
import { UpdateFailed } from './failure.ts';
import type { BlockLearner, LearnerSnapshot } from './learner/block.ts';
import type { Recorder } from './recorder.ts';
import { recordMetrics } from './sac-log.ts';

/** How far the updates are. */
export interface UpdateProgress {
  /** Updates finished; those of the block under way come on top. */
  updates: number;
  /** Updates due and not done: the fraction that an update-to-data ratio leaves over. */
  owed: number;
}

export interface UpdateBlocksOptions {
  readonly learner: BlockLearner;
  readonly buffer: RingBuffer;
  readonly updatesPerStep: number;
  readonly progress: UpdateProgress;
  /** Takes note of what came of each update. */
  readonly recorder: Recorder;
}

/** A block that is not finished: the timestep it began after, and its updates. */
interface UnderWay {
  readonly timestep: number;
  readonly updates: number;
}

/**
 * Blocks of updates beside the steps that come meanwhile: a block that begins after timestep t learns from the
 * transitions up to t, and the policy that acts until the next is the one from before it. What is asked for while
 * something else is comes after it.
 */
export class UpdateBlocks {
  readonly learner: BlockLearner;
  /** Acts in training: its weights are those from before the block under way. */
  readonly acting: ActingPolicy;
  readonly #options: UpdateBlocksOptions;
  /** The policy after all updates, for who looks at it between steps; loaded when asked for. */
  readonly #latest: ActingPolicy;
  #latestIsStale = true;
  /** Blocks that are not finished, the older first. */
  readonly #underWay: UnderWay[] = [];
  /** Since the last block began. */
  #steps = 0;
  /** What was asked for last. Two at once would both take what came of one block. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: UpdateBlocksOptions) {
    const { learner } = options;
    this.#options = options;
    this.learner = learner;
    this.acting = new ActingPolicy(learner.engine, learner.options, learner.actor);
    this.#latest = new ActingPolicy(learner.engine, learner.options, learner.actor);
  }

  /**
   * Begins as many updates as the update-to-data ratio asks for after `newTimesteps` up to `timestep`, right behind those
   * before, and waits for these. While they are made the policy acts with the weights from before them.
   */
  learnFrom(timestep: number, newTimesteps: number): Promise<void> {
    return this.#inTurn(() => this.#learnFrom(timestep, newTimesteps));
  }

  /** Waits for what is under way, if anything, and takes note of what came of it. Throws an UpdateFailed. */
  finish(): Promise<void> {
    return this.#inTurn(() => this.#finish());
  }

  /** The policy after all updates so far. */
  latest(): Promise<ActingPolicy> {
    return this.#inTurn(async () => {
      await this.#finish();
      if (this.#latestIsStale) this.#latest.load(this.learner.actor);
      this.#latestIsStale = false;
      return this.#latest;
    });
  }

  /** The learner's whole state after all updates so far. */
  exportState(): Promise<LearnerSnapshot> {
    return this.#inTurn(async () => {
      await this.#finish();
      return this.learner.exportState();
    });
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work);
    this.#last = result.catch(() => undefined);
    return result;
  }

  async #learnFrom(timestep: number, newTimesteps: number): Promise<void> {
    const { buffer, updatesPerStep, progress } = this.#options;
    this.#steps++;
    progress.owed += updatesPerStep * newTimesteps;
    // A ratio such as 0.1 adds up to one only nearly.
    const updates = Math.floor(progress.owed + 1e-9);
    const steps = this.#stepsBeside();
    if (updates > 0) {
      progress.owed -= updates;
      const ahead = this.#underWay.at(-1);
      await this.learner.begin({
        window: buffer.window(steps),
        updates,
        before: progress.updates + (ahead?.updates ?? 0),
        follows: ahead !== undefined,
      });
      this.#underWay.push({ timestep, updates });
      this.#steps = 0;
      // Asked for already, so that the learner goes on while this thread wakes up.
      if (ahead !== undefined) await this.#finishOne();
      this.acting.load(this.learner.actor);
    }
    // The next step would overwrite rows that the block may draw.
    if (this.#steps >= steps) await this.#finish();
  }

  async #finish(): Promise<void> {
    while (this.#underWay.length > 0) await this.#finishOne();
  }

  async #finishOne(): Promise<void> {
    const { progress, recorder } = this.#options;
    const result = await this.learner.finish();
    const { timestep } = this.#underWay.shift() as UnderWay;
    for (const metrics of result.metrics) recordMetrics(recorder, metrics);
    progress.updates += result.metrics.length;
    if (result.metrics.length > 0) this.#latestIsStale = true;
    if (result.failure === undefined) return;
    // The block behind it was left out.
    for (const { updates } of this.#underWay.splice(0)) {
      await this.learner.finish();
      progress.owed += updates;
    }
    throw new UpdateFailed(result.failure, timestep);
  }

  async dispose(): Promise<void> {
    for (const part of [this.learner, this.acting, this.#latest]) await part.dispose();
  }

  /** Steps that may be taken beside a block: up to the next one, in so far as the replay buffer has room for them. */
  #stepsBeside(): number {
    const { buffer, updatesPerStep } = this.#options;
    const { capacity, streams } = buffer;
    const toNext = Math.ceil(1 / (updatesPerStep * streams));
    return Math.min(toNext, Math.floor((capacity / streams - 1) / 2));
  }
}
