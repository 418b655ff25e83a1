// Runs at every decision: no allocation in `quote`.
import { MICROSECONDS } from '../base/time.ts';
import { withdraw, withholdImpossiblePrices } from '../env/own-quotes.ts';
import { placeQuote } from '../env/place-quote.ts';
import { type Quote, type QuoterView, Reason, Refresh } from '../env/quoter.ts';
import type { Bound } from './check-parameters.ts';
import { halfSpread, reservationPrice, riskTerm } from './closed-form.ts';
import { limitInventory } from './limit-inventory.ts';
import { ParameterisedQuoter } from './parameterised-quoter.ts';
import { type AvellanedaStoikovParameters, DEFAULT_V1 } from './parameters.ts';

/** Largest shift of the centre by order flow in V1-α, ticks. */
const MAX_FLOW_SHIFT = 1;

export const V1_BOUNDS: Readonly<Partial<Record<keyof AvellanedaStoikovParameters, Bound>>> = {
  gamma: { above: 0 },
  k: { above: 0 },
  horizonSeconds: { from: 0 },
  volatilityJump: { above: 0 },
  volatilityWidening: { from: 1 },
  maxAckP99Ms: { above: 0 },
};

/**
 * V1-α: Avellaneda–Stoikov with a minimal OFI shift. All in ticks, lots and seconds:
 * r = S − γ·q·σ²·τ, centre = r + β_ofi·OFI with the shift within ±1 tick, bid and ask = centre ∓ δ*,
 * δ* = (1/γ)·ln(1 + γ/k), which a jump of σ widens and `includeRiskTerm` raises by γσ²τ/2. Post-only. The side that
 * would add to |q| ≥ q_max is withheld, everything is while acknowledgements are slow. Re-quotes at every decision.
 */
export class AvellanedaStoikov extends ParameterisedQuoter<AvellanedaStoikovParameters> {
  constructor(parameters: Partial<AvellanedaStoikovParameters> = {}) {
    super('v1', DEFAULT_V1, parameters, V1_BOUNDS);
  }

  quote(view: QuoterView, out: Quote): void {
    const { betaOfi } = this.parameters;
    out.reason = Reason.quote;
    out.reference = reservation(view, this.parameters);
    const shift = betaOfi * view.market.signals.ofiZ1s;
    out.offset = Math.max(-MAX_FLOW_SHIFT, Math.min(MAX_FLOW_SHIFT, shift));
    if (out.offset !== shift) out.reason |= Reason.offset;
    out.spread = 2 * halfSpreadNow(view, this.parameters, out);
    if (!mayQuote(view, this.parameters, out)) return;
    out.bidQuantity = 1;
    out.askQuantity = 1;
    out.refreshBid = Refresh.move;
    out.refreshAsk = Refresh.move;
    placeQuote(view, out);
    limitInventory(view, this.context, out);
    withholdImpossiblePrices(out);
  }
}

/** r of the closed form with the signals of now, ticks. */
export function reservation(
  view: QuoterView,
  { gamma, horizonSeconds }: AvellanedaStoikovParameters,
): number {
  const { mid, sigma } = view.market.signals;
  return reservationPrice(mid, view.inventory, gamma, sigma, horizon(view, horizonSeconds));
}

/** δ*, widened while σ is beyond its reference (then `out.reason` says so), plus the risk term if asked for, ticks. */
export function halfSpreadNow(view: QuoterView, parameters: AvellanedaStoikovParameters, out: Quote): number {
  const { gamma, k, includeRiskTerm, horizonSeconds, volatilityJump, volatilityWidening } = parameters;
  const { sigma, sigma10m } = view.market.signals;
  let half = halfSpread(gamma, k);
  if (sigma10m > 0 && sigma > volatilityJump * sigma10m) {
    half *= volatilityWidening;
    out.reason |= Reason.volatility;
  }
  return includeRiskTerm ? half + riskTerm(gamma, sigma, horizon(view, horizonSeconds)) : half;
}

/**
 * Whether book, signals and latency allow quoting now; where not, `out` withdraws both sides and tells why. Looked at
 * anew at each decision, so quotes come back as soon as it does.
 */
export function mayQuote(
  view: QuoterView,
  { maxAckP99Ms }: AvellanedaStoikovParameters,
  out: Quote,
): boolean {
  if (!view.market.synchronised || !view.market.book.ready || !view.market.signals.ready) {
    withdraw(out, Reason.notReady);
    return false;
  }
  if (view.ackP99Ms > maxAckP99Ms) {
    withdraw(out, Reason.latency);
    return false;
  }
  return true;
}

/** τ in s: rolling, or with `horizonSeconds` 0 the time to close. A session without an end keeps the rolling default. */
function horizon(view: QuoterView, horizonSeconds: number): number {
  if (horizonSeconds > 0) return horizonSeconds;
  return Number.isFinite(view.timeToClose)
    ? Math.max(0, view.timeToClose / MICROSECONDS)
    : DEFAULT_V1.horizonSeconds;
}
