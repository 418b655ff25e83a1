export interface EvaluationSettings {
  /** Length of the equal-time PnL increments that Sharpe is made of, s. */
  readonly sharpeIntervalSeconds: number;
  /** Paired block bootstrap: length of a block, number of resamples, significance of the verdict. */
  readonly blockSeconds: number;
  readonly resamples: number;
  readonly significance: number;
}

/** The shortest of those increments that is taken, s: rows of less would be many more than decisions. */
export const SHORTEST_SHARPE_INTERVAL = 0.001;

export const DEFAULT_EVALUATION: EvaluationSettings = {
  sharpeIntervalSeconds: 10,
  blockSeconds: 60,
  resamples: 2_000,
  significance: 0.05,
};
