import type { Rules } from './check-part.ts';
import type { FillFunction } from './parts.ts';

/** Parameters of the fill functions; distances in price units. */
export const FILL_RULES: Readonly<Record<'exponential' | 'power', Rules>> = {
  exponential: { decay: { default: 1.5, above: 0 } },
  power: { scale: { default: 0.5, above: 0 }, exponent: { default: 2, above: 0 } },
};

export function createFills(
  name: string,
  settings: Readonly<Record<string, number | string>>,
): ExponentialFills | PowerFills {
  return name === 'power'
    ? new PowerFills(settings.scale as number, settings.exponent as number)
    : new ExponentialFills(settings.decay as number);
}

/** e^(−κδ); beyond the mid (δ < 0) the rate of fills goes on growing, as λ(δ) = A·e^(−κδ) has it. */
export class ExponentialFills implements FillFunction {
  readonly name = 'exponential';
  /** κ, per price unit. */
  readonly decay: number;

  constructor(decay: number) {
    this.decay = decay;
  }

  probability(distance: number): number {
    return Math.exp(-this.decay * distance);
  }

  reach(urgency: Float64Array, count: number): void {
    const scale = 1 / this.decay;
    for (let j = 0; j < count; j++) urgency[j] *= scale;
  }
}

/** 1/(1 + (δ/s)^a): the heavy tail of large market orders; half of them reach s. A quote beyond the mid meets all. */
export class PowerFills implements FillFunction {
  readonly name = 'power';
  readonly #scale: number;
  readonly #exponent: number;

  constructor(scale: number, exponent: number) {
    this.#scale = scale;
    this.#exponent = exponent;
  }

  probability(distance: number): number {
    return 1 / (1 + (Math.max(distance, 0) / this.#scale) ** this.#exponent);
  }

  reach(urgency: Float64Array, count: number): void {
    const power = 1 / this.#exponent;
    for (let j = 0; j < count; j++) {
      const y = urgency[j];
      urgency[j] = y > 0 ? this.#scale * Math.expm1(y) ** power : -Infinity;
    }
  }
}
