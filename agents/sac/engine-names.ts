import { DEVICES, type Device } from './onnx-device.ts';
import type { TfjsBackend } from './tfjs-backend.ts';

/** Names that are not one engine but a choice between several. */
export const AUTO = 'auto';
export const TFJS = 'tfjs';

/** ONNX Runtime on the processor; on other devices they are named in it. */
export const ONNX = 'onnx';

/** Backends of TensorFlow.js, the one expected to be fastest first. */
const TFJS_BACKENDS: readonly TfjsBackend[] = ['node-gpu', 'node', 'wasm', 'cpu'];

export function onnxName(device: Device): string {
  return device === 'cpu' ? ONNX : `${ONNX}-${device}`;
}

export function tfjsName(backend: TfjsBackend): string {
  return `${TFJS}-${backend}`;
}

/** What `--engine` takes: told without what the engines need. */
export const ENGINE_NAMES: readonly string[] = [
  AUTO,
  TFJS,
  ...DEVICES.map(onnxName),
  ...TFJS_BACKENDS.map(tfjsName),
];
