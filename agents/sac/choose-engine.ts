import { availableParallelism } from 'node:os';
import { InputError, MakergymError, unknownName } from '../../base/errors.ts';
import { matrixRate, matrixWork, measureUpdates } from './calibrate.ts';
import type { SacEngine, SacEngineOptions } from './engine.ts';
import { DEVICES, type Device } from './onnx-device.ts';
import { createOnnxEngine } from './onnx-engine.ts';
import { isInstalled, type TfjsBackend } from './tfjs-backend.ts';
import { createTfjsEngine } from './tfjs-engine.ts';

/** One way to run the update that a person can name. */
export interface EngineKind {
  readonly name: string;
  /** An npm package that it needs besides those that always come with makergym, and what it brings. */
  readonly optionalPackage?: string;
  readonly brings?: string;
  /** Makes one. Throws an InputError that says what to do where this machine cannot run it. */
  create(options: SacEngineOptions, threads?: number): Promise<SacEngine>;
}

export interface EngineChoice {
  /** A name of {@link ENGINE_NAMES}; `auto` by default. */
  readonly engine?: string;
  /** Where the engine `onnx` computes; `cpu` by default. */
  readonly device?: string;
  /** Threads of the engine `onnx`; by default all of the machine's or one, whichever is faster now. */
  readonly threads?: number;
  /** Is told in one line which engine it is, how fast, and what is lost. */
  readonly report?: (line: string) => void;
}

const ONNX = 'onnx';
const ONNX_PACKAGE = 'onnxruntime-node';

function onnx(device: Device): EngineKind {
  return {
    name: device === 'cpu' ? ONNX : `${ONNX}-${device}`,
    optionalPackage: ONNX_PACKAGE,
    brings: 'training five to eight times as fast as TensorFlow.js does in WebAssembly',
    create: (options, threads) => createOnnxEngine(options, { device, threads }),
  };
}

function tfjs(backend: TfjsBackend, extra: Pick<EngineKind, 'optionalPackage' | 'brings'> = {}): EngineKind {
  return {
    name: `tfjs-${backend}`,
    ...extra,
    create: (options) => createTfjsEngine(options, backend),
  };
}

/** Every engine, the one expected to be fastest on a processor first. */
export const ENGINES: readonly EngineKind[] = [
  ...DEVICES.map(onnx),
  tfjs('node-gpu', {
    optionalPackage: '@tensorflow/tfjs-node-gpu',
    brings: 'training on an NVIDIA GPU (needs CUDA)',
  }),
  tfjs('node', {
    optionalPackage: '@tensorflow/tfjs-node',
    brings: "training on all cores with TensorFlow's native kernels",
  }),
  tfjs('wasm'),
  tfjs('cpu'),
];

/** Names that are not one engine but a choice between several. */
const AUTO = 'auto';
const TFJS = 'tfjs';

/** What `--engine` takes. */
export const ENGINE_NAMES: readonly string[] = [AUTO, TFJS, ...ENGINES.map(({ name }) => name)];

/** Besides the first TensorFlow.js backend that loads, what `auto` measures where it runs. */
const CALIBRATED: readonly string[] = [ONNX, `${ONNX}-cuda`];

/** Whether `auto` would take the engine if it is the fastest. */
export function isTakenByAuto(name: string): boolean {
  return CALIBRATED.includes(name) || name.startsWith(`${TFJS}-`);
}

/** How long an engine is measured when `auto` chooses, ms; all of it together takes under a second. */
const CALIBRATION_MS = 120;

/**
 * The engine asked for: a name of {@link ENGINES}, `tfjs` for the first TensorFlow.js backend that loads, or `auto` for
 * the fastest of ONNX Runtime's and that, measured for a moment. An unknown name is an InputError that names the nearest; one that
 * cannot run here is an InputError that says what to install.
 */
export async function createEngine(options: SacEngineOptions, choice: EngineChoice = {}): Promise<SacEngine> {
  const { threads, report } = choice;
  const name = nameOf(choice);
  if (name === AUTO) return fastest(options, threads, report, true);
  if (name === ONNX && threads === undefined) return fastest(options, threads, report, false);
  const candidates = ENGINES.filter(
    (kind) => kind.name === name || (name === TFJS && kind.name.startsWith(`${TFJS}-`)),
  );
  const engine = await firstThatRuns(candidates, options, threads);
  report?.(engine.name);
  return engine;
}

/** The engine's name with the device in it, both checked. */
function nameOf({ engine = AUTO, device = 'cpu' }: EngineChoice): string {
  if (!ENGINE_NAMES.includes(engine)) throw unknownName('engine', engine, ENGINE_NAMES);
  if (!DEVICES.some((known) => known === device)) throw unknownName('device', device, DEVICES);
  if (device === 'cpu' || engine === `${ONNX}-${device}`) return engine;
  if (engine === ONNX || engine === AUTO) return `${ONNX}-${device}`;
  throw new InputError({
    code: 'engine-without-device',
    message: `The engine ${engine} takes no device; ${device} was asked for.`,
    field: 'device',
    value: device,
    expected: `--engine ${ONNX} with --device ${device}`,
  });
}

async function firstThatRuns(
  candidates: readonly EngineKind[],
  options: SacEngineOptions,
  threads: number | undefined,
): Promise<SacEngine> {
  let failure: MakergymError | undefined;
  for (const kind of candidates) {
    try {
      return await kind.create(options, threads);
    } catch (error) {
      if (!(error instanceof MakergymError)) throw error;
      failure = error;
    }
  }
  throw failure;
}

/** Measures the engines of {@link CALIBRATED}, with TensorFlow.js or without, and keeps the fastest. */
async function fastest(
  options: SacEngineOptions,
  threads: number | undefined,
  report: EngineChoice['report'],
  withTfjs: boolean,
): Promise<SacEngine> {
  const engines: SacEngine[] = [];
  if (withTfjs) {
    const kinds = ENGINES.filter(({ name }) => name.startsWith(`${TFJS}-`));
    engines.push(await firstThatRuns(kinds, options, threads));
  }
  const threadsOf = new Map<SacEngine, number>();
  const wanted = withTfjs ? CALIBRATED : [ONNX];
  for (const kind of ENGINES.filter(({ name }) => wanted.includes(name))) {
    // On a machine that has other work, threads that wait for one another are slower than one; results are the same.
    const counts = threads === undefined && kind.name === ONNX ? [availableParallelism(), 1] : [threads];
    for (const count of new Set(counts)) {
      const engine = await kind.create(options, count).catch((error: unknown) => {
        if (withTfjs && error instanceof MakergymError) return null;
        throw error;
      });
      if (engine === null) break;
      engines.push(engine);
      threadsOf.set(engine, count ?? availableParallelism());
    }
  }
  if (engines.length === 1) {
    const advice = isInstalled(ONNX_PACKAGE)
      ? ''
      : `npm install ${ONNX_PACKAGE} brings ${onnx('cpu').brings}`;
    report?.([engines[0].name, advice].filter(Boolean).join('; '));
    return engines[0];
  }
  const measured: { readonly engine: SacEngine; readonly rate: number }[] = [];
  for (const engine of engines) measured.push({ engine, rate: await measureUpdates(engine, CALIBRATION_MS) });
  measured.sort((a, b) => b.rate - a.rate);
  const [{ engine, rate }, ...slower] = measured;
  for (const other of slower) other.engine.dispose();
  if (report !== undefined) {
    const onThreads = (candidate: SacEngine) => {
      const count = threadsOf.get(candidate);
      return count === undefined ? '' : ` on ${count} ${count === 1 ? 'thread' : 'threads'}`;
    };
    const count = engine.name === ONNX ? threadsOf.get(engine) : undefined;
    const share =
      count === undefined ? '' : shareOf(options, rate, await matrixRate(count, CALIBRATION_MS), count);
    const others = slower.map(
      (other) => `${other.engine.name}${onThreads(other.engine)} makes ${other.rate}`,
    );
    report([`${engine.name}: ${rate} updates/s${onThreads(engine)}${share}`, ...others].join('; '));
  }
  return engine;
}

/** `, 71 % of what those do in matrix products (190 GFLOP/s)`, empty where that is not known. */
function shareOf(options: SacEngineOptions, rate: number, machine: number | null, threads: number): string {
  if (machine === null) return '';
  const share = ((100 * rate * matrixWork(options)) / machine).toFixed(0);
  const those = threads === 1 ? 'it does' : 'those do';
  return `, ${share} % of what ${those} in matrix products (${(machine / 1e9).toFixed(0)} GFLOP/s)`;
}
