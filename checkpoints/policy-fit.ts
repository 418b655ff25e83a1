import { InputError } from '../base/errors.ts';
import type { Instrument } from '../market/instrument.ts';
import type { PolicyManifest } from './policy-manifest.ts';

/**
 * Refuses a policy on another instrument than it was trained on: its features and actions are in that instrument's
 * ticks and lots. Throws an InputError that names both.
 */
export function checkPolicyFits(manifest: Pick<PolicyManifest, 'instrument'>, instrument: Instrument): void {
  const trained = manifest.instrument;
  const field = (['venue', 'symbol', 'tickSize', 'stepSize'] as const).find(
    (key) => trained[key] !== instrument[key],
  );
  if (field === undefined) return;
  throw new InputError({
    code: 'other-instrument',
    message: `The policy was trained on ${describe(trained)} and cannot quote ${describe(instrument)}.`,
    field: `instrument.${field}`,
    value: instrument[field],
    expected: String(trained[field]),
    hint: 'Use a tape of the instrument it was trained on, or train on this one.',
  });
}

function describe({ venue, symbol, tickSize, stepSize }: Instrument): string {
  return `${symbol} at ${venue} (tick ${tickSize}, step ${stepSize})`;
}
