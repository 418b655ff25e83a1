import type { SacEngineOptions } from './engine.ts';

/**
 * Running scalars of the variance critic and of Sharpe ascent: exponential averages that start at 0, float32 as they
 * are saved. Every engine reads them before an update and writes them after it, so one batch never judges itself.
 */
export interface Scales {
  /** Average of δ² over batch and critics, before clipping. */
  readonly error: number;
  /** Average of min_j Q_j and of √V at the actor's own actions. */
  readonly q: number;
  readonly sigma: number;
}

/** Weight of the past in each average: about 200 updates. */
export const SCALE_DECAY = 0.995;

/** Above any squared error: no clipping. */
const UNLIMITED = 3e38;

/** (c·σ̄)², the limit on δ² in the variance target; none in the first update, when σ̄ is unknown. */
export function errorLimit(scales: Scales, updates: number, options: SacEngineOptions): number {
  if (updates === 0) return UNLIMITED;
  // Averages from 0 are too small by 1 − ρᵗ (Adam's bias correction).
  const squaredScale = scales.error / (1 - SCALE_DECAY ** updates);
  return Math.min(UNLIMITED, options.varianceClip ** 2 * squaredScale);
}

/**
 * κ of L_π = mean(α log π − (min_j Q_j − κ√V)): EMA[Q]/EMA[σ], the gradient's direction of the Sharpe ratio Q/σ,
 * between 0 and a limit that rises from 0 to κ_max over `kappaRampUpdates`: at first δ² is approximation error, and
 * where Q < 0 a ratio would reward risk.
 */
export function sharpeWeight(scales: Scales, updates: number, options: SacEngineOptions): number {
  if (options.varianceWeight === 0 || scales.sigma <= 0) return 0;
  const ramp = options.kappaRampUpdates === 0 ? 1 : Math.min(1, updates / options.kappaRampUpdates);
  return Math.min(Math.max(scales.q / scales.sigma, 0), options.kappaMax * ramp);
}

export function advanceScales(scales: Scales, now: Scales): Scales {
  const average = (past: number, value: number) =>
    Math.fround(SCALE_DECAY * past + (1 - SCALE_DECAY) * value);
  return {
    error: average(scales.error, now.error),
    q: average(scales.q, now.q),
    sigma: average(scales.sigma, now.sigma),
  };
}
