import type { LogRecord, LogSink } from '../recorder.ts';

/** Draws records as a table with a section for each prefix, as users of Stable-Baselines3 know it. */
export class ConsoleLogger implements LogSink {
  readonly #print: (line: string) => void;

  constructor(print: (line: string) => void) {
    this.#print = print;
  }

  write(record: LogRecord): void {
    this.#print(formatTable(record.scalars));
  }

  close(): void {}
}

/** The table as text. */
export function formatTable(scalars: ReadonlyMap<string, number>): string {
  const rows: (readonly [string, string])[] = [];
  let section: string | undefined;
  for (const [key, value] of [...scalars].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const slash = key.indexOf('/');
    const prefix = slash < 0 ? '' : key.slice(0, slash + 1);
    if (prefix !== section && prefix !== '') rows.push([prefix, '']);
    section = prefix;
    rows.push([prefix === '' ? key : `   ${key.slice(slash + 1)}`, formatNumber(value)]);
  }
  const keys = Math.max(0, ...rows.map(([key]) => key.length));
  const values = Math.max(0, ...rows.map(([, value]) => value.length));
  const rule = '-'.repeat(keys + values + 7);
  const lines = rows.map(([key, value]) => `| ${key.padEnd(keys)} | ${value.padEnd(values)} |`);
  return [rule, ...lines, rule].join('\n');
}

function formatNumber(value: number): string {
  if (Number.isInteger(value)) return String(value);
  const magnitude = Math.abs(value);
  return magnitude >= 1e6 || magnitude < 1e-3
    ? value.toExponential(2)
    : Number(value.toPrecision(4)).toString();
}
