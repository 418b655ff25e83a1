import { Lane } from '../../env/lane.ts';
import { emptyQuote, type Quote, type QuoterView } from '../../env/quoter.ts';
import type { LaneSettings } from '../../env/settings.ts';
import type { Instrument } from '../../market/instrument.ts';
import type { Market } from '../../market/market.ts';
import type { Supervisor } from '../../safety/supervisor.ts';
import type { ClockEstimator } from '../feed/clock-estimator.ts';
import type { FeedCounters } from '../feed/events.ts';
import type { Decider, FallbackReason, FeatureDrift, ShadowStatus } from './status.ts';
import type { StreamDriver } from './stream-driver.ts';

export interface LiveStatusParts {
  readonly instrument: Instrument;
  readonly settings: LaneSettings;
  readonly policy: string;
  readonly startedAt: number;
  readonly driver: StreamDriver;
  readonly supervisor: Supervisor;
  readonly interventions: () => Readonly<Record<string, number>>;
  readonly counters: FeedCounters;
  readonly clock: ClockEstimator;
  /** Messages waiting between sockets and book. */
  readonly waiting: () => number;
  readonly drift: readonly FeatureDrift[];
}

/** The state of a session as whoever watches it sees it: reads what it shows when asked. */
export class LiveStatus implements ShadowStatus {
  readonly quote: Quote = emptyQuote();
  orders = 0;
  cancels = 0;
  fills = 0;
  readonly #parts: LiveStatusParts;
  #view: QuoterView;

  constructor(parts: LiveStatusParts) {
    this.#parts = parts;
    const { instrument, settings, driver } = parts;
    // Until the first book nobody decides and the size of a lot is not known: an idle lane stands in.
    const idle = new Lane({ instrument, settings, lot: instrument.stepSize, seed: 0 });
    idle.attach(driver.market);
    idle.detach(driver.market);
    this.#view = idle.view;
  }

  /** The lane that decides has begun. */
  begin(view: QuoterView): void {
    this.#view = view;
  }

  get instrument(): Instrument {
    return this.#parts.instrument;
  }

  get policy(): string {
    return this.#parts.policy;
  }

  get startedAt(): number {
    return this.#parts.startedAt;
  }

  get market(): Market {
    return this.#parts.driver.market;
  }

  get view(): QuoterView {
    return this.#view;
  }

  get decider(): Decider {
    return this.#parts.supervisor.decider;
  }

  get decisions(): number {
    return this.#parts.driver.decisions;
  }

  get decisionsBy(): Readonly<Record<Decider, number>> {
    return this.#parts.supervisor.decisionsBy;
  }

  get fallbacks(): Readonly<Record<FallbackReason, number>> {
    return this.#parts.supervisor.fallbacks;
  }

  get interventions(): Readonly<Record<string, number>> {
    return this.#parts.interventions();
  }

  get counters(): FeedCounters {
    return this.#parts.counters;
  }

  get clock(): ClockEstimator {
    return this.#parts.clock;
  }

  get drift(): readonly FeatureDrift[] {
    return this.#parts.drift;
  }

  get bookTime(): number {
    return this.#parts.driver.bookTime;
  }

  get bookLag(): number {
    const { bookTime, bookExchangeTime } = this.#parts.driver;
    return bookTime - bookExchangeTime + this.clock.offset;
  }

  get waiting(): number {
    return this.#parts.waiting();
  }
}
