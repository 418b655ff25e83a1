import type { MarketView } from '../../market/market.ts';
import type { Side } from '../../market/side.ts';

/** What a model begins a session with. */
export interface ModelSession {
  /** The lane's seed: what a model draws comes from it and from a name, through base/random.ts. */
  readonly seed: number;
  readonly market: MarketView;
}

/** A model with a state of its own. A lane calls `begin` when it joins its market, so no session knows of another. */
export interface SessionModel {
  readonly name: string;
  begin?(session: ModelSession): void;
}

/**
 * How long messages travel. µs; stated per leg. A model with a state belongs to one lane. docs/exchange/latency.md says
 * how the legs add up.
 */
export interface LatencyModel extends SessionModel {
  /** Messages of one leg arrive in the order they were sent, as on one connection: one that would overtake another
   * arrives with it. Otherwise they may overtake. */
  readonly inOrder?: boolean;
  /**
   * From the agent sending a request at `time` to the exchange acting on it. Negative: the exchange never acts on it,
   * and the agent learns so that many µs after sending.
   */
  entry(time: number): number;
  /** From the exchange's event at `time` to the agent knowing of it. */
  response(time: number): number;
  /** From the market being as it is at `time` to the agent seeing it so. Without it: at once. */
  feed?(time: number): number;
}

/**
 * Where an order stands in the queue of its level, from level-2 data alone. Quantities in base currency.
 * Formulas: docs/exchange/queue.md.
 */
export interface QueueModel extends SessionModel {
  /** Share of each trade at the price that is allotted in proportion to size, the rest by time; 0 where absent. */
  readonly proRataShare?: number;
  /**
   * The level shrank by `decrease` beyond what trades already counted explain: the new estimate of the quantity
   * ahead, in [0, level]. `front` is ahead of the order now, `back` behind it, `level` the new displayed quantity.
   */
  afterDecrease(front: number, back: number, decrease: number, level: number): number;
}

/** What a fill costs. */
export interface FeeModel extends SessionModel {
  /** Fee in quote currency of a fill of `quantity` base at `price` quote at `time`, µs; negative is a rebate. */
  fee(price: number, quantity: number, maker: boolean, time: number): number;
}

/**
 * How long an order lives. `gtx`, post-only: rejected where it would take. `gtc`: takes what it meets and rests with
 * what is left. `ioc`: takes what it meets, the rest expires. `fok`: takes all of its quantity at once or expires.
 */
export const TIMES_IN_FORCE = ['gtx', 'gtc', 'ioc', 'fok'] as const;
export type TimeInForce = (typeof TIMES_IN_FORCE)[number];

/** Which of two own orders that would trade with each other expires: the one that arrives, the one that rests, both. */
export const SELF_TRADE_MODES = ['expire-taker', 'expire-maker', 'expire-both'] as const;
export type SelfTradeMode = (typeof SELF_TRADE_MODES)[number];

/**
 * Why an order was rejected, or why one expired: it would have taken though post-only; would have traded with an own
 * order; arrived while the book was unknown; is smaller or cheaper than the instrument allows; was lost on the way (a
 * negative entry latency), or its cancel was; found nothing more to take at once (`ioc`), or not all of it (`fok`).
 */
export const REFUSALS = [
  'postOnly',
  'selfTrade',
  'bookUnknown',
  'minimumQuantity',
  'minimumNotional',
  'lost',
  'cancelLost',
  'immediateOrCancel',
  'fillOrKill',
] as const;
export type Refusal = (typeof REFUSALS)[number];

/** How an order leaves without being filled whole: by its sender's cancel, by a rule, or not let in at all. */
export type Withdrawal = 'cancelled' | 'expired' | 'rejected';

export const FILL_REASONS = ['queue', 'through', 'crossed', 'taker'] as const;
/** Why an order filled: its turn in the queue came, a trade printed through its price, the opposite best crossed it,
 * or it took liquidity itself (on arrival, or flattening). */
export type FillReason = (typeof FILL_REASONS)[number];

export interface Fill {
  readonly orderId: number;
  /** Exchange time of the fill, µs. */
  readonly time: number;
  /** Side of the own order. */
  readonly side: Side;
  /** Ticks. */
  readonly price: number;
  /** Base currency. */
  readonly quantity: number;
  /** Quote currency; negative is a rebate. */
  readonly fee: number;
  readonly reason: FillReason;
  /** Base quantity ahead when the order joined its level. */
  readonly queueAhead: number;
  /** Mid when the order was sent and when it filled, ticks. */
  readonly midAtPlacement: number;
  readonly midAtFill: number;
  /** Half the displayed spread when the order was sent, ticks. */
  readonly halfSpreadAtPlacement: number;
  /** The position was traded away at the end of a session: no order of the agent's. */
  readonly flattening?: boolean;
}

/** Life of an order: in flight → open → partially filled → filled | cancelled | expired | rejected. */
export const ORDER_STATES = [
  'inFlight',
  'open',
  'partiallyFilled',
  'filled',
  'cancelled',
  'expired',
  'rejected',
] as const;
export type OrderState = (typeof ORDER_STATES)[number];
