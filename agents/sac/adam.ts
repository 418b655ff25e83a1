/** Optimiser and averaging steps in plain loops: one pass over memory where tensor kernels would take a dozen. */

export const BETA1 = 0.9;
export const BETA2 = 0.999;

/** Weights of one network (or a single scalar) with their Adam moments, all of one length. */
export interface AdamState {
  readonly values: Float32Array;
  readonly m: Float32Array;
  readonly v: Float32Array;
}

export interface AdamOptions {
  readonly learningRate: number;
  readonly adamEpsilon: number;
}

export function adamState(length: number): AdamState {
  return { values: new Float32Array(length), m: new Float32Array(length), v: new Float32Array(length) };
}

/**
 * Adam (Kingma and Ba 2015, algorithm 1) on the stretch `[offset, offset + gradient.length)`, from `from` into `to`:
 * m ← β₁m + (1−β₁)g, v ← β₂v + (1−β₂)g², w ← w − lr·(m/(1−β₁ᵗ)) / (√(v/(1−β₂ᵗ)) + ε), with t = `update`, the first
 * being 1. Arithmetic is double, what is stored is float32. Returns false if a new weight is not finite.
 */
export function adamStep(
  from: AdamState,
  to: AdamState,
  gradient: Float32Array,
  offset: number,
  update: number,
  options: AdamOptions,
): boolean {
  const { values, m, v } = from;
  const { values: nextValues, m: nextM, v: nextV } = to;
  const rate = options.learningRate / (1 - BETA1 ** update);
  const correction = 1 / Math.sqrt(1 - BETA2 ** update);
  const epsilon = options.adamEpsilon;
  let sum = 0;
  for (let i = 0, k = offset; i < gradient.length; i++, k++) {
    const g = gradient[i];
    const first = BETA1 * m[k] + (1 - BETA1) * g;
    const second = BETA2 * v[k] + (1 - BETA2) * g * g;
    const value = values[k] - (rate * first) / (Math.sqrt(second) * correction + epsilon);
    nextM[k] = first;
    nextV[k] = second;
    nextValues[k] = value;
    sum += value;
  }
  return Number.isFinite(sum);
}

/** Polyak averaging of targets: out = target + τ·(online − target). */
export function polyak(target: Float32Array, online: Float32Array, tau: number, out: Float32Array): void {
  for (let i = 0; i < target.length; i++) out[i] = target[i] + tau * (online[i] - target[i]);
}
