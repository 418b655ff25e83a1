import type { Fill } from '../exchange/models.ts';
import type { LaneListener, OrderEvent } from '../lane-listener.ts';
import type { MarketMakingSettings } from '../settings.ts';

/** The interval that the inventory penalty is quoted for, ms. */
const PENALTY_INTERVAL_MS = 100;

/** The parts of one step's reward; they sum to it. */
export interface RewardParts {
  /** Change of marked-to-mid equity net of fees ÷ scale. */
  pnl: number;
  inventory: number;
  cancel: number;
  latency: number;
}

/**
 * Scores one lane step by step: ΔPnL/scale − λ_q·q²·(decision interval ÷ 100 ms) − λ_c·cancels − λ_l·(ms over budget).
 * q is the position in lots at the end of the step, cancels are those sent during it, and ms over budget sums
 * max(0, send→acknowledge − budget) over the requests acknowledged during it. Scaling the inventory penalty by the
 * interval makes it a cost per second held: λ_q means the same at 50 ms as at 100 ms.
 */
export class RewardMeter implements LaneListener {
  readonly parts: RewardParts = { pnl: 0, inventory: 0, cancel: 0, latency: 0 };
  /** Fills, cancels and rejections of the current step. */
  fills = 0;
  cancels = 0;
  rejections = 0;
  readonly #settings: MarketMakingSettings['reward'];
  readonly #scale: number;
  readonly #inventoryPenalty: number;
  #equity = 0;
  #overBudget = 0;

  /** `scale` is in quote currency; it stands in where the settings leave theirs null. */
  constructor(settings: MarketMakingSettings['reward'], decisionIntervalMs: number, scale: number) {
    this.#settings = settings;
    this.#scale = settings.scale ?? scale;
    this.#inventoryPenalty = (settings.inventoryPenalty * decisionIntervalMs) / PENALTY_INTERVAL_MS;
  }

  /** A step begins. */
  begin(equity: number): void {
    this.#equity = equity;
    this.#overBudget = 0;
    this.fills = 0;
    this.cancels = 0;
    this.rejections = 0;
  }

  /** The step is over: sets `parts` and returns their sum. */
  end(equity: number, inventory: number): number {
    const { parts } = this;
    parts.pnl = (equity - this.#equity) / this.#scale;
    parts.inventory = -this.#inventoryPenalty * inventory * inventory;
    parts.cancel = -this.#settings.cancelPenalty * this.cancels;
    parts.latency = -this.#settings.latencyPenalty * this.#overBudget;
    return parts.pnl + parts.inventory + parts.cancel + parts.latency;
  }

  onFill(_fill: Fill): void {
    this.fills++;
  }

  onOrder(event: OrderEvent, _time: number): void {
    if (event === 'cancelled') this.cancels++;
    else if (event === 'rejected') this.rejections++;
  }

  onAcknowledge(milliseconds: number): void {
    this.#overBudget += Math.max(0, milliseconds - this.#settings.latencyBudgetMs);
  }
}
