import type { Fill, Refusal, Withdrawal } from './exchange/models.ts';
import type { Quote, QuoterView } from './quoter.ts';

export type OrderEvent = 'placed' | Withdrawal;

/** What a lane tells whoever keeps score: KPIs, decision files, reports. All times µs on the tape's clock. */
export interface LaneListener {
  /** A decision was taken (after the lane knew `quote`, before orders are sent). */
  onDecision?(view: QuoterView, quote: Quote): void;
  onFill?(fill: Fill): void;
  /** An order was sent (`placed`), or ended without being filled whole: by its cancel, by a rule of the exchange
   * (`expired`), or never let in (`rejected`). `why` names the rule; null on the other two. */
  onOrder?(event: OrderEvent, time: number, why?: Refusal | null): void;
  /** send→acknowledge of one request, ms. */
  onAcknowledge?(milliseconds: number): void;
  /** Position changed by a fill at `time`: new position in lots. For time-weighted inventory. */
  onInventory?(time: number, inventory: number): void;
  /** The session is over; nothing follows. */
  onEnd?(view: QuoterView): void;
}
