import type { SacMetrics } from '../agents/sac/engine.ts';
import type { Info } from '../env/env.ts';
import type { Recorder } from './recorder.ts';
import type { SAC } from './sac.ts';

/** Where a call of `learn` began: wall time in ms, and what had been done before. */
export interface LearningBegan {
  readonly time: number;
  readonly timesteps: number;
  readonly updates: number;
}

/** Numbers of an info under a key with a `/` are logged: parts of the reward and interventions as sums, else means. */
export function recordInfo(recorder: Recorder, info: Info): void {
  for (const key in info) {
    const value = info[key];
    if (typeof value !== 'number') continue;
    if (key.startsWith('reward/') || key.startsWith('safety/')) recorder.sum(key, value);
    else if (key.includes('/')) recorder.mean(key, value);
  }
}

/** Means over the interval of what the updates report, under the tags of Stable-Baselines3 where it has one. */
export function recordMetrics(recorder: Recorder, metrics: SacMetrics): void {
  recorder.mean('train/actor_loss', metrics.actorLoss);
  recorder.mean('train/critic_loss', metrics.criticLoss);
  recorder.mean('train/critic_var_loss', metrics.criticVarianceLoss);
  recorder.mean('train/ent_coef', metrics.temperature);
  recorder.mean('train/ent_coef_loss', metrics.temperatureLoss);
  recorder.mean('train/mean_q', metrics.meanQ);
  recorder.mean('train/sigma', metrics.sigma);
  recorder.mean('train/kappa', metrics.kappa);
  recorder.mean('train/entropy', metrics.entropy);
}

/** How far training has come. Speeds are of this call of `learn`. */
export function recordProgress(
  recorder: Recorder,
  sac: SAC,
  began: LearningBegan,
  curriculum: boolean,
): void {
  const seconds = (performance.now() - began.time) / 1000;
  recorder.set('rollout/ep_rew_mean', sac.statistics.meanReward);
  recorder.set('rollout/ep_len_mean', sac.statistics.meanLength);
  recorder.set('time/episodes', sac.statistics.episodes);
  recorder.set('time/total_timesteps', sac.timesteps);
  recorder.set('time/time_elapsed', seconds);
  recorder.set('time/fps', (sac.timesteps - began.timesteps) / seconds);
  recorder.set('train/n_updates', sac.updates);
  recorder.set('train/learning_rate', sac.sac.learningRate);
  recorder.set('train/buffer_size', sac.buffer.size);
  if (!curriculum) return;
  recorder.set('curriculum/stage', sac.curriculum.stage);
  recorder.set('curriculum/allowed_shift_ticks', sac.curriculum.allowedShift);
}
