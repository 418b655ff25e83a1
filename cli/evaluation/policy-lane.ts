import type { LaneSettings } from '../../env/settings.ts';
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
  for (const line of differences(plain(chosen), plain(manifest.lane), 'lane')) {
    context.log(`Judged unlike it was trained: ${line}`);
  }
  return chosen;
}

/** `settings` at the paths that were given (`lane.fees.makerBps`, …), `trained` elsewhere. */
export function policyLane(
  settings: LaneSettings,
  trained: LaneSettings,
  given: ReadonlySet<string>,
): LaneSettings {
  return take(plain(settings), plain(trained), 'lane', given) as unknown as LaneSettings;
}

function plain(settings: LaneSettings): Plain {
  return settings as unknown as Plain;
}

function take(chosen: Plain, trained: Plain, prefix: string, given: ReadonlySet<string>): Plain {
  return Object.fromEntries(
    Object.entries(chosen).map(([key, value]) => {
      const path = `${prefix}.${key}`;
      const nested = typeof value === 'object' && value !== null;
      if (nested) return [key, take(value as Plain, trained[key] as Plain, path, given)];
      return [key, given.has(path) ? value : trained[key]];
    }),
  );
}

/** Paths at which two lanes differ, with both values, for people. */
function differences(a: Plain, b: Plain, prefix: string): string[] {
  return Object.entries(a).flatMap(([key, value]) => {
    const path = `${prefix}.${key}`;
    if (typeof value === 'object' && value !== null)
      return differences(value as Plain, b[key] as Plain, path);
    return value === b[key] ? [] : [`${path} ${String(value)} (trained with ${String(b[key])})`];
  });
}
