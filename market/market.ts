import type { BookView } from './book.ts';
import type { Side } from './side.ts';
import type { SignalView } from './signal-view.ts';

/** What happened in the market, row by row, as a {@link Market} tells it. Times are µs, prices ticks. */
export interface MarketListener {
  /** Before any row of a message at `time` is applied: the book is still the one before. */
  beforeMessage(time: number): void;
  /** A trade printed. `aggressor` is the side that took: `BID` bought. The book does not show it yet. */
  onTrade(price: number, quantity: number, aggressor: Side): void;
  /** A level changed from `before` to `after` (base currency); the book shows `after`. */
  onLevel(side: Side, price: number, before: number, after: number): void;
  /** The book was dropped and rebuilt from a snapshot; it is consistent again. */
  onReset(): void;
  /** The book is unknown from here to the next reset: quotes must not be judged against it. */
  onGap(): void;
  /** All rows of the message are applied; book and signals are consistent at `time`. */
  afterMessage(time: number): void;
}

/** The state of a market that every lane shares and none can change. */
export interface MarketView {
  /** The tape's clock, µs since the epoch (UTC). */
  readonly time: number;
  readonly book: BookView;
  readonly signals: SignalView;
  /** False from a gap to the next snapshot, and before the first one. */
  readonly synchronised: boolean;
}
