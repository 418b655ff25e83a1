import type { Fill } from '../../env/exchange/models.ts';
import { Lane } from '../../env/lane.ts';
import type { LaneListener } from '../../env/lane-listener.ts';
import { resolveLot } from '../../env/lot.ts';
import { copyQuote, emptyQuote, type Quote, type QuoterView } from '../../env/quoter.ts';
import type { LaneSettings } from '../../env/settings.ts';
import type { DriftDetector, FeatureDrift } from '../../evaluation/drift.ts';
import { KpiRecorder } from '../../evaluation/kpi-recorder.ts';
import type { Kpis } from '../../evaluation/kpis.ts';
import { QuantileSketch } from '../../evaluation/quantile-sketch.ts';
import type { Instrument } from '../../market/instrument.ts';
import { ConditionTimeline } from '../../safety/condition-timeline.ts';
import type { SafetyLayer } from '../../safety/safety-layer.ts';
import type { Supervisor } from '../../safety/supervisor.ts';
import type { ClockEstimator } from '../feed/clock-estimator.ts';
import type { FeedCounters } from '../feed/events.ts';
import { LiveStatus } from './live-status.ts';
import type { FallbackEvent, ShadowListener } from './status.ts';
import { StreamDriver } from './stream-driver.ts';
import { TimedQuoter } from './timed-quoter.ts';

const WARM_UP_DECISIONS = 300;

/** A policy as it decides in a shadow session. */
export interface ShadowAgent {
  readonly name: string;
  /** The safety layer around the chain of fallbacks around the policy. */
  readonly quoter: SafetyLayer;
  readonly supervisor: Supervisor;
  /** Compares what it sees with what it was trained on; absent where it does not say what that was. */
  readonly drift?: DriftDetector;
}

/** What an agent is made with: conditions that it is told, and who is told what it comes to. */
export interface AgentHooks {
  readonly conditions: ConditionTimeline;
  readonly onFallback: (event: FallbackEvent) => void;
  readonly onDrift: (drift: FeatureDrift) => void;
}

export interface DeskOptions {
  readonly createAgent: (hooks: AgentHooks) => ShadowAgent;
  readonly conditions: ConditionTimeline;
  readonly instrument: Instrument;
  readonly settings: LaneSettings;
  readonly seed: number;
  readonly sharpeIntervalSeconds: number;
  /** Who else listens to the lane, given the size of a lot in base currency. */
  readonly laneListeners: (lot: number) => readonly LaneListener[];
  readonly listeners: readonly ShadowListener[];
  readonly startedAt: number;
  readonly counters: FeedCounters;
  readonly clock: ClockEstimator;
  readonly waiting: () => number;
  /** µs; without it the session is rolling. */
  readonly sessionEnd?: number;
  /** After each decision: how long it took, µs. */
  readonly onLatency?: (microseconds: number) => void;
}

/** One agent on one stream, wherever it comes from: driver, lane, score and status. */
export class Desk {
  readonly driver: StreamDriver;
  readonly status: LiveStatus;
  /** Of decisions, ms. */
  readonly latency = new QuantileSketch();
  readonly #options: DeskOptions;
  readonly #agent: ShadowAgent;
  readonly #kpis: KpiRecorder;
  #lot: number | null = null;
  #fallbacks = 0;

  constructor(options: DeskOptions) {
    this.#options = options;
    const { instrument, settings, sharpeIntervalSeconds, listeners } = options;
    this.#agent = options.createAgent({
      conditions: options.conditions,
      onFallback: (event) => {
        if (event.from === 'policy') this.#fallbacks++;
        for (const listener of listeners) listener.onFallback?.(event);
      },
      onDrift: (drift) => {
        for (const listener of listeners) listener.onDriftAlarm?.(drift);
      },
    });
    this.#kpis = new KpiRecorder({
      instrument,
      sharpeIntervalSeconds,
      blockSeconds: sharpeIntervalSeconds,
    });
    this.driver = new StreamDriver((mid) => this.#begin(mid));
    this.status = new LiveStatus({
      instrument,
      settings,
      policy: this.#agent.name,
      startedAt: options.startedAt,
      driver: this.driver,
      supervisor: this.#agent.supervisor,
      interventions: () => this.#agent.quoter.interventions,
      counters: options.counters,
      clock: options.clock,
      waiting: options.waiting,
      drift: this.#agent.drift?.features ?? [],
    });
  }

  get instrument(): Instrument {
    return this.#options.instrument;
  }

  /** Times the decision was taken away from the policy. */
  get fallbacks(): number {
    return this.#fallbacks;
  }

  /** Base quantity of a lot; null before the first book. */
  get lot(): number | null {
    return this.#lot;
  }

  /** Over the whole session; null where the policy does not say what it was trained on. */
  drift(): readonly FeatureDrift[] | null {
    return this.#agent.drift?.session() ?? null;
  }

  kpis(): Kpis {
    return this.#kpis.result();
  }

  #begin(midTicks: number) {
    const { instrument, settings, seed, sessionEnd, laneListeners } = this.#options;
    const lot = resolveLot(settings, instrument, midTicks);
    this.#lot = lot;
    const quoter = new TimedQuoter(this.#agent.quoter);
    const lane = new Lane({
      instrument,
      settings,
      lot,
      seed,
      sessionEnd,
      listeners: [
        this.#kpis,
        ...laneListeners(lot),
        ...(this.#agent.drift === undefined ? [] : [this.#agent.drift]),
        this.#watch(quoter),
      ],
    });
    lane.attach(this.driver.market);
    this.#warmUp(lane);
    this.status.begin(lane.view);
    return [{ lane, quoter }];
  }

  /** Lets another agent of the kind decide for nobody: first decisions take a hundred times as long as later ones. */
  #warmUp({ context, view }: Lane): void {
    const { quoter } = this.#options.createAgent({
      conditions: new ConditionTimeline(),
      onFallback: () => undefined,
      onDrift: () => undefined,
    });
    quoter.reset(context);
    const out = emptyQuote();
    for (let i = 0; i < WARM_UP_DECISIONS; i++) quoter.quote(view, out);
  }

  /** Keeps the status and tells who listens. */
  #watch(quoter: TimedQuoter): LaneListener {
    const { status, latency } = this;
    const { listeners, onLatency } = this.#options;
    return {
      onDecision: (_view: QuoterView, quote: Quote) => {
        copyQuote(quote, status.quote);
        latency.add(quoter.latency / 1000);
        onLatency?.(quoter.latency);
        for (const listener of listeners) listener.onDecision?.(status, quoter.latency);
      },
      onFill: (fill: Fill) => {
        status.fills++;
        for (const listener of listeners) listener.onFill?.(fill);
      },
      onOrder: (event) => {
        if (event === 'placed') status.orders++;
        else if (event === 'cancelled') status.cancels++;
      },
    };
  }
}
