import { PolicyQuoter } from '../../agents/sac/policy-quoter.ts';
import { driftReference } from '../../checkpoints/drift-reference.ts';
import type { PolicyManifest } from '../../checkpoints/policy-manifest.ts';
import { CLOCK_FEATURES } from '../../env/market-making/observation.ts';
import type { Quoter } from '../../env/quoter.ts';
import { DriftDetector, type DriftOptions, type FeatureDrift } from '../../evaluation/drift.ts';
import type { DriftSettings } from '../../evaluation/drift-settings.ts';
import { SafetyLayer } from '../../safety/safety-layer.ts';
import { Supervisor } from '../../safety/supervisor.ts';

/**
 * Watches what a policy's quoter sees, behind whatever safety layers it is in; undefined for an agent that is no policy,
 * or one that does not say what it was trained on.
 */
export function driftDetector(
  quoter: Quoter,
  manifest: PolicyManifest | undefined,
  settings: DriftSettings,
  onAlarm?: DriftOptions['onAlarm'],
): DriftDetector | undefined {
  const policy = policyOf(quoter);
  const reference = manifest === undefined ? undefined : driftReference(manifest);
  if (policy === undefined || reference === undefined || manifest === undefined) return undefined;
  return new DriftDetector({
    names: manifest.observation.names,
    reference,
    observation: policy.observation,
    settings,
    unjudged: CLOCK_FEATURES,
    onAlarm,
  });
}

function policyOf(quoter: Quoter): PolicyQuoter | undefined {
  if (quoter instanceof SafetyLayer) return policyOf(quoter.inner);
  if (quoter instanceof Supervisor) return policyOf(quoter.policy);
  return quoter instanceof PolicyQuoter ? quoter : undefined;
}

const SHOWN = 6;

/** What people are told of drift over a session; undefined for an agent that is no policy. */
export function describeDrift(
  drift: readonly FeatureDrift[] | null,
  manifest: PolicyManifest | undefined,
): string | undefined {
  if (manifest === undefined) return undefined;
  if (drift === null) return 'Drift cannot be judged: the policy does not say what it was trained on.';
  const judged = drift.filter(({ level }) => level !== 'unjudged');
  if (judged.length === 0) return 'Drift is not judged: the stretch is too short.';
  const far = judged.filter(({ level }) => level === 'alarm').sort((a, b) => (b.psi ?? 0) - (a.psi ?? 0));
  const once = judged.filter(({ level, alarmed }) => alarmed && level !== 'alarm').length;
  const passing = once === 0 ? '' : `; ${once} others were for a while`;
  if (far.length === 0) return `Drift: no feature of ${judged.length} is unlike training${passing}.`;
  const named = far.slice(0, SHOWN).map(({ feature, psi }) => `${feature} ${(psi ?? 0).toFixed(2)}`);
  const more = far.length > SHOWN ? `, and ${far.length - SHOWN} more` : '';
  const verb = far.length === 1 ? 'is' : 'are';
  return `Drift: ${far.length} of ${judged.length} features ${verb} unlike training (PSI): ${named.join(', ')}${more}${passing}.`;
}
