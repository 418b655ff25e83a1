import type { Kpis } from './kpis.ts';

/** How a KPI is told to people. */
export interface KpiLabel {
  readonly name: keyof Kpis;
  readonly label: string;
  /** `quote` stands for the quote currency. */
  readonly unit: string;
  /** Which way is good; null where neither is. */
  readonly better: 'higher' | 'lower' | null;
  readonly meaning: string;
}

/** Every KPI in the order in which tables show them. */
export const KPI_LABELS: readonly KpiLabel[] = [
  {
    name: 'pnl',
    label: 'Net PnL',
    unit: 'quote',
    better: 'higher',
    meaning: 'After fees, marked to mid, position flattened at the end',
  },
  {
    name: 'pnlGross',
    label: 'Gross PnL',
    unit: 'quote',
    better: 'higher',
    meaning: 'Net PnL plus the fees paid',
  },
  { name: 'fees', label: 'Fees', unit: 'quote', better: 'lower', meaning: 'Negative: rebates received' },
  {
    name: 'pnlPerTrade',
    label: 'Net PnL per trade',
    unit: 'quote',
    better: 'higher',
    meaning: 'Net PnL ÷ fills',
  },
  {
    name: 'pnlPerTradeBps',
    label: 'Net PnL per notional',
    unit: 'bps',
    better: 'higher',
    meaning: 'Net PnL ÷ quote currency traded',
  },
  { name: 'sharpe', label: 'Sharpe', unit: 'per interval', better: 'higher', meaning: 'Not annualised' },
  {
    name: 'maxDrawdown',
    label: 'Largest drawdown',
    unit: 'quote',
    better: 'lower',
    meaning: 'Largest fall of equity from a peak',
  },
  {
    name: 'spreadCapturedPct',
    label: 'Spread captured',
    unit: '%',
    better: 'higher',
    meaning: 'Σ side·(mid when placed − fill price) ÷ Σ half displayed spread then',
  },
  {
    name: 'rmsInventory',
    label: 'RMS inventory',
    unit: 'lots',
    better: 'lower',
    meaning: 'Root mean square position, weighted by time',
  },
  {
    name: 'maxInventory',
    label: 'Largest inventory',
    unit: 'lots',
    better: 'lower',
    meaning: 'Largest absolute position',
  },
  {
    name: 'fillRatioPct',
    label: 'Fill ratio',
    unit: '%',
    better: 'higher',
    meaning: 'Orders with a fill ÷ orders placed',
  },
  {
    name: 'cancelRatioPct',
    label: 'Cancel ratio',
    unit: '%',
    better: 'lower',
    meaning: 'Orders cancelled ÷ orders placed',
  },
  {
    name: 'hitRatioPct',
    label: 'Signal hit ratio',
    unit: '%',
    better: 'higher',
    meaning: 'Signs of OFI + DI that match the next mid move: a fact of the market, the same for all agents',
  },
  {
    name: 'ackP99Ms',
    label: 'ACK P99',
    unit: 'ms',
    better: 'lower',
    meaning: '99th percentile from sending to acknowledgement',
  },
  { name: 'fills', label: 'Fills', unit: '', better: null, meaning: 'Partial fills count each' },
  { name: 'volume', label: 'Volume', unit: 'quote', better: null, meaning: 'Quote currency traded' },
  { name: 'orders', label: 'Orders', unit: '', better: null, meaning: 'Orders placed' },
  { name: 'cancels', label: 'Cancels', unit: '', better: null, meaning: 'Orders cancelled' },
  {
    name: 'durationSeconds',
    label: 'Duration',
    unit: 's',
    better: null,
    meaning: 'From the first decision to the end',
  },
];

/** A number for people: five significant digits, thousands apart, a true minus; a dash where there is none. */
export function formatNumber(value: number | null | undefined, digits = 5): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return '–';
  if (value === 0) return '0';
  const magnitude = Math.abs(value);
  if (magnitude < 1e-5 || magnitude >= 1e12) return minus(value.toExponential(2));
  const decimals = Math.max(0, Math.min(8, digits - 1 - Math.floor(Math.log10(magnitude))));
  const text = value.toLocaleString('en-US', { minimumFractionDigits: 0, maximumFractionDigits: decimals });
  return minus(text);
}

/** As {@link formatNumber}, a plus sign where positive: for differences. */
export function formatSigned(value: number | null | undefined, digits = 4): string {
  const text = formatNumber(value, digits);
  return value !== null && value !== undefined && value > 0 ? `+${text}` : text;
}

function minus(text: string): string {
  return text.replaceAll('-', '−');
}
