import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { claimFolder, removeFolder } from '../../base/files.ts';
import { RunDirectory } from '../../checkpoints/run-directory.ts';
import { checkArguments } from '../arguments.ts';
import type { Arguments, Command, CommandContext } from '../command.ts';
import {
  assign,
  type Config,
  parseAssignment,
  readConfigFile,
  resolveConfig,
  type Settings,
} from '../config.ts';
import { COMMANDS } from '../registry.ts';

/** On top of configs/near-anchor.yaml: episodes and stretches for a market that trades five times a second. */
const EMBEDDED = [
  'marketMaking.episodeSeconds=120',
  'marketMaking.warmupSeconds=30',
  'marketMaking.reward.inventoryPenalty=5e-4',
];

export const run: Command['run'] = async (args, context) => {
  const run = typeof args.out === 'string' ? args.out : claimFolder((n) => join('runs', `start-${n}`));
  try {
    return await goThrough(run, args, context);
  } catch (error) {
    // A claimed name is free again where nothing was made in it.
    removeFolder(run);
    throw error;
  }
};

async function goThrough(run: string, args: Arguments, context: CommandContext): ReturnType<Command['run']> {
  RunDirectory.refuseExisting(run);
  const config = smallConfig(context);
  const execute = (name: string, raw: Record<string, unknown>, seed = config.seed) =>
    runStep(name, raw, { ...context, config: { ...config, seed }, seed }, args.quiet === true);

  const capture = (part: string) => join(run, 'market', `${part}.gz`);
  const tape = (part: string) => join(run, 'market', `${part}.arrow`);
  // The evaluation market has a seed of its own: the agent is judged on ticks it never saw.
  for (const [part, duration, seed] of [
    ['training', args.duration, config.seed],
    ['evaluation', args['evaluation-duration'], config.seed + 1],
  ] as const) {
    const market = { market: 'queue-reactive', duration, out: capture(part) };
    await execute('simulate', market, seed);
    await execute('import', { CAPTURE: [capture(part)], out: tape(part) });
  }
  const training = await execute('train', {
    tape: [tape('training')],
    'eval-tape': [tape('training')],
    'total-timesteps': String(args['total-timesteps']),
    'n-envs': '2',
    out: run,
  });
  const evaluation = await execute('evaluate', {
    POLICY: run,
    baseline: 'v15',
    tape: [tape('evaluation')],
  });
  const report = await execute('report', { RUN: run });
  const exported = await execute('export', { RUN: run, out: join(run, 'export') });

  context.print('');
  context.print(`Report       ${String(report.out)}`);
  context.print(`Export       ${String(exported.out)}`);
  context.print(`TensorBoard  tensorboard --logdir ${join(run, 'tb')}`);
  return { run, training, evaluation, report, export: exported };
}

async function runStep(
  name: string,
  raw: Record<string, unknown>,
  context: CommandContext,
  quiet: boolean,
): Promise<Readonly<Record<string, unknown>>> {
  const command = await COMMANDS[name]();
  if (!quiet) context.log(`\n── ${name} ${'─'.repeat(Math.max(0, 60 - name.length))}`);
  return command.run(checkArguments(command, raw), context);
}

/** The settings of this command, except where the user gave others. */
function smallConfig(context: CommandContext): Config {
  const package_ = createRequire(import.meta.url).resolve('makergym/package.json');
  const settings = readConfigFile(join(dirname(package_), 'configs', 'near-anchor.yaml'));
  for (const text of EMBEDDED) {
    const { path, value } = parseAssignment(text);
    assign(settings, path, value);
  }
  for (const path of context.given) assign(settings, path, lookup(context.config, path));
  return resolveConfig(settings);
}

function lookup(config: Config, path: string): unknown {
  return path.split('.').reduce<unknown>((node, key) => (node as Settings)[key], config);
}
