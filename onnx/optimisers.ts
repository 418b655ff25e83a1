import { add, div, mul, sqrt, sub } from './operators.ts';
import type { Tensor } from './tensor.ts';

export const BETA1 = 0.9;
export const BETA2 = 0.999;

/** A weight with its moments. */
export interface AdamTensors {
  readonly weight: Tensor;
  readonly m: Tensor;
  readonly v: Tensor;
}

/** What of an Adam step depends on how many there were, as scalars. */
export interface AdamStep {
  readonly rate: Tensor;
  readonly epsilon: Tensor;
}

/** The numbers that {@link AdamStep} stands for in step `t` (the first is 1): lr·√(1−β₂ᵗ)/(1−β₁ᵗ) and ε·√(1−β₂ᵗ). */
export function adamScalars(
  t: number,
  learningRate: number,
  epsilon: number,
): { rate: number; epsilon: number } {
  const second = Math.sqrt(1 - BETA2 ** t);
  return { rate: (learningRate * second) / (1 - BETA1 ** t), epsilon: epsilon * second };
}

/**
 * What gradients are best multiplied with before {@link adam}: √(1−β₂), because (1−β₂)g² is then a square and costs
 * one pass over memory less. Given to differentiate() as its seed it costs nothing.
 */
export const ADAM_SEED = Math.sqrt(1 - BETA2);

/**
 * Adam (Kingma and Ba 2015, section 2, the efficient order): m ← β₁m + (1−β₁)g, v ← β₂v + (1−β₂)g²,
 * w ← w − rate·m/(√v + epsilon), which is lr·m̂/(√v̂ + ε) with the scalars of {@link adamScalars}. `gradient` is
 * {@link ADAM_SEED}·g.
 */
export function adam({ weight, m, v }: AdamTensors, gradient: Tensor, step: AdamStep): AdamTensors {
  const nextM = add(mul(m, BETA1), mul(gradient, (1 - BETA1) / ADAM_SEED));
  const nextV = add(mul(v, BETA2), mul(gradient, gradient));
  const direction = div(nextM, add(sqrt(nextV), step.epsilon));
  return { weight: sub(weight, mul(direction, step.rate)), m: nextM, v: nextV };
}

/** Polyak averaging: target + τ·(online − target). */
export function polyak(target: Tensor, online: Tensor, tau: number): Tensor {
  return add(mul(target, 1 - tau), mul(online, tau));
}
