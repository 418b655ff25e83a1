import { availableParallelism } from 'node:os';
import type { InferenceSession } from 'onnxruntime-node';
import { InputError } from '../../base/errors.ts';
import type { OnnxRuntime } from '../../onnx/session.ts';

/** Where ONNX Runtime computes. */
export const DEVICES = ['cpu', 'cuda', 'webgpu', 'dml', 'coreml'] as const;
export type Device = (typeof DEVICES)[number];

/** Devices that have the operations of `com.microsoft` that graphs are written with. */
const HAS_CONTRIB: ReadonlySet<Device> = new Set(['cpu', 'cuda']);

export function hasContrib(device: Device): boolean {
  return HAS_CONTRIB.has(device);
}

/**
 * Whether a transfer costs more than to cut tensors out of a larger one. With WebGPU it does (four to nine times as many
 * updates with few); with CUDA it does not (docs/onnx.md).
 */
export function prefersFewTransfers(device: Device): boolean {
  return !HAS_CONTRIB.has(device);
}

/** How a session computes. */
export interface Settings {
  readonly threads: number;
  readonly device: Device;
  /** Whether tensors that are neighbours in memory go to the device, and come from it, as one. */
  readonly fewTransfers?: boolean;
  readonly profile?: string;
}

/** Throws an InputError unless the machine has so many processors. */
export function requireThreads(threads: number): void {
  const most = availableParallelism();
  if (Number.isInteger(threads) && threads >= 1 && threads <= most) return;
  throw new InputError({
    code: 'bad-threads',
    message: `The engine cannot run on ${threads} threads.`,
    field: 'threads',
    value: threads,
    expected: `a whole number from 1 to ${most}, the processors of this machine`,
  });
}

/** Throws an InputError unless ONNX Runtime as installed knows the device; whether it works shows when it is used. */
export function requireDevice(runtime: OnnxRuntime, device: Device): void {
  const there = runtime.listSupportedBackends().map(({ name }) => name);
  if (there.includes(device)) return;
  throw deviceNotThere(
    device,
    `ONNX Runtime for this system has no device ${device}, only ${there.join(', ')}.`,
  );
}

export function deviceNotThere(device: Device, message: string): InputError {
  return new InputError({
    code: 'device-not-there',
    message,
    field: 'device',
    value: device,
    expected: 'a device that ONNX Runtime can use here',
    hint: 'Take --device cpu; docs/onnx.md says what each device needs.',
  });
}

export function sessionOptions({ threads, device, profile }: Settings): InferenceSession.SessionOptions {
  return {
    executionProviders: [device],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    logSeverityLevel: 4,
    enableProfiling: profile !== undefined,
    profileFilePrefix: profile,
    // Denormal numbers would slow arithmetic down a hundredfold on some processors.
    extra: { session: { set_denormal_as_zero: '1' } },
  };
}
