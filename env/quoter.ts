import type { Instrument } from '../market/instrument.ts';
import type { MarketView } from '../market/market.ts';

/** What stays the same between two resets of a quoter. */
export interface QuoterContext {
  readonly instrument: Instrument;
  /** Size of a full quote in base currency: one lot. */
  readonly lot: number;
  /** q_max in lots. */
  readonly maxInventory: number;
  /** µs between decisions. */
  readonly decisionInterval: number;
  readonly seed: number;
}

/** One's own quote on one side, as the agent knows it (acknowledgements travel). */
export interface OwnQuote {
  /** An order rests, or is on its way, on this side and no cancel was sent for it. */
  readonly active: boolean;
  /** Ticks; meaningless unless `active`. */
  readonly price: number;
  /** Unfilled quantity in lots. */
  readonly remaining: number;
  /** Estimated base quantity queued ahead; NaN while the order is on its way. */
  readonly queueAhead: number;
  /** µs since it was sent. */
  readonly age: number;
}

/** All a quoter may look at. One object for the whole session, updated in place. */
export interface QuoterView {
  readonly market: MarketView;
  /** Position in lots; fills move it as soon as the agent knows of them. */
  readonly inventory: number;
  /** Cash plus position marked to mid, net of fees, quote currency, since the session began. */
  readonly equity: number;
  readonly bid: OwnQuote;
  readonly ask: OwnQuote;
  /** 99th percentile of send→acknowledge over the trailing minute, ms; NaN before the first acknowledgement. */
  readonly ackP99Ms: number;
  /** µs to the end of the session or episode; Infinity when rolling. */
  readonly timeToClose: number;
  /** Lots on a side whose cancel was sent and not acknowledged yet: they may still fill. Absent means unknown. */
  readonly cancellingBid?: number;
  readonly cancellingAsk?: number;
}

/** Why a quote is what it is; a bit set, so that several rules can be told of one decision. */
export const Reason = {
  quote: 0,
  /** Book or signals are not usable: nothing is quoted. */
  notReady: 1,
  /** The side that would add to |q| is withheld. */
  inventory: 2,
  /** σ beyond twice its reference: wider. */
  volatility: 4,
  /** ACK P99 beyond its limit: quotes pulled or fallback. */
  latency: 8,
  /** Offset clamped to its range. */
  offset: 16,
  /** Offset moved less than asked since the last step. */
  offsetStep: 32,
  /** Spread raised to its minimum. */
  spread: 64,
  /** A quote younger than its minimum life was left alone. */
  age: 128,
  /** Post-only: a price was moved off the opposite best. */
  postOnly: 256,
  /** A proposal that was not finite was replaced. */
  nonFinite: 512,
  /** The fallback quoter decided. */
  fallback: 1024,
} as const;

/** What to do with what rests on a side. */
export const Refresh = {
  /** Leave whatever rests (and send nothing if nothing does). */
  leave: 0,
  /** Be at the wanted price and quantity; an order that already is there stays and keeps its queue position. */
  move: 1,
  /** Cancel and send anew even at the same price. */
  replace: 2,
} as const;
export type Refresh = (typeof Refresh)[keyof typeof Refresh];

/**
 * A decision, written in place by a quoter. Quoters set `reference`, `offset`, `spread`, quantities and refresh, then
 * call `placeQuote` (env/place-quote.ts), which sets `bid` and `ask`; whoever changes the former calls it again.
 */
export interface Quote {
  /** The centre this quoter starts from, ticks (for a residual agent its anchor's centre). */
  reference: number;
  /** Shift of the centre from the reference, ticks: Δc. */
  offset: number;
  /** Full spread, ticks. */
  spread: number;
  /** Order prices in integer ticks. */
  bid: number;
  ask: number;
  /** Wanted quantities in lots; 0: no quote on that side, and what rests is cancelled. */
  bidQuantity: number;
  askQuantity: number;
  refreshBid: Refresh;
  refreshAsk: Refresh;
  /** Bits of {@link Reason}. */
  reason: number;
}

/** Who decides where to quote: a baseline, a learned policy, the safety layer around either. */
export interface Quoter {
  readonly name: string;
  /** Starts a session: forgets everything but parameters. */
  reset(context: QuoterContext): void;
  /** Decides. Every field of `out` is written; nothing is allocated. */
  quote(view: QuoterView, out: Quote): void;
}

/** A quoter whose parameters can be replaced while it runs. Unknown or impossible values throw an InputError. */
export interface ReloadableQuoter<Parameters> extends Quoter {
  readonly parameters: Readonly<Parameters>;
  reload(parameters: Partial<Parameters>): void;
}

export function emptyQuote(): Quote {
  return {
    reference: 0,
    offset: 0,
    spread: 0,
    bid: 0,
    ask: 0,
    bidQuantity: 0,
    askQuantity: 0,
    refreshBid: Refresh.leave,
    refreshAsk: Refresh.leave,
    reason: Reason.quote,
  };
}

/** Copies every field of a quote; allocates nothing. */
export function copyQuote(from: Readonly<Quote>, to: Quote): void {
  to.reference = from.reference;
  to.offset = from.offset;
  to.spread = from.spread;
  to.bid = from.bid;
  to.ask = from.ask;
  to.bidQuantity = from.bidQuantity;
  to.askQuantity = from.askQuantity;
  to.refreshBid = from.refreshBid;
  to.refreshAsk = from.refreshAsk;
  to.reason = from.reason;
}
