import type { Instrument } from '../../market/instrument.ts';
import type { LaneSettings } from '../settings.ts';
import type { Refusal, SelfTradeMode, TimeInForce } from './models.ts';
import type { Order } from './order.ts';

/** What an exchange asks of every order, beyond tick and step, which own orders keep by being whole numbers of them. */
export interface OrderRules {
  readonly timeInForce: TimeInForce;
  readonly selfTrade: SelfTradeMode;
  /** Steps. */
  readonly minimumSteps: number;
  /** In ticks × steps; 0: no such rule. */
  readonly minimumNotional: number;
}

/** The rules that settings name; what they leave open is the instrument's own. */
export function orderRules(
  settings: Pick<LaneSettings, 'timeInForce' | 'selfTrade' | 'minQuantity' | 'minNotional'>,
  instrument: Instrument,
): OrderRules {
  const { tickSize, stepSize } = instrument;
  const quantity = settings.minQuantity ?? instrument.minQuantity ?? 0;
  const notional = settings.minNotional ?? instrument.minNotional ?? 0;
  return {
    timeInForce: settings.timeInForce ?? 'gtx',
    selfTrade: settings.selfTrade ?? 'expire-taker',
    // A hair less, so that binary noise does not turn away an order of just the minimum.
    minimumSteps: Math.max(1, Math.ceil(quantity / stepSize - 1e-6)),
    minimumNotional: (notional / (tickSize * stepSize)) * (1 - 1e-9),
  };
}

/** Which minimum an order is below; null where none. */
export function belowMinimum(order: Order, rules: OrderRules): Refusal | null {
  if (order.steps < rules.minimumSteps) return 'minimumQuantity';
  if (order.price * order.steps < rules.minimumNotional) return 'minimumNotional';
  return null;
}
