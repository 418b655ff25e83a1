import { stream } from '../../base/random.ts';
import type { Env, ResetOptions, ResetResult, StepResult } from '../env.ts';
import { Lifecycle } from '../lifecycle.ts';
import { checkOptionKeys } from '../options.ts';
import type { Box } from '../spaces.ts';
import type { AnalyticMarket } from './market.ts';
import type { AnalyticMarketSettings } from './settings.ts';
import { type ActionRange, AnalyticTask } from './task.ts';

export interface AnalyticEnvOptions {
  readonly id: string;
  readonly market: AnalyticMarketSettings;
  readonly action: ActionRange;
  /** Seeds the stream of episodes until `reset({ seed })` does. */
  readonly seed?: number;
}

/**
 * One path of an analytic market as an environment ({@link AnalyticTask} says what is seen and done). The episode
 * terminates at T: nothing lies beyond, and the time left is observed.
 */
export class AnalyticEnv implements Env {
  readonly id: string;
  readonly task: AnalyticTask;
  readonly observationSpace: Box;
  readonly actionSpace: Box;
  readonly #lifecycle: Lifecycle;
  readonly #reward = new Float64Array(1);

  constructor({ id, market, action, seed = 0 }: AnalyticEnvOptions) {
    this.id = id;
    this.task = new AnalyticTask(market, action, 1, stream(seed, 'analytic'));
    this.observationSpace = this.task.observationSpace;
    this.actionSpace = this.task.actionSpace;
    this.#lifecycle = new Lifecycle(id);
  }

  get market(): AnalyticMarket {
    return this.task.market;
  }

  reset({ seed, options = {} }: ResetOptions = {}): ResetResult<Float32Array> {
    this.#lifecycle.beforeReset();
    checkOptionKeys(`${this.id} reset`, options, []);
    this.market.begin(seed === undefined ? undefined : stream(seed, 'analytic'));
    this.#lifecycle.started();
    return { observation: this.#observe(), info: this.task.info(0) };
  }

  step(action: Float32Array): StepResult<Float32Array> {
    this.#lifecycle.beforeStep(this.actionSpace, action);
    this.task.step(action);
    this.market.rewards(this.#reward);
    const terminated = this.market.ended;
    if (terminated) this.#lifecycle.ended();
    return {
      observation: this.#observe(),
      reward: this.#reward[0],
      terminated,
      truncated: false,
      info: this.task.info(0),
    };
  }

  close(): void {
    this.#lifecycle.close();
  }

  #observe(): Float32Array {
    const observation = new Float32Array(this.observationSpace.size);
    this.task.observe(observation);
    return observation;
  }
}
