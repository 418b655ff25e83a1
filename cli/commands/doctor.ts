import { createRequire } from 'node:module';
import { availableParallelism, cpus } from 'node:os';
import { matrixRate, matrixWork, measureUpdates } from '../../agents/sac/calibrate.ts';
import { ENGINES, type EngineKind, isTakenByAuto } from '../../agents/sac/choose-engine.ts';
import type { SacEngineOptions } from '../../agents/sac/engine.ts';
import { InterruptedError } from '../../base/errors.ts';
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
    if (context.signal.aborted) throw new InterruptedError();
    const processors = cpus();
    const measured = args.quick !== true;
    const machine = measured ? await matrixRate(availableParallelism(), MEASURE_MS) : null;
    const result = {
      engines,
      engine: best(engines)?.name ?? null,
      matrixGflops: machine === null ? null : Math.round(machine / 1e9),
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

/** The fastest that was measured on this machine, or the first that runs where none was. */
function best(engines: readonly EngineReport[]): EngineReport | undefined {
  const speed = ({ updatesPerSecond }: EngineReport) => updatesPerSecond ?? 0;
  return engines
    .filter(({ name, available }) => available && isTakenByAuto(name))
    .reduce<EngineReport | undefined>(
      (fastest, engine) => (fastest !== undefined && speed(fastest) >= speed(engine) ? fastest : engine),
      undefined,
    );
}

async function examine(kind: EngineKind, measure: boolean): Promise<EngineReport> {
  const { name } = kind;
  try {
    const engine = await kind.create(BENCHMARK);
    const updatesPerSecond = measure ? await measureUpdates(engine, MEASURE_MS) : null;
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

function optionalParts() {
  const require = createRequire(import.meta.url);
  const parts = ENGINES.flatMap(({ optionalPackage, brings }) =>
    optionalPackage === undefined ? [] : [{ package: optionalPackage, brings: brings ?? '' }],
  );
  const once = parts.filter((part, i) => parts.findIndex((other) => other.package === part.package) === i);
  return once.map((part) => {
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
  readonly matrixGflops: number | null;
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
  const rate = result.engines.find(({ name }) => name === result.engine)?.updatesPerSecond;
  if (result.matrixGflops !== null && rate !== undefined && rate !== null) {
    const share = (rate * matrixWork(BENCHMARK)) / (result.matrixGflops * 1e9);
    lines.push(
      '',
      `Matrix products run at ${result.matrixGflops} GFLOP/s here; ${result.engine} reaches ${(100 * share).toFixed(0)} % of that.`,
    );
  }
  const missing = result.optional.filter(({ installed }) => !installed);
  if (missing.length > 0) lines.push('', 'Not installed, all optional:');
  for (const part of missing) lines.push(`  npm install ${part.package}   ${part.brings}`);
  return lines.join('\n');
}
