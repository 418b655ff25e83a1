/** Who decides, best first: the policy that was loaded, V1.5, V1-α, nobody (nothing is quoted). */
export const DECIDERS = ['policy', 'v15', 'v1', 'none'] as const;
export type Decider = (typeof DECIDERS)[number];

/** Why someone else than the policy decides. */
export const FALLBACK_REASONS = [
  /** The book is unknown: before the first snapshot, and from a gap to the next. */
  'unsynchronised',
  /** The book has not changed for too long. */
  'stale-book',
  /** Best bid at or above best ask. */
  'crossed-book',
  /** A stream says nothing, by the feed's watchdog. */
  'silent-stream',
  /** A feature or an action is NaN or infinite. */
  'non-finite',
  /** A decision took longer than its budget, or came too late. */
  'over-budget',
  /** Round trip to the exchange above its limit. */
  'round-trip',
  /** 99th percentile of send→acknowledge above its limit. */
  'acknowledgement',
] as const;
export type FallbackReason = (typeof FALLBACK_REASONS)[number];

/** A change of who decides. */
export interface FallbackEvent {
  /** Tape's clock, µs. */
  readonly time: number;
  readonly from: Decider;
  readonly to: Decider;
  /** What holds; empty once all is well. */
  readonly reasons: readonly FallbackReason[];
}

/** When the policy is not to decide, and when it may again. */
export interface FallbackSettings {
  /** The book is stale when no message has told of it for this long, ms on the tape's clock. */
  readonly staleBookMs: number;
  /** A fallback that lasts this long hands over to the next: V1.5 to V1-α, V1-α to nobody, ms. */
  readonly escalateAfterMs: number;
  /** All must be well for this long before the policy decides again, ms. */
  readonly recoverAfterMs: number;
  /** Longest a decision may take, ms. Only a live process knows. */
  readonly decisionBudgetMs: number;
  /** Latest that a decision may come after its time, ms. Only a live process knows. */
  readonly maxLatenessMs: number;
  /** Longest round trip to the exchange, ms. Only a live process knows. */
  readonly maxRoundTripMs: number;
}

export const DEFAULT_FALLBACK: FallbackSettings = {
  staleBookMs: 60_000,
  escalateAfterMs: 10_000,
  recoverAfterMs: 5_000,
  decisionBudgetMs: 50,
  maxLatenessMs: 1_000,
  maxRoundTripMs: 1_000,
};
