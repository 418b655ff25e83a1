import { DEFAULT_LANE, type LaneSettings } from '../../env/settings.ts';

type Plain = Readonly<Record<string, unknown>>;

/**
 * The lane a policy is judged in: what configuration and options say, and where they leave a setting at its default,
 * the value the policy was trained with. A policy that decides every 50 ms behind a latency of 5 ms is not judged by
 * mistake at 100 and 10. `named` settings stay as they are, default or not.
 */
export function policyLane(
  settings: LaneSettings,
  trained: LaneSettings,
  named: ReadonlySet<string> = new Set(),
): LaneSettings {
  const chosen = plain(settings);
  const lane: Record<string, unknown> = take(chosen, plain(DEFAULT_LANE), plain(trained));
  for (const key of named) lane[key] = chosen[key];
  return lane as unknown as LaneSettings;
}

function plain(settings: LaneSettings): Plain {
  return settings as unknown as Plain;
}

function take(chosen: Plain, defaults: Plain, trained: Plain): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(chosen)) {
    const nested = typeof value === 'object' && value !== null;
    if (nested) result[key] = take(value as Plain, defaults[key] as Plain, trained[key] as Plain);
    else result[key] = value === defaults[key] ? trained[key] : value;
  }
  return result;
}

/** Paths at which two lanes differ, with both values, for people. */
export function laneDifferences(a: LaneSettings, b: LaneSettings): readonly string[] {
  return compare(plain(a), plain(b), 'lane');
}

function compare(a: Plain, b: Plain, prefix: string): string[] {
  return Object.entries(a).flatMap(([key, value]) => {
    const path = `${prefix}.${key}`;
    if (typeof value === 'object' && value !== null) return compare(value as Plain, b[key] as Plain, path);
    return value === b[key] ? [] : [`${path} ${String(value)} (trained with ${String(b[key])})`];
  });
}
