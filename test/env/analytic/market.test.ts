import assert from 'node:assert/strict';
import { stream } from '../../../base/random.ts';
import { createFills } from '../../../env/analytic/fills.ts';
import { AnalyticMarket } from '../../../env/analytic/market.ts';
import { RandomColumns } from '../../../env/analytic/random-columns.ts';
import { type AnalyticMarketSettings, AVELLANEDA_STOIKOV_MARKET } from '../../../env/analytic/settings.ts';

const BASE: AnalyticMarketSettings = { ...AVELLANEDA_STOIKOV_MARKET, reward: { kind: 'pnl' } };
const PATHS = 20_000;

/** Runs every path to the end with quotes at fixed distances. */
function run(settings: Partial<AnalyticMarketSettings>, distance = 1e3, seed = 1): AnalyticMarket {
  const market = new AnalyticMarket({ ...BASE, ...settings }, PATHS, stream(seed, 'market'));
  market.bidDistance.fill(distance);
  market.askDistance.fill(distance);
  while (!market.ended) market.step();
  return market;
}

function statistics(values: Float64Array): { mean: number; variance: number } {
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
  return { mean, variance: values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length };
}

/** A mean and a variance of `PATHS` values within four standard errors (normal kurtosis, or the one given). */
function matches(values: Float64Array, mean: number, variance: number, kurtosis = 3): void {
  const found = statistics(values);
  assert.ok(Math.abs(found.mean - mean) < 4 * Math.sqrt(variance / PATHS), `mean ${found.mean}`);
  const error = variance * Math.sqrt((kurtosis - 1) / PATHS);
  assert.ok(Math.abs(found.variance - variance) < 4 * error, `variance ${found.variance}, not ${variance}`);
}

describe('mid-price processes at T = 1', () => {
  it('Brownian: mean S₀ + μ, variance σ²', () => {
    for (const increments of ['binomial', 'normal']) {
      const { mid } = run({ midPrice: { process: 'brownian', volatility: 2, drift: 0.5, increments } });
      matches(mid, 100.5, 4);
    }
  });

  it('jump-diffusion: variance σ² + ν(μ_J² + σ_J²)', () => {
    const { mid } = run({
      midPrice: { process: 'jump-diffusion', volatility: 1, jumpRate: 3, jumpMean: 0.5, jumpDeviation: 2 },
    });
    // Fourth cumulant of compound Poisson: ν·E[J⁴] = 3·(3·16 + 6·0.25·4 + 0.0625).
    const variance = 1 + 3 * (0.25 + 4);
    matches(mid, 100 + 1.5, variance, 3 + (3 * 54.0625) / variance ** 2);
  });

  it('Ornstein–Uhlenbeck: mean and variance of the exact transition', () => {
    const { mid } = run({
      midPrice: { process: 'ornstein-uhlenbeck', volatility: 2, meanReversion: 3, level: 90 },
    });
    matches(mid, 90 + 10 * Math.exp(-3), (4 * (1 - Math.exp(-6))) / 6);
  });

  it('Heston: the mid is a martingale, its variance is the mean of ∫v', () => {
    const { mid, state } = run({
      midPrice: {
        process: 'heston',
        initialVariance: 9,
        longRunVariance: 4,
        meanReversion: 2,
        volatilityOfVariance: 1,
        correlation: -0.7,
      },
      timeStep: 0.001,
    });
    const integral = 4 + (5 * (1 - Math.exp(-2))) / 2;
    matches(mid, 100, integral, 3.3);
    const mean = statistics(state.column('variance')).mean;
    assert.ok(Math.abs(mean - (4 + 5 * Math.exp(-2))) < 0.05, `${mean}`);
  });
});

describe('fills', () => {
  const bought = (settings: Partial<AnalyticMarketSettings>, distance: number): number => {
    const market = new AnalyticMarket({ ...BASE, ...settings }, PATHS, stream(2, 'fills'));
    market.bidDistance.fill(distance);
    market.askDistance.fill(1e3);
    for (let i = 0; i < 10; i++) market.step();
    return statistics(market.inventory.subarray(0, PATHS)).mean / 10;
  };
  const near = (found: number, expected: number) => {
    const error = Math.sqrt((expected * (1 - expected)) / (10 * PATHS));
    assert.ok(Math.abs(found - expected) < 4 * error + 1e-9, `${found}, not ${expected}`);
  };

  for (const distance of [-0.1, 0, 0.3, 1, 2.5]) {
    const intensity = 0.7 * Math.exp(-1.5 * distance);
    it(`exponential, literal Poisson: λdt·e^(−κδ) at δ = ${distance}`, () => {
      near(bought({}, distance), Math.min(1, intensity));
      // Normal increments step part by part.
      near(bought({ midPrice: { process: 'brownian', increments: 'normal' } }, distance), intensity);
    });
    it(`exponential, exact Poisson: 1 − e^(−λdt·e^(−κδ)) at δ = ${distance}`, () => {
      near(
        bought({ arrivals: { process: 'poisson', rate: 140, probability: 'exact' } }, distance),
        -Math.expm1(-intensity),
      );
    });
    it(`power: λdt/(1 + (δ/s)^a) at δ = ${distance}`, () => {
      const fills = { function: 'power', scale: 0.5, exponent: 2 };
      const expected = 0.7 * createFills('power', { scale: 0.5, exponent: 2 }).probability(distance);
      near(bought({ fills }, distance), expected);
    });
  }

  it('a quote far beyond the mid is always filled, one far away never', () => {
    near(bought({}, -5), 1);
    near(bought({}, 100), 0);
  });

  it('Hawkes arrivals come at the stationary rate λ̄/(1 − η/β), in clusters', () => {
    const arrivals = { process: 'hawkes', baseRate: 10, jump: 20, decay: 40 };
    const market = run({ arrivals, fills: { function: 'power' }, timeStep: 0.001, maxInventory: 100_000 }, 0);
    // Every order fills a quote at the mid. Bids and asks are independent: Var(q) = 2·Var(N).
    const { mean, variance } = statistics(market.inventory);
    assert.ok(Math.abs(mean) < 0.3, `${mean}`);
    const poisson = 2 * 20;
    assert.ok(variance > 2.5 * poisson && variance < 4.2 * poisson, `${variance}`);
    const intensity = statistics(market.state.column('bidIntensity')).mean;
    assert.ok(Math.abs(intensity - 20) < 1, `${intensity}`);
  });
});

describe('accounts', () => {
  it('a side that is not quoted, at an infinite distance, is never filled and leaves every account finite', () => {
    for (const stepping of ['compiled', 'parts'] as const) {
      const market = new AnalyticMarket(BASE, 1000, stream(6, 'accounts'), stepping);
      market.bidDistance.fill(0.1);
      market.askDistance.fill(Number.POSITIVE_INFINITY);
      while (!market.ended) market.step();
      for (let j = 0; j < 1000; j++) {
        assert.ok(
          market.inventory[j] > 0 && Number.isFinite(market.cash[j]) && Number.isFinite(market.gain[j]),
        );
      }
    }
  });

  it('gains add up to cash plus inventory at the mid, on every path', () => {
    for (const stepping of ['compiled', 'parts'] as const) {
      const market = new AnalyticMarket(BASE, 7, stream(5, 'accounts'), stepping);
      market.bidDistance.fill(0.2);
      market.askDistance.fill(0.4);
      const total = new Float64Array(7);
      while (!market.ended) {
        market.step();
        for (let j = 0; j < 7; j++) total[j] += market.gain[j];
      }
      for (let j = 0; j < 7; j++) {
        const wealth = market.cash[j] + market.inventory[j] * market.mid[j];
        assert.ok(Math.abs(total[j] - wealth) < 1e-9);
      }
    }
  });

  it('an unknown column is told with the nearest', () => {
    const market = new AnalyticMarket(BASE, 1, stream(1, 'x'));
    assert.throws(() => market.state.column('inventry'), /no column "inventry"/);
  });
});

describe('exponential deviates by ziggurat', () => {
  it('have the distribution function 1 − e^(−x), tail included', () => {
    const n = 1_000_000;
    const out = new Float64Array(n);
    new RandomColumns(stream(1, 'ziggurat')).exponential(out, n);
    out.sort();
    for (const x of [0.01, 0.1, 0.5, 1, 2, 4, 6, 8, 10]) {
      const beyond = n - out.findIndex((y) => y > x);
      const expected = n * Math.exp(-x);
      assert.ok(
        Math.abs(beyond - expected) < 4.5 * Math.sqrt(expected),
        `${beyond} beyond ${x}, not ${expected}`,
      );
    }
  });
});
