import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { RunDirectory } from '../../checkpoints/run-directory.ts';
import { checkArguments } from '../arguments.ts';
import type { Command, CommandContext } from '../command.ts';
import { assign, type Config, resolveConfig, type Settings } from '../config.ts';
import { COMMANDS } from '../registry.ts';

/** A network and a market small enough to go the whole way in minutes on two cores. */
const SMALL: Readonly<Record<string, unknown>> = {
  'sac.hidden': [64, 64],
  'sac.batchSize': 64,
  'sac.learningRate': 1e-3,
  'sac.kappaRampUpdates': 2_000,
  'training.bufferSize': 50_000,
  'training.learningStarts': 1_000,
  'training.updatesPerStep': 0.25,
  'training.evaluateEvery': 3_000,
  'training.evaluationSeconds': 300,
  'training.checkpointEvery': 3_000,
  'training.logEvery': 1_000,
  'marketMaking.episodeSeconds': 60,
  'marketMaking.warmupSeconds': 30,
};

/** The whole way of a tick on the embedded market: what `npm start` runs. */
export const startCommand: Command = {
  name: 'start',
  describe: 'The whole way on a simulated market: simulate, import, train, evaluate, report, export',
  examples: [['makergym start --out runs/first', 'A complete run in minutes']],
  options: {
    out: {
      type: 'string',
      describe: 'Folder of the run (default: the first free runs/start-N)',
      placeholder: 'RUN',
    },
    duration: {
      type: 'string',
      describe: 'Length of each simulated market',
      default: '30m',
      placeholder: 'D',
    },
    'total-timesteps': {
      type: 'number',
      describe: 'Timesteps to train',
      default: 12_000,
      integer: true,
      minimum: 100,
    },
  },
  async run(args, context) {
    const run = typeof args.out === 'string' ? args.out : freeName();
    RunDirectory.refuseExisting(run);
    const config = smallConfig(context.config);
    const execute = (name: string, raw: Record<string, unknown>, seed = config.seed) =>
      runStep(name, raw, { ...context, config: { ...config, seed }, seed }, args.quiet === true);

    const capture = (part: string) => join(run, 'market', `${part}.gz`);
    const tape = (part: string) => join(run, 'market', `${part}.arrow`);
    // The evaluation market has a seed of its own: the agent is judged on ticks it never saw.
    for (const [part, seed] of [
      ['training', config.seed],
      ['evaluation', config.seed + 1],
    ] as const) {
      const market = { market: 'queue-reactive', duration: args.duration, out: capture(part) };
      await execute('simulate', market, seed);
      await execute('import', { CAPTURE: [capture(part)], out: tape(part) });
    }
    const training = await execute('train', {
      tape: [tape('training')],
      'eval-tape': [tape('training')],
      'total-timesteps': String(args['total-timesteps']),
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
  },
};

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

/** The small settings, except where the user's own configuration already differs from the defaults. */
function smallConfig(config: Config): Config {
  const defaults = resolveConfig({});
  const settings = structuredClone(config) as unknown as Settings;
  for (const [path, value] of Object.entries(SMALL)) {
    if (JSON.stringify(lookup(config, path)) === JSON.stringify(lookup(defaults, path)))
      assign(settings, path, value);
  }
  return resolveConfig(settings);
}

function lookup(config: Config, path: string): unknown {
  return path.split('.').reduce<unknown>((node, key) => (node as Settings)[key], config);
}

function freeName(): string {
  for (let n = 1; ; n++) {
    const name = join('runs', `start-${n}`);
    if (!existsSync(name)) return name;
  }
}
