import { availableParallelism } from 'node:os';
import { InputError, MakergymError, unknownName } from '../../base/errors.ts';
import { matrixRate, matrixWork, measureUpdates } from './calibrate.ts';
import type { SacEngine, SacEngineOptions } from './engine.ts';
import { AUTO, ENGINE_NAMES, ONNX, onnxName, TFJS, tfjsName } from './engine-names.ts';
import { DEVICES, type Device, requireThreads } from './onnx-device.ts';
import { createOnnxEngine } from './onnx-engine.ts';
import { isInstalled, requireInstalled } from './packages.ts';
import type { TfjsBackend } from './tfjs-backend.ts';

/** One way to run the update that a person can name. */
export interface EngineKind {
  readonly name: string;
  /** An npm package that it needs besides those that always come with makergym, and what it brings. */
  readonly optionalPackage?: string;
  readonly brings?: string;
  /** Whether making one looks for a device and its driver, which may print and crash as they like. */
  readonly probesDevice: boolean;
  /** Makes one. Throws an InputError that says what to do where this machine cannot run it. */
  create(options: SacEngineOptions, how?: Processors): Promise<SacEngine>;
}

/** How the engine `onnx` uses the processors; others do as they like. */
export interface Processors {
  /** By default all of the machine's or, where an engine is chosen, one if that is faster now. */
  readonly threads?: number;
  /** Whether another thread works beside the engine and needs one between updates. */
  readonly sharesProcessors?: boolean;
}

export interface EngineChoice extends Processors {
  /** A name of {@link ENGINE_NAMES}; `auto` by default. */
  readonly engine?: string;
  /** Where the engine `onnx` computes; `cpu` by default. */
  readonly device?: string;
  /** Is told in one line which engine it is, how fast, and what is lost. */
  readonly report?: (line: string) => void;
}

const ONNX_PACKAGE = 'onnxruntime-node';

function onnx(device: Device): EngineKind {
  return {
    name: onnxName(device),
    optionalPackage: ONNX_PACKAGE,
    probesDevice: device !== 'cpu',
    brings: 'training seven to eleven times as fast as TensorFlow.js does in WebAssembly',
    create: (options, how) => createOnnxEngine(options, { device, ...how }),
  };
}

function tfjs(backend: TfjsBackend, extra: Pick<EngineKind, 'optionalPackage' | 'brings'> = {}): EngineKind {
  return {
    name: tfjsName(backend),
    ...extra,
    probesDevice: false,
    // Loaded when needed: TensorFlow.js alone takes longer to load than everything else.
    async create(options) {
      if (extra.optionalPackage !== undefined) requireInstalled(extra.optionalPackage, `tfjs-${backend}`);
      const { createTfjsEngine } = await import('./tfjs-engine.ts');
      return createTfjsEngine(options, backend);
    },
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

/** What `auto` measures where it runs. */
const CALIBRATED: readonly string[] = [ONNX, `${ONNX}-cuda`, `${TFJS}-node-gpu`, `${TFJS}-node`];

/** Whether `auto` would take the engine if it is the fastest. */
export function isTakenByAuto(name: string): boolean {
  return CALIBRATED.includes(name) || name.startsWith(`${TFJS}-`);
}

/**
 * How long an engine is measured when `auto` chooses, ms, and the machine's matrix products; and after how long no
 * other engine is made, so that all of it takes under a second, though engines take long to make on a busy machine.
 */
const CALIBRATION_MS = 100;
const MATRIX_MS = 50;
const CHOICE_MS = 500;

/**
 * The engine asked for: a name of {@link ENGINES}, `tfjs` for the first TensorFlow.js backend that loads, or `auto` for
 * the fastest of ONNX Runtime's and that, measured for a moment. An unknown name is an InputError that names the nearest; one that
 * cannot run here is an InputError that says what to install.
 */
export async function createEngine(options: SacEngineOptions, choice: EngineChoice = {}): Promise<SacEngine> {
  const { threads, sharesProcessors, report } = choice;
  const how = { threads, sharesProcessors };
  const name = nameOf(choice);
  if (threads !== undefined) requireThreadsFor(name, threads);
  if (name === AUTO) return fastest(options, how, report, true);
  if (name === ONNX && threads === undefined) return fastest(options, how, report, false);
  const candidates = ENGINES.filter(
    (kind) => kind.name === name || (name === TFJS && kind.name.startsWith(`${TFJS}-`)),
  );
  const engine = await firstThatRuns(candidates, options, how);
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

function requireThreadsFor(name: string, threads: number): void {
  if (!name.startsWith(TFJS)) {
    requireThreads(threads);
    return;
  }
  throw new InputError({
    code: 'engine-without-threads',
    message: `The engine ${name} takes no number of threads; ${threads} was asked for.`,
    field: 'threads',
    value: threads,
    expected: `--threads with --engine ${ONNX} or ${AUTO} only`,
    hint: 'Leave --threads out.',
  });
}

async function firstThatRuns(
  candidates: readonly EngineKind[],
  options: SacEngineOptions,
  how: Processors,
): Promise<SacEngine> {
  let failure: MakergymError | undefined;
  for (const kind of candidates) {
    try {
      return await kind.create(options, how);
    } catch (error) {
      if (!(error instanceof MakergymError)) throw error;
      failure = error;
    }
  }
  throw failure;
}

interface Candidate {
  readonly kind: EngineKind;
  readonly threads: number | undefined;
}

/** What is measured, the one expected to be fastest first. */
function candidates(names: readonly string[], threads: number | undefined): readonly Candidate[] {
  return ENGINES.filter(({ name }) => names.includes(name)).flatMap((kind) => {
    if (kind.name !== ONNX) return [{ kind, threads }];
    // On a machine that has other work, threads that wait for one another are slower than one; results are the same.
    const counts = threads === undefined ? [availableParallelism(), 1] : [threads];
    return [...new Set(counts)].map((count) => ({ kind, threads: count }));
  });
}

interface Measured extends Candidate {
  readonly engine: SacEngine;
  readonly rate: number;
}

/**
 * Measures the engines of {@link CALIBRATED} or, without TensorFlow.js, those of ONNX Runtime, and keeps the fastest.
 * TensorFlow.js in WebAssembly or plain JavaScript serves where none of them runs: it is several times slower at every
 * size, and would be the longest part of the choice.
 */
async function fastest(
  options: SacEngineOptions,
  how: Processors,
  report: EngineChoice['report'],
  withTfjs: boolean,
): Promise<SacEngine> {
  const start = performance.now();
  const measured: Measured[] = [];
  let failure: MakergymError | undefined;
  for (const candidate of candidates(withTfjs ? CALIBRATED : [ONNX], how.threads)) {
    if (measured.length > 0 && performance.now() - start > CHOICE_MS) break;
    try {
      const { kind, threads } = candidate;
      const engine = await kind.create(options, { ...how, threads });
      measured.push({ ...candidate, engine, rate: await measureUpdates(engine, CALIBRATION_MS) });
    } catch (error) {
      if (!(error instanceof MakergymError) || !withTfjs) throw error;
      failure = error;
    }
  }
  if (measured.length === 0) return slowest(options, report, failure);
  measured.sort((a, b) => b.rate - a.rate);
  const [best, ...slower] = measured;
  for (const { engine } of slower) engine.dispose();
  if (report !== undefined) {
    const lines = [`${describe(best)}${await shareOf(options, best)}`];
    report([...lines, ...slower.map((other) => `${describe(other)}`)].join('; '));
  }
  return best.engine;
}

/** TensorFlow.js where nothing faster runs, with a line that says why, and what that costs. */
async function slowest(
  options: SacEngineOptions,
  report: EngineChoice['report'],
  failure: MakergymError | undefined,
): Promise<SacEngine> {
  const kinds = ENGINES.filter(({ name }) => name.startsWith(`${TFJS}-`));
  const engine = await firstThatRuns(kinds, options, {});
  const lost = isInstalled(ONNX_PACKAGE)
    ? `ONNX Runtime does not run here (${failure?.message ?? 'unknown why'})`
    : `${ONNX_PACKAGE} is not installed: npm install ${ONNX_PACKAGE} brings ${onnx('cpu').brings}`;
  report?.(`${engine.name}; ${lost}`);
  return engine;
}

function describe({ engine, threads, rate }: Measured): string {
  const on = engine.name !== ONNX || threads === undefined ? '' : ` on ${counted(threads)}`;
  return `${engine.name}: ${rate} updates/s${on}`;
}

function counted(threads: number): string {
  return threads === 1 ? '1 thread' : `${threads} threads`;
}

/** `, 71 % of the matrix products alone (190 GFLOP/s)`, empty where that is not known. */
async function shareOf(options: SacEngineOptions, { engine, rate, threads }: Measured): Promise<string> {
  if (engine.name !== ONNX || threads === undefined) return '';
  const machine = await matrixRate(threads, MATRIX_MS);
  if (machine === null) return '';
  const share = ((100 * rate * matrixWork(options)) / machine).toFixed(0);
  return `, ${share} % of what ${threads === 1 ? 'it does' : 'those do'} in matrix products (${(machine / 1e9).toFixed(0)} GFLOP/s)`;
}
