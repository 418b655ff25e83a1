import type { Value } from './evaluate.ts';

/** A graph that ONNX Runtime executes. */
export interface OnnxSession {
  run(inputs: Readonly<Record<string, Value>>): Promise<Readonly<Record<string, Value>>>;
  release(): Promise<void>;
}

export type OnnxRuntime = typeof import('onnxruntime-node');

/** Loads ONNX Runtime, which is an optional dependency; null where it is not installed or does not load. */
export async function loadOnnxRuntime(): Promise<OnnxRuntime | null> {
  try {
    const runtime = await import('onnxruntime-node');
    // What goes wrong is thrown; the runtime would print it as well.
    runtime.env.logLevel = 'fatal';
    return runtime;
  } catch {
    return null;
  }
}

/** Opens an ONNX file in ONNX Runtime on the CPU; null where the runtime is not installed. */
export async function openSession(model: Uint8Array): Promise<OnnxSession | null> {
  const runtime = await loadOnnxRuntime();
  if (runtime === null) return null;
  // One thread: the graphs here are small, and results do not depend on how a sum was split.
  const session = await runtime.InferenceSession.create(model, {
    executionProviders: ['cpu'],
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    logSeverityLevel: 3,
  });
  return {
    async run(inputs) {
      const feeds = Object.fromEntries(
        Object.entries(inputs).map(([name, { shape, data }]) => [
          name,
          new runtime.Tensor('float32', data, shape),
        ]),
      );
      const outputs = await session.run(feeds);
      return Object.fromEntries(
        Object.entries(outputs).map(([name, { dims, data }]) => [
          name,
          { shape: dims, data: data as Float32Array },
        ]),
      );
    },
    release: () => session.release(),
  };
}
