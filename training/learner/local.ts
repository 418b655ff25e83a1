import type { SacEngine, SacEngineOptions, SacState } from '../../agents/sac/engine.ts';
import type { RunningNormaliser } from '../../env/normaliser.ts';
import type { RingBuffer } from '../../replay/ring-buffer.ts';
import { Learner } from '../learner.ts';
import { actorOf } from './actor.ts';
import {
  type Block,
  type BlockLearner,
  type BlockResult,
  type LearnerSnapshot,
  NOTHING_DONE,
} from './block.ts';
import { explainUpdate } from './failure.ts';

/** Makes updates in this thread, at once when a block begins. */
export class LocalLearner implements BlockLearner {
  readonly engine: string;
  readonly options: SacEngineOptions;
  readonly #engine: SacEngine;
  readonly #learner: Learner;
  readonly #buffer: RingBuffer;
  /** The actor after the last finished block and the one before or after it, in turns. */
  readonly #actors: readonly SacState[];
  #begun = 0;
  #finished = 0;
  /** Of blocks that are made but not yet asked about. */
  readonly #results: BlockResult[] = [];
  #hasFailed = false;

  constructor(engine: SacEngine, normaliser: RunningNormaliser, buffer: RingBuffer, seed: number) {
    this.engine = engine.name;
    this.options = engine.options;
    this.#engine = engine;
    this.#learner = new Learner(engine, normaliser, seed);
    this.#buffer = buffer;
    this.#actors = [actorOf(engine.exportState()), actorOf(engine.exportState())];
  }

  get actor(): SacState {
    return this.#actors[this.#finished % 2];
  }

  async begin(block: Block): Promise<void> {
    const isLeftOut = block.follows && this.#hasFailed;
    const result = isLeftOut ? NOTHING_DONE : await makeUpdates(this.#learner, this.#buffer, block);
    this.#hasFailed = isLeftOut || result.failure !== undefined;
    this.#results.push(result);
    this.#begun++;
    this.#engine.exportActor(this.#actors[this.#begun % 2]);
  }

  async finish(): Promise<BlockResult> {
    const result = this.#results.shift();
    if (result === undefined) return NOTHING_DONE;
    this.#finished++;
    return result;
  }

  async exportState(): Promise<LearnerSnapshot> {
    return { weights: this.#engine.exportState(), streams: this.#learner.exportState() };
  }

  async importState({ weights, streams }: LearnerSnapshot): Promise<void> {
    this.#engine.importState(weights);
    this.#learner.importState(streams);
    this.#engine.exportActor(this.actor);
  }

  async dispose(): Promise<void> {
    this.#engine.dispose();
  }
}

async function makeUpdates(
  learner: Learner,
  buffer: RingBuffer,
  { window, updates, before }: Block,
): Promise<BlockResult> {
  const metrics = [];
  for (let i = 0; i < updates; i++) {
    try {
      metrics.push(await learner.update(buffer, window));
    } catch (error) {
      return { metrics, failure: explainUpdate(error, before + i + 1) };
    }
  }
  return { metrics };
}
