/** Levels of a depth update on the tick grid, bids first. One object is filled again and again. */
export interface TickLevels {
  /** Number of bids, and of bids and asks. */
  readonly bids: number;
  readonly count: number;
  /** Ticks. */
  readonly prices: Int32Array;
  /** Base currency; 0 where the level is gone. */
  readonly quantities: Float64Array;
}
