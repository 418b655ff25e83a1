/**
 * Additive sufficient statistics of the KPIs. A stretch of a session is one row of numbers; the row of two stretches
 * together is the sum of theirs, and every KPI that is a ratio can be recomputed from any sum. This is what lets the
 * bootstrap resample blocks of time instead of KPIs.
 */
export const Column = {
  /** Change of equity (net of fees, marked to mid), quote currency. */
  pnl: 0,
  /** Fees paid (negative: rebates), quote currency. */
  fees: 1,
  /** Fills of any reason, and quote currency traded in them. */
  fills: 2,
  volume: 3,
  /** Orders sent, cancelled, and with at least one maker fill. */
  orders: 4,
  cancels: 5,
  filledOrders: 6,
  /** Maker fills: Σ side·(mid when placed − fill price) and Σ half displayed spread when placed, ticks. */
  captured: 7,
  halfSpread: 8,
  /** ∫ q² dt in lots²·s, and the time it covers in s. */
  squaredInventory: 9,
  seconds: 10,
  /** Non-zero signal signs followed by a mid move, and those that matched it. */
  signals: 11,
  hits: 12,
  /** Equal-time increments of equity: how many, their sum and their sum of squares. */
  increments: 13,
  incrementSum: 14,
  incrementSquares: 15,
} as const;

/** Numbers in a row. */
export const COLUMNS = 16;

/** KPIs that follow from sums alone, in the units of `Kpis`. Null where there is no data. */
export interface RatioKpis {
  readonly pnl: number;
  readonly pnlGross: number;
  readonly fees: number;
  readonly fills: number;
  readonly orders: number;
  readonly cancels: number;
  readonly volume: number;
  readonly pnlPerTrade: number | null;
  readonly pnlPerTradeBps: number | null;
  readonly spreadCapturedPct: number | null;
  readonly rmsInventory: number | null;
  readonly fillRatioPct: number | null;
  readonly cancelRatioPct: number | null;
  readonly sharpe: number | null;
  readonly hitRatioPct: number | null;
}

export type RatioName = keyof RatioKpis;

export const RATIO_NAMES = [
  'pnl',
  'pnlGross',
  'fees',
  'fills',
  'orders',
  'cancels',
  'volume',
  'pnlPerTrade',
  'pnlPerTradeBps',
  'spreadCapturedPct',
  'rmsInventory',
  'fillRatioPct',
  'cancelRatioPct',
  'sharpe',
  'hitRatioPct',
] as const satisfies readonly RatioName[];

/** The KPIs of one stretch of time, from its sums (definitions: mission.md, "KPI definitions"). */
export function ratioKpis(sums: Float64Array): RatioKpis {
  const pnl = sums[Column.pnl];
  const fills = sums[Column.fills];
  const orders = sums[Column.orders];
  const volume = sums[Column.volume];
  return {
    pnl,
    pnlGross: pnl + sums[Column.fees],
    fees: sums[Column.fees],
    fills,
    orders,
    cancels: sums[Column.cancels],
    volume,
    pnlPerTrade: ratio(pnl, fills),
    pnlPerTradeBps: ratio(1e4 * pnl, volume),
    spreadCapturedPct: ratio(100 * sums[Column.captured], sums[Column.halfSpread]),
    rmsInventory:
      sums[Column.seconds] > 0 ? Math.sqrt(sums[Column.squaredInventory] / sums[Column.seconds]) : null,
    fillRatioPct: ratio(100 * sums[Column.filledOrders], orders),
    cancelRatioPct: ratio(100 * sums[Column.cancels], orders),
    sharpe: sharpeRatio(sums[Column.increments], sums[Column.incrementSum], sums[Column.incrementSquares]),
    hitRatioPct: ratio(100 * sums[Column.hits], sums[Column.signals]),
  };
}

function ratio(numerator: number, denominator: number): number | null {
  return denominator > 0 ? numerator / denominator : null;
}

/** Mean ÷ sample standard deviation of `n` numbers with this sum and sum of squares; null where there is no spread. */
export function sharpeRatio(n: number, sum: number, squares: number): number | null {
  if (n < 2) return null;
  const mean = sum / n;
  const variance = (squares - n * mean * mean) / (n - 1);
  // What cancellation leaves of equal numbers is not a variance.
  if (!(variance > 1e-12 * (squares / n))) return null;
  return mean / Math.sqrt(variance);
}
