import { InputError, InterruptedError } from '../base/errors.ts';
import { MICROSECONDS } from '../base/time.ts';
import type { Refusal } from '../env/exchange/models.ts';
import { Lane, type LaneModels } from '../env/lane.ts';
import type { LaneListener } from '../env/lane-listener.ts';
import { resolveLot } from '../env/lot.ts';
import type { Quoter } from '../env/quoter.ts';
import { checkSpan, runSession } from '../env/session.ts';
import type { LaneSettings } from '../env/settings.ts';
import type { TapeReplay } from '../market/replay.ts';
import { KpiRecorder } from './kpi-recorder.ts';
import { QuoteTrace } from './quote-trace.ts';
import type { LaneRecord } from './session-record.ts';
import { SessionTime } from './session-time.ts';
import { SHORTEST_SHARPE_INTERVAL } from './settings.ts';
import type { Score } from './statistics.ts';

export interface Contender {
  readonly name: string;
  readonly role: LaneRecord['role'];
  readonly quoter: Quoter;
  /** Who else listens to the lane, given the size of a lot in base currency. */
  readonly listeners?: (lot: number) => readonly LaneListener[];
}

export interface PairedSessionOptions {
  readonly replay: TapeReplay;
  readonly contenders: readonly Contender[];
  readonly settings: LaneSettings;
  /** Makes each lane's models, in place of those that settings name. */
  readonly models?: () => LaneModels;
  readonly seed: number;
  readonly sharpeIntervalSeconds: number;
  /** µs; by default the whole of the tapes. */
  readonly start?: number;
  readonly end?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (time: number) => void;
}

export interface PairedSession {
  readonly lot: number;
  readonly lanes: readonly LaneRecord[];
  /** In the order of `lanes`. */
  readonly scores: readonly Score[];
  /** How often which rule rejected an order of a lane or let it expire, in the order of `lanes`. */
  readonly refusals: readonly Readonly<Record<Refusal, number>>[];
  readonly rows: number;
  readonly decisions: number;
  readonly wallSeconds: number;
}

/** Sharpe intervals that a session may have: half a gigabyte an agent, more than a year of the default. */
const MOST_INTERVALS = 4_000_000;

/**
 * Lets several agents trade the same ticks in one pass, each in a lane of its own with the same lot, latency, queue
 * model, fees and seed. None sees another. Scores hold a row per Sharpe interval, ready to be compared in pairs.
 * Throws an InterruptedError when `signal` aborts, an InputError for Sharpe intervals too short for the session.
 */
export async function runPairedSession(options: PairedSessionOptions): Promise<PairedSession> {
  const { replay, contenders, settings, seed, sharpeIntervalSeconds } = options;
  const { instrument } = replay;
  const span = checkSpan(options);
  const clock = new SessionTime(replay.spans);
  checkInterval(sharpeIntervalSeconds, clock.at(span.end) - clock.at(span.start));
  const lot = resolveLot(settings, instrument, replay.firstMid());
  const entries = contenders.map((contender) => {
    const kpis = new KpiRecorder({
      instrument,
      sharpeIntervalSeconds,
      blockSeconds: sharpeIntervalSeconds,
      spans: replay.spans,
    });
    const trace = contender.role === 'candidate' ? new QuoteTrace(instrument) : null;
    const listeners: LaneListener[] = [kpis, ...(contender.listeners?.(lot) ?? [])];
    if (trace !== null) listeners.push(trace);
    const lane = new Lane({
      instrument,
      settings,
      lot,
      seed,
      // A live session saw no close coming.
      sessionEnd: replay.live === undefined ? (options.end ?? replay.end) : Number.POSITIVE_INFINITY,
      listeners,
      ...options.models?.(),
    });
    return { contender, kpis, trace, lane, quoter: contender.quoter };
  });
  const { rows, decisions, wallSeconds, interrupted } = await runSession({
    replay,
    lanes: entries,
    start: options.start,
    end: options.end,
    signal: options.signal,
    onProgress: options.onProgress,
  });
  if (interrupted) throw new InterruptedError('The evaluation was interrupted; nothing was written.');
  return {
    lot,
    rows,
    decisions: decisions / contenders.length,
    wallSeconds,
    lanes: entries.map(({ contender, kpis, trace }) => ({
      name: contender.name,
      role: contender.role,
      kpis: kpis.result(),
      equity: kpis.equitySeries.points(),
      stretch: trace?.stretch() ?? null,
    })),
    scores: entries.map(({ kpis }) => ({ kpis: kpis.result(), blocks: kpis.blocks })),
    refusals: entries.map(({ lane }) => ({ ...lane.refusals })),
  };
}

/** `length` of the session, µs. */
function checkInterval(seconds: number, length: number): void {
  const sessionSeconds = length / MICROSECONDS;
  const least = Math.max(SHORTEST_SHARPE_INTERVAL, sessionSeconds / MOST_INTERVALS);
  if (seconds >= least) return;
  throw new InputError({
    code: 'bad-interval',
    message: `Sharpe intervals of ${seconds} s are too short for a session of ${sessionSeconds} s.`,
    field: 'evaluation.sharpeIntervalSeconds',
    value: seconds,
    expected: `${least} or more`,
    hint: 'Use an interval such as 10.',
  });
}
