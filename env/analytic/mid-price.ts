import type { Rules } from './check-part.ts';
import type { MidPriceProcess, ObservedColumn } from './parts.ts';
import type { RandomColumns } from './random-columns.ts';
import type { StateMatrix } from './state-matrix.ts';

/** Parameters of the mid-price processes, in price units and units of time, with their defaults and bounds. */
export const MID_PRICE_RULES: Readonly<
  Record<'brownian' | 'jump-diffusion' | 'ornstein-uhlenbeck' | 'heston', Rules>
> = {
  brownian: {
    volatility: { default: 2, from: 0 },
    drift: { default: 0 },
    increments: { default: 'binomial', choices: ['binomial', 'normal'] },
  },
  'jump-diffusion': {
    volatility: { default: 2, from: 0 },
    jumpRate: { default: 5, from: 0 },
    jumpMean: { default: 0 },
    jumpDeviation: { default: 1, from: 0 },
  },
  'ornstein-uhlenbeck': {
    volatility: { default: 2, from: 0 },
    meanReversion: { default: 5, above: 0 },
    level: { default: 100 },
  },
  heston: {
    initialVariance: { default: 4, from: 0 },
    longRunVariance: { default: 4, from: 0 },
    meanReversion: { default: 5, above: 0 },
    volatilityOfVariance: { default: 2, from: 0 },
    correlation: { default: -0.5, from: -1, to: 1 },
  },
};

type Settings = Readonly<Record<string, number | string>>;

export function createMidPrice(name: string, settings: Settings, start: number, dt: number): MidPriceProcess {
  const value = (key: string) => settings[key] as number;
  switch (name) {
    case 'jump-diffusion':
      return new JumpDiffusion(start, dt, value('volatility'), {
        rate: value('jumpRate'),
        mean: value('jumpMean'),
        deviation: value('jumpDeviation'),
      });
    case 'ornstein-uhlenbeck':
      return new OrnsteinUhlenbeck(start, dt, value('volatility'), value('meanReversion'), value('level'));
    case 'heston':
      return new Heston(start, dt, {
        initial: value('initialVariance'),
        longRun: value('longRunVariance'),
        reversion: value('meanReversion'),
        volatility: value('volatilityOfVariance'),
        correlation: value('correlation'),
      });
    default:
      return new Brownian(start, dt, value('volatility'), value('drift'), settings.increments === 'binomial');
  }
}

abstract class Process implements MidPriceProcess {
  abstract readonly name: string;
  readonly columns: readonly string[] = [];
  readonly observed: readonly ObservedColumn[] = [];
  readonly #start: number;
  readonly volatility: number;

  constructor(start: number, volatility: number) {
    this.#start = start;
    this.volatility = volatility;
  }

  begin(state: StateMatrix): void {
    state.column('mid').fill(this.#start);
  }

  abstract advance(state: StateMatrix, random: RandomColumns): void;
}

/** dS = μ dt + σ dW, its increments ±σ√dt as in Avellaneda and Stoikov (2008), or normal. */
export class Brownian extends Process {
  readonly name = 'brownian';
  /** σ√dt and μ·dt. */
  readonly step: number;
  readonly drift: number;
  readonly binomial: boolean;

  constructor(start: number, dt: number, volatility: number, drift: number, binomial: boolean) {
    super(start, volatility);
    this.step = volatility * Math.sqrt(dt);
    this.drift = drift * dt;
    this.binomial = binomial;
  }

  advance(state: StateMatrix, random: RandomColumns): void {
    const { paths } = state;
    const mid = state.column('mid');
    const change = state.column('midChange');
    if (this.binomial) random.signs(change, paths);
    else random.normal(change, paths);
    const { step, drift } = this;
    for (let j = 0; j < paths; j++) {
      const moved = change[j] * step + drift;
      change[j] = moved;
      mid[j] += moved;
    }
  }
}

interface Jumps {
  /** Jumps per unit of time. */
  readonly rate: number;
  readonly mean: number;
  readonly deviation: number;
}

/** dS = σ dW + J dN: a diffusion with jumps of normal size at the times of a Poisson process (Merton, 1976). */
export class JumpDiffusion extends Process {
  readonly name = 'jump-diffusion';
  readonly #step: number;
  readonly #expected: number;
  readonly #jumps: Jumps;

  constructor(start: number, dt: number, volatility: number, jumps: Jumps) {
    super(start, volatility);
    this.#step = volatility * Math.sqrt(dt);
    this.#expected = jumps.rate * dt;
    this.#jumps = jumps;
  }

  advance(state: StateMatrix, random: RandomColumns): void {
    const { paths } = state;
    const mid = state.column('mid');
    const change = state.column('midChange');
    random.normal(change, paths);
    const { mean, deviation } = this.#jumps;
    const { scalar } = random;
    for (let j = 0; j < paths; j++) {
      let moved = change[j] * this.#step;
      // Poisson number of jumps: exponential waits within the step.
      for (let wait = scalar.exponential(1); wait < this.#expected; wait += scalar.exponential(1)) {
        moved += mean + deviation * scalar.normal();
      }
      change[j] = moved;
      mid[j] += moved;
    }
  }
}

/** dS = θ(m − S) dt + σ dW, stepped by its exact transition. */
export class OrnsteinUhlenbeck extends Process {
  readonly name = 'ornstein-uhlenbeck';
  override readonly observed: readonly ObservedColumn[];
  readonly #level: number;
  readonly #decay: number;
  readonly #deviation: number;

  constructor(start: number, dt: number, volatility: number, reversion: number, level: number) {
    super(start, volatility);
    this.#level = level;
    this.#decay = -Math.expm1(-reversion * dt);
    this.#deviation = volatility * Math.sqrt(-Math.expm1(-2 * reversion * dt) / (2 * reversion));
    const stationary = volatility / Math.sqrt(2 * reversion);
    this.observed = [{ column: 'mid', centre: level, scale: stationary > 0 ? stationary : 1 }];
  }

  advance(state: StateMatrix, random: RandomColumns): void {
    const { paths } = state;
    const mid = state.column('mid');
    const change = state.column('midChange');
    random.normal(change, paths);
    for (let j = 0; j < paths; j++) {
      const moved = (this.#level - mid[j]) * this.#decay + this.#deviation * change[j];
      change[j] = moved;
      mid[j] += moved;
    }
  }
}

interface Variance {
  readonly initial: number;
  readonly longRun: number;
  readonly reversion: number;
  readonly volatility: number;
  readonly correlation: number;
}

/**
 * dS = √v dW, dv = κ(v̄ − v) dt + ξ√v dZ, ⟨dW, dZ⟩ = ρ dt (Heston, 1993, in price units), by Euler with full
 * truncation (Lord, Koekkoek and van Dijk, 2010): v may pass below 0, and counts as 0 then.
 */
export class Heston extends Process {
  readonly name = 'heston';
  override readonly columns = ['variance', 'varianceNoise'];
  override readonly observed: readonly ObservedColumn[];
  readonly #variance: Variance;
  readonly #dt: number;

  constructor(start: number, dt: number, variance: Variance) {
    super(start, Math.sqrt(variance.initial));
    this.#variance = variance;
    this.#dt = dt;
    const { longRun, volatility, reversion } = variance;
    const stationary = volatility * Math.sqrt(longRun / (2 * reversion));
    this.observed = [{ column: 'variance', centre: longRun, scale: stationary > 0 ? stationary : 1 }];
  }

  override begin(state: StateMatrix): void {
    super.begin(state);
    state.column('variance').fill(this.#variance.initial);
  }

  advance(state: StateMatrix, random: RandomColumns): void {
    const { paths } = state;
    const mid = state.column('mid');
    const change = state.column('midChange');
    const variance = state.column('variance');
    const noise = state.column('varianceNoise');
    random.normal(change, paths);
    random.normal(noise, paths);
    const dt = this.#dt;
    const { longRun, reversion, volatility, correlation } = this.#variance;
    const independent = Math.sqrt(1 - correlation * correlation);
    for (let j = 0; j < paths; j++) {
      const v = Math.max(variance[j], 0);
      const root = Math.sqrt(v * dt);
      const shock = correlation * change[j] + independent * noise[j];
      variance[j] += reversion * (longRun - v) * dt + volatility * root * shock;
      const moved = root * change[j];
      change[j] = moved;
      mid[j] += moved;
    }
  }
}
