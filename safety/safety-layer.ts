// Runs at every decision: no allocation in `quote`.
import { keepApart, room, withdraw, withholdImpossiblePrices } from '../env/own-quotes.ts';
import { placeQuote } from '../env/place-quote.ts';
import {
  type Quote,
  type Quoter,
  type QuoterContext,
  type QuoterView,
  Reason,
  Refresh,
} from '../env/quoter.ts';
import { ASK, BID, type Side } from '../market/side.ts';
import { isFiniteQuote } from './finite-quote.ts';
import type { SafetyLimits } from './limits.ts';

/** What the layer may overrule a decision for; the names under which interventions are counted and logged. */
export const SAFETY_RULES = [
  'notReady',
  'latency',
  'nonFinite',
  'offset',
  'offsetStep',
  'spread',
  'inventory',
  'quoteLife',
] as const;
export type SafetyRule = (typeof SAFETY_RULES)[number];

/** Lots closer than this are the same quantity. */
const DUST = 1e-9;

/**
 * A quoter around a quoter that lets nothing pass which may not happen, whoever decides; the same object in training,
 * backtest, shadow and live. In this order:
 * - an unusable book (not synchronised, a side empty): nothing is quoted;
 * - ACK P99 above its limit: the fallback decides until it recovers (without a fallback nothing is quoted);
 * - a decision that is not finite, or beyond all prices: the fallback decides, or nothing is quoted;
 * - |Δc| ≤ `maxOffset`, |Δc − Δc of the decision before| ≤ `maxOffsetStep` (0 before the first), spread ≥ `minSpread`;
 * - |q| ≤ q_max even if all that stands, is being cancelled and is quoted now fills: quantities are cut, the side that
 *   could pass it is withdrawn, and an order is cancelled before its successor is sent where both do not fit;
 * - a quote lives `minQuoteLifeMs` unless one of the rules above that are about risk demands its removal;
 * - own orders stay `minSpread` apart, post-only holds.
 * What is executed is written into the quote (offset, spread, prices, quantities, refresh, reason), so that whoever
 * learns from it learns from what happened. The fallback's decisions pass the same limits.
 */
export class SafetyLayer implements Quoter {
  readonly name: string;
  readonly inner: Quoter;
  readonly limits: SafetyLimits;
  readonly #fallback: Quoter | null;
  readonly #interventions: Record<SafetyRule, number> = noInterventions();
  #maxInventory = 0;
  /** Smallest quantity there is, in lots. */
  #step = 0;
  /** Δc executed at the decision before, ticks. */
  #offset = 0;
  #decisions = 0;

  constructor(inner: Quoter, limits: SafetyLimits, fallback: Quoter | null) {
    this.name = inner.name;
    this.inner = inner;
    this.limits = limits;
    this.#fallback = fallback;
  }

  /** How many decisions each rule has changed since the last reset. */
  get interventions(): Readonly<Record<SafetyRule, number>> {
    return this.#interventions;
  }

  /** Decisions since the last reset. */
  get decisions(): number {
    return this.#decisions;
  }

  reset(context: QuoterContext): void {
    this.inner.reset(context);
    this.#fallback?.reset(context);
    this.#maxInventory = context.maxInventory;
    this.#step = context.instrument.stepSize / context.lot;
    this.#offset = 0;
    this.#decisions = 0;
    Object.assign(this.#interventions, noInterventions());
  }

  quote(view: QuoterView, out: Quote): void {
    this.#decisions++;
    this.inner.quote(view, out);
    this.#chooseDecider(view, out);
    this.#limitShape(out);
    if (view.market.book.ready && (out.bidQuantity > 0 || out.askQuantity > 0)) placeQuote(view, out);
    withholdImpossiblePrices(out);
    const before = out.reason;
    out.reason &= ~(Reason.inventory | Reason.age);
    const innerRisk = before & RISK;
    this.#limitSide(BID, view, out, innerRisk);
    this.#limitSide(ASK, view, out, innerRisk);
    if (out.reason & Reason.inventory) this.#interventions.inventory++;
    if (out.reason & Reason.age) this.#interventions.quoteLife++;
    out.reason |= before;
    keepApart(view, out, this.limits.minSpread);
    withholdImpossiblePrices(out);
  }

  /** Leaves in `out` a finite decision: the inner quoter's, the fallback's, or none. */
  #chooseDecider(view: QuoterView, out: Quote): void {
    const { book, synchronised } = view.market;
    if (!synchronised || !book.ready) {
      if (!isFiniteQuote(out)) this.#neutral(view, out);
      if (out.bidQuantity > 0 || out.askQuantity > 0) this.#interventions.notReady++;
      withdraw(out, Reason.notReady);
      return;
    }
    let why = Reason.quote as number;
    if (view.ackP99Ms > this.limits.maxAckP99Ms) {
      why = Reason.latency;
      this.#interventions.latency++;
    } else if (!isFiniteQuote(out)) {
      why = Reason.nonFinite;
      this.#interventions.nonFinite++;
    } else return;
    if (this.#fallback !== null) {
      this.#fallback.quote(view, out);
      out.reason |= Reason.fallback | why;
      if (isFiniteQuote(out)) return;
    }
    this.#neutral(view, out);
    withdraw(out, why);
  }

  /** A quote without meaning but with finite fields, where there is nothing to go by. */
  #neutral(view: QuoterView, out: Quote): void {
    out.reference = view.market.book.ready ? view.market.book.mid : 0;
    out.offset = this.#offset;
    out.spread = this.limits.minSpread;
    out.bidQuantity = 0;
    out.askQuantity = 0;
    out.reason = Number.isInteger(out.reason) ? out.reason : Reason.quote;
  }

  /** |Δc|, its step, and the spread. */
  #limitShape(out: Quote): void {
    const { maxOffset, maxOffsetStep, minSpread } = this.limits;
    const wanted = out.offset;
    out.offset = clamp(wanted, -maxOffset, maxOffset);
    if (out.offset !== wanted) {
      out.reason |= Reason.offset;
      this.#interventions.offset++;
    }
    const allowed = out.offset;
    out.offset = clamp(allowed, this.#offset - maxOffsetStep, this.#offset + maxOffsetStep);
    if (out.offset !== allowed) {
      out.reason |= Reason.offsetStep;
      this.#interventions.offsetStep++;
    }
    this.#offset = out.offset;
    if (out.spread < minSpread) {
      out.spread = minSpread;
      out.reason |= Reason.spread;
      this.#interventions.spread++;
    }
  }

  /** Inventory and quote life on one side; sets the reason bits of what it changed. */
  #limitSide(side: Side, view: QuoterView, out: Quote, innerRisk: number): void {
    const own = side === BID ? view.bid : view.ask;
    let price = side === BID ? out.bid : out.ask;
    let quantity = Math.max(0, side === BID ? out.bidQuantity : out.askQuantity);
    let refresh: Refresh = side === BID ? out.refreshBid : out.refreshAsk;
    if (quantity === 0) refresh = Refresh.move;
    const cancelling = (side === BID ? view.cancellingBid : view.cancellingAsk) ?? 0;
    const capacity = room(side, view.inventory, this.#maxInventory - cancelling, this.#step);
    let risk = quantity === 0 && innerRisk !== 0;
    if (own.active && own.remaining > capacity + DUST) {
      quantity = 0;
      refresh = Refresh.move;
      risk = true;
      out.reason |= Reason.inventory;
    } else if (quantity > capacity) {
      quantity = capacity;
      out.reason |= Reason.inventory;
    }
    const samePrice = own.price === price && refresh === Refresh.move && quantity > 0;
    const changes =
      own.active && refresh !== Refresh.leave && !(samePrice && Math.abs(own.remaining - quantity) <= DUST);
    if (changes && !risk && own.age < this.limits.minQuoteLifeMs * 1000) {
      price = own.price;
      quantity = own.remaining;
      refresh = Refresh.leave;
      out.reason |= Reason.age;
    } else if (changes && quantity > 0 && own.remaining + quantity > capacity + DUST) {
      // Old and new order could both fill. A mere change of size can wait; a new price needs the old one gone first.
      quantity = samePrice ? own.remaining : 0;
      refresh = samePrice ? Refresh.leave : Refresh.move;
      out.reason |= Reason.inventory;
    }
    if (side === BID) {
      out.bid = price;
      out.bidQuantity = quantity;
      out.refreshBid = refresh;
    } else {
      out.ask = price;
      out.askQuantity = quantity;
      out.refreshAsk = refresh;
    }
  }
}

/** Reasons for which a quoter may take a young quote away. */
const RISK = Reason.notReady | Reason.inventory | Reason.latency | Reason.nonFinite;

function noInterventions(): Record<SafetyRule, number> {
  return {
    notReady: 0,
    latency: 0,
    nonFinite: 0,
    offset: 0,
    offsetStep: 0,
    spread: 0,
    inventory: 0,
    quoteLife: 0,
  };
}

function clamp(value: number, low: number, high: number): number {
  return Math.max(low, Math.min(high, value));
}
