/** What may not happen, whoever decides (mission.md, "Safety layer"). */
export interface SafetyLimits {
  /** Largest |Δc| from the reference, ticks. */
  readonly maxOffset: number;
  /** Largest change of Δc between two decisions, ticks. */
  readonly maxOffsetStep: number;
  /** Smallest final spread, ticks. */
  readonly minSpread: number;
  /** Life a quote is given unless risk demands its removal, ms. */
  readonly minQuoteLifeMs: number;
  /** ACK P99 above which the fallback decides, ms. */
  readonly maxAckP99Ms: number;
}

export const DEFAULT_SAFETY: SafetyLimits = {
  maxOffset: 3,
  maxOffsetStep: 2,
  minSpread: 2,
  minQuoteLifeMs: 500,
  maxAckP99Ms: 300,
};
