/** How a lane trades: what is the same for a backtest, a training episode, an evaluation and shadow mode. */
export interface LaneSettings {
  /** Base quantity of one lot; null takes about 100 units of quote currency at the tape's first mid, whole steps. */
  readonly lot: number | null;
  /** q_max, lots. */
  readonly maxInventory: number;
  /** One-way travel times, ms. `entry` includes the market data's own delay: it counts from the moment the tape's
   * clock shows the decision to the first tape row the order can meet. */
  readonly latency: { readonly entryMs: number; readonly responseMs: number };
  readonly queue: { readonly model: 'power' | 'log' | 'log2' | 'risk-averse'; readonly exponent: number };
  /** Basis points of notional; negative is a rebate. */
  readonly fees: { readonly makerBps: number; readonly takerBps: number };
  /** Decisions fall on multiples of this since the epoch, ms. */
  readonly decisionIntervalMs: number;
}

export const DEFAULT_LANE: LaneSettings = {
  lot: null,
  maxInventory: 10,
  latency: { entryMs: 10, responseMs: 10 },
  queue: { model: 'power', exponent: 2 },
  fees: { makerBps: 0, takerBps: 5 },
  decisionIntervalMs: 100,
};

/** The reinforcement-learning task laid over a lane. */
export interface MarketMakingSettings {
  /** Quoter whose quote action 0 reproduces. */
  readonly anchor: 'v15' | 'v1' | 'mid';
  readonly episodeSeconds: number;
  /** Market data replayed before an episode begins, so that signals have settled, s. */
  readonly warmupSeconds: number;
  /** Half-range of Δc in ticks and of Δs (natural log of the spread) at action ±1. Never changed by a curriculum:
   * stored actions keep their meaning. */
  readonly centreShiftTicks: number;
  readonly logSpreadRange: number;
  /** Reward = ΔPnL/scale − λ_q·q² − λ_c·cancels − λ_l·(ms over budget), q in lots. `scale` is in quote currency;
   * null takes the value of one lot moving by one tick. */
  readonly reward: {
    readonly scale: number | null;
    readonly inventoryPenalty: number;
    readonly cancelPenalty: number;
    readonly latencyPenalty: number;
    readonly latencyBudgetMs: number;
  };
}

export const DEFAULT_MARKET_MAKING: MarketMakingSettings = {
  anchor: 'v15',
  episodeSeconds: 300,
  warmupSeconds: 60,
  centreShiftTicks: 5,
  logSpreadRange: 1,
  reward: {
    scale: null,
    inventoryPenalty: 0.001,
    cancelPenalty: 0,
    latencyPenalty: 0,
    latencyBudgetMs: 300,
  },
};
