import { InputError } from '../../base/errors.ts';
import { TridiagonalExponential } from './tridiagonal-exponential.ts';

/**
 * A market maker's control problem with intensities λe^(−κδ), solved by a matrix exponential: both Cartea, Jaimungal and
 * Penalva (2015, section 10.2) and Guéant, Lehalle and Fernandez-Tapia (2013) reduce to
 *
 *     h(t, q) = (1/κ)·ln v_q,   v(t) = e^{M(T−t)}·v(T),   M_qq = −κ·a·q²,   M_q,q±1 = η,   v_q(T) = e^(−κ·b·q²)
 *     δ_bid(t, q) = c + h(t, q) − h(t, q+1),   δ_ask(t, q) = c + h(t, q) − h(t, q−1)
 *
 * Lots q from −maxInventory to maxInventory, one lot a fill; h in price units times lots.
 */
export interface ControlProblem {
  /** κ of the fill intensity, per price unit. */
  readonly decay: number;
  /** a: running cost of q², per unit of time. */
  readonly running: number;
  /** b: cost of q² at the end. */
  readonly terminal: number;
  /** η: how strongly neighbouring inventories are coupled. */
  readonly coupling: number;
  /** c: distance at which a fill that leaves h unchanged is quoted. */
  readonly baseDistance: number;
  readonly maxInventory: number;
  /** T. */
  readonly duration: number;
  /** Times 0, T/steps, …, T at which the solution is kept. */
  readonly steps: number;
}

/** h(t, q) and optimal distances at the grid's times. */
export class ValueFunction {
  readonly problem: ControlProblem;
  readonly #h: readonly Float64Array[];

  constructor(problem: ControlProblem) {
    this.problem = problem;
    const { decay, running, terminal, coupling, maxInventory, duration, steps } = problem;
    const lots = Float64Array.from({ length: 2 * maxInventory + 1 }, (_, i) => i - maxInventory);
    const solution = new TridiagonalExponential(
      lots.map((q) => decay * running * q * q),
      coupling,
      lots.map((q) => -decay * terminal * q * q),
    );
    const h: Float64Array[] = [];
    for (let step = steps; step >= 0; step--) {
      h[step] = solution.logarithm().map((log) => log / decay);
      if (step > 0) solution.advance(duration / steps);
    }
    this.#h = h;
  }

  /** h at grid time `step` with `q` lots held. Throws an InputError for q beyond the limit. */
  value(step: number, q: number): number {
    const at = q + this.problem.maxInventory;
    const h = this.#h[step]?.[at];
    if (h === undefined) {
      throw new InputError({
        code: 'out-of-range',
        message: `The value function has no inventory ${q} at step ${step}.`,
        field: 'inventory',
        value: q,
        expected: `|q| of at most ${this.problem.maxInventory}, steps from 0 to ${this.problem.steps}`,
      });
    }
    return h;
  }

  /** Optimal distance of the bid from the mid; Infinity at the inventory limit. */
  bidDistance(step: number, q: number): number {
    if (q >= this.problem.maxInventory) return Number.POSITIVE_INFINITY;
    return this.problem.baseDistance + this.value(step, q) - this.value(step, q + 1);
  }

  askDistance(step: number, q: number): number {
    if (q <= -this.problem.maxInventory) return Number.POSITIVE_INFINITY;
    return this.problem.baseDistance + this.value(step, q) - this.value(step, q - 1);
  }
}

export interface CarteaJaimungalParameters {
  /** κ and λ of the fill intensity λe^(−κδ). */
  readonly decay: number;
  readonly rate: number;
  /** φ, running penalty of q², and α, penalty at the end. */
  readonly running: number;
  readonly terminal: number;
  readonly maxInventory: number;
  readonly duration: number;
  readonly steps?: number;
}

/** Maximises E[cash + q(S − αq) − φ∫q²dt]; the optimum from no inventory is h(0, 0). */
export function carteaJaimungal(parameters: CarteaJaimungalParameters): ValueFunction {
  const { decay, rate, steps = 1, ...rest } = parameters;
  return new ValueFunction({ ...rest, steps, decay, coupling: rate / Math.E, baseDistance: 1 / decay });
}

export interface RiskAverseParameters extends Omit<CarteaJaimungalParameters, 'running'> {
  /** γ of −e^(−γ·wealth). */
  readonly riskAversion: number;
  readonly volatility: number;
}

/**
 * Maximises E[−e^(−γ·wealth)] (Guéant, Lehalle and Fernandez-Tapia, 2013, proposition 1): the exact solution of the model
 * that Avellaneda and Stoikov (2008) solve approximately. h is the certainty equivalent of what is still to come.
 */
export function riskAverse(parameters: RiskAverseParameters): ValueFunction {
  const { decay, rate, riskAversion, volatility, steps = 1, ...rest } = parameters;
  const ratio = riskAversion / decay;
  return new ValueFunction({
    ...rest,
    steps,
    decay,
    running: (riskAversion * volatility * volatility) / 2,
    coupling: rate * (1 + ratio) ** -(1 + 1 / ratio),
    baseDistance: Math.log1p(ratio) / riskAversion,
  });
}
