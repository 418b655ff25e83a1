/** Parameters of the asymptotic quotes, in one price unit and one unit of time. */
export interface GlftParameters {
  /** A and k of the fill intensity A·e^(−kδ). */
  readonly rate: number;
  readonly decay: number;
  /** γ, price of inventory risk. */
  readonly riskAversion: number;
  /** ξ, aversion to the risk of not being filled: γ with exponential utility, 0 with a running penalty ½γσ²q². */
  readonly fillRiskAversion: number;
  readonly volatility: number;
  /** Δ, size of a fill. */
  readonly size: number;
}

export interface GlftQuotes {
  readonly c1: number;
  readonly c2: number;
  /** Distance of either quote from the mid at q = 0. */
  readonly halfSpread: number;
  /** By how much a lot held moves both quotes: δ_bid = halfSpread + skew·q, δ_ask = halfSpread − skew·q. */
  readonly skew: number;
}

/**
 * Quotes long before the end (Guéant, Lehalle and Fernandez-Tapia, 2013; arXiv 1605.01862, 4.6–4.7):
 * c₁ = ln(1 + ξΔ/k)/(ξΔ), c₂ = √(γ/(2AΔk)·(1 + ξΔ/k)^(k/(ξΔ)+1)), δ = c₁ + Δσc₂/2 ± qσc₂.
 */
export function glftQuotes(parameters: GlftParameters): GlftQuotes {
  const { rate, decay, riskAversion, fillRiskAversion, volatility, size } = parameters;
  const x = fillRiskAversion * size;
  // The limits for ξ → 0: c₁ = 1/k and the power is e.
  const c1 = x > 0 ? Math.log1p(x / decay) / x : 1 / decay;
  const power = x > 0 ? (1 + x / decay) ** (decay / x + 1) : Math.E;
  const c2 = Math.sqrt((riskAversion / (2 * rate * size * decay)) * power);
  return { c1, c2, halfSpread: c1 + (size * volatility * c2) / 2, skew: volatility * c2 };
}
