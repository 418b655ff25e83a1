import { InputError } from './errors.ts';

/** Microseconds in a second: every time inside makergym is µs since 1970-01-01 UTC, exact in a double. */
export const MICROSECONDS = 1_000_000;

const UNITS: Readonly<Record<string, number>> = {
  us: 1,
  µs: 1,
  ms: 1e3,
  s: 1e6,
  m: 60e6,
  min: 60e6,
  h: 3600e6,
  d: 86400e6,
};

/** Reads a duration such as `250ms`, `10s`, `2h` as microseconds. Throws an InputError naming `field`. */
export function parseDuration(text: string, field: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*(us|µs|ms|s|min|m|h|d)$/.exec(text.trim());
  if (match === null) {
    throw new InputError({
      code: 'bad-duration',
      message: `"${text}" is not a duration.`,
      field,
      value: text,
      expected: 'a number with a unit: us, ms, s, m, h or d',
      hint: 'Write it like 250ms, 10s or 2h.',
    });
  }
  return Math.round(Number(match[1]) * UNITS[match[2]]);
}

/** Reads an ISO 8601 time in UTC as µs since the epoch. Throws an InputError naming `field`. */
export function parseTime(text: string, field: string): number {
  const match = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2})?)(\.\d{1,6})?)?(?:Z|\+00:00)?$/.exec(
    text.trim(),
  );
  const milliseconds = match === null ? Number.NaN : Date.parse(`${match[1]}T${match[2] ?? '00:00'}Z`);
  if (match === null || Number.isNaN(milliseconds) || !isDay(match[1])) {
    throw new InputError({
      code: 'bad-time',
      message: `"${text}" is not a time.`,
      field,
      value: text,
      expected: 'an ISO 8601 time in UTC',
      hint: 'Write it like 2024-07-24T08:30:00Z.',
    });
  }
  return milliseconds * 1000 + Math.round(Number(match[3] ?? 0) * MICROSECONDS);
}

/** Date.parse takes the 31st of a month of 30 days for the day after. */
function isDay(date: string): boolean {
  return new Date(Date.parse(date)).toISOString().startsWith(date);
}

/** A time in µs since the epoch as ISO 8601 UTC with microseconds. */
export function formatTime(time: number): string {
  const seconds = Math.floor(time / MICROSECONDS);
  const fraction = String(Math.round(time - seconds * MICROSECONDS)).padStart(6, '0');
  return `${new Date(seconds * 1000).toISOString().slice(0, 19)}.${fraction}Z`;
}
