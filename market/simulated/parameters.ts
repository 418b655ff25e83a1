import { InputError } from '../../base/errors.ts';

/**
 * Parameters of the queue-reactive market. Rates are events per second; queue sizes inside the intensities are in
 * average order sizes (AES). Distances count from the reference price: index 0 is half a tick away.
 */
export interface QueueReactiveParameters {
  readonly symbol: string;
  /** Decimals of a price and of a quantity: the tick is 10^−priceDecimals, the step 10^−quantityDecimals. */
  readonly priceDecimals: number;
  readonly quantityDecimals: number;
  /** First reference price in ticks: the bid side begins at it, the ask side one tick above. */
  readonly startPrice: number;
  /** Time of the snapshot, µs since the epoch. Never the wall clock. */
  readonly startTime: number;
  /** Average limit order size (AES), in steps, and deviation of the logarithm of an order's size. */
  readonly orderSize: number;
  readonly orderSizeSpread: number;
  /** Average market order in AES, and deviation of its logarithm. */
  readonly marketOrderSize: number;
  readonly marketOrderSizeSpread: number;
  /** Limit orders per second at each distance; as many entries as there are reacting queues on a side (K). */
  readonly limitRates: readonly number[];
  /** Cancels per second and AES of queue at each distance. */
  readonly cancelRates: readonly number[];
  /** Factor on the limit rate of an empty first queue: quoting first in a wider spread. */
  readonly emptyQueueFactor: number;
  /** Market orders per second and side before any excitement, and how they thin out with the queue they would hit:
   * rate · (floor + (1 − floor) · e^(−size/scale)), scale in AES. */
  readonly marketRate: number;
  readonly marketDepthScale: number;
  readonly marketFloor: number;
  /** Probability that the reference price follows a change of the mid, and then that the book is drawn anew. */
  readonly theta: number;
  readonly thetaReinit: number;
  /** Self-excitement of order flow in a direction (an exponential Hawkes kernel): seconds it lasts, and market orders
   * that one market order brings about. */
  readonly excitementSeconds: number;
  readonly excitementPerTrade: number;
  /** News: arrivals per second, either direction alike, and the market orders one brings about on average. */
  readonly newsRate: number;
  readonly newsOrders: number;
  /** How much an excitement equal to `marketRate` raises cancels of the quotes in its way, and limit orders behind. */
  readonly cancelResponse: number;
  readonly limitResponse: number;
  /** Levels a side that are displayed beyond the reacting ones. */
  readonly outerLevels: number;
  /** Average size of a level beyond the reacting ones, AES. */
  readonly outerDepth: number;
}

/** Name of the embedded market, tuned by hand. */
export const EMBEDDED_MARKET = 'queue-reactive';

/** The reference calibration; docs/simulated-market.md compares it with recordings. */
export const DEFAULT_QUEUE_REACTIVE: QueueReactiveParameters = {
  symbol: 'SIMUSDT',
  priceDecimals: 2,
  quantityDecimals: 3,
  startPrice: 10_000,
  startTime: Date.UTC(2024, 0, 1) * 1000,
  orderSize: 5_000,
  orderSizeSpread: 1,
  marketOrderSize: 0.8,
  marketOrderSizeSpread: 1.2,
  limitRates: [9, 6, 5, 4, 3, 3],
  cancelRates: [1.3, 1, 0.9, 0.8, 0.7, 0.7],
  emptyQueueFactor: 0.25,
  marketRate: 3,
  marketDepthScale: 3,
  marketFloor: 0.15,
  theta: 0.7,
  thetaReinit: 0.1,
  excitementSeconds: 0.6,
  excitementPerTrade: 1.1,
  newsRate: 0.1,
  newsOrders: 5,
  cancelResponse: 0.2,
  limitResponse: 0.1,
  outerLevels: 60,
  outerDepth: 5,
};

/** Throws an InputError naming the parameter that a market cannot be made of. */
export function checkQueueReactive(parameters: QueueReactiveParameters): void {
  for (const [name, value] of Object.entries(parameters)) {
    const numbers: readonly unknown[] = Array.isArray(value) ? value : [value];
    if (name === 'symbol' || numbers.every((x) => typeof x === 'number' && Number.isFinite(x) && x >= 0))
      continue;
    throw refused(name, value, 'numbers that are finite and not negative');
  }
  const { limitRates, cancelRates } = parameters;
  for (const name of [
    'startPrice',
    'orderSize',
    'marketOrderSize',
    'marketRate',
    'marketDepthScale',
  ] as const) {
    if (parameters[name] === 0) throw refused(name, 0, 'a number above 0');
  }
  for (const name of ['excitementSeconds', 'outerLevels', 'outerDepth'] as const) {
    if (parameters[name] === 0) throw refused(name, 0, 'a number above 0');
  }
  if (limitRates.length === 0 || limitRates.length !== cancelRates.length || limitRates.includes(0)) {
    throw refused('limitRates', limitRates, 'a rate above 0 for each reacting queue, as many as cancelRates');
  }
  // Queues thin out market orders to well under half; past 2 a trade brings about more than one even so.
  if (parameters.excitementPerTrade >= 2) {
    throw refused('excitementPerTrade', parameters.excitementPerTrade, 'less: this order flow would explode');
  }
}

function refused(name: string, value: unknown, expected: string): InputError {
  return new InputError({
    code: 'bad-parameter',
    message: `Market parameter ${name} is not usable.`,
    field: name,
    value,
    expected,
    hint: 'Leave it out to use the reference calibration.',
  });
}
