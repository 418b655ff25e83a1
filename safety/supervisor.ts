// Runs at every decision: no allocation in `quote` but when who decides changes.
import { withdraw } from '../env/own-quotes.ts';
import {
  emptyQuote,
  type Quote,
  type Quoter,
  type QuoterContext,
  type QuoterView,
  Reason,
} from '../env/quoter.ts';
import { ConditionTimeline } from './condition-timeline.ts';
import {
  DECIDERS,
  type Decider,
  FALLBACK_REASONS,
  type FallbackEvent,
  type FallbackReason,
  type FallbackSettings,
} from './fallback.ts';
import { isFiniteQuote } from './finite-quote.ts';

export interface SupervisorOptions {
  readonly policy: Quoter;
  /** V1.5 and V1-α: who decides instead, in this order. */
  readonly fallbacks: readonly [v15: Quoter, v1: Quoter];
  readonly settings: FallbackSettings;
  /** ACK P99 above which the policy does not decide, ms. */
  readonly maxAckP99Ms: number;
  /** What only a live process knows; nothing where absent. */
  readonly conditions?: ConditionTimeline;
  readonly onChange?: (event: FallbackEvent) => void;
}

const POLICY = 0;
const NONE = 3;
const bit = (reason: FallbackReason): number => 1 << FALLBACK_REASONS.indexOf(reason);
const UNSYNCHRONISED = bit('unsynchronised');
const STALE = bit('stale-book');
const CROSSED = bit('crossed-book');
const NON_FINITE = bit('non-finite');
const ROUND_TRIP = bit('round-trip');
const ACKNOWLEDGEMENT = bit('acknowledgement');

/**
 * A chain of quoters that decides who decides: the policy while all is well; V1.5 from the decision at which a reason of
 * {@link FALLBACK_REASONS} holds; V1-α after `escalateAfterMs` of it, nobody after twice that; nobody at once while the
 * book is unknown; and whoever comes next where the one whose turn it is decides something that is not finite. When no
 * reason holds any more, V1.5 decides until that has been so for `recoverAfterMs`, then the policy.
 *
 * All is judged on the tape's clock by what the view shows and what the timeline tells, so that a replay of a live
 * session's recording falls back where it did. The policy is asked at every decision, also while another decides: it
 * stays in step, and whether it is sound again is known. Goes inside a `SafetyLayer`, whose limits hold for all.
 */
export class Supervisor implements Quoter {
  readonly name: string;
  readonly policy: Quoter;
  readonly #options: SupervisorOptions;
  readonly #conditions: ConditionTimeline;
  readonly #fallbacks: Record<FallbackReason, number> = zeros(FALLBACK_REASONS);
  readonly #decisionsBy: Record<Decider, number> = zeros(DECIDERS);
  readonly #stale: number;
  readonly #escalate: number;
  readonly #recover: number;
  readonly #nothing = emptyQuote();
  #level = POLICY;
  /** Bits of the reasons that held at the decision before. */
  #reasons = 0;
  /** When the present trouble began, and since when all has been well, µs. */
  #since = 0;
  #clearSince = 0;

  constructor(options: SupervisorOptions) {
    this.name = options.policy.name;
    this.policy = options.policy;
    this.#options = options;
    this.#conditions = options.conditions ?? new ConditionTimeline();
    this.#stale = options.settings.staleBookMs * 1000;
    this.#escalate = options.settings.escalateAfterMs * 1000;
    this.#recover = options.settings.recoverAfterMs * 1000;
  }

  /** Who took the latest decision. */
  get decider(): Decider {
    return DECIDERS[this.#level];
  }

  /** Times that each reason took the decision away from the policy, or joined others that had. */
  get fallbacks(): Readonly<Record<FallbackReason, number>> {
    return this.#fallbacks;
  }

  /** Decisions by who took them. */
  get decisionsBy(): Readonly<Record<Decider, number>> {
    return this.#decisionsBy;
  }

  reset(context: QuoterContext): void {
    this.policy.reset(context);
    for (const fallback of this.#options.fallbacks) fallback.reset(context);
    this.#conditions.restart();
    Object.assign(this.#fallbacks, zeros(FALLBACK_REASONS));
    Object.assign(this.#decisionsBy, zeros(DECIDERS));
    this.#level = POLICY;
    this.#reasons = 0;
    this.#since = 0;
    this.#clearSince = 0;
  }

  quote(view: QuoterView, out: Quote): void {
    this.policy.quote(view, out);
    const sound = (out.reason & Reason.nonFinite) === 0 && isFiniteQuote(out);
    const reasons = this.#judge(view, sound);
    const level = this.#decide(view, out, this.#wanted(reasons, view.market.time), reasons);
    if (level !== this.#level) this.#change(view.market.time, level, reasons);
    this.#reasons = reasons;
    this.#decisionsBy[DECIDERS[level]]++;
  }

  #judge(view: QuoterView, sound: boolean): number {
    const { market, ackP99Ms } = view;
    const { book } = market;
    let reasons = this.#conditions.activeAt(market.time);
    if (!market.synchronised || !book.ready) reasons |= UNSYNCHRONISED;
    else if (book.crossed) reasons |= CROSSED;
    if (market.time - market.bookTime > this.#stale) reasons |= STALE;
    if (ackP99Ms > this.#options.maxAckP99Ms) reasons |= ACKNOWLEDGEMENT;
    if (!sound) reasons |= NON_FINITE;
    const begun = reasons & ~this.#reasons;
    if (begun !== 0) this.#count(begun);
    return reasons;
  }

  #count(begun: number): void {
    for (let i = 0; i < FALLBACK_REASONS.length; i++) {
      if ((begun & (1 << i)) !== 0) this.#fallbacks[FALLBACK_REASONS[i]]++;
    }
  }

  /** Place in {@link DECIDERS} of whose turn it is. */
  #wanted(reasons: number, time: number): number {
    if (reasons !== 0) {
      if (this.#reasons === 0) this.#since = time;
      if ((reasons & UNSYNCHRONISED) !== 0) return NONE;
      return Math.min(NONE, 1 + Math.floor((time - this.#since) / this.#escalate));
    }
    if (this.#level === POLICY) return POLICY;
    if (this.#reasons !== 0) this.#clearSince = time;
    return time - this.#clearSince >= this.#recover ? POLICY : 1;
  }

  /** Leaves in `out` the decision of the first in turn that decides something finite; returns his place. */
  #decide(view: QuoterView, out: Quote, wanted: number, reasons: number): number {
    if (wanted === POLICY) return POLICY;
    const why = Reason.fallback | reasonBits(reasons);
    for (let level = wanted; level < NONE; level++) {
      this.#options.fallbacks[level - 1].quote(view, out);
      if (!isFiniteQuote(out)) continue;
      out.reason |= why;
      return level;
    }
    if (!isFiniteQuote(out)) Object.assign(out, this.#nothing);
    withdraw(out, why | Reason.notReady);
    return NONE;
  }

  #change(time: number, level: number, reasons: number): void {
    const from = DECIDERS[this.#level];
    this.#level = level;
    this.#options.onChange?.({
      time,
      from,
      to: DECIDERS[level],
      reasons: FALLBACK_REASONS.filter((reason) => (reasons & bit(reason)) !== 0),
    });
  }
}

/** What a decision file tells of the reasons. */
function reasonBits(reasons: number): number {
  let bits = 0;
  if ((reasons & NON_FINITE) !== 0) bits |= Reason.nonFinite;
  if ((reasons & (ROUND_TRIP | ACKNOWLEDGEMENT)) !== 0) bits |= Reason.latency;
  return bits;
}

function zeros<Name extends string>(names: readonly Name[]): Record<Name, number> {
  return Object.fromEntries(names.map((name) => [name, 0])) as Record<Name, number>;
}
