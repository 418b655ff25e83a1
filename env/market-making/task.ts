import { type Generator, stream } from '../../base/random.ts';
import { TapeReplay } from '../../market/replay.ts';
import type { Tape } from '../../market/tape/rows.ts';
import type { LaneModels } from '../lane.ts';
import { resolveLot } from '../lot.ts';
import type { Quoter } from '../quoter.ts';
import {
  DEFAULT_LANE,
  DEFAULT_MARKET_MAKING,
  type LaneSettings,
  type MarketMakingSettings,
} from '../settings.ts';
import { AgentLane } from './agent-lane.ts';
import { EpisodeWindows } from './episode-windows.ts';

/** What the single and the vector market-making environment have in common. */
export interface MarketMakingTaskOptions {
  /** What is replayed: a replay, which the environment then owns, or tapes in order. */
  readonly replay: TapeReplay | readonly Tape[];
  readonly lane?: LaneSettings;
  readonly marketMaking?: MarketMakingSettings;
  /** Makes the exchange's models anew for each episode of each agent, in place of those that `lane` names. */
  readonly models?: () => LaneModels;
  /** The stretch of the replay that episodes lie in, µs; all of it by default. */
  readonly start?: number;
  readonly end?: number;
}

/** One episode as its seed draws it. */
export interface EpisodeDraw {
  /** µs. */
  readonly start: number;
  /** Seed of what is random within the episode. */
  readonly seed: number;
}

/** A replay cut into episodes: where they begin, and how the market gets through one. Agents ride along. */
export class MarketMakingTask {
  readonly windows: EpisodeWindows;
  readonly lane: LaneSettings;
  readonly marketMaking: MarketMakingSettings;
  readonly #replay: TapeReplay;
  readonly #models: (() => LaneModels) | undefined;
  readonly #lot: number;
  #end = 0;
  #lastStep = 0;
  #step = 0;

  constructor(options: MarketMakingTaskOptions) {
    this.lane = options.lane ?? DEFAULT_LANE;
    this.marketMaking = options.marketMaking ?? DEFAULT_MARKET_MAKING;
    this.#models = options.models;
    const { warmupSeconds } = this.marketMaking;
    this.#replay =
      options.replay instanceof TapeReplay
        ? options.replay
        : new TapeReplay(options.replay, { warmupSeconds });
    const { start = -Infinity, end = Infinity } = options;
    const stretches = this.#replay.spans.map((span) => ({
      start: Math.max(start, span.start),
      end: Math.min(end, span.end),
    }));
    this.windows = new EpisodeWindows(stretches, this.marketMaking, this.lane.decisionIntervalMs);
    this.#lot = resolveLot(this.lane, this.#replay.instrument, this.#replay.firstMid());
  }

  /** Rows applied so far, warm-ups included. */
  get rows(): number {
    return this.#replay.rows;
  }

  /** End of the current episode, µs. */
  get end(): number {
    return this.#end;
  }

  /** The next episode of a stream of episodes. */
  draw(episodes: Generator): EpisodeDraw {
    return { start: this.windows.draw(episodes), seed: episodes.uint32() };
  }

  /** An agent that can ride along. */
  agent(anchor: Quoter, protect?: (inner: Quoter) => Quoter): AgentLane {
    const { lane, marketMaking } = this;
    const { instrument, market } = this.#replay;
    const [lot, models] = [this.#lot, this.#models];
    return new AgentLane({ market, instrument, lot, lane, marketMaking, anchor, protect, models });
  }

  /** Brings the market to the start of an episode. Agents begin after it. */
  begin(start: number): void {
    const { interval, steps } = this.windows;
    this.#replay.seek(start);
    this.#end = start + steps * interval;
    this.#lastStep = steps;
    this.#step = 0;
  }

  /** Lets the market run for one decision interval; returns whether the episode, or the tape, is over. */
  advance(): boolean {
    this.#step++;
    const { interval } = this.windows;
    const time = this.#end - (this.#lastStep - this.#step) * interval;
    return !this.#replay.advanceTo(time) || this.#step === this.#lastStep;
  }

  close(): void {
    this.#replay.close();
  }
}

/** The stream of episodes that belongs to a seed. */
export function episodeStream(seed: number): Generator {
  return stream(seed, 'market-making');
}
