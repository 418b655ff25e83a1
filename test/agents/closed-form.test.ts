import assert from 'node:assert/strict';
import { averageSpread, halfSpread, reservationPrice, riskTerm } from '../../agents/closed-form.ts';
import { type Generator, stream } from '../../base/random.ts';

function close(actual: number, expected: number, tolerance: number, what = '') {
  assert.ok(
    Math.abs(actual - expected) <= tolerance,
    `${what} ${actual}, expected ${expected} ± ${tolerance}`,
  );
}

describe('Avellaneda–Stoikov closed forms', () => {
  it('meet the figures of the 2008 paper’s setting with γ = 0.1, q = 3, half the session left', () => {
    const r = reservationPrice(100, 3, 0.1, 2, 0.5);
    const half = halfSpread(0.1, 1.5);
    close(r, 99.4, 1e-12);
    close(half, 0.6453852114, 5e-11);
    close(r - half, 98.7546147886, 5e-11);
    close(r + half, 100.0453852114, 5e-11);
    const risky = half + riskTerm(0.1, 2, 0.5);
    close(r - risky, 98.6546147886, 5e-11);
    close(r + risky, 100.1453852114, 5e-11);
  });

  it('give the time-average spreads of the paper', () => {
    close(averageSpread(0.1, 1.5, 2, 1), 1.49077, 5e-7);
    close(averageSpread(0.01, 1.5, 2, 1), 1.348909, 5e-7);
    close(averageSpread(1, 1.5, 2, 1), 3.021651, 5e-7);
  });

  it('tend to 1/k per side as risk aversion vanishes', () => {
    close(halfSpread(1e-12, 1.5), 1 / 1.5, 1e-10);
  });
});

/** The simulated market of the paper, section 3.3; figures of reference.md from 20,000 paths. */
describe('Avellaneda–Stoikov 2008, tables 1 to 3', () => {
  const PATHS = 1000;
  const cases = [
    { gamma: 0.1, inventory: true, profit: 64.86, deviation: 6.52, positions: 2.91 },
    { gamma: 0.1, inventory: false, profit: 68.25, deviation: 13.47, positions: 8.36 },
    { gamma: 0.01, inventory: true, profit: 68.38, deviation: 8.92, positions: 5.18 },
    { gamma: 0.01, inventory: false, profit: 68.64, deviation: 13.7, positions: 8.67 },
    { gamma: 1, inventory: true, profit: 31.45, deviation: 4.81, positions: 1.63 },
    { gamma: 1, inventory: false, profit: 43.76, deviation: 10.7, positions: 5.18 },
  ];
  for (const { gamma, inventory, profit, deviation, positions } of cases) {
    it(`profit, its deviation and that of the final position: γ = ${gamma}, ${inventory ? 'inventory' : 'symmetric'}`, () => {
      const result = simulate(gamma, inventory, PATHS, stream(2008, `paper/${gamma}/${inventory}`));
      // Four standard errors: of a mean σ/√n, of a standard deviation about σ/√(2n).
      close(result.profit.mean, profit, (4 * deviation) / Math.sqrt(PATHS), 'profit');
      close(result.profit.deviation, deviation, (4 * deviation) / Math.sqrt(2 * PATHS), 'std(profit)');
      close(result.position.mean, 0, (4 * positions) / Math.sqrt(PATHS) + 0.1, 'final q');
      close(result.position.deviation, positions, (4 * positions) / Math.sqrt(2 * PATHS), 'std(q)');
    });
  }

  it('loses with γ = 1 once the risk term is left out: the skew drives quotes through the mid', () => {
    const result = simulate(1, true, PATHS, stream(2008, 'without risk term'), false);
    assert.ok(result.profit.mean < -30, String(result.profit.mean));
  });
});

function simulate(gamma: number, inventory: boolean, paths: number, random: Generator, withRisk = true) {
  const [sigma, k, rate, duration, dt] = [2, 1.5, 140, 1, 0.005];
  const average = averageSpread(gamma, k, sigma, duration) / 2;
  const profits: number[] = [];
  const positions: number[] = [];
  for (let path = 0; path < paths; path++) {
    let s = 100;
    let q = 0;
    let cash = 0;
    for (let step = 0; step < duration / dt; step++) {
      const left = duration - step * dt;
      const r = inventory ? reservationPrice(s, q, gamma, sigma, left) : s;
      const half = inventory ? halfSpread(gamma, k) + (withRisk ? riskTerm(gamma, sigma, left) : 0) : average;
      const bidDistance = s - (r - half);
      const askDistance = r + half - s;
      const buys = random.uniform() < rate * Math.exp(-k * bidDistance) * dt;
      const sells = random.uniform() < rate * Math.exp(-k * askDistance) * dt;
      if (buys) {
        q++;
        cash -= s - bidDistance;
      }
      if (sells) {
        q--;
        cash += s + askDistance;
      }
      s += sigma * Math.sqrt(dt) * (random.uint32() & 1 ? 1 : -1);
    }
    profits.push(cash + q * s);
    positions.push(q);
  }
  return { profit: moments(profits), position: moments(positions) };
}

function moments(values: readonly number[]) {
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
  const deviation = Math.sqrt(values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (values.length - 1));
  return { mean, deviation };
}
