import { formatNumber, formatSigned, KPI_LABELS } from '../../evaluation/kpi-labels.ts';
import type { LaneRecord } from '../../evaluation/session-record.ts';
import type { ComparedKpi, Comparison } from '../../evaluation/statistics.ts';
import type { Target } from '../../evaluation/targets.ts';
import { kpiTitle, textTable } from '../../evaluation/text-table.ts';

/** What an evaluation says to people: KPIs side by side, differences with their intervals, targets, the verdict. */
export function evaluationSummary(
  lanes: readonly LaneRecord[],
  comparison: Comparison,
  targets: readonly Target[],
  currency: string,
): string {
  const baseline = lanes.find((lane) => lane.role === 'baseline') as LaneRecord;
  return [
    kpiRows(lanes, comparison, currency, baseline.name),
    '',
    targetRows(targets),
    '',
    verdict(comparison, baseline.name, currency),
  ].join('\n');
}

function kpiRows(
  lanes: readonly LaneRecord[],
  { difference }: Comparison,
  currency: string,
  baseline: string,
): string {
  const head = ['', ...lanes.map(({ name }) => name), `Δ ${baseline}`, 'Δ %', '95 % interval', 'p'];
  const rows = KPI_LABELS.map(({ name, label, unit }) => {
    const one = difference[name as ComparedKpi];
    const interval = one?.ci95 ?? null;
    return [
      kpiTitle(label, unit, currency, lanes[0].kpis),
      ...lanes.map(({ kpis }) => formatNumber(kpis[name])),
      one === undefined ? '' : formatSigned(one.absolute),
      one === undefined || one.relative === null ? '' : formatSigned(100 * one.relative, 3),
      interval === null ? '' : `${formatSigned(interval[0], 3)} … ${formatSigned(interval[1], 3)}`,
      one === undefined || one.pValue === null ? '' : formatNumber(one.pValue, 2),
    ];
  });
  return textTable([head, ...rows]);
}

function targetRows(targets: readonly Target[]): string {
  const met = (target: Target) =>
    target.met === null ? `not known: ${target.note}` : target.met ? 'met' : 'missed';
  return textTable([
    ['Target', '', 'reached', ''],
    ...targets.map((target) => [
      target.description,
      `${target.relation} ${formatNumber(target.target)} ${target.unit}`,
      target.value === null ? '–' : `${formatNumber(target.value, 4)} ${target.unit}`,
      met(target),
    ]),
  ]);
}

function verdict({ verdict, reason, difference, bootstrap }: Comparison, baseline: string, currency: string) {
  const { absolute, ci95, pValue } = difference.pnl;
  const interval =
    ci95 === null
      ? ''
      : ` (95 % interval ${formatSigned(ci95[0], 3)} … ${formatSigned(ci95[1], 3)}, p = ${formatNumber(pValue, 2)}, ` +
        `${bootstrap.blocks} blocks of ${formatNumber(bootstrap.blockSeconds)} s)`;
  return [
    `Verdict against ${baseline}: ${verdict}. ${reason}`,
    `Difference of net PnL ${formatSigned(absolute)} ${currency}${interval}.`,
  ].join('\n');
}
