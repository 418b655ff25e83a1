import { createRequire } from 'node:module';
import { availableParallelism, cpus } from 'node:os';
import { matrixRate, matrixWork } from '../../agents/sac/calibrate.ts';
import { ENGINES, isTakenByAuto } from '../../agents/sac/choose-engine.ts';
import { InterruptedError } from '../../base/errors.ts';
import type { Command } from '../command.ts';
import { examineApart } from '../doctor/apart.ts';
import { BENCHMARK, type EngineReport, examine, MEASURE_MS } from '../doctor/examine.ts';

export const run: Command['run'] = async (args, context) => {
  const progress = context.progress('doctor', ENGINES.length, 'engines');
  const engines: EngineReport[] = [];
  for (const kind of ENGINES) {
    if (context.signal.aborted) throw new InterruptedError();
    const look = kind.probesDevice ? examineApart : examine;
    engines.push(await look(kind, args.quick !== true, context.signal));
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
