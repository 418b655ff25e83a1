/** V1-α: Avellaneda–Stoikov with a minimal OFI shift (mission.md). γ, k and β are quoted in ticks and lots. */
export interface AvellanedaStoikovParameters {
  /** γ, risk aversion per tick and lot. */
  readonly gamma: number;
  /** k, decay of fill intensity per tick of distance. */
  readonly k: number;
  /** τ, liquidation horizon in s; 0 takes the time to the session's end. */
  readonly horizonSeconds: number;
  /** β_ofi, ticks per unit of OFI z-score; the shift is clamped to ±1 tick. */
  readonly betaOfi: number;
  /** Adds the paper's inventory-risk term γσ²τ/2 to each half-spread. */
  readonly includeRiskTerm: boolean;
  /** σ more than this many times its reference (the 10-minute EWMA) widens δ* by `volatilityWidening`. */
  readonly volatilityJump: number;
  readonly volatilityWidening: number;
  /** ACK P99 above this pulls the quotes, ms. */
  readonly maxAckP99Ms: number;
}

export const DEFAULT_V1: AvellanedaStoikovParameters = {
  gamma: 2e-4,
  k: 0.8,
  horizonSeconds: 120,
  betaOfi: 0.3,
  includeRiskTerm: false,
  volatilityJump: 2,
  volatilityWidening: 1.5,
  maxAckP99Ms: 300,
};

/** V1.5: V1-α's reservation price with OFI, DI, inventory, a volatility-scaled spread and quote ageing. */
export interface V15Parameters extends AvellanedaStoikovParameters {
  /** β_di, ticks per unit of filtered depth imbalance. */
  readonly betaDi: number;
  /** κ_inv, ticks per lot, in centre and spread. */
  readonly kappaInventory: number;
  /** κ_vol, ticks of spread per tick/√s of σ. */
  readonly kappaVolatility: number;
  /** Clamp of |−κ_inv·q + β_ofi·OFI + β_di·DI|, ticks. */
  readonly maxOffset: number;
  /** Smallest spread, ticks. */
  readonly minSpread: number;
  /** A quote older than this is cancelled and replaced, ms. */
  readonly maxQuoteAgeMs: number;
  /** Whether an aged quote whose price is still the wanted one is replaced too (mission.md, to the letter), losing
   * its place in the queue. */
  readonly replaceUnchanged: boolean;
}

export const DEFAULT_V15: V15Parameters = {
  ...DEFAULT_V1,
  betaDi: 0.2,
  kappaInventory: 0.1,
  kappaVolatility: 1.2,
  maxOffset: 3,
  minSpread: 2,
  maxQuoteAgeMs: 750,
  replaceUnchanged: true,
};

/** A fixed distance either side of the mid: the naive control. */
export interface FixedSpreadParameters {
  /** Full spread, ticks. */
  readonly spread: number;
}

export const DEFAULT_FIXED: FixedSpreadParameters = { spread: 2 };
