import type { Kpis } from './kpis.ts';

/** A goal of the specification and what came of it. */
export interface Target {
  readonly name: string;
  readonly description: string;
  /** Whether `value` should be at least or at most `target`. */
  readonly relation: '≥' | '≤';
  readonly target: number;
  readonly unit: '%' | 'ms';
  /** Null where there is no data or the comparison means nothing; `note` then says which. */
  readonly value: number | null;
  readonly met: boolean | null;
  readonly note?: string;
}

export interface TargetInputs {
  readonly candidate: Kpis;
  readonly v15: Kpis;
  readonly v1: Kpis;
  /** q_max, lots. */
  readonly maxInventory: number;
}

/** The success criteria of V2 and the KPI targets of its predecessors (mission.md), judged on one evaluation. */
export function judgeTargets({ candidate, v15, v1, maxInventory }: TargetInputs): Target[] {
  return [
    target('pnlPerTradeOverV15', 'Net PnL per trade over V1.5', '≥', 15, '%', {
      ...gain(candidate.pnlPerTrade, v15.pnlPerTrade),
    }),
    target('rmsInventoryOfV1', "RMS inventory as a share of V1-α's", '≤', 60, '%', {
      ...share(candidate.rmsInventory, v1.rmsInventory),
    }),
    target(
      'sharpeOverV15',
      'Variance-adjusted Sharpe over V1.5 (realised variance)',
      '≥',
      20,
      '%',
      gain(candidate.sharpe, v15.sharpe),
    ),
    target('ackP99', 'Quote to ACK, P99', '≤', 300, 'ms', known(candidate.ackP99Ms)),
    target('cancelRatio', 'Cancel ratio', '≤', 70, '%', known(candidate.cancelRatioPct)),
    target('spreadCaptured', 'Spread captured', '≥', 78, '%', known(candidate.spreadCapturedPct)),
    target('rmsInventoryOfLimit', 'RMS inventory as a share of q_max', '≤', 35, '%', {
      ...share(candidate.rmsInventory, maxInventory),
    }),
    target('fillRatio', 'Fill ratio', '≥', 5, '%', known(candidate.fillRatioPct)),
    target('hitRatio', 'OFI + DI hit ratio', '≥', 60, '%', known(candidate.hitRatioPct)),
  ];
}

interface Measured {
  readonly value: number | null;
  readonly note?: string;
}

function target(
  name: string,
  description: string,
  relation: Target['relation'],
  limit: number,
  unit: Target['unit'],
  { value, note }: Measured,
): Target {
  const met = value === null ? null : relation === '≥' ? value >= limit : value <= limit;
  return { name, description, relation, target: limit, unit, value, met, ...(note ? { note } : {}) };
}

function known(value: number | null): Measured {
  return value === null ? { value, note: 'no data' } : { value };
}

/** (candidate ÷ baseline − 1) in %; a loss is no yardstick for a gain. */
function gain(candidate: number | null, baseline: number | null): Measured {
  if (candidate === null || baseline === null) return { value: null, note: 'no data' };
  if (baseline <= 0) return { value: null, note: 'the baseline gained nothing to compare with' };
  return { value: 100 * (candidate / baseline - 1) };
}

function share(candidate: number | null, whole: number | null): Measured {
  if (candidate === null || whole === null) return { value: null, note: 'no data' };
  if (whole === 0) return { value: null, note: 'the baseline held no position' };
  return { value: (100 * candidate) / whole };
}
