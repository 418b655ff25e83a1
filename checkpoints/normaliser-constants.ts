import { InputError } from '../base/errors.ts';
import type { NormaliserState } from './policy-manifest.ts';

/**
 * The normaliser as float32 constants: normalised = clip(((x − mean) − residual)·scale, ±clip), scale = 1/√(variance + ε).
 * The float64 mean is split in two, because x − mean loses what a float32 mean cannot hold, and a small deviation would
 * magnify that loss a hundredfold.
 */
export interface NormaliserConstants {
  readonly mean: Float32Array;
  readonly residual: Float32Array;
  readonly scale: Float32Array;
  readonly clip: number;
}

export function normaliserConstants({ mean, variance, epsilon, clip }: NormaliserState): NormaliserConstants {
  const scale = variance.map((v) => 1 / Math.sqrt(v + epsilon));
  if (![...mean, ...scale, clip].every(Number.isFinite) || clip <= 0 || scale.length !== mean.length) {
    throw new InputError({
      code: 'bad-normaliser',
      message: 'The normaliser of the policy is not usable.',
      field: 'observation.normaliser',
      expected: 'a finite mean and a variance that is not negative for each feature, a positive clip',
      hint: 'The manifest is damaged; use another checkpoint.',
    });
  }
  const rounded = Float32Array.from(mean);
  return {
    mean: rounded,
    residual: Float32Array.from(mean, (value, i) => value - rounded[i]),
    scale: Float32Array.from(scale),
    clip,
  };
}
