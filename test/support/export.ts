import { AvellanedaStoikov } from '../../agents/avellaneda-stoikov.ts';
import { PolicyQuoter } from '../../agents/sac/policy-quoter.ts';
import { V15 } from '../../agents/v15.ts';
import { exportPolicy } from '../../checkpoints/export.ts';
import { savePolicy } from '../../checkpoints/policy.ts';
import type { LaneSettings } from '../../env/settings.ts';
import type { AgentHooks, ShadowAgent } from '../../live/shadow/desk.ts';
import type { Instrument } from '../../market/instrument.ts';
import { DEFAULT_FALLBACK, type FallbackSettings } from '../../safety/fallback.ts';
import { SafetyLayer } from '../../safety/safety-layer.ts';
import { Supervisor } from '../../safety/supervisor.ts';
import { randomPolicy } from './policy.ts';

/** Writes an export of a small policy with random weights for an instrument; returns its folder. */
export async function randomExport(
  folder: string,
  instrument: Instrument,
  lane: Partial<LaneSettings> = {},
): Promise<string> {
  const { description, weights } = randomPolicy([16, 16]);
  savePolicy(
    `${folder}-policy`,
    { ...description, instrument, lane: { ...description.lane, ...lane } },
    weights,
  );
  await exportPolicy({ source: `${folder}-policy`, out: folder });
  return folder;
}

/** A small policy with random weights within fallbacks and safety layer, as shadow mode lets it loose. */
export function randomAgent(
  hooks: Partial<AgentHooks> = {},
  settings: Partial<FallbackSettings> = {},
): ShadowAgent {
  const supervisor = new Supervisor({
    policy: new PolicyQuoter(weights, manifest, new V15()),
    fallbacks: [new V15(), new AvellanedaStoikov()],
    settings: { ...DEFAULT_FALLBACK, ...settings },
    maxAckP99Ms: manifest.safety.maxAckP99Ms,
    conditions: hooks.conditions,
    onChange: hooks.onFallback,
  });
  return { name: 'random', supervisor, quoter: new SafetyLayer(supervisor, manifest.safety, null) };
}

const { description: manifest, weights } = randomPolicy([16, 16]);
