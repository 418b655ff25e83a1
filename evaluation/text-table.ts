import { formatNumber, KPI_LABELS } from './kpi-labels.ts';
import type { Kpis } from './kpis.ts';

/** Lines up cells in columns: the first to the left, the others to the right. The first row is the head. */
export function textTable(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, i) => {
      widths[i] = Math.max(widths[i] ?? 0, cell.length);
    });
  }
  const line = (row: readonly string[]) =>
    row
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i])))
      .join('  ')
      .trimEnd();
  const rule = widths.map((width) => '─'.repeat(width)).join('──');
  const [head, ...body] = rows;
  return [line(head), rule, ...body.map(line)].join('\n');
}

/** KPIs of one or more agents side by side, for the terminal. `currency` names the quote currency. */
export function kpiTable(
  columns: readonly { readonly title: string; readonly kpis: Kpis }[],
  currency = 'quote',
): string {
  return textTable([
    ['', ...columns.map(({ title }) => title)],
    ...KPI_LABELS.map(({ name, label, unit }) => [
      kpiTitle(label, unit, currency, columns[0]?.kpis),
      ...columns.map(({ kpis }) => formatNumber(kpis[name])),
    ]),
  ]);
}

/** A KPI's label with its unit, the Sharpe interval spelt out. */
export function kpiTitle(label: string, unit: string, currency: string, kpis: Kpis | undefined): string {
  if (unit === '') return label;
  if (unit === 'quote') return `${label} (${currency})`;
  if (unit === 'per interval' && kpis !== undefined) return `${label} (per ${kpis.sharpeIntervalSeconds} s)`;
  return `${label} (${unit})`;
}
