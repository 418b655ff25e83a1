import { MakergymError, unknownName } from '../../base/errors.ts';
import type { SacEngine, SacEngineOptions } from './engine.ts';
import type { TfjsBackend } from './tfjs-backend.ts';
import { createTfjsEngine } from './tfjs-engine.ts';

/** One way to run the update that a person can name. */
export interface EngineKind {
  readonly name: string;
  /** An npm package that does not come with makergym, and what it would bring. */
  readonly optionalPackage?: string;
  readonly brings?: string;
  /** Makes one. Throws an InputError that says what to do where this machine cannot run it. */
  create(options: SacEngineOptions): Promise<SacEngine>;
}

export interface EngineChoice {
  readonly engine?: string;
}

function tfjs(backend: TfjsBackend, extra: Pick<EngineKind, 'optionalPackage' | 'brings'> = {}): EngineKind {
  return {
    name: `tfjs-${backend}`,
    ...extra,
    create: (options) => createTfjsEngine(options, backend),
  };
}

/** Every engine in the order `auto` tries them. Another one is added here and nowhere else. */
export const ENGINES: readonly EngineKind[] = [
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

/**
 * The engine asked for: a name of {@link ENGINES}, `tfjs` for the first TensorFlow.js backend that loads, `auto` for
 * the first engine that does. An unknown name is an InputError that names the nearest; one that cannot run here is an
 * InputError that says what to install.
 */
export async function createEngine(options: SacEngineOptions, choice: EngineChoice = {}): Promise<SacEngine> {
  const name = choice.engine ?? AUTO;
  if (!ENGINE_NAMES.includes(name)) throw unknownName('engine', name, ENGINE_NAMES);
  const candidates = ENGINES.filter(
    (kind) => name === AUTO || kind.name === name || (name === TFJS && kind.name.startsWith(`${TFJS}-`)),
  );
  let failure: MakergymError | undefined;
  for (const kind of candidates) {
    try {
      return await kind.create(options);
    } catch (error) {
      if (!(error instanceof MakergymError)) throw error;
      failure = error;
    }
  }
  throw failure;
}
