import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { basename, dirname, join } from 'node:path';
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
  /** Whether its threads sleep between runs, so that others have their processors at once. */
  readonly sharesProcessors?: boolean;
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

/** What to say of a device that ONNX Runtime knows and could not use. */
export function deviceFailed(device: Device, error: unknown): InputError {
  const message = `ONNX Runtime cannot use the device ${device}: ${reasonOf(error)}`;
  const needsLibraries = device === 'cuda' && process.platform === 'linux' && !hasCudaLibraries();
  return deviceNotThere(device, needsLibraries ? `${message}. ${CUDA_LIBRARIES_MISSING}` : message);
}

const CUDA_LIBRARIES_MISSING =
  'Its CUDA libraries are not installed; ONNXRUNTIME_NODE_INSTALL=cuda12 node node_modules/onnxruntime-node/script/install fetches them.';

/** Whether what ONNX Runtime needs for CUDA, which no npm package holds, lies beside its Node binding. */
function hasCudaLibraries(): boolean {
  const root = join(dirname(createRequire(import.meta.url).resolve('onnxruntime-node')), '../bin');
  return readdirSync(root, { recursive: true }).some((file) =>
    basename(String(file)).includes('providers_cuda'),
  );
}

/** The first line, without the place in ONNX Runtime's source and the condition that it puts in front. */
function reasonOf(error: unknown): string {
  const [line] = (error instanceof Error ? error.message : String(error)).split('\n');
  return (/ was false\. (.+)$/.exec(line)?.[1] ?? line).slice(-200);
}

function deviceNotThere(device: Device, message: string): InputError {
  return new InputError({
    code: 'device-not-there',
    message,
    field: 'device',
    value: device,
    expected: 'a device that ONNX Runtime can use here',
    hint: 'Take --device cpu; docs/onnx.md says what each device needs.',
  });
}

export function sessionOptions({
  threads,
  device,
  sharesProcessors,
  profile,
}: Settings): InferenceSession.SessionOptions {
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
    extra: {
      session: { set_denormal_as_zero: '1', force_spinning_stop: sharesProcessors === true ? '1' : '0' },
    },
  };
}
