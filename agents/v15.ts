// Runs at every decision: no allocation in `quote`.
import { keepApart, withholdImpossiblePrices } from '../env/own-quotes.ts';
import { placeQuote } from '../env/place-quote.ts';
import {
  type OwnQuote,
  type Quote,
  type QuoterContext,
  type QuoterView,
  Reason,
  Refresh,
} from '../env/quoter.ts';
import { halfSpreadNow, mayQuote, reservation, V1_BOUNDS } from './avellaneda-stoikov.ts';
import type { Bound } from './check-parameters.ts';
import { limitInventory } from './limit-inventory.ts';
import { ParameterisedQuoter } from './parameterised-quoter.ts';
import { DEFAULT_V15, type V15Parameters } from './parameters.ts';

const BOUNDS: Readonly<Partial<Record<keyof V15Parameters, Bound>>> = {
  ...V1_BOUNDS,
  kappaInventory: { from: 0 },
  kappaVolatility: { from: 0 },
  maxOffset: { from: 0 },
  minSpread: { above: 0 },
  maxQuoteAgeMs: { above: 0 },
};

/**
 * V1.5: V1-α's reservation price r with order flow, depth imbalance and inventory in the centre, a spread that follows
 * volatility and inventory, and quotes that age. All in ticks, lots and seconds:
 * centre = r + clamp(−κ_inv·q + β_ofi·OFI + β_di·DI, ±maxOffset), spread = 2δ* + κ_vol·σ + κ_inv·|q| ≥ minSpread.
 * A quote rests until it is older than `maxQuoteAgeMs` or the sign of OFI or DI is the opposite of what it was when the
 * quote was placed (zero has no sign); then it is cancelled and replaced. Risk rules as V1-α.
 */
export class V15 extends ParameterisedQuoter<V15Parameters> {
  readonly #bid = new PlacedQuote();
  readonly #ask = new PlacedQuote();

  constructor(parameters: Partial<V15Parameters> = {}) {
    super('v15', DEFAULT_V15, parameters, BOUNDS);
  }

  override reset(context: QuoterContext): void {
    super.reset(context);
    this.#bid.forget();
    this.#ask.forget();
  }

  quote(view: QuoterView, out: Quote): void {
    const parameters = this.parameters;
    const { betaOfi, betaDi, kappaInventory, kappaVolatility, maxOffset, minSpread } = parameters;
    const { signals } = view.market;
    out.reason = Reason.quote;
    out.reference = reservation(view, parameters);
    const shift =
      betaOfi * signals.ofiZ1s + betaDi * signals.depthImbalance - kappaInventory * view.inventory;
    out.offset = Math.max(-maxOffset, Math.min(maxOffset, shift));
    if (out.offset !== shift) out.reason |= Reason.offset;
    const spread =
      2 * halfSpreadNow(view, parameters, out) +
      kappaVolatility * signals.sigma +
      kappaInventory * Math.abs(view.inventory);
    out.spread = Math.max(minSpread, spread);
    if (out.spread !== spread) out.reason |= Reason.spread;
    if (!mayQuote(view, parameters, out)) return;
    out.bidQuantity = 1;
    out.askQuantity = 1;
    out.refreshBid = this.#bid.refresh(view, view.bid, parameters);
    out.refreshAsk = this.#ask.refresh(view, view.ask, parameters);
    placeQuote(view, out);
    limitInventory(view, this.context, out);
    keepApart(view, out, minSpread);
    withholdImpossiblePrices(out);
  }
}

/**
 * What V1.5 knows of the quote on one side: the signs of OFI and DI it was placed on. Orders are told apart by when
 * they were sent, so it does not matter who sent them (a learned policy moves its anchor's quotes).
 */
class PlacedQuote {
  #sent = Number.NaN;
  #ofiSign = 0;
  #depthSign = 0;
  #lastDecision = Number.NaN;
  #lastOfi = 0;
  #lastDepth = 0;

  forget(): void {
    this.#sent = Number.NaN;
    this.#lastDecision = Number.NaN;
  }

  /** Decides what becomes of what rests on this side. */
  refresh(view: QuoterView, own: OwnQuote, { maxQuoteAgeMs, replaceUnchanged }: V15Parameters): Refresh {
    const { ofiZ1s, depthImbalance } = view.market.signals;
    if (own.active && view.market.time - own.age !== this.#sent) {
      this.#sent = view.market.time - own.age;
      // Sent at a decision nobody asked this quoter about: the signs of now are the nearest it knows.
      const seen = this.#sent === this.#lastDecision;
      this.#ofiSign = Math.sign(seen ? this.#lastOfi : ofiZ1s);
      this.#depthSign = Math.sign(seen ? this.#lastDepth : depthImbalance);
    }
    this.#lastDecision = view.market.time;
    this.#lastOfi = ofiZ1s;
    this.#lastDepth = depthImbalance;
    if (!own.active) return Refresh.move;
    const flipped = ofiZ1s * this.#ofiSign < 0 || depthImbalance * this.#depthSign < 0;
    if (own.age <= maxQuoteAgeMs * 1000 && !flipped) return Refresh.leave;
    return replaceUnchanged ? Refresh.replace : Refresh.move;
  }
}
