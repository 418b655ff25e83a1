import type { Generator } from '../../base/random.ts';
import type { Env, ResetOptions, ResetResult, StepResult } from '../env.ts';
import { Lifecycle } from '../lifecycle.ts';
import { checkOptionKeys } from '../options.ts';
import type { Quoter } from '../quoter.ts';
import { type Box, box } from '../spaces.ts';
import type { AgentLane } from './agent-lane.ts';
import { makeAnchor } from './anchors.ts';
import { OBSERVATION_NAMES, OBSERVATION_SIZE } from './observation.ts';
import { ACTION_SIZE } from './residual-quoter.ts';
import { episodeStream, MarketMakingTask, type MarketMakingTaskOptions } from './task.ts';

export const MARKET_MAKING = 'MarketMaking-v0';

export interface MarketMakingOptions extends MarketMakingTaskOptions {
  /** Quoter whose quote action 0 reproduces, this environment's own; without it the settings' `anchor` names one. */
  readonly anchor?: Quoter;
  /** Puts a safety layer around the agent. */
  readonly protect?: (inner: Quoter) => Quoter;
  /** Seeds the stream of episodes until `reset({ seed })` does. */
  readonly seed?: number;
}

/** Observations of `MarketMaking-v0`: raw features, named by OBSERVATION_NAMES. */
export function observationSpace(): Box {
  return box(-Infinity, Infinity, [OBSERVATION_SIZE]);
}

/** Actions of `MarketMaking-v0`: Δc, Δs, refresh, each in [−1, 1]. */
export function actionSpace(): Box {
  return box(-1, 1, [ACTION_SIZE]);
}

/**
 * Market making on a recorded market: one decision a step, an action as a residual on an anchor's quote, reward in
 * parts (docs/environment.md). Episodes are truncated after `episodeSeconds` or at the end of the tape, the position
 * flattened at its cost within the last step; they never terminate. Throws an InputError for a tape too short.
 * `reset` takes `options.start`, the episode's start in µs.
 */
export class MarketMakingEnv implements Env {
  readonly id = MARKET_MAKING;
  readonly observationSpace = observationSpace();
  readonly actionSpace = actionSpace();
  readonly observationNames = OBSERVATION_NAMES;
  readonly #task: MarketMakingTask;
  readonly #agent: AgentLane;
  readonly #lifecycle = new Lifecycle(MARKET_MAKING);
  #episodes: Generator;

  constructor(options: MarketMakingOptions) {
    this.#task = new MarketMakingTask(options);
    const anchor = options.anchor ?? makeAnchor(this.#task.marketMaking.anchor);
    this.#agent = this.#task.agent(anchor, options.protect);
    this.#episodes = episodeStream(options.seed ?? 0);
  }

  /** Curriculum: the bound of |Δc|, ticks, from the next decision on. Kept to float32, as logs of actions keep it. */
  get allowedShiftTicks(): number {
    return this.#agent.residual.allowedShiftTicks;
  }

  set allowedShiftTicks(ticks: number) {
    this.#agent.residual.allowedShiftTicks = Math.fround(ticks);
  }

  /** Tape rows applied so far, warm-ups included. */
  get rows(): number {
    return this.#task.rows;
  }

  reset({ seed, options = {} }: ResetOptions = {}): ResetResult<Float32Array> {
    this.#lifecycle.beforeReset();
    checkOptionKeys(`${MARKET_MAKING} reset`, options, ['start']);
    if (seed !== undefined) this.#episodes = episodeStream(seed);
    const drawn = this.#task.draw(this.#episodes);
    const start = options.start === undefined ? drawn.start : this.#task.windows.at(options.start);
    this.#task.begin(start);
    this.#agent.begin(drawn.seed, this.#task.end);
    this.#lifecycle.started();
    return { observation: this.#observe(), info: this.#agent.beginInfo(start, this.#task.end) };
  }

  step(action: Float32Array): StepResult<Float32Array> {
    this.#lifecycle.beforeStep(this.actionSpace, action);
    this.#agent.decide(action);
    const truncated = this.#task.advance();
    const reward = this.#agent.settle(truncated);
    if (truncated) this.#lifecycle.ended();
    return {
      observation: this.#observe(),
      reward,
      terminated: false,
      truncated,
      info: this.#agent.stepInfo(),
    };
  }

  close(): void {
    if (!this.#lifecycle.close()) return;
    this.#agent.leave();
    this.#task.close();
  }

  #observe(): Float32Array {
    const observation = new Float32Array(OBSERVATION_SIZE);
    this.#agent.observe(observation);
    return observation;
  }
}
