import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads';
import type { EngineChoice } from '../../agents/sac/choose-engine.ts';
import type { SacEngineOptions, SacState } from '../../agents/sac/engine.ts';
import type { NormaliserOptions, RunningNormaliser } from '../../env/normaliser.ts';
import type { RingBuffer } from '../../replay/ring-buffer.ts';
import { bytesOf, sharedActor } from './actor.ts';
import {
  type Block,
  type BlockLearner,
  type BlockResult,
  type LearnerSnapshot,
  NOTHING_DONE,
} from './block.ts';
import { received, type SentError, threadEnded } from './failure.ts';
import { SharedBlock } from './shared.ts';

/** What the learner's thread is started with. */
export interface LearnerSpec {
  readonly options: SacEngineOptions;
  readonly choice: Omit<EngineChoice, 'report'>;
  /** URL of a module whose default export makes the engine, instead of `choice`. */
  readonly module?: string;
  readonly seed: number;
  readonly normaliser: NormaliserOptions;
  readonly buffer: SharedArrayBuffer;
  readonly shared: SharedArrayBuffer;
  readonly maxUpdates: number;
  readonly port: MessagePort;
}

export type Request =
  | { readonly kind: 'export' }
  | { readonly kind: 'import'; readonly snapshot: LearnerSnapshot }
  | { readonly kind: 'dispose' };

export type Answer =
  | {
      readonly kind: 'ready';
      readonly engine: string;
      readonly options: SacEngineOptions;
      readonly actor: SacState;
      readonly actors: SharedArrayBuffer;
    }
  | { readonly kind: 'report'; readonly line: string }
  | { readonly kind: 'exported'; readonly snapshot: LearnerSnapshot }
  | { readonly kind: 'imported' }
  | { readonly kind: 'failed'; readonly error: SentError }
  /** The last there is: what ends the thread. */
  | { readonly kind: 'ended'; readonly error: SentError };

export interface ThreadOptions {
  readonly options: SacEngineOptions;
  readonly choice?: EngineChoice;
  readonly module?: string;
  readonly seed: number;
  readonly normaliser: RunningNormaliser;
  readonly buffer: RingBuffer;
  /** Most updates of a block. */
  readonly maxUpdates: number;
}

/** While it waits for the learner, the event loop gets a turn so often, so that Ctrl-C is heard. */
const TURN_MS = 20;

/**
 * Makes updates in a thread of their own, in whose shadow this one steps environments. The replay buffer, the
 * normaliser's statistics and the actor's weights lie in memory that both see.
 */
export class ThreadLearner implements BlockLearner {
  readonly #worker: Worker;
  readonly #port: MessagePort;
  readonly #shared: SharedBlock;
  readonly #normaliser: RunningNormaliser;
  readonly #report: EngineChoice['report'];
  readonly #exit: Promise<unknown>;
  #ready: Extract<Answer, { kind: 'ready' }> | undefined;
  #slots: readonly SacState[] = [];
  #slot = 0;
  /** What was asked for so far, blocks and messages, and how many of the last of it are blocks not yet finished. */
  #asked = 0;
  #underWay = 0;
  #disposed = false;
  #ended: Error | undefined;
  /** Who waits for the next answer, and an answer that came before anyone waited. */
  #waiting: { resolve(answer: Answer): void; reject(error: Error): void } | undefined;
  #unclaimed: Answer | undefined;

  /** Throws what making the engine threw. */
  static async start(options: ThreadOptions): Promise<ThreadLearner> {
    const learner = new ThreadLearner(options);
    try {
      await learner.#begin();
    } catch (error) {
      await learner.dispose();
      throw error;
    }
    return learner;
  }

  private constructor({ options, choice = {}, module, seed, normaliser, buffer, maxUpdates }: ThreadOptions) {
    const { port1, port2 } = new MessageChannel();
    const { report, ...plain } = choice;
    this.#report = report;
    this.#port = port1;
    this.#normaliser = normaliser;
    this.#shared = new SharedBlock(normaliser.size, maxUpdates);
    const spec: LearnerSpec = {
      options,
      choice: plain,
      module,
      seed,
      normaliser: { epsilon: normaliser.epsilon, clip: normaliser.clip },
      buffer: buffer.memory,
      shared: this.#shared.memory,
      maxUpdates,
      port: port2,
    };
    this.#worker = startWorker(spec, port2);
    this.#worker.on('error', (error) => this.#end(threadEnded(error.message)));
    this.#exit = new Promise((resolve) => this.#worker.once('exit', resolve));
    this.#worker.on('exit', (code) => {
      // What it said before may still be on its way.
      for (let last = this.#receive(); last !== undefined; last = this.#receive()) this.#take(last);
      this.#end(threadEnded(`exit code ${code}`));
    });
    port1.on('message', (answer: Answer) => this.#take(answer));
    // A program whose work is done may end without disposing of the agent.
    this.#hold(false);
  }

  get engine(): string {
    return this.#made.engine;
  }

  get options(): SacEngineOptions {
    return this.#made.options;
  }

  get actor(): SacState {
    return this.#slots[this.#slot];
  }

  async begin(block: Block): Promise<void> {
    if (this.#ended !== undefined) throw this.#ended;
    const number = this.#asked;
    this.#normaliser.copyStatistics(this.#shared.statistics(number));
    this.#shared.writeBlock(number, block);
    this.#underWay++;
    this.#ask();
  }

  async finish(): Promise<BlockResult> {
    if (this.#underWay === 0) return NOTHING_DONE;
    const number = this.#asked - this.#underWay;
    await this.#done(number);
    this.#underWay--;
    this.#slot = 1 - this.#slot;
    const metrics = this.#shared.readMetrics(number);
    if (!this.#shared.hasFailed(number)) return { metrics };
    const answer = await this.#answer();
    return { metrics, failure: answer.kind === 'failed' ? received(answer.error) : answer };
  }

  async exportState(): Promise<LearnerSnapshot> {
    const answer = await this.#request({ kind: 'export' });
    return (answer as Extract<Answer, { kind: 'exported' }>).snapshot;
  }

  async importState(snapshot: LearnerSnapshot): Promise<void> {
    await this.#request({ kind: 'import', snapshot });
  }

  async dispose(): Promise<void> {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#worker.ref();
    if (this.#ended === undefined) {
      this.#port.postMessage({ kind: 'dispose' } satisfies Request);
      this.#ask();
    }
    await this.#exit;
    this.#port.close();
  }

  async #begin(): Promise<void> {
    const ready = await this.#answer();
    if (ready.kind !== 'ready') throw new Error(`answered ${ready.kind}`);
    this.#ready = ready;
    const { actor, actors } = ready;
    this.#slots = [sharedActor(actor, actors, 0), sharedActor(actor, actors, bytesOf(actor))];
  }

  get #made() {
    if (this.#ready === undefined) throw new Error('the learner has not started');
    return this.#ready;
  }

  async #request(request: Request): Promise<Answer> {
    if (this.#underWay > 0) throw new Error('a block is under way');
    if (this.#ended !== undefined) throw this.#ended;
    this.#port.postMessage(request);
    const number = this.#ask();
    const answer = await this.#answer();
    // Its counter follows its answer at once, unless the thread ends in between.
    await this.#done(number);
    if (answer.kind === 'failed') throw received(answer.error);
    return answer;
  }

  /** Waits until what has the number is done, while the event loop turns now and then. Throws what ended the thread. */
  async #done(number: number): Promise<void> {
    while (!this.#shared.waitUntilDone(number, TURN_MS)) {
      await new Promise((resolve) => setImmediate(resolve));
      if (this.#ended !== undefined) throw this.#ended;
    }
  }

  /** Asks for what was written or posted; its number. */
  #ask(): number {
    this.#shared.ask();
    return this.#asked++;
  }

  #answer(): Promise<Answer> {
    const answer = this.#unclaimed;
    this.#unclaimed = undefined;
    if (answer !== undefined) return Promise.resolve(answer);
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    this.#hold(true);
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
    });
  }

  #take(answer: Answer): void {
    if (answer.kind === 'report') {
      this.#report?.(answer.line);
      return;
    }
    if (answer.kind === 'ended') {
      this.#end(received(answer.error));
      return;
    }
    if (this.#waiting === undefined) this.#unclaimed = answer;
    else this.#waiting.resolve(answer);
    this.#waiting = undefined;
    this.#hold(false);
  }

  #receive(): Answer | undefined {
    return receiveMessageOnPort(this.#port)?.message;
  }

  #end(cause: Error): void {
    this.#ended ??= cause;
    this.#waiting?.reject(this.#ended);
    this.#waiting = undefined;
    this.#hold(false);
  }

  /** Whether the process stays alive for what the thread will say. */
  #hold(stay: boolean): void {
    if (stay) {
      this.#worker.ref();
      this.#port.ref();
    } else {
      this.#worker.unref();
      this.#port.unref();
    }
  }
}

/** From sources, as tests run, the thread needs the loader that the process has. */
function startWorker(spec: LearnerSpec, port: MessagePort): Worker {
  const options = { workerData: spec, transferList: [port], name: 'makergym learner' };
  return import.meta.url.endsWith('.ts')
    ? new Worker(new URL('worker-from-source.mjs', import.meta.url), { ...options, execArgv: [] })
    : new Worker(new URL('worker.js', import.meta.url), options);
}
