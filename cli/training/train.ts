import { InputError } from '../../base/errors.ts';
import type { RunDirectory } from '../../checkpoints/run-directory.ts';
import { RingBuffer } from '../../replay/ring-buffer.ts';
import type { TrainingCallback } from '../../training/callbacks.ts';
import { ConsoleLogger } from '../../training/loggers/console.ts';
import { CsvLogger } from '../../training/loggers/csv.ts';
import { TensorBoardLogger } from '../../training/loggers/tensorboard.ts';
import type { LogSink } from '../../training/recorder.ts';
import { KeepBest, RunCheckpoints } from '../../training/run-keeping.ts';
import { SAC, type SacOptions } from '../../training/sac.ts';
import type { CommandContext, Progress } from '../command.ts';
import type { Config } from '../config.ts';
import type { TrainingTask } from './task.ts';

/** Everything that is settled before training begins or goes on. */
export interface TrainingPlan {
  /** Folder of the run. */
  readonly path: string;
  readonly config: Config;
  readonly task: TrainingTask;
  readonly totalTimesteps: number;
  readonly agents: number;
  /** What `--engine` asked for, or what the run was trained with so far. */
  readonly engine: string | undefined;
  readonly device: string | undefined;
  readonly threads: number | undefined;
  /** Checkpoint to go on from. */
  readonly checkpoint?: string;
  /** Creates or opens the run's folder once all else is known to work. */
  readonly open: (engine: string) => RunDirectory;
}

/** Trains as planned; returns the fields of the command's JSON document. */
export async function train(
  plan: TrainingPlan,
  context: CommandContext,
): Promise<Readonly<Record<string, unknown>>> {
  const { config, path, totalTimesteps } = plan;
  const task = plan.task.open(plan.agents, plan.checkpoint);
  const { env, describePolicy } = task;
  let engine = '';
  const options: SacOptions = {
    seed: config.seed,
    sac: config.sac,
    training: config.training,
    engine: {
      engine: plan.engine,
      device: plan.device,
      threads: plan.threads,
      report: (line) => context.log(`Engine        ${line}`),
    },
    setAllowedShift: task.setAllowedShift,
    describePolicy: describePolicy === undefined ? undefined : (agent) => describePolicy(agent, engine),
  };
  const sac =
    plan.checkpoint === undefined ? new SAC(env, options) : await SAC.load(plan.checkpoint, env, options);
  if (sac.timesteps >= totalTimesteps) {
    await sac.dispose();
    throw nothingLeft(plan, sac.timesteps);
  }
  engine = await sac.engine();
  context.log(`Replay buffer ${describeBuffer(sac)}`);

  const run = plan.open(engine);
  const resumedAt = plan.checkpoint === undefined ? undefined : sac.timesteps;
  if (resumedAt !== undefined) run.rewind(resumedAt);
  const best = new KeepBest(run);
  const loggers = openLoggers(run, context, resumedAt);
  const progress = context.progress('Training', totalTimesteps, 'timesteps');
  try {
    const result = await sac.learn({
      totalTimesteps,
      signal: context.signal,
      callbacks: [best, showProgress(progress)],
      loggers,
      evaluate: task.evaluate,
      checkpoints: new RunCheckpoints(
        run,
        config.training.checkpointsKept,
        `makergym train --resume ${path} --total-timesteps ${totalTimesteps}`,
      ),
    });
    progress.done();
    context.print(summary(path, result.timesteps, best.best));
    return { seed: config.seed, run: path, ...result, engine, best: best.best };
  } finally {
    for (const logger of loggers) logger.close();
    await sac.dispose();
    task.close();
  }
}

function openLoggers(run: RunDirectory, context: CommandContext, resumedAt: number | undefined): LogSink[] {
  return [
    new ConsoleLogger((table) => context.log(table)),
    new CsvLogger(run.progress, resumedAt),
    new TensorBoardLogger(run.tensorboard, resumedAt),
  ];
}

function showProgress(progress: Progress): TrainingCallback {
  return {
    onStep(sac) {
      const { meanReward } = sac.statistics;
      progress.update(sac.timesteps, Number.isNaN(meanReward) ? '' : `reward ${meanReward.toFixed(2)}`);
      return undefined;
    },
  };
}

function describeBuffer(sac: SAC): string {
  const { capacity, observationSize, actionSize, streams } = sac.buffer;
  const megabytes = RingBuffer.bytes({ capacity, observationSize, actionSize, streams }) / 1e6;
  const sizes = `${capacity.toLocaleString('en-US')} transitions of ${observationSize} features`;
  return `${sizes}: ${megabytes.toFixed(0)} MB when full, taken as it fills`;
}

function summary(path: string, timesteps: number, best: KeepBest['best']): string {
  const chosen = best === null ? 'no evaluation' : `best at ${best.timestep}, score ${best.score.toFixed(3)}`;
  return `${path}: ${timesteps} timesteps, ${chosen}\nTensorBoard: tensorboard --logdir ${path}/tb`;
}

function nothingLeft(plan: TrainingPlan, timesteps: number): InputError {
  return new InputError({
    code: 'nothing-left',
    message: `${plan.path} has taken ${timesteps} timesteps already.`,
    field: 'total-timesteps',
    value: plan.totalTimesteps,
    expected: `more than ${timesteps}`,
    hint: `Give it more: --resume ${plan.path} --total-timesteps ${2 * timesteps}.`,
  });
}
