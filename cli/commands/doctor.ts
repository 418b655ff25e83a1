import { createRequire } from 'node:module';
import { availableParallelism, cpus } from 'node:os';
import { ENGINES, type EngineKind } from '../../agents/sac/choose-engine.ts';
import type { SacEngine, SacEngineOptions, TransitionBatch } from '../../agents/sac/engine.ts';
import { InterruptedError } from '../../base/errors.ts';
import { stream } from '../../base/random.ts';
import { DEFAULT_SAC } from '../../training/settings.ts';
import type { Command } from '../command.ts';

interface EngineReport {
  readonly name: string;
  readonly available: boolean;
  /** Why it is not available, else null. */
  readonly reason: string | null;
  /** At observation 64, action 3, batch 256 and two layers of 256; null where not measured. */
  readonly updatesPerSecond: number | null;
}

/** How long the updates of one engine are timed, ms; a slow engine finishes the update it is in. */
const MEASURE_MS = 800;

/** Packages besides those of the engines. */
const OTHER_PARTS = [
  {
    package: 'onnxruntime-node',
    brings: 'checks that an exported policy.onnx gives the same actions in ONNX Runtime',
  },
];

export const doctorCommand: Command = {
  name: 'doctor',
  describe: 'What this machine offers: engines and their speed, processors, optional parts that are missing',
  examples: [
    ['makergym doctor', 'Measure every engine (about ten seconds)'],
    ['makergym doctor --quick --json', 'Only tell which engines load'],
  ],
  options: {
    quick: { type: 'boolean', describe: 'Do not measure', default: false },
  },
  async run(args, context) {
    const progress = context.progress('doctor', ENGINES.length, 'engines');
    const engines: EngineReport[] = [];
    for (const kind of ENGINES) {
      if (context.signal.aborted) throw new InterruptedError();
      engines.push(await examine(kind, args.quick !== true));
      progress.update(engines.length, kind.name);
    }
    progress.done();
    const processors = cpus();
    const result = {
      engines,
      engine: engines.find(({ available }) => available)?.name ?? null,
      node: process.version,
      platform: `${process.platform}-${process.arch}`,
      cpus: { model: processors[0]?.model.trim() ?? 'unknown', count: processors.length },
      threads: availableParallelism(),
      optional: optionalParts(),
    };
    context.print(table(result));
    return result;
  },
};

async function examine(kind: EngineKind, measure: boolean): Promise<EngineReport> {
  const { name } = kind;
  try {
    const engine = await kind.create(BENCHMARK);
    const updatesPerSecond = measure ? await measureUpdates(engine) : null;
    engine.dispose();
    return { name, available: true, reason: null, updatesPerSecond };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { name, available: false, reason, updatesPerSecond: null };
  }
}

const BENCHMARK: SacEngineOptions = {
  ...DEFAULT_SAC,
  hidden: [256, 256],
  batchSize: 256,
  observationSize: 64,
  actionSize: 3,
  targetEntropy: -3,
  seed: 0,
};

async function measureUpdates(engine: SacEngine): Promise<number> {
  const batch = randomBatch(engine.options);
  await engine.update(batch);
  const start = performance.now();
  let elapsed = 0;
  let updates = 0;
  while (elapsed < MEASURE_MS) {
    await engine.update(batch);
    updates++;
    elapsed = performance.now() - start;
  }
  return Number(((1000 * updates) / elapsed).toPrecision(3));
}

function randomBatch({ batchSize: size, observationSize, actionSize }: SacEngineOptions): TransitionBatch {
  const generator = stream(0, 'doctor');
  const normal = (count: number) => Float32Array.from({ length: count }, () => generator.normal());
  return {
    size,
    observations: normal(size * observationSize),
    actions: normal(size * actionSize).map(Math.tanh),
    rewards: normal(size),
    nextObservations: normal(size * observationSize),
    terminated: new Float32Array(size),
    noise: normal(size * actionSize),
    nextNoise: normal(size * actionSize),
  };
}

function optionalParts() {
  const require = createRequire(import.meta.url);
  const parts = ENGINES.flatMap(({ optionalPackage, brings }) =>
    optionalPackage === undefined ? [] : [{ package: optionalPackage, brings: brings ?? '' }],
  );
  return [...parts, ...OTHER_PARTS].map((part) => {
    try {
      require.resolve(part.package);
      return { ...part, installed: true };
    } catch {
      return { ...part, installed: false };
    }
  });
}

function table(result: {
  readonly engines: readonly EngineReport[];
  readonly engine: string | null;
  readonly node: string;
  readonly platform: string;
  readonly cpus: { readonly model: string; readonly count: number };
  readonly optional: readonly { package: string; brings: string; installed: boolean }[];
}): string {
  const lines = [
    `Node ${result.node} on ${result.platform}, ${result.cpus.count} × ${result.cpus.model}`,
    '',
    'engine           updates/s   (observation 64, action 3, batch 256, 2×256)',
  ];
  for (const { name, available, reason, updatesPerSecond } of result.engines) {
    const speed = available ? String(updatesPerSecond ?? 'available') : '-';
    const note = name === result.engine ? '--engine auto takes this one' : (reason ?? '');
    lines.push(`${name.padEnd(16)} ${speed.padStart(9)}   ${note}`.trimEnd());
  }
  const missing = result.optional.filter(({ installed }) => !installed);
  if (missing.length > 0) lines.push('', 'Not installed, all optional:');
  for (const part of missing) lines.push(`  npm install ${part.package}   ${part.brings}`);
  return lines.join('\n');
}
