import { badValue, type Rules } from './check-part.ts';
import type { ArrivalProcess, ObservedColumn } from './parts.ts';
import type { RandomColumns } from './random-columns.ts';
import type { StateMatrix } from './state-matrix.ts';

/** Parameters of the arrival processes, per unit of time and side. */
export const ARRIVAL_RULES: Readonly<Record<'poisson' | 'hawkes', Rules>> = {
  poisson: {
    rate: { default: 140, above: 0 },
    probability: { default: 'literal', choices: ['literal', 'exact'] },
  },
  hawkes: {
    baseRate: { default: 70, above: 0 },
    jump: { default: 20, from: 0 },
    decay: { default: 40, above: 0 },
  },
};

export function createArrivals(
  name: string,
  settings: Readonly<Record<string, number | string>>,
  dt: number,
): ArrivalProcess {
  if (name === 'hawkes') {
    return new HawkesArrivals(
      settings.baseRate as number,
      settings.jump as number,
      settings.decay as number,
      dt,
    );
  }
  return new PoissonArrivals(settings.rate as number, settings.probability === 'literal', dt);
}

/**
 * Market orders at a constant rate λ on each side. `literal`: a quote is filled in a step with probability λ(δ)·dt, as
 * Avellaneda and Stoikov (2008) simulate it; `exact`: with that of at least one arrival, 1 − e^(−λ(δ)dt).
 */
export class PoissonArrivals implements ArrivalProcess {
  readonly name = 'poisson';
  readonly columns: readonly string[] = [];
  readonly observed: readonly ObservedColumn[] = [];
  /** λ·dt. */
  readonly expected: number;
  readonly literal: boolean;

  /** Throws an InputError where a literal probability λ·dt would exceed 1. */
  constructor(rate: number, literal: boolean, dt: number) {
    this.expected = rate * dt;
    this.literal = literal;
    if (literal && this.expected > 1) {
      throw badValue(
        'arrivals.rate',
        rate,
        `a rate whose probability rate × timeStep (here ${this.expected}) is in [0, 1]`,
        `Take a timeStep of at most ${1 / rate}, or probability: 'exact'.`,
      );
    }
  }

  begin(): void {}

  draw(state: StateMatrix, random: RandomColumns, bid: Float64Array, ask: Float64Array): void {
    const { paths } = state;
    const shift = Math.log(this.expected);
    for (const urgency of [bid, ask]) {
      random.exponential(urgency, paths);
      // An exponential deviate is −ln of a uniform one: y > ln(1/v) with probability p·v.
      if (this.literal) for (let j = 0; j < paths; j++) urgency[j] += shift;
      else for (let j = 0; j < paths; j++) urgency[j] = shift - Math.log(urgency[j]);
    }
  }
}

/**
 * Self-exciting arrivals on each side (Hawkes, 1971): dλ = β(λ̄ − λ) dt + η dN. All orders that arrive excite, also those
 * that do not reach the quote. An order arrives in a step with probability 1 − e^(−λdt); the intensity decays exactly.
 */
export class HawkesArrivals implements ArrivalProcess {
  readonly name = 'hawkes';
  readonly columns = ['bidIntensity', 'askIntensity'];
  readonly observed: readonly ObservedColumn[];
  readonly #base: number;
  readonly #jump: number;
  readonly #keep: number;
  readonly #dt: number;

  /** Throws an InputError where each order would bring on average one more or more. */
  constructor(base: number, jump: number, decay: number, dt: number) {
    if (jump >= decay) {
      throw badValue('arrivals.jump', jump, `a number below the decay ${decay}, or intensities explode`);
    }
    this.#base = base;
    this.#jump = jump;
    this.#keep = Math.exp(-decay * dt);
    this.#dt = dt;
    // Mean and standard deviation of the stationary intensity.
    const mean = base / (1 - jump / decay);
    const deviation = Math.sqrt((jump * jump * mean) / (2 * (decay - jump)));
    this.observed = this.columns.map((column) => ({
      column,
      centre: mean,
      scale: deviation > 0 ? deviation : 1,
    }));
  }

  begin(state: StateMatrix): void {
    for (const { column, centre } of this.observed) state.column(column).fill(centre);
  }

  draw(state: StateMatrix, random: RandomColumns, bid: Float64Array, ask: Float64Array): void {
    this.#drawSide(state.column('bidIntensity'), bid, state.paths, random);
    this.#drawSide(state.column('askIntensity'), ask, state.paths, random);
  }

  #drawSide(intensity: Float64Array, urgency: Float64Array, paths: number, random: RandomColumns): void {
    random.exponential(urgency, paths);
    for (let j = 0; j < paths; j++) {
      const rate = intensity[j];
      const y = Math.log((rate * this.#dt) / urgency[j]);
      urgency[j] = y;
      intensity[j] = this.#base + (rate - this.#base) * this.#keep + (y > 0 ? this.#jump : 0);
    }
  }
}
