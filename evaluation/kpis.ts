/** Key performance indicators (mission.md, "KPI definitions"). One without data is null, never 0 or NaN. Money in
 * quote currency, inventory in lots. */
export interface Kpis {
  /** Net of fees, marked to mid, position flattened at the end. */
  readonly pnl: number | null;
  readonly pnlGross: number | null;
  readonly fees: number;
  readonly fills: number;
  readonly orders: number;
  readonly cancels: number;
  /** Quote currency traded. */
  readonly volume: number;
  /** Net PnL per fill, and in basis points of the notional traded. */
  readonly pnlPerTrade: number | null;
  readonly pnlPerTradeBps: number | null;
  /** Σ side·(mid when placed − fill price) ÷ Σ half displayed spread then, in %. */
  readonly spreadCapturedPct: number | null;
  /** Root mean square of position, time-weighted; largest |position|. */
  readonly rmsInventory: number | null;
  readonly maxInventory: number | null;
  /** Orders with a fill ÷ orders placed, cancelled ÷ placed, in %. */
  readonly fillRatioPct: number | null;
  readonly cancelRatioPct: number | null;
  /** Mean ÷ standard deviation of equal-time PnL increments, per interval (not annualised). */
  readonly sharpe: number | null;
  readonly sharpeIntervalSeconds: number;
  /** Largest fall of equity from a peak, quote currency. */
  readonly maxDrawdown: number | null;
  /** Share of non-zero (OFI + DI) signs that match the next mid move, in %. */
  readonly hitRatioPct: number | null;
  readonly ackP99Ms: number | null;
  readonly durationSeconds: number;
}
