/**
 * Signals of mission.md, all causal and updated in place. Unless said otherwise a signal without enough data is 0
 * (never NaN), and `ready` tells whether volatility has been observed. Prices in ticks, time in µs, σ in ticks/√s.
 */
export interface SignalView {
  readonly ready: boolean;
  /** Mid now, ticks. */
  readonly mid: number;
  /** Size-weighted mid (bidQuantity·ask + askQuantity·bid)/(sum) minus mid, ticks. */
  readonly micropriceOffset: number;
  /** Mid now minus mid 50 ms, 250 ms, 1 s, 10 s ago, ticks. */
  readonly midChange50ms: number;
  readonly midChange250ms: number;
  readonly midChange1s: number;
  readonly midChange10s: number;
  /** ln(mid / mid a while ago). */
  readonly logReturn1s: number;
  readonly logReturn10s: number;
  readonly logReturn60s: number;
  /** EWMA over 100 mid changes, time-normalised, ticks/√s. */
  readonly sigma: number;
  /** EWMA with time constants of 1 s, 10 s, 1 min and 10 min, ticks/√s. */
  readonly sigma1s: number;
  readonly sigma10s: number;
  readonly sigma1m: number;
  readonly sigma10m: number;
  /** (buy − sell)/(buy + sell) aggressive volume over a trailing window, in [−1, 1]. */
  readonly ofi500ms: number;
  readonly ofi1s: number;
  readonly ofi3s: number;
  /** z-scores of ofi1s and ofi3s, clamped at ±3; the OFI that V1-α and V1.5 use is `ofiZ1s`. */
  readonly ofiZ1s: number;
  readonly ofiZ3s: number;
  /** Depth imbalance over L1–L5 in [−1, 1], raw. */
  readonly depthImbalanceRaw: number;
  /** Its z-score clamped at ±3 then smoothed by an EMA of 3 observations: the DI that V1.5 uses. */
  readonly depthImbalance: number;
  /** Book-event order flow e_n of Cont, Kukanov and Stoikov summed over the trailing 1 s and 10 s, base currency. */
  readonly bookFlow1s: number;
  readonly bookFlow10s: number;
  /** Running sum of e_n since the start, base currency; differences of it give any window. */
  readonly bookFlowTotal: number;
  /** Trades per trailing window: counts and base volume by aggressor. */
  readonly buyCount1s: number;
  readonly sellCount1s: number;
  readonly buyCount3s: number;
  readonly sellCount3s: number;
  readonly buyVolume1s: number;
  readonly sellVolume1s: number;
  readonly buyVolume3s: number;
  readonly sellVolume3s: number;
  /** Displayed quantity of the best five levels, best first, base currency; 0 where missing. */
  readonly bidDepth: Float64Array;
  readonly askDepth: Float64Array;
  /** Distance of those levels from mid, ticks; 0 where missing. */
  readonly bidDistance: Float64Array;
  readonly askDistance: Float64Array;
  /** Regression slope of cumulative depth on distance from mid over the five levels, base currency per tick. */
  readonly bidSlope: number;
  readonly askSlope: number;
}
