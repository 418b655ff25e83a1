import { InputError } from '../../base/errors.ts';
import { stream } from '../../base/random.ts';
import type { Info, VectorEnv, VectorStep } from '../env.ts';
import { EnvClosed, InvalidAction, ResetNeeded } from '../errors.ts';
import { type Box, box } from '../spaces.ts';
import type { AnalyticMarket } from './market.ts';
import type { AnalyticMarketSettings } from './settings.ts';
import { type ActionRange, AnalyticTask } from './task.ts';

export interface AnalyticVectorEnvOptions {
  readonly id: string;
  readonly market: AnalyticMarketSettings;
  readonly action: ActionRange;
  /** Paths stepped together. */
  readonly count: number;
  readonly seed?: number;
}

const NO_INFO: Info = {};

/**
 * Many paths of an analytic market stepped together. All begin and end at once; autoreset is `next-step`: the step after
 * the end ignores its actions, begins the next episode and returns reward 0. All arrays in results are reused, infos are
 * empty: look at `market` for inventories. Paths share one generator, so `reset(seeds)` seeds them by all seeds together.
 */
export class AnalyticVectorEnv implements VectorEnv {
  readonly id: string;
  readonly count: number;
  readonly task: AnalyticTask;
  readonly singleObservationSpace: Box;
  readonly singleActionSpace: Box;
  readonly #actions: Box;
  readonly #observations: Float32Array;
  readonly #rewards: Float64Array;
  readonly #terminated: Uint8Array;
  readonly #truncated: Uint8Array;
  readonly #infos: readonly Info[];
  #state: 'new' | 'running' | 'closed' = 'new';

  constructor({ id, market, action, count, seed = 0 }: AnalyticVectorEnvOptions) {
    if (!Number.isInteger(count) || count < 1)
      throw unusable(id, 'count', count, 'a whole number of at least 1');
    this.id = id;
    this.count = count;
    this.task = new AnalyticTask(market, action, count, stream(seed, 'analytic'));
    this.singleObservationSpace = this.task.observationSpace;
    this.singleActionSpace = this.task.actionSpace;
    this.#actions = box(-1, 1, [count, 2]);
    this.#observations = new Float32Array(count * this.singleObservationSpace.size);
    this.#rewards = new Float64Array(count);
    this.#terminated = new Uint8Array(count);
    this.#truncated = new Uint8Array(count);
    this.#infos = Array.from({ length: count }, () => NO_INFO);
  }

  get market(): AnalyticMarket {
    return this.task.market;
  }

  reset(seeds?: readonly number[]): { readonly observations: Float32Array; readonly infos: readonly Info[] } {
    if (this.#state === 'closed') throw new EnvClosed(this.id, 'reset');
    if (seeds !== undefined && seeds.length !== this.count) {
      throw unusable(this.id, 'seeds', seeds.length, `${this.count} seeds, one for each path`);
    }
    this.market.begin(seeds === undefined ? undefined : stream(seeds.join(' '), 'analytic'));
    this.#state = 'running';
    this.#terminated.fill(0);
    this.task.observe(this.#observations);
    return { observations: this.#observations, infos: this.#infos };
  }

  step(actions: Float32Array): VectorStep {
    if (this.#state === 'closed') throw new EnvClosed(this.id, 'step');
    if (this.#state === 'new') throw new ResetNeeded(this.id, false);
    if (this.market.ended) {
      this.market.begin();
      this.#rewards.fill(0);
      this.#terminated.fill(0);
    } else {
      if (!this.#actions.contains(actions)) throw new InvalidAction(this.id, this.#actions, actions);
      this.task.step(actions);
      this.market.rewards(this.#rewards);
      this.#terminated.fill(this.market.ended ? 1 : 0);
    }
    this.task.observe(this.#observations);
    return {
      observations: this.#observations,
      rewards: this.#rewards,
      terminated: this.#terminated,
      truncated: this.#truncated,
      infos: this.#infos,
    };
  }

  close(): void {
    this.#state = 'closed';
  }
}

function unusable(id: string, field: string, value: unknown, expected: string): InputError {
  return new InputError({
    code: 'bad-vector-env',
    message: `${id}: ${field} cannot be ${String(value)}; expected ${expected}.`,
    field,
    value,
    expected,
  });
}
