import { InputError } from '../../base/errors.ts';
import type { Generator } from '../../base/random.ts';
import type { Info, VectorEnv, VectorStep } from '../env.ts';
import { Lifecycle } from '../lifecycle.ts';
import type { Quoter } from '../quoter.ts';
import { type Box, box } from '../spaces.ts';
import type { AgentLane } from './agent-lane.ts';
import { makeAnchor } from './anchors.ts';
import { actionSpace, MARKET_MAKING, observationSpace } from './environment.ts';
import { OBSERVATION_NAMES, OBSERVATION_SIZE } from './observation.ts';
import { ACTION_SIZE } from './residual-quoter.ts';
import { type EpisodeDraw, episodeStream, MarketMakingTask, type MarketMakingTaskOptions } from './task.ts';

export interface MarketMakingVectorOptions extends MarketMakingTaskOptions {
  /** Number of agents. */
  readonly count: number;
  /** Makes the anchor of agent i, its own; without it the settings' `anchor` names one. */
  readonly anchor?: (index: number) => Quoter;
  /** Puts a safety layer around agent i. */
  readonly protect?: (inner: Quoter, index: number) => Quoter;
  /** Agent i's stream of episodes is seeded with seed + i until `reset(seeds)` does. */
  readonly seed?: number;
}

/**
 * `count` agents of MarketMaking-v0 on one pass over the tape: each has its own orders, actions and reward, all share
 * the market, which is replayed once. An episode's window is drawn from the first agent's seed and is the same for all,
 * so all end together; each agent goes as it would in a MarketMakingEnv of its own with that window. Autoreset is
 * `next-step` (env.ts). Arrays in results are reused by the next call; infos are not.
 */
export class MarketMakingVectorEnv implements VectorEnv {
  readonly id = MARKET_MAKING;
  readonly count: number;
  readonly singleObservationSpace = observationSpace();
  readonly singleActionSpace = actionSpace();
  readonly observationNames = OBSERVATION_NAMES;
  readonly #actionSpace: Box;
  readonly #task: MarketMakingTask;
  readonly #agents: readonly AgentLane[];
  readonly #lifecycle = new Lifecycle(MARKET_MAKING);
  #episodes: readonly Generator[];
  #over = false;
  readonly #observations: Float32Array;
  /** The observations agent by agent. */
  readonly #rows: readonly Float32Array[];
  readonly #rewards: Float64Array;
  readonly #terminated: Uint8Array;
  readonly #truncated: Uint8Array;

  constructor(options: MarketMakingVectorOptions) {
    const { anchor, count, protect, seed = 0 } = options;
    if (!Number.isInteger(count) || count < 1) throw unusable('count', count, 'a whole number of at least 1');
    this.count = count;
    this.#task = new MarketMakingTask(options);
    const indices = Array.from({ length: count }, (_, i) => i);
    this.#agents = indices.map((i) =>
      this.#task.agent(
        anchor?.(i) ?? makeAnchor(this.#task.marketMaking.anchor),
        protect && ((inner) => protect(inner, i)),
      ),
    );
    this.#episodes = indices.map((i) => episodeStream(seed + i));
    this.#actionSpace = box(-1, 1, [count, ACTION_SIZE]);
    this.#observations = new Float32Array(count * OBSERVATION_SIZE);
    this.#rows = indices.map((i) =>
      this.#observations.subarray(i * OBSERVATION_SIZE, (i + 1) * OBSERVATION_SIZE),
    );
    this.#rewards = new Float64Array(count);
    this.#terminated = new Uint8Array(count);
    this.#truncated = new Uint8Array(count);
  }

  /** Curriculum: the bound of |Δc| of every agent, ticks, from the next decision on. Kept to float32. */
  get allowedShiftTicks(): number {
    return this.#agents[0].residual.allowedShiftTicks;
  }

  set allowedShiftTicks(ticks: number) {
    for (const agent of this.#agents) agent.residual.allowedShiftTicks = Math.fround(ticks);
  }

  /** Tape rows applied so far, warm-ups included. */
  get rows(): number {
    return this.#task.rows;
  }

  reset(seeds?: readonly number[]): {
    readonly observations: Float32Array;
    readonly infos: readonly Info[];
  } {
    this.#lifecycle.beforeReset();
    if (seeds !== undefined) {
      if (seeds.length !== this.count)
        throw unusable('seeds', seeds.length, `${this.count}, one for each agent`);
      this.#episodes = seeds.map(episodeStream);
    }
    const infos = this.#begin();
    this.#lifecycle.started();
    return { observations: this.#observations, infos };
  }

  /** `actions` is `count × 3`. Throws InvalidAction, also where an episode begins and they are not used. */
  step(actions: Float32Array): VectorStep {
    this.#lifecycle.beforeStep(this.#actionSpace, actions);
    if (this.#over) {
      this.#rewards.fill(0);
      return this.#result(this.#begin());
    }
    for (let i = 0; i < this.count; i++) {
      this.#agents[i].decide(actions.subarray(i * ACTION_SIZE, (i + 1) * ACTION_SIZE));
    }
    this.#over = this.#task.advance();
    this.#truncated.fill(this.#over ? 1 : 0);
    for (let i = 0; i < this.count; i++) this.#rewards[i] = this.#agents[i].settle(this.#over);
    this.#observe();
    return this.#result(this.#agents.map((agent) => agent.stepInfo()));
  }

  close(): void {
    if (!this.#lifecycle.close()) return;
    for (const agent of this.#agents) agent.leave();
    this.#task.close();
  }

  #begin(): readonly Info[] {
    const draws: readonly EpisodeDraw[] = this.#episodes.map((episodes) => this.#task.draw(episodes));
    const [{ start }] = draws;
    this.#task.begin(start);
    this.#over = false;
    this.#truncated.fill(0);
    for (const [i, agent] of this.#agents.entries()) agent.begin(draws[i].seed, this.#task.end);
    this.#observe();
    return this.#agents.map((agent) => agent.beginInfo(start, this.#task.end));
  }

  #observe(): void {
    const [first] = this.#rows;
    this.#agents[0].observe(first);
    for (let i = 1; i < this.count; i++) this.#agents[i].observe(this.#rows[i], first);
  }

  #result(infos: readonly Info[]): VectorStep {
    return {
      observations: this.#observations,
      rewards: this.#rewards,
      terminated: this.#terminated,
      truncated: this.#truncated,
      infos,
    };
  }
}

function unusable(field: string, value: unknown, expected: string): InputError {
  return new InputError({
    code: 'bad-vector-env',
    message: `${MARKET_MAKING} (vector): ${field} is ${String(value)}; expected ${expected}.`,
    field,
    value,
    expected,
  });
}
