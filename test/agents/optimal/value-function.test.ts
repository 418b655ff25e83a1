import assert from 'node:assert/strict';
import { expm, multiply, matrix as toMatrix } from 'mathjs';
import { DiscreteOptimum } from '../../../agents/optimal/discrete-optimum.ts';
import { glftQuotes } from '../../../agents/optimal/glft.ts';
import { TridiagonalExponential } from '../../../agents/optimal/tridiagonal-exponential.ts';
import { carteaJaimungal, riskAverse } from '../../../agents/optimal/value-function.ts';
import { InputError } from '../../../base/errors.ts';

/** Figures of the reference page are printed to ten decimals. */
const PRINTED = 5.01e-11;
const near = (value: number, expected: number, tolerance = PRINTED) =>
  assert.ok(Math.abs(value - expected) <= tolerance, `${value} is not ${expected}`);

const penalties = { running: 0.01, terminal: 0.001, maxInventory: 100 };

describe('Cartea–Jaimungal, exact', () => {
  const solution = carteaJaimungal({ ...penalties, decay: 1.5, rate: 140, duration: 1, steps: 200 });

  it('κ = 1.5, λ = 140, φ = 0.01, α = 0.001, T = 1: h(0, 0) = 68.2558347619', () => {
    near(solution.value(0, 0), 68.2558347619);
    near(solution.bidDistance(0, 0), 0.6721371488);
    near(solution.askDistance(0, 0), 0.6721371488);
    near(solution.bidDistance(0, 5), 0.7268238454);
    near(solution.askDistance(0, 5), 0.6174422161);
  });

  const variants = [
    [1, 100, 1, 73.2258634403],
    [2, 50, 1, 18.2192905164],
    [2, 50, 2, 36.3260742702],
  ] as const;
  for (const [decay, rate, duration, value] of variants) {
    it(`κ = ${decay}, λ = ${rate}, T = ${duration}: h(0, 0) = ${value}`, () => {
      near(carteaJaimungal({ ...penalties, decay, rate, duration }).value(0, 0), value);
    });
  }

  it('does not depend on how the time is divided', () => {
    const whole = carteaJaimungal({ ...penalties, decay: 1.5, rate: 140, duration: 1 });
    for (const q of [-100, -37, 0, 12, 100]) near(whole.value(0, q), solution.value(0, q), 1e-10);
  });

  it('ends at −αq², is even in q, and quotes no side that would pass the limit', () => {
    near(solution.value(200, 30), -0.001 * 900, 1e-12);
    near(solution.value(50, 17), solution.value(50, -17), 1e-10);
    assert.equal(solution.bidDistance(0, 100), Number.POSITIVE_INFINITY);
    assert.equal(solution.askDistance(0, -100), Number.POSITIVE_INFINITY);
    assert.throws(() => solution.value(0, 101), InputError);
  });

  it('is what the simulated market tends to as its steps get shorter', () => {
    const gap = (steps: number) =>
      new DiscreteOptimum({
        probability: 140 / steps,
        decay: 1.5,
        runningPerStep: 0.01 / steps,
        terminal: 0.001,
        maxInventory: 100,
        steps,
      }).value - solution.value(0, 0);
    const coarse = gap(200);
    assert.ok(coarse > 0.1 && coarse < 0.11, `${coarse}`);
    // First order in dt: half the step, half the gap.
    assert.ok(Math.abs(gap(400) / coarse - 0.5) < 0.02);
    assert.ok(gap(2000) < 0.011);
  });
});

describe('exponential of a tridiagonal matrix', () => {
  it('agrees with a general matrix exponential where that one is exact', () => {
    const size = 15;
    const diagonal = Float64Array.from({ length: size }, (_, i) => 0.3 * (i - 7) ** 2);
    const matrix = Array.from({ length: size }, (_, i) =>
      Array.from({ length: size }, (_, j) => (i === j ? -diagonal[i] : Math.abs(i - j) === 1 ? 0.8 : 0)),
    );
    const expected = multiply(
      expm(toMatrix(matrix)).toArray() as number[][],
      Array(size).fill(1),
    ) as number[];
    const solution = new TridiagonalExponential(diagonal, 0.8, new Float64Array(size));
    solution.advance(1);
    solution.logarithm().forEach((log, i) => {
      near(Math.exp(log) / expected[i], 1, 1e-9);
    });
  });

  it('of two by two: cosh and sinh', () => {
    const solution = new TridiagonalExponential(new Float64Array(2), 3, Float64Array.of(0, -Infinity));
    solution.advance(40);
    const [first, second] = solution.logarithm();
    // ln cosh 120 = 120 − ln 2 to double precision; e^{120·…} itself is far from 1.
    near(first, 120 - Math.LN2, 1e-11);
    near(second, 120 - Math.LN2, 1e-11);
  });

  it('keeps relative accuracy in components that are tiny beside the largest', () => {
    // A single step up from the end: v_i = tⁱ/i! to leading order in a small coupling.
    const solution = new TridiagonalExponential(
      new Float64Array(30),
      1e-6,
      Float64Array.from({ length: 30 }, (_, i) => (i === 0 ? 0 : Number.NEGATIVE_INFINITY)),
    );
    solution.advance(1);
    const logs = solution.logarithm();
    let factorial = 0;
    for (let i = 1; i < 30; i++) {
      factorial += Math.log(i);
      near(logs[i], i * Math.log(1e-6) - factorial, 1e-9);
    }
  });
});

describe('Guéant–Lehalle–Fernandez-Tapia', () => {
  it('half-spread and skew of the published example', () => {
    const { halfSpread, skew } = glftQuotes({
      rate: 2.986162360812285,
      decay: 0.04235741115084049,
      riskAversion: 0.05,
      fillRiskAversion: 0.05,
      volatility: 10.69,
      size: 1,
    });
    near(halfSpread, 20.47208533844371, 1e-13);
    near(skew, 9.76326865029227, 1e-13);
  });

  const atAs = { rate: 140, decay: 1.5, riskAversion: 0.1, volatility: 2, size: 1 };

  it('at the parameters of Avellaneda and Stoikov, γ = 0.1', () => {
    const { halfSpread, skew } = glftQuotes({ ...atAs, fillRiskAversion: 0.1 });
    near(halfSpread, 0.6712438194);
    // 0.05171721612…: the printed figure is a unit of its last digit above.
    near(skew, 0.0517172162, 1e-10);
  });

  it('without aversion to fills tends to 1/k', () => {
    near(glftQuotes({ ...atAs, fillRiskAversion: 0 }).c1, 1 / 1.5, 1e-15);
    near(
      glftQuotes({ ...atAs, fillRiskAversion: 1e-9 }).c2,
      glftQuotes({ ...atAs, fillRiskAversion: 0 }).c2,
      1e-8,
    );
  });

  it('the asymptotic quotes are those of the exact solution long before the end', () => {
    const exact = riskAverse({
      decay: 1.5,
      rate: 140,
      riskAversion: 0.1,
      volatility: 2,
      terminal: 0,
      maxInventory: 60,
      duration: 5,
    });
    const { halfSpread, skew } = glftQuotes({ ...atAs, fillRiskAversion: 0.1 });
    for (const q of [-5, -1, 0, 1, 5]) {
      near(exact.bidDistance(0, q), halfSpread + skew * q, 5e-3);
      near(exact.askDistance(0, q), halfSpread - skew * q, 5e-3);
    }
  });
});
