import { basename, dirname, join, resolve } from 'node:path';
import { parse as parseYaml } from 'yaml';
import { InputError } from '../../base/errors.ts';
import { claimFolder, removeFolder } from '../../base/files.ts';
import { gitRevision, RunDirectory } from '../../checkpoints/run-directory.ts';
import type { EnvOptions } from '../../env/registry.ts';
import { openMarket } from '../../market/simulated/open-market.ts';
import type { Arguments, Command, CommandContext } from '../command.ts';
import { type Config, resolveConfig, type Settings } from '../config.ts';
import { LANE_OPTIONS, spanOptions } from '../options/lane.ts';
import { VERSION } from '../run-command.ts';
import { chooseData } from '../training/data.ts';
import { trainedOn } from '../training/record.ts';
import { registeredTask } from '../training/registered-task.ts';
import { type TrainingTask, tapeTask } from '../training/task.ts';
import { type TrainingPlan, train } from '../training/train.ts';
import { run as simulate } from './simulate.ts';

/** Who trained, for a policy's manifest. */
const PROGRAM = `makergym ${VERSION}`;

/** Options that go with `--resume`; every other was settled when the run began. */
const WITH_RESUME = new Set(['resume', 'total-timesteps', 'engine', 'device', 'threads', 'json', 'quiet']);

export const run: Command['run'] = async (args, context) => {
  if (args.resume !== undefined) return execute(resumeRun(args, context), context);
  const totalTimesteps = checkSources(args);
  const path = typeof args.out === 'string' ? args.out : claimFolder((n) => join('runs', `train-${n}`));
  try {
    return await execute(await beginRun(path, totalTimesteps, args, context), context);
  } catch (error) {
    // A claimed name is free again where the run did not begin.
    removeFolder(path);
    throw error;
  }
};

function execute(plan: TrainingPlan, context: CommandContext): ReturnType<typeof train> {
  for (const line of plan.task.lines) context.log(line);
  return train(plan, context);
}

/** Throws an InputError unless there is one market or environment to train in, and says for how many timesteps. */
function checkSources(args: Arguments): number {
  const totalTimesteps = args['total-timesteps'];
  if (typeof totalTimesteps !== 'number') throw missing('total-timesteps', 'how many timesteps to train');
  const sources = [args.tape, args.market, args.env].filter((source) => source !== undefined);
  if (sources.length === 0) throw missing('tape', 'one of --tape, --market and --env');
  if (sources.length > 1) throw tooMany();
  return totalTimesteps;
}

async function beginRun(
  path: string,
  totalTimesteps: number,
  args: Arguments,
  context: CommandContext,
): Promise<TrainingPlan> {
  RunDirectory.refuseExisting(path);
  const { config } = context;
  const task = args.env === undefined ? await onTapes(path, args, context) : inEnvironment(args, config);
  return {
    path,
    config,
    task,
    totalTimesteps,
    agents: (args['n-envs'] as number | undefined) ?? 1,
    engine: args.engine as string | undefined,
    ...where(args),
    open: (engine) =>
      RunDirectory.create(
        path,
        {
          command: [commandLine()],
          versions: {
            makergym: VERSION,
            node: process.version,
            platform: `${process.platform}-${process.arch}`,
          },
          revision: gitRevision(),
          seed: config.seed,
          totalTimesteps,
          engine,
          training: { ...task.record, agents: args['n-envs'] ?? 1 },
        },
        config,
      ),
  };
}

async function onTapes(path: string, args: Arguments, context: CommandContext): Promise<TrainingTask> {
  const { config } = context;
  if (args['env-options'] !== undefined) throw foreignOption('env-options', args, '--env');
  if (args.duration !== undefined && args.market === undefined) {
    throw foreignOption('duration', args, '--market');
  }
  const tapes = (args.tape as readonly string[] | undefined) ?? [await simulated(path, args, context)];
  const data = chooseData({
    run: path,
    tapes,
    evaluationTapes: (args['eval-tape'] as readonly string[] | undefined) ?? [],
    ...spanOptions(args),
    evaluationSeconds: config.training.evaluationSeconds,
    marketMaking: config.marketMaking,
  });
  const fittedTo = args.market === undefined ? undefined : openMarket(String(args.market)).fittedTo;
  return tapeTask(path, { ...data, ...(fittedTo && { fittedTo }) }, config, PROGRAM);
}

function inEnvironment(args: Arguments, config: Config): TrainingTask {
  for (const name of ['duration', 'eval-tape', ...Object.keys(LANE_OPTIONS)]) {
    if (args[name] !== undefined) throw foreignOption(name, args, '--tape or --market');
  }
  const text = args['env-options'];
  const options: unknown = text === undefined ? {} : parseOptions(String(text));
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new InputError({
      code: 'bad-option',
      message: `--env-options ${text} is no object of options.`,
      field: 'env-options',
      value: text,
      expected: 'an object in JSON or YAML',
      hint: `Write it like --env-options '{"midPrice": {"process": "heston"}}'.`,
    });
  }
  return registeredTask(String(args.env), options as EnvOptions, config.seed);
}

function parseOptions(text: string): unknown {
  try {
    return parseYaml(text);
  } catch {
    return undefined;
  }
}

function foreignOption(name: string, args: Arguments, source: string): InputError {
  return new InputError({
    code: 'foreign-option',
    message: `--${name} goes with ${source} only.`,
    field: name,
    value: args[name],
    expected: `--${name} beside ${source}`,
    hint: `Leave --${name} out.`,
  });
}

/** Settings, tapes and seed are the run's own; it goes on from its newest checkpoint or the one named. */
function resumeRun(args: Arguments, context: CommandContext): TrainingPlan {
  for (const [name, value] of Object.entries(args)) {
    if (value === undefined || value === false || WITH_RESUME.has(name)) continue;
    throw new InputError({
      code: 'settled-option',
      message: `--${name} cannot be changed when a run is resumed.`,
      field: name,
      value,
      expected: 'only --total-timesteps, --engine, --device and --threads beside --resume',
      hint: `Leave --${name} out, or begin a new run.`,
    });
  }
  const named = String(args.resume);
  const checkpoint = /^step_\d+$/.test(basename(named)) ? resolve(named) : undefined;
  const path = checkpoint === undefined ? named : dirname(dirname(checkpoint));
  const run = RunDirectory.resume(path);
  const { record } = run;
  const from = checkpoint ?? run.lastCheckpoint;
  if (from === undefined) {
    throw new InputError({
      code: 'no-checkpoint',
      message: `${path} has no checkpoint to go on from.`,
      field: 'resume',
      value: named,
      expected: 'a run with at least one checkpoint',
      hint: 'Begin it again with another --out.',
    });
  }
  const totalTimesteps = (args['total-timesteps'] as number | undefined) ?? record.totalTimesteps;
  const { data, env, envOptions, agents } = trainedOn(join(path, 'run.json'), record.training);
  const config = resolveConfig(run.config as Settings) as Config;
  context.log(`Going on from ${from}`);
  return {
    path,
    config,
    task:
      data === undefined
        ? registeredTask(String(env), envOptions ?? {}, config.seed)
        : tapeTask(path, data, config, PROGRAM),
    totalTimesteps,
    agents,
    engine: (args.engine as string | undefined) ?? record.engine,
    ...where(args),
    checkpoint: from,
    open: (engine) => {
      run.writeRecord({ ...record, command: [...record.command, commandLine()], totalTimesteps, engine });
      return run;
    },
  };
}

/** Device and threads of the engine. */
function where(args: Arguments): Pick<TrainingPlan, 'device' | 'threads'> {
  return { device: args.device as string | undefined, threads: args.threads as number | undefined };
}

/** Simulates a market into the run's folder, through the same import as any recording. */
async function simulated(run: string, args: Arguments, context: CommandContext): Promise<string> {
  const out = join(run, 'market', 'training.arrow');
  await simulate({ market: args.market, duration: args.duration ?? '1h', out }, context);
  return out;
}

function commandLine(): string {
  const quote = (word: string) =>
    /^[\w./:=,@+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
  return ['makergym', ...process.argv.slice(2)].map(quote).join(' ');
}

function tooMany(): InputError {
  return new InputError({
    code: 'too-many-options',
    message: '"train" takes one of --tape, --market and --env.',
    field: '--tape',
    expected: 'one of --tape, --market and --env',
    hint: 'Leave the others out.',
  });
}

function missing(field: string, expected: string): InputError {
  return new InputError({
    code: 'missing-option',
    message: `"train" needs --${field}.`,
    field: `--${field}`,
    expected,
    hint: 'See makergym train --help.',
  });
}
