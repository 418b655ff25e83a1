import assert from 'node:assert/strict';
import { DiscreteOptimum } from '../../../agents/optimal/discrete-optimum.ts';
import {
  InventoryStrategy,
  OptimalStrategy,
  SymmetricStrategy,
} from '../../../agents/optimal/market-agents.ts';
import { play } from '../../../agents/optimal/play.ts';
import { carteaJaimungal } from '../../../agents/optimal/value-function.ts';
import { stream } from '../../../base/random.ts';
import { AnalyticMarket } from '../../../env/analytic/market.ts';
import {
  type AnalyticMarketSettings,
  AVELLANEDA_STOIKOV_MARKET,
  CARTEA_JAIMUNGAL_MARKET,
} from '../../../env/analytic/settings.ts';

const PROFIT: AnalyticMarketSettings = { ...AVELLANEDA_STOIKOV_MARKET, reward: { kind: 'pnl' } };

/** Standard errors that a measured mean may lie from its expectation. */
const LIMIT = 4;
const within = (value: number, expected: number, error: number, what = '') =>
  assert.ok(Math.abs(value - expected) <= LIMIT * error, `${what} ${value} ± ${error}, not ${expected}`);

describe('Avellaneda–Stoikov 2008, simulated', () => {
  // reference.md: profit, its deviation and that of the final inventory over 20,000 paths.
  const rows = [
    [0.1, 'inventory', 64.86, 6.52, 2.91],
    [0.1, 'symmetric', 68.25, 13.47, 8.36],
    [0.01, 'inventory', 68.38, 8.92, 5.18],
    [0.01, 'symmetric', 68.64, 13.7, 8.67],
    [1, 'inventory', 31.45, 4.81, 1.63],
    [1, 'symmetric', 43.76, 10.7, 5.18],
  ] as const;
  for (const stepping of ['compiled', 'parts'] as const) {
    for (const [riskAversion, strategy, profit, deviation, inventory] of rows) {
      it(`γ = ${riskAversion}, ${strategy}, ${stepping}: profit ${profit} ± ${deviation}`, () => {
        const market = new AnalyticMarket(PROFIT, 1000, stream(1, `${riskAversion}${strategy}`), stepping);
        assert.equal(market.stepping, stepping);
        const options = { riskAversion, decay: 1.5, volatility: 2 };
        const agent =
          strategy === 'inventory' ? new InventoryStrategy(options) : SymmetricStrategy.benchmark(options, 1);
        const played = play(market, agent, 10_000);
        // The outside figures have a sampling error of their own: 20,000 paths against our 10,000.
        const both = Math.sqrt(1.5);
        within(played.profit.mean, profit, both * played.profit.meanError + 0.002, 'profit');
        within(played.profit.deviation, deviation, both * played.profit.deviationError + 0.002, 'deviation');
        within(played.inventory.deviation, inventory, both * played.inventory.deviationError + 0.002, 'q');
        within(played.inventory.mean, 0, played.inventory.meanError, 'mean q');
      });
    }
  }

  it('the exact probability of an arrival costs profit', () => {
    const options = { riskAversion: 0.1, decay: 1.5, volatility: 2 };
    const exact = { ...PROFIT, arrivals: { process: 'poisson', rate: 140, probability: 'exact' } };
    const { profit } = play(
      new AnalyticMarket(exact, 1000, stream(1, 'exact')),
      new InventoryStrategy(options),
      5000,
    );
    assert.ok(profit.mean < 64.86 * 0.96 && profit.mean > 64.86 * 0.85, `${profit.mean}`);
  });
});

describe('Cartea–Jaimungal, simulated', () => {
  const problem = { decay: 1.5, rate: 140, running: 0.01, terminal: 0.001, maxInventory: 100, duration: 1 };

  it('the optimal agent earns the optimum of the market in steps', () => {
    const discrete = new DiscreteOptimum({
      probability: 0.7,
      decay: 1.5,
      runningPerStep: 0.01 * 0.005,
      terminal: 0.001,
      maxInventory: 100,
      steps: 200,
    });
    const market = new AnalyticMarket(CARTEA_JAIMUNGAL_MARKET, 2000, stream(2, 'cj'));
    const { reward } = play(market, new OptimalStrategy(discrete, 100, 200), 40_000);
    within(reward.mean, discrete.value, reward.meanError);
  });

  it('the closed form loses next to nothing in steps of 0.005', () => {
    const market = new AnalyticMarket(CARTEA_JAIMUNGAL_MARKET, 2000, stream(3, 'cj'));
    const closed = OptimalStrategy.of(carteaJaimungal({ ...problem, steps: 200 }));
    const { reward } = play(market, closed, 40_000);
    within(reward.mean, 68.3606, reward.meanError + 0.01);
  });

  it('a limit on the inventory holds on every path', () => {
    for (const stepping of ['compiled', 'parts'] as const) {
      const settings = { ...CARTEA_JAIMUNGAL_MARKET, maxInventory: 3 };
      const market = new AnalyticMarket(settings, 101, stream(4, 'limit'), stepping);
      const seen = new Set<number>();
      const agent = new SymmetricStrategy(0.1);
      while (!market.ended) {
        agent.quote(market);
        market.step();
        for (const q of market.inventory.subarray(0, 101)) seen.add(q);
      }
      assert.deepEqual(
        [...seen].sort((a, b) => a - b),
        [-3, -2, -1, 0, 1, 2, 3],
      );
    }
  });
});
