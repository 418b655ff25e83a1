import type { Fill } from '../../env/exchange/models.ts';
import type { Quote, QuoterView } from '../../env/quoter.ts';
import type { FeatureDrift } from '../../evaluation/drift.ts';
import type { Instrument } from '../../market/instrument.ts';
import type { MarketView } from '../../market/market.ts';
import {
  DECIDERS,
  type Decider,
  FALLBACK_REASONS,
  type FallbackEvent,
  type FallbackReason,
} from '../../safety/fallback.ts';
import type { ClockEstimator } from '../feed/clock-estimator.ts';
import type { FeedCounters } from '../feed/events.ts';

export type { FeatureDrift } from '../../evaluation/drift.ts';
export { DECIDERS, type Decider, FALLBACK_REASONS, type FallbackEvent, type FallbackReason };

/**
 * A shadow session as it is now, for metrics and the live page. One object for the whole session, updated in place and
 * cheap to read at any time; nothing in it may be changed by who reads it.
 */
export interface ShadowStatus {
  readonly instrument: Instrument;
  readonly policy: string;
  /** Wall clock, µs. */
  readonly startedAt: number;
  readonly market: MarketView;
  readonly view: QuoterView;
  /** The latest decision, as it was executed. */
  readonly quote: Quote;
  readonly decider: Decider;
  readonly decisions: number;
  /** Decisions by who took them. */
  readonly decisionsBy: Readonly<Record<Decider, number>>;
  /** Times that each reason took the decision away from the policy. */
  readonly fallbacks: Readonly<Record<FallbackReason, number>>;
  /** Decisions changed by each rule of the safety layer. */
  readonly interventions: Readonly<Record<string, number>>;
  readonly counters: FeedCounters;
  readonly clock: ClockEstimator;
  /** Local time of the latest message that changed the book, µs; NaN before the first. */
  readonly bookTime: number;
  /** Local minus exchange time of the latest book message, corrected by the clock's offset, µs; NaN where unknown. */
  readonly bookLag: number;
  /** Messages waiting between sockets and book. */
  readonly waiting: number;
  readonly orders: number;
  readonly cancels: number;
  readonly fills: number;
  readonly drift: readonly FeatureDrift[];
}

/** What a shadow session tells as it happens. */
export interface ShadowListener {
  /** After a decision; `latency` is the wall time from the start of the decision to the quote, µs. */
  onDecision?(status: ShadowStatus, latency: number): void;
  onFill?(fill: Fill): void;
  onFallback?(event: FallbackEvent): void;
  onDriftAlarm?(drift: FeatureDrift): void;
  onAlarm?(name: string, text: string): void;
}
