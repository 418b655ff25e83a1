import { keepApart } from '../own-quotes.ts';
import { placeQuote } from '../place-quote.ts';
import {
  copyQuote,
  emptyQuote,
  type OwnQuote,
  type Quote,
  type Quoter,
  type QuoterContext,
  type QuoterView,
  Reason,
  Refresh,
} from '../quoter.ts';
import type { MarketMakingSettings } from '../settings.ts';

// Runs at every decision, live too: writes in place, allocates nothing.

/** Components of an action, each in [−1, 1]. */
export const ACTION_NAMES: readonly string[] = ['centreShift', 'logSpread', 'refresh'];
export const ACTION_SIZE = 3;

/** How each component decodes, in words and figures, for a manifest. */
export function actionDecoding(
  settings: Pick<MarketMakingSettings, 'centreShiftTicks' | 'logSpreadRange'>,
): readonly string[] {
  return [
    `centre = anchor centre + ${settings.centreShiftTicks}·a ticks, the shift limited to ±allowedShiftTicks`,
    `spread = anchor spread · exp(${settings.logSpreadRange}·a)`,
    'a > 1/3: move both quotes to their wanted prices; a < −1/3: leave what rests; between: as the anchor decides',
  ];
}

/** |a| up to here leaves refreshing to the anchor, so that action 0 is the anchor's very quote. */
const FOLLOW = 1 / 3;

/** Lots closer than this are the same quantity. */
const DUST = 1e-9;

/**
 * Turns an action into a quote as a residual on an anchor: the centre is shifted by Δc = a₀·centreShiftTicks, the
 * spread multiplied by e^Δs with Δs = a₁·logSpreadRange, and a₂ moves the quotes (> ⅓), leaves them (< −⅓; a side where
 * nothing rests is still quoted) or follows the anchor. Quantities stay the anchor's, and so does the decision not to
 * quote at all. Action 0 is the anchor's own quote, bit for bit.
 */
export class ResidualQuoter implements Quoter {
  readonly name: string;
  readonly anchor: Quoter;
  /** Curriculum: |Δc| is limited to this, ticks. Actions keep their full-scale units. */
  allowedShiftTicks: number;
  readonly #shiftTicks: number;
  readonly #logSpreadRange: number;
  readonly #action = new Float32Array(ACTION_SIZE);
  /** What the anchor quoted, and what came of it with the action. */
  readonly #anchored = emptyQuote();
  readonly #proposed = emptyQuote();

  constructor(anchor: Quoter, settings: Pick<MarketMakingSettings, 'centreShiftTicks' | 'logSpreadRange'>) {
    this.name = `residual on ${anchor.name}`;
    this.anchor = anchor;
    this.#shiftTicks = settings.centreShiftTicks;
    this.#logSpreadRange = settings.logSpreadRange;
    this.allowedShiftTicks = settings.centreShiftTicks;
  }

  reset(context: QuoterContext): void {
    this.anchor.reset(context);
    this.#action.fill(0);
    copyQuote(emptyQuote(), this.#anchored);
    copyQuote(emptyQuote(), this.#proposed);
  }

  /** Takes the action of the next decisions, components in [−1, 1]. */
  setAction(action: Float32Array): void {
    this.#action.set(action);
  }

  quote(view: QuoterView, out: Quote): void {
    this.anchor.quote(view, out);
    copyQuote(out, this.#anchored);
    if (isQuoting(out)) this.#shift(view, out);
    copyQuote(out, this.#proposed);
  }

  #shift(view: QuoterView, out: Quote): void {
    const anchored = this.#anchored;
    out.reference = anchored.reference + anchored.offset;
    out.offset = this.#allowedShift();
    out.spread = anchored.spread * Math.exp(this.#action[1] * this.#logSpreadRange);
    out.refreshBid = this.#refresh(view.bid, out.bidQuantity, anchored.refreshBid);
    out.refreshAsk = this.#refresh(view.ask, out.askQuantity, anchored.refreshAsk);
    // An untouched quote keeps the anchor's own prices: it may have had reasons that centre and spread do not tell.
    if (out.offset === 0 && out.spread === anchored.spread) return;
    out.reason &= ~Reason.postOnly;
    placeQuote(view, out);
    keepApart(view, out, 1);
  }

  #allowedShift(): number {
    const limit = this.allowedShiftTicks;
    return Math.min(Math.max(this.#action[0] * this.#shiftTicks, -limit), limit);
  }

  #refresh(own: OwnQuote, quantity: number, anchored: Refresh): Refresh {
    if (Math.abs(this.#action[2]) <= FOLLOW) return anchored;
    // An order larger than what the anchor still wants there is a risk that is not left standing.
    const mayStay = own.active && own.remaining <= quantity + DUST;
    return this.#action[2] < 0 && mayStay ? Refresh.leave : Refresh.move;
  }

  /**
   * Writes the action that the latest decision amounts to after `final`, the quote that went to the market, was made
   * of it by a safety layer, in [−1, 1]. What nobody altered is the proposed action itself (within the curriculum).
   * This is what belongs in the replay buffer.
   */
  executedAction(out: Float32Array, final: Readonly<Quote>): void {
    const proposed = this.#proposed;
    const anchored = this.#anchored;
    out.set(this.#action);
    // Nobody quoted, so nothing says otherwise than the proposal.
    const comparable = isQuoting(proposed) && isQuoting(final);
    const sameCentre = final.reference === proposed.reference && final.offset === proposed.offset;
    if (!comparable || sameCentre) {
      const shift = this.#allowedShift();
      if (shift !== this.#action[0] * this.#shiftTicks) out[0] = unit(shift / this.#shiftTicks);
    } else {
      const centre = anchored.reference + anchored.offset;
      out[0] = unit((final.reference + final.offset - centre) / this.#shiftTicks);
    }
    if (!comparable) return;
    if (final.spread !== proposed.spread) {
      out[1] = unit(Math.log(final.spread / anchored.spread) / this.#logSpreadRange);
    }
    const bid = this.#executedRefresh(
      final.bidQuantity,
      final.refreshBid,
      proposed.refreshBid,
      anchored.refreshBid,
    );
    const ask = this.#executedRefresh(
      final.askQuantity,
      final.refreshAsk,
      proposed.refreshAsk,
      anchored.refreshAsk,
    );
    out[2] = (bid + ask) / 2;
  }

  #executedRefresh(quantity: number, final: Refresh, proposed: Refresh, anchored: Refresh): number {
    // A side that is not quoted has nothing to refresh.
    if (final === proposed || quantity === 0) return this.#action[2];
    if (final === anchored) return 0;
    return final === Refresh.leave ? -1 : 1;
  }
}

function isQuoting(quote: Readonly<Quote>): boolean {
  const withheld = quote.bidQuantity === 0 && quote.askQuantity === 0;
  return !withheld && (quote.reason & Reason.notReady) === 0 && quote.spread > 0;
}

function unit(x: number): number {
  return Math.min(Math.max(x, -1), 1);
}
