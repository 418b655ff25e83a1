import type { InferenceSession, Tensor } from 'onnxruntime-node';
import type { Graph } from './graph.ts';
import { encodeChoice, encodeModel } from './protobuf.ts';
import type { OnnxRuntime } from './session.ts';

/**
 * Runs of a graph that write their results into the caller's tensors and nowhere else.
 *
 * ONNX Runtime writes results into tensors it is given, but its Node binding (1.30) then copies every one of them into
 * a new array as well, for the object it returns. For a learner's state that is megabytes of fresh memory an update: a
 * fifth of the whole update's time, spent in page faults and garbage collection. The binding turns outputs into
 * JavaScript values one after the other and throws at the first it has no value for, which a sequence is. So a
 * sequence is asked for first: by then all results are where they belong, and none is copied.
 *
 * Whether that holds for the version installed is tried once when the session opens; where it does not, runs are
 * ordinary ones.
 */
export class InPlaceSession {
  readonly #session: InferenceSession;
  #asksForSequence = true;

  private constructor(session: InferenceSession) {
    this.#session = session;
  }

  static async open(
    runtime: OnnxRuntime,
    graph: Graph,
    options: InferenceSession.SessionOptions,
  ): Promise<InPlaceSession> {
    const model = encodeModel(graph, DESCRIPTION, { sequenceOutput: SEQUENCE });
    return new InPlaceSession(await runtime.InferenceSession.create(model, options));
  }

  /** A session that runs one of two graphs, so that both have the same threads: see encodeChoice() of onnx/protobuf.ts. */
  static async openChoice(
    runtime: OnnxRuntime,
    name: string,
    graphs: readonly [Graph, Graph],
    options: InferenceSession.SessionOptions,
  ): Promise<InPlaceSession> {
    const model = encodeChoice(name, graphs, DESCRIPTION, { sequenceOutput: SEQUENCE });
    return new InPlaceSession(await runtime.InferenceSession.create(model, options));
  }

  get inputNames(): readonly string[] {
    return this.#session.inputNames;
  }

  /**
   * A first run, to learn whether results arrive. `witness` is the memory of a small result that the inputs given make
   * finite.
   */
  async probe(
    feeds: Readonly<Record<string, Tensor>>,
    fetches: Readonly<Record<string, Tensor>>,
    witness: Float32Array,
  ): Promise<void> {
    witness.fill(Number.NaN);
    const arrived = await this.run(feeds, fetches).then(
      () => witness.every(Number.isFinite),
      () => false,
    );
    if (arrived) return;
    this.#asksForSequence = false;
    await this.run(feeds, fetches);
  }

  async run(
    feeds: Readonly<Record<string, Tensor>>,
    fetches: Readonly<Record<string, Tensor>>,
  ): Promise<void> {
    if (!this.#asksForSequence) {
      await this.#session.run(feeds, fetches);
      return;
    }
    try {
      await this.#session.run(feeds, { [SEQUENCE]: null, ...fetches });
    } catch (error) {
      if (!(error instanceof Error && NO_VALUE.test(error.message))) throw error;
    }
  }

  endProfiling(): void {
    this.#session.endProfiling();
  }

  async release(): Promise<void> {
    await this.#session.release();
  }
}

const DESCRIPTION = { producer: 'makergym', producerVersion: '' };
const SEQUENCE = 'sequence';
/** What the binding says of a sequence. */
const NO_VALUE = /^Non tensor type is temporarily not supported/;
