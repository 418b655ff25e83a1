import { averageSpread, halfSpread, reservationPrice, riskTerm } from '../../agents/closed-form.ts';
import { InventoryStrategy, SymmetricStrategy } from '../../agents/optimal/market-agents.ts';
import { play } from '../../agents/optimal/play.ts';
import { stream } from '../../base/random.ts';
import { AnalyticMarket } from '../../env/analytic/market.ts';
import { AVELLANEDA_STOIKOV_MARKET } from '../../env/analytic/settings.ts';
import { type ReproducedRow, type Reproduction, row } from './row.ts';
import { simulation } from './simulation.ts';

/** Paths that the paper's own figures were simulated with. */
const PUBLISHED_PATHS = 1000;

const [k, volatility, duration] = [1.5, 2, 1];

/** Tables 1 to 3 of the paper: spread, profit, its deviation, final inventory, its deviation. */
const TABLE = [
  [0.1, 'inventory', 1.49, 65.0, 6.6, 0.08, 2.9],
  [0.1, 'symmetric', 1.49, 68.4, 12.7, 0.26, 8.4],
  [0.01, 'inventory', 1.35, 68.6, 8.7, 0.12, 5.1],
  [0.01, 'symmetric', 1.35, 68.8, 12.8, 0.09, 8.7],
  [1, 'inventory', 3.02, 31.4, 5.0, 0.02, 1.7],
  [1, 'symmetric', 3.02, 44.0, 11.0, 0.0, 5.1],
] as const;

export const as2008: Reproduction = {
  describe: 'Avellaneda and Stoikov (2008): profit and inventory of the inventory and the symmetric strategy',
  async run(options) {
    const rows: ReproducedRow[] = [...fixture()];
    const settings = { ...AVELLANEDA_STOIKOV_MARKET, reward: { kind: 'pnl' } };
    const simulated = simulation(options, TABLE.length);
    for (const [gamma, strategy, spread, profit, profitDeviation, inventory, inventoryDeviation] of TABLE) {
      const name = `γ = ${gamma}, ${strategy}`;
      const parameters = { riskAversion: gamma, decay: k, volatility };
      const agent =
        strategy === 'inventory'
          ? new InventoryStrategy(parameters)
          : SymmetricStrategy.benchmark(parameters, duration);
      const random = stream(options.seed, `reproduce/as2008/${name}`);
      const market = new AnalyticMarket(settings, simulated.pathsAtOnce, random);
      const played = await simulated.episodes((progress) => play(market, agent, options.paths, progress));
      // The paper's sample has its own error: that of 1000 paths of the same distribution.
      const both = Math.sqrt(1 + played.episodes / PUBLISHED_PATHS);
      const cell = (
        quantity: string,
        published: number,
        measured: number,
        standardError: number,
        rounding: number,
      ) =>
        row({
          case: name,
          quantity,
          published,
          measured,
          standardError: standardError * both,
          tolerance: rounding,
        });
      rows.push(
        cell('average spread', spread, averageSpread(gamma, k, volatility, duration), 0, 0.005),
        cell('profit', profit, played.profit.mean, played.profit.meanError, 0.05),
        cell('std(profit)', profitDeviation, played.profit.deviation, played.profit.deviationError, 0.05),
        cell('final q', inventory, played.inventory.mean, played.inventory.meanError, 0.005),
        cell(
          'std(final q)',
          inventoryDeviation,
          played.inventory.deviation,
          played.inventory.deviationError,
          0.05,
        ),
      );
    }
    simulated.done();
    return rows;
  },
};

/** Closed forms at s = 100, q = 3, γ = 0.1, T − t = 0.5. */
function fixture(): readonly ReproducedRow[] {
  const name = 's = 100, q = 3, γ = 0.1, T − t = 0.5';
  const r = reservationPrice(100, 3, 0.1, volatility, 0.5);
  const half = halfSpread(0.1, k);
  const risk = riskTerm(0.1, volatility, 0.5);
  const figures = [
    ['reservation price', 99.4, r],
    ['(1/γ)·ln(1 + γ/k)', 0.6453852114, half],
    ['bid', 98.7546147886, r - half],
    ['ask', 100.0453852114, r + half],
    ['bid with risk term', 98.6546147886, r - half - risk],
    ['ask with risk term', 100.1453852114, r + half + risk],
  ] as const;
  return figures.map(([quantity, published, measured]) =>
    row({ case: name, quantity, published, measured, tolerance: 1e-10 }),
  );
}
