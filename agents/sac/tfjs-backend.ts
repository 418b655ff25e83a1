import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import util from 'node:util';
import * as tf from '@tensorflow/tfjs-core';
// The core registers no gradients of its kernels in Node; the layers package does.
import '@tensorflow/tfjs-layers';
import { InputError } from '../../base/errors.ts';
import { requireInstalled } from './packages.ts';

/** Backends of TensorFlow.js, the fastest first. */
export const TFJS_BACKENDS = ['node-gpu', 'node', 'wasm', 'cpu'] as const;
export type TfjsBackend = (typeof TFJS_BACKENDS)[number];

/** npm packages of the backends that do not come with makergym. */
export const OPTIONAL_PACKAGES: Readonly<Partial<Record<TfjsBackend, string>>> = {
  'node-gpu': '@tensorflow/tfjs-node-gpu',
  node: '@tensorflow/tfjs-node',
};

/** Name under which each backend registers itself. */
const REGISTERED: Readonly<Record<TfjsBackend, string>> = {
  'node-gpu': 'tensorflow',
  node: 'tensorflow',
  wasm: 'wasm',
  cpu: 'cpu',
};

const loaded = new Map<TfjsBackend, Promise<void>>();

/** Loads a backend and makes it current. Throws an InputError saying what to install where it cannot be had. */
export async function useBackend(backend: TfjsBackend): Promise<void> {
  let loading = loaded.get(backend);
  if (loading === undefined) {
    loading = load(backend);
    loaded.set(backend, loading);
  }
  await loading;
  if (tf.getBackend() !== REGISTERED[backend]) await activate(backend);
}

/** The first backend that loads. */
export async function useFirstBackend(): Promise<TfjsBackend> {
  for (const backend of TFJS_BACKENDS) {
    try {
      await useBackend(backend);
      return backend;
    } catch (error) {
      if (backend === TFJS_BACKENDS[TFJS_BACKENDS.length - 1]) throw error;
    }
  }
  throw new Error('there is always the cpu backend');
}

async function load(backend: TfjsBackend): Promise<void> {
  // Without this TensorFlow.js prints advertisements for its faster packages.
  tf.env().set('PROD', true);
  const name = OPTIONAL_PACKAGES[backend];
  if (name !== undefined) await loadOptional(backend, name);
  else if (backend === 'wasm') await loadWasm();
  else await import('@tensorflow/tfjs-backend-cpu');
  await activate(backend);
}

async function loadOptional(backend: TfjsBackend, name: string): Promise<void> {
  requireInstalled(name, `tfjs-${backend}`);
  // tfjs-node 4.22 calls util.isNullOrUndefined, which Node 23 removed.
  const legacy = util as unknown as { isNullOrUndefined?: (x: unknown) => boolean };
  legacy.isNullOrUndefined ??= (x) => x === null || x === undefined;
  try {
    await import(name);
  } catch (cause) {
    const reason = (cause as Error).message.split('\n')[0];
    throw new InputError(
      {
        code: 'engine-not-loadable',
        message: `${name} is installed but does not load: ${reason}`,
        field: 'engine',
        value: `tfjs-${backend}`,
        hint: `Reinstall it with npm rebuild ${name} --build-addon-from-source, or use --engine auto.`,
      },
      { cause },
    );
  }
}

/**
 * The wasm binary lies beside the package's entry. It runs on one thread: TensorFlow.js starts its threads from blob
 * URLs, which Node's workers do not take.
 */
async function loadWasm(): Promise<void> {
  const { setWasmPaths } = await import('@tensorflow/tfjs-backend-wasm');
  const entry = createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm');
  setWasmPaths(`${dirname(entry)}/`);
}

async function activate(backend: TfjsBackend): Promise<void> {
  const events = ['uncaughtException', 'unhandledRejection'] as const;
  const before = events.map((event) => process.listeners(event as 'uncaughtException'));
  const ready = await tf.setBackend(REGISTERED[backend]).catch(() => false);
  // The wasm module listens for every uncaught error of the process and throws it again from its own, minified,
  // source: errors that have nothing to do with it would be shown as its own.
  events.forEach((event, i) => {
    for (const listener of process.listeners(event as 'uncaughtException')) {
      if (!before[i].includes(listener)) process.removeListener(event, listener);
    }
  });
  if (ready) return;
  throw new InputError({
    code: 'engine-not-loadable',
    message: `TensorFlow.js could not start its ${backend} backend.`,
    field: 'engine',
    value: `tfjs-${backend}`,
    hint: 'Use --engine auto, or --engine tfjs-cpu, which always works.',
  });
}
