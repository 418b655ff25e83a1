import { OptimalStrategy } from '../../agents/optimal/market-agents.ts';
import { play } from '../../agents/optimal/play.ts';
import { carteaJaimungal as solve } from '../../agents/optimal/value-function.ts';
import { stream } from '../../base/random.ts';
import { AnalyticMarket } from '../../env/analytic/market.ts';
import { CARTEA_JAIMUNGAL_MARKET } from '../../env/analytic/settings.ts';
import { type ReproducedRow, type Reproduction, row } from './row.ts';
import { simulation } from './simulation.ts';

const PENALTIES = { running: 0.01, terminal: 0.001, maxInventory: 100 };
/** One unit of the last printed digit. */
const PRINTED = 1e-10;
/** Step of the simulation, and what the optimum in such steps may exceed that in continuous time by, relatively. */
const TIME_STEP = 0.0005;
const DISCRETISATION = 5e-4;

/** κ, λ, T, h(0, 0). */
const TABLE = [
  [1.5, 140, 1, 68.2558347619],
  [1, 100, 1, 73.2258634403],
  [2, 50, 1, 18.2192905164],
  [2, 50, 2, 36.3260742702],
] as const;

export const carteaJaimungal: Reproduction = {
  describe: 'Cartea and Jaimungal: exact value and quotes, and the optimal agent simulated',
  async run(options) {
    const rows: ReproducedRow[] = [];
    const simulated = simulation(options, TABLE.length);
    for (const [decay, rate, duration, value] of TABLE) {
      const name = `κ = ${decay}, λ = ${rate}, T = ${duration}`;
      const steps = Math.round(duration / TIME_STEP);
      const solution = solve({ ...PENALTIES, decay, rate, duration, steps });
      const closed = (quantity: string, published: number, measured: number) =>
        rows.push(row({ case: name, quantity, published, measured, tolerance: PRINTED }));
      closed('h(0, 0)', value, solution.value(0, 0));
      if (rate === 140) {
        closed('δ, q = 0', 0.6721371488, solution.bidDistance(0, 0));
        closed('δ bid, q = 5', 0.7268238454, solution.bidDistance(0, 5));
        closed('δ ask, q = 5', 0.6174422161, solution.askDistance(0, 5));
      }
      const market = new AnalyticMarket(
        {
          ...CARTEA_JAIMUNGAL_MARKET,
          arrivals: { process: 'poisson', rate },
          fills: { function: 'exponential', decay },
          duration,
          timeStep: TIME_STEP,
        },
        simulated.pathsAtOnce,
        stream(options.seed, `reproduce/cartea-jaimungal/${name}`),
      );
      const agent = OptimalStrategy.of(solution);
      const { reward } = await simulated.episodes((progress) => play(market, agent, options.paths, progress));
      rows.push(
        row({
          case: name,
          quantity: 'optimal agent, simulated',
          published: value,
          measured: reward.mean,
          standardError: reward.meanError,
          tolerance: DISCRETISATION * value,
        }),
      );
    }
    simulated.done();
    return rows;
  },
};
