import { DEFAULT_LANE, type LaneSettings } from '../../env/settings.ts';
import type { ResolvedAgent } from '../agents.ts';
import type { CommandContext } from '../command.ts';

type Plain = Readonly<Record<string, unknown>>;

/**
 * The lane an agent is judged in: what the user gave, and where nothing was given, what a policy was trained with. A
 * policy that decides every 50 ms behind a latency of 5 ms is not judged by mistake at 100 and 10. Says in the log
 * what differs from training.
 */
export function laneFor({ manifest }: ResolvedAgent, context: CommandContext): LaneSettings {
  const { lane } = context.config;
  if (manifest === undefined) return lane;
  const chosen = policyLane(lane, manifest.lane, context.given);
  for (const line of differences(plain(chosen), layOver(plain(DEFAULT_LANE), plain(manifest.lane)), 'lane')) {
    context.log(`Judged unlike it was trained: ${line}`);
  }
  return chosen;
}

/** `settings` at the paths that were given (`lane.fees.makerBps`, …), `trained` elsewhere. What a policy of an earlier
 * release does not tell is as by default. */
export function policyLane(
  settings: LaneSettings,
  trained: LaneSettings,
  given: ReadonlySet<string>,
): LaneSettings {
  const told = layOver(plain(DEFAULT_LANE), plain(trained));
  return take(plain(settings), told, 'lane', given) as unknown as LaneSettings;
}

function plain(settings: LaneSettings): Plain {
  return settings as unknown as Plain;
}

function isPlain(value: unknown): value is Plain {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function layOver(defaults: Plain, told: Plain): Plain {
  const entries = Object.entries(defaults).map(([key, value]) => {
    const other = told[key];
    if (other === undefined) return [key, value];
    return [key, isPlain(value) && isPlain(other) ? layOver(value, other) : other];
  });
  return Object.fromEntries(entries);
}

function take(chosen: Plain, trained: Plain, prefix: string, given: ReadonlySet<string>): Plain {
  return Object.fromEntries(
    Object.entries(chosen).map(([key, value]) => {
      const path = `${prefix}.${key}`;
      if (isPlain(value)) return [key, take(value, trained[key] as Plain, path, given)];
      return [key, given.has(path) ? value : trained[key]];
    }),
  );
}

/** Paths at which two lanes differ, with both values, for people. */
function differences(a: Plain, b: Plain, prefix: string): string[] {
  return Object.entries(a).flatMap(([key, value]) => {
    const path = `${prefix}.${key}`;
    if (isPlain(value)) return differences(value, b[key] as Plain, path);
    const [ours, theirs] = [text(value), text(b[key])];
    return ours === theirs ? [] : [`${path} ${ours} (trained with ${theirs})`];
  });
}

function text(value: unknown): string {
  return Array.isArray(value) ? JSON.stringify(value) : String(value);
}
