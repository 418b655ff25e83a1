import type { InferenceSession, Tensor } from 'onnxruntime-node';
import { encodeModel } from '../../onnx/protobuf.ts';
import { loadOnnxRuntime, type OnnxRuntime } from '../../onnx/session.ts';
import type { SacEngineOptions, SacState } from './engine.ts';
import { sessionOptions } from './onnx-device.ts';
import { actorWeights, copyIn, sizeOf } from './onnx-layout.ts';
import { actGraph } from './onnx-update.ts';

/**
 * The actor alone on ONNX Runtime, on one thread of the processor: for many rows at once, beside a learner that is busy
 * elsewhere.
 */
export class OnnxActor {
  readonly #runtime: OnnxRuntime;
  readonly #session: InferenceSession;
  readonly #options: SacEngineOptions;
  readonly #weights: Readonly<Record<string, Tensor>>;

  /** null where ONNX Runtime is not installed. */
  static async open(options: SacEngineOptions): Promise<OnnxActor | null> {
    const runtime = await loadOnnxRuntime();
    if (runtime === null) return null;
    const model = encodeModel(actGraph(options), { producer: 'makergym', producerVersion: '' });
    const session = await runtime.InferenceSession.create(
      model,
      sessionOptions({ threads: 1, device: 'cpu' }),
    );
    return new OnnxActor(runtime, session, options);
  }

  private constructor(runtime: OnnxRuntime, session: InferenceSession, options: SacEngineOptions) {
    this.#runtime = runtime;
    this.#session = session;
    this.#options = options;
    this.#weights = Object.fromEntries(
      actorWeights(options, 1).tensors.map((tensor) => [
        tensor.name,
        new runtime.Tensor('float32', new Float32Array(sizeOf(tensor)), tensor.shape),
      ]),
    );
  }

  /** Copies the actor's weights out of a learner's state. */
  load(state: SacState): void {
    for (const tensor of actorWeights(this.#options, 1).tensors) {
      copyIn(state, 0, '', tensor, this.#weights[tensor.name].data as Float32Array);
    }
  }

  /** As an engine's `act`. */
  async act(
    observations: Float32Array,
    count: number,
    noise: Float32Array | null,
    out: Float32Array,
  ): Promise<void> {
    const { observationSize, actionSize } = this.#options;
    const tensor = (data: Float32Array, columns: number) =>
      new this.#runtime.Tensor('float32', data.subarray(0, count * columns), [count, columns]);
    const feeds = {
      ...this.#weights,
      observations: tensor(observations, observationSize),
      noise: tensor(noise ?? new Float32Array(count * actionSize), actionSize),
    };
    await this.#session.run(feeds, { action: tensor(out, actionSize) });
  }

  async release(): Promise<void> {
    await this.#session.release();
  }
}
