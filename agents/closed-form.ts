/**
 * The closed forms of Avellaneda and Stoikov, "High-frequency trading in a limit order book" (Quantitative Finance 8,
 * 2008, 217–224). They hold in any consistent units; makergym uses ticks, lots and seconds: prices in ticks, q in lots,
 * γ per tick and lot, σ in ticks/√s, τ = T − t in s, k per tick.
 */

/** Reservation price r = s − qγσ²τ: where a holder of q is indifferent between having one lot more or less. */
export function reservationPrice(s: number, q: number, gamma: number, sigma: number, tau: number): number {
  return s - q * gamma * sigma * sigma * tau;
}

/** δ* = (1/γ)·ln(1 + γ/k): half-spread that balances fill intensity against price, without the risk term. */
export function halfSpread(gamma: number, k: number): number {
  return Math.log1p(gamma / k) / gamma;
}

/** γσ²τ/2: what the paper adds to each half-spread for the risk of holding what a fill brings. */
export function riskTerm(gamma: number, sigma: number, tau: number): number {
  return (gamma * sigma * sigma * tau) / 2;
}

/** Full spread of the paper averaged over a session of `duration` s: γσ²T/2 + (2/γ)·ln(1 + γ/k). */
export function averageSpread(gamma: number, k: number, sigma: number, duration: number): number {
  return riskTerm(gamma, sigma, duration) + 2 * halfSpread(gamma, k);
}
