// Runs at every decision: no allocation in `quote`.
import { MICROSECONDS } from '../../base/time.ts';
import { withholdImpossiblePrices } from '../../env/own-quotes.ts';
import { placeQuote } from '../../env/place-quote.ts';
import {
  type Quote,
  type Quoter,
  type QuoterContext,
  type QuoterView,
  Reason,
  Refresh,
} from '../../env/quoter.ts';
import { mayQuote } from '../avellaneda-stoikov.ts';
import { limitInventory } from '../limit-inventory.ts';
import { DEFAULT_V1 } from '../parameters.ts';
import { glftQuotes } from './glft.ts';
import type { ValueFunction } from './value-function.ts';

/** Distances of both quotes from the mid, ticks; may be negative, post-only keeps them off the opposite best. */
interface Distances {
  bid: number;
  ask: number;
}

/** Quotes one lot on each side at distances from the mid, post-only, within q_max, while book and latency allow. */
abstract class DistanceQuoter implements Quoter {
  abstract readonly name: string;
  readonly #distances: Distances = { bid: 0, ask: 0 };
  #context: QuoterContext | undefined;

  protected abstract measure(view: QuoterView, out: Distances): void;

  reset(context: QuoterContext): void {
    this.#context = context;
  }

  quote(view: QuoterView, out: Quote): void {
    const distances = this.#distances;
    this.measure(view, distances);
    out.reason = Reason.quote;
    out.reference = view.market.signals.mid;
    out.offset = (distances.ask - distances.bid) / 2;
    out.spread = distances.ask + distances.bid;
    if (!mayQuote(view, DEFAULT_V1, out)) return;
    out.bidQuantity = 1;
    out.askQuantity = 1;
    out.refreshBid = Refresh.move;
    out.refreshAsk = Refresh.move;
    placeQuote(view, out);
    limitInventory(view, this.#context, out);
    withholdImpossiblePrices(out);
  }
}

/** In ticks, lots and seconds. */
export interface GlftQuoterParameters {
  /** A (per second and side) and k (per tick) of the fill intensity. */
  readonly rate: number;
  readonly decay: number;
  readonly riskAversion: number;
  /** ξ: γ with exponential utility, 0 with a running penalty. */
  readonly fillRiskAversion: number;
}

/** The asymptotic quotes of Guéant, Lehalle and Fernandez-Tapia at the market's own volatility of now. */
export class GlftQuoter extends DistanceQuoter {
  readonly name = 'glft';
  readonly #c1: number;
  readonly #c2: number;

  constructor(parameters: GlftQuoterParameters) {
    super();
    const { c1, c2 } = glftQuotes({ ...parameters, volatility: 1, size: 1 });
    this.#c1 = c1;
    this.#c2 = c2;
  }

  protected measure(view: QuoterView, out: Distances): void {
    const skew = view.market.signals.sigma * this.#c2;
    out.bid = this.#c1 + skew / 2 + skew * view.inventory;
    out.ask = this.#c1 + skew / 2 - skew * view.inventory;
  }
}

/**
 * Quotes of a {@link ValueFunction} in ticks, lots and seconds. Where a session closes within its duration the time left
 * counts, else its first moment does (a rolling horizon). Between whole lots h is interpolated.
 */
export class ValueFunctionQuoter extends DistanceQuoter {
  readonly name = 'cartea-jaimungal';
  readonly #solution: ValueFunction;

  constructor(solution: ValueFunction) {
    super();
    this.#solution = solution;
  }

  protected measure(view: QuoterView, out: Distances): void {
    const { duration, steps, maxInventory } = this.#solution.problem;
    const left = Math.min(Math.max(view.timeToClose / MICROSECONDS, 0), duration);
    const step = Math.floor((1 - left / duration) * steps);
    // One lot more or less must be within the table; q_max withholds sides on its own.
    const q = Math.min(Math.max(view.inventory, 1 - maxInventory), maxInventory - 1);
    const low = Math.floor(q);
    const share = q - low;
    const solution = this.#solution;
    out.bid = between(solution.bidDistance(step, low), solution.bidDistance(step, low + 1), share);
    out.ask = between(solution.askDistance(step, low), solution.askDistance(step, low + 1), share);
  }
}

/** At a whole lot the next one does not count: beyond the limit its distance is infinite. */
function between(from: number, to: number, share: number): number {
  return share === 0 ? from : from + share * (to - from);
}
