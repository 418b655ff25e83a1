import type { SelfTradeMode, TimeInForce } from './exchange/models.ts';

export const LATENCY_MODELS = ['constant', 'log-normal', 'spikes', 'tape', 'file'] as const;
export type LatencyModelName = (typeof LATENCY_MODELS)[number];
export const QUEUE_MODELS = ['power', 'log', 'log2', 'risk-averse', 'pro-rata'] as const;
export type QueueModelName = (typeof QUEUE_MODELS)[number];
export const FEE_MODELS = ['bps', 'quantity', 'tiers', 'binance-spot', 'binance-usdm'] as const;
export type FeeModelName = (typeof FEE_MODELS)[number];

/** How a lane trades: what is the same for a backtest, a training episode, an evaluation and shadow mode. Settings that
 * may be absent are as in DEFAULT_LANE. */
export interface LaneSettings {
  /** Base quantity of one lot; null takes about 100 units of quote currency at the tape's first mid, whole steps. */
  readonly lot: number | null;
  /** q_max, lots. */
  readonly maxInventory: number;
  readonly latency: LatencySettings;
  readonly queue: QueueSettings;
  readonly fees: FeeSettings;
  readonly timeInForce?: TimeInForce;
  /** Which of two own orders that would trade with each other expires. */
  readonly selfTrade?: SelfTradeMode;
  /** Smallest quantity (base) and value (quote) of an order; null takes the instrument's, where it is known. */
  readonly minQuantity?: number | null;
  readonly minNotional?: number | null;
  readonly impact?: ImpactSettings;
  /** Decisions fall on multiples of this since the epoch, ms. */
  readonly decisionIntervalMs: number;
}

/** Settings that leave nothing open. */
export type CompleteLaneSettings = Complete<LaneSettings>;
type Complete<T> = {
  [K in keyof T]-?: NonNullable<T[K]> extends readonly unknown[]
    ? T[K] & {}
    : NonNullable<T[K]> extends object
      ? Complete<NonNullable<T[K]>>
      : Exclude<T[K], undefined>;
};

/** Travel times: docs/exchange/latency.md. */
export interface LatencySettings {
  readonly model?: LatencyModelName;
  /** One-way times to the exchange and back, ms: `constant` the time, `log-normal` the median, `spikes` the least,
   * `tape` and `file` what is added. `entry` includes the market data's own delay unless `feed` tells it: it counts from
   * the moment the tape's clock shows the decision to the first tape row the order can meet. */
  readonly entryMs: number;
  readonly responseMs: number;
  /** How old the market is that the agent sees, beyond the tape's own delay, ms. */
  readonly feedMs?: number;
  /** `log-normal`: standard deviation of the natural log. */
  readonly sigma?: number;
  /** `spikes`: mean of the exponential jitter, ms; chance that a stretch of `spikeDurationMs` is a spike; what every
   * message sent within one takes longer, ms. */
  readonly jitterMs?: number;
  readonly spikeProbability?: number;
  readonly spikeMs?: number;
  readonly spikeDurationMs?: number;
  /** `tape` and `file`: factor on the recorded times. */
  readonly scale?: number;
  /** `file`: what was recorded, a CSV or Arrow file of request, exchange and response times, or a tape. `tape`: a tape
   * whose delays are used; null for those of the tape that is replayed. */
  readonly file?: string | null;
  /** `file`: when the sender of a request without any answer learns that it was lost, ms. */
  readonly timeoutMs?: number;
  /** Messages of one leg keep their order. */
  readonly inOrder?: boolean;
}

/** Queue position: docs/exchange/queue.md. */
export interface QueueSettings {
  readonly model: QueueModelName;
  /** `power`: n. */
  readonly exponent: number;
  /** `pro-rata`: share of each trade that goes by time, the rest goes by size. */
  readonly fifoShare?: number;
}

/** What a fill costs: docs/exchange/fees.md. */
export interface FeeSettings {
  readonly model?: FeeModelName;
  /** `bps`: basis points of notional; negative is a rebate. */
  readonly makerBps: number;
  readonly takerBps: number;
  /** `quantity`: quote currency per unit of base; negative is a rebate. */
  readonly makerPerUnit?: number;
  readonly takerPerUnit?: number;
  /** `binance-spot`, `binance-usdm`: the tier, such as `vip3`; null for the one that the traded volume earns. */
  readonly tier?: string | null;
  /** Fees are paid in BNB, at Binance's discount. */
  readonly bnb?: boolean;
  /** Volume of the 30 days before the session, quote currency; it earns the first tier. */
  readonly startingVolume?: number;
  /** `tiers`: 30-day volumes (quote currency), least first, and what is charged from there on. */
  readonly tiers?: readonly FeeTier[];
}

export interface FeeTier {
  readonly volume: number;
  readonly makerBps: number;
  readonly takerBps: number;
}

/** Own fills that thin out the book: docs/exchange/impact.md. */
export interface ImpactSettings {
  /** Share of each own fill that is missing from the displayed book; 0: no impact. */
  readonly share: number;
  /** Time in which what is missing comes back to 1/e, ms. */
  readonly decayMs: number;
}

export const DEFAULT_LANE: CompleteLaneSettings = {
  lot: null,
  maxInventory: 10,
  latency: {
    model: 'constant',
    entryMs: 10,
    responseMs: 10,
    feedMs: 0,
    sigma: 0.5,
    jitterMs: 0,
    spikeProbability: 0,
    spikeMs: 0,
    spikeDurationMs: 1000,
    scale: 1,
    file: null,
    timeoutMs: 1000,
    inOrder: true,
  },
  queue: { model: 'power', exponent: 2, fifoShare: 0 },
  fees: {
    model: 'bps',
    makerBps: 0,
    takerBps: 5,
    makerPerUnit: 0,
    takerPerUnit: 0,
    tier: null,
    bnb: false,
    startingVolume: 0,
    tiers: [],
  },
  timeInForce: 'gtx',
  selfTrade: 'expire-taker',
  minQuantity: null,
  minNotional: null,
  impact: { share: 0, decayMs: 5000 },
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
