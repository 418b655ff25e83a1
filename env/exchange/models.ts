import type { Side } from '../../market/side.ts';

/** How long messages travel. µs; stated per leg. */
export interface LatencyModel {
  readonly name: string;
  /** From the agent's decision at `time` to the exchange acting on it. */
  entry(time: number): number;
  /** From the exchange's event at `time` to the agent knowing of it. */
  response(time: number): number;
}

/**
 * Where an order stands in the queue of its level, from level-2 data alone. Quantities in base currency.
 * Formulas: reference.md, "Queue position on L2 data".
 */
export interface QueueModel {
  readonly name: string;
  /**
   * The level shrank by `decrease` beyond what trades already counted explain: the new estimate of the quantity
   * ahead, in [0, level]. `front` is ahead of the order now, `back` behind it, `level` the new displayed quantity.
   */
  afterDecrease(front: number, back: number, decrease: number, level: number): number;
}

/** What a fill costs. */
export interface FeeModel {
  readonly name: string;
  /** Fee in quote currency of a fill of `quantity` base at `price` quote; negative is a rebate. */
  fee(price: number, quantity: number, maker: boolean): number;
}

export const FILL_REASONS = ['queue', 'through', 'crossed', 'taker'] as const;
/** Why an order filled: its turn in the queue came, a trade printed through its price, the opposite best crossed it,
 * or it took liquidity itself (flattening). */
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
}

/** Life of an order: in flight → open → partially filled → filled | cancelled | rejected. */
export const ORDER_STATES = [
  'inFlight',
  'open',
  'partiallyFilled',
  'filled',
  'cancelled',
  'rejected',
] as const;
export type OrderState = (typeof ORDER_STATES)[number];
