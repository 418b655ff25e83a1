import { KpiRecorder } from '../../evaluation/kpi-recorder.ts';
import type { Kpis } from '../../evaluation/kpis.ts';
import { QuantileSketch } from '../../evaluation/quantile-sketch.ts';
import type { Instrument } from '../../market/instrument.ts';
import type { Desk } from './desk.ts';
import {
  DECIDERS,
  type Decider,
  FALLBACK_REASONS,
  type FallbackReason,
  type FeatureDrift,
} from './status.ts';

export interface Quantiles {
  readonly p50: number | null;
  readonly p99: number | null;
  readonly p999: number | null;
}

/** What came of a shadow session. */
export interface ShadowSummary {
  /** Null where it ended before the exchange told of it. */
  readonly instrument: Instrument | null;
  readonly lot: number | null;
  readonly decisions: number;
  readonly decisionsBy: Readonly<Record<Decider, number>>;
  readonly gaps: number;
  readonly resyncs: number;
  readonly reconnects: number;
  readonly overflows: number;
  /** Times the decision was taken away from the policy, and how often for each reason (several may hold at once). */
  readonly fallbacks: number;
  readonly fallbackReasons: Readonly<Record<FallbackReason, number>>;
  /** Decisions changed by each rule of the safety layer. */
  readonly interventions: Readonly<Record<string, number>>;
  /** From the beginning of a decision to the quote, wall clock; null without a decision. */
  readonly decisionLatencyMs: Quantiles;
  /** From the time of a decision to the quote, local clock; null for captures, which have no clock to be late by. */
  readonly decisionLatenessMs: Quantiles | null;
  readonly kpis: Kpis;
  /** Over the whole session; null where the policy does not say what it was trained on. */
  readonly drift: readonly FeatureDrift[] | null;
  readonly messages: number;
  readonly rows: number;
  /** Files of the recording, in order of time. */
  readonly files: readonly string[];
  readonly durationSeconds: number;
}

type DeskSummary = Omit<
  ShadowSummary,
  | 'decisionLatenessMs'
  | 'gaps'
  | 'resyncs'
  | 'reconnects'
  | 'overflows'
  | 'messages'
  | 'files'
  | 'durationSeconds'
>;

/** The part of a summary that does not depend on where the stream came from. */
export function summariseDesk(desk: Desk | undefined, instrument: Instrument | null): DeskSummary {
  if (desk === undefined || instrument === null) return nothing(instrument);
  const { status, latency, driver, lot } = desk;
  return {
    instrument: desk.instrument,
    lot,
    decisions: driver.decisions,
    decisionsBy: { ...status.decisionsBy },
    fallbacks: desk.fallbacks,
    fallbackReasons: { ...status.fallbacks },
    interventions: { ...status.interventions },
    decisionLatencyMs: quantiles(latency),
    kpis: desk.kpis(),
    drift: desk.drift(),
    rows: driver.rows,
  };
}

export function quantiles(sketch: QuantileSketch): Quantiles {
  return { p50: sketch.quantile(0.5), p99: sketch.quantile(0.99), p999: sketch.quantile(0.999) };
}

function nothing(instrument: Instrument | null): DeskSummary {
  const kpis = new KpiRecorder({
    instrument: instrument ?? { venue: 'binance-spot', symbol: '', tickSize: 1, stepSize: 1 },
  });
  const zeros = <Name extends string>(names: readonly Name[]): Record<Name, number> =>
    Object.fromEntries(names.map((name) => [name, 0])) as Record<Name, number>;
  return {
    instrument,
    lot: null,
    decisions: 0,
    decisionsBy: zeros(DECIDERS),
    fallbacks: 0,
    fallbackReasons: zeros(FALLBACK_REASONS),
    interventions: {},
    decisionLatencyMs: quantiles(new QuantileSketch()),
    kpis: kpis.result(),
    drift: null,
    rows: 0,
  };
}
