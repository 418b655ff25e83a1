import type { PolicyManifest, TrainingFeature } from './policy-manifest.ts';

/**
 * How the features of a policy were distributed in training; undefined where the policy does not say, or says it as
 * early releases did, without the share of each bin: drift can then not be judged.
 */
export function driftReference({
  observation,
}: Pick<PolicyManifest, 'observation'>): readonly TrainingFeature[] | undefined {
  const { names, training } = observation;
  if (training?.length !== names.length) return undefined;
  const whole = training.every(
    ({ edges, shares, count, effective }) =>
      Array.isArray(shares) && shares.length === edges.length + 1 && count > 0 && effective > 0,
  );
  return whole ? training : undefined;
}
