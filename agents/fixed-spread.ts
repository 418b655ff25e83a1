// Runs at every decision: no allocation in `quote`.
import { withdraw, withholdImpossiblePrices } from '../env/own-quotes.ts';
import { placeQuote } from '../env/place-quote.ts';
import { type Quote, type QuoterView, Reason, Refresh } from '../env/quoter.ts';
import type { Bound } from './check-parameters.ts';
import { limitInventory } from './limit-inventory.ts';
import { ParameterisedQuoter } from './parameterised-quoter.ts';
import { DEFAULT_FIXED, type FixedSpreadParameters } from './parameters.ts';

const BOUNDS: Readonly<Record<keyof FixedSpreadParameters, Bound>> = { spread: { above: 0 } };

/**
 * The naive control: a constant spread around the mid, whatever the inventory, the flow or the volatility. Only q_max
 * and post-only bind it. What a strategy earns beyond it is what its model is worth.
 */
export class FixedSpread extends ParameterisedQuoter<FixedSpreadParameters> {
  constructor(parameters: Partial<FixedSpreadParameters> = {}) {
    super('fixed', DEFAULT_FIXED, parameters, BOUNDS);
  }

  quote(view: QuoterView, out: Quote): void {
    const { book, synchronised } = view.market;
    out.reason = Reason.quote;
    out.reference = book.ready ? book.mid : 0;
    out.offset = 0;
    out.spread = this.parameters.spread;
    if (!synchronised || !book.ready) {
      withdraw(out, Reason.notReady);
      return;
    }
    out.bidQuantity = 1;
    out.askQuantity = 1;
    out.refreshBid = Refresh.move;
    out.refreshAsk = Refresh.move;
    placeQuote(view, out);
    limitInventory(view, this.context, out);
    withholdImpossiblePrices(out);
  }
}
