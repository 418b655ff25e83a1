import type { Fill } from '../../env/exchange/models.ts';
import type { LaneListener, OrderEvent } from '../../env/lane-listener.ts';
import { RewardMeter } from '../../env/market-making/reward.ts';
import type { Quote, QuoterView } from '../../env/quoter.ts';
import type { LaneSettings, MarketMakingSettings } from '../../env/settings.ts';

/**
 * Sums the reward of MarketMaking-v0 over a session, so that an evaluation is scored by what is trained. `perEpisode` is
 * the reward of an average episode's length, comparable with `rollout/ep_rew_mean`.
 */
export class RewardScore implements LaneListener {
  readonly #meter: RewardMeter;
  readonly #stepsPerEpisode: number;
  #steps = 0;
  #sum = 0;
  #begun = false;

  /** `tickValue`: the value of one lot moving by one tick, quote currency. */
  constructor(lane: LaneSettings, marketMaking: MarketMakingSettings, tickValue: number) {
    this.#meter = new RewardMeter(marketMaking.reward, lane.decisionIntervalMs, tickValue);
    this.#stepsPerEpisode = (1000 * marketMaking.episodeSeconds) / lane.decisionIntervalMs;
  }

  get perEpisode(): number {
    return this.#steps === 0 ? 0 : (this.#sum / this.#steps) * this.#stepsPerEpisode;
  }

  onDecision(view: QuoterView, _quote: Quote): void {
    this.#settle(view);
    this.#meter.begin(view.equity);
    this.#begun = true;
  }

  onFill(fill: Fill): void {
    this.#meter.onFill(fill);
  }

  onOrder(event: OrderEvent, time: number): void {
    this.#meter.onOrder(event, time);
  }

  onAcknowledge(milliseconds: number): void {
    this.#meter.onAcknowledge(milliseconds);
  }

  onEnd(view: QuoterView): void {
    this.#settle(view);
  }

  #settle(view: QuoterView): void {
    if (!this.#begun) return;
    this.#sum += this.#meter.end(view.equity, view.inventory);
    this.#steps++;
  }
}
