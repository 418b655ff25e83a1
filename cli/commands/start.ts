import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { RunDirectory } from '../../checkpoints/run-directory.ts';
import { checkArguments } from '../arguments.ts';
import type { Command, CommandContext } from '../command.ts';
import { assign, type Config, resolveConfig, type Settings } from '../config.ts';
import { COMMANDS } from '../registry.ts';

/**
 * Settings that go the whole way in minutes on two cores. Fills are rare and the noise of the mid is large beside what
 * a quote earns, so the short way to something better than the anchor is: stay near it, look a second ahead, explore
 * throughout, and see much of the market between two updates.
 */
const SMALL: Readonly<Record<string, unknown>> = {
  'marketMaking.episodeSeconds': 120,
  'marketMaking.warmupSeconds': 30,
  'marketMaking.centreShiftTicks': 3,
  'marketMaking.reward.inventoryPenalty': 5e-4,
  'sac.hidden': [64, 64],
  'sac.batchSize': 512,
  'sac.discount': 0.95,
  'sac.targetEntropy': 1,
  'sac.initialTemperature': 0.02,
  'sac.kappaMax': 0.05,
  'sac.kappaRampUpdates': 5_000,
  'training.bufferSize': 500_000,
  'training.learningStarts': 10_000,
  'training.updatesPerStep': 0.03,
  'training.evaluateEvery': 50_000,
  'training.evaluationSeconds': 1_800,
  'training.checkpointEvery': 250_000,
  'training.logEvery': 10_000,
  'training.earlyStop.window': 0,
  'training.curriculum.startTicks': 2,
  'training.curriculum.endTicks': 3,
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
      default: '4h',
      placeholder: 'D',
    },
    'total-timesteps': {
      type: 'number',
      describe: 'Timesteps to train',
      default: 500_000,
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
