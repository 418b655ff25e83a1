import type { Fill } from './exchange/models.ts';
import type { Quote, QuoterView } from './quoter.ts';

/** What a lane tells whoever keeps score: KPIs, decision files, reports. All times µs on the tape's clock. */
export interface LaneListener {
  /** A decision was taken (after the lane knew `quote`, before orders are sent). */
  onDecision?(view: QuoterView, quote: Quote): void;
  onFill?(fill: Fill): void;
  /** An order was sent; `cancels` of earlier orders and post-only rejections are told apart. */
  onOrder?(event: 'placed' | 'cancelled' | 'rejected', time: number): void;
  /** send→acknowledge of one request, ms. */
  onAcknowledge?(milliseconds: number): void;
  /** Position changed by a fill at `time`: new position in lots. For time-weighted inventory. */
  onInventory?(time: number, inventory: number): void;
  /** The session is over; nothing follows. */
  onEnd?(view: QuoterView): void;
}
