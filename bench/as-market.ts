/**
 * Env-steps/s of the Avellaneda–Stoikov market with its inventory strategy, beside the same market in NumPy
 * (bench/peers/as_market.py): `npm run bench -- as-market`.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { InventoryStrategy } from '../agents/optimal/market-agents.ts';
import { moments } from '../agents/optimal/play.ts';
import { stream } from '../base/random.ts';
import { AnalyticMarket, type Stepping } from '../env/analytic/market.ts';
import { type AnalyticMarketSettings, AVELLANEDA_STOIKOV_MARKET } from '../env/analytic/settings.ts';
import { type Bench, median } from './bench.ts';

const ROUNDS = 5;
/** Env-steps of one measurement. */
const STEPS = 40_000_000;
const agent = new InventoryStrategy({ riskAversion: 0.1, decay: 1.5, volatility: 2 });

interface Measured {
  readonly rate: number;
  readonly profit: number;
  readonly deviation: number;
}

function ours(paths: number, stepping: Stepping, settings: Partial<AnalyticMarketSettings> = {}): Measured {
  const market = new AnalyticMarket(
    { ...AVELLANEDA_STOIKOV_MARKET, ...settings },
    paths,
    stream(1, `bench/${paths}`),
    stepping,
  );
  const episodes = Math.ceil(STEPS / (paths * market.steps));
  const wealth = new Float64Array(episodes * paths);
  const start = performance.now();
  for (let episode = 0; episode < episodes; episode++) {
    market.begin();
    while (!market.ended) {
      agent.quote(market);
      market.step();
    }
    const { cash, inventory, mid } = market;
    for (let j = 0; j < paths; j++) wealth[episode * paths + j] = cash[j] + inventory[j] * mid[j];
  }
  const seconds = (performance.now() - start) / 1000;
  const { mean, deviation } = moments(wealth);
  return { rate: (episodes * paths * market.steps) / seconds, profit: mean, deviation };
}

function numpy(python: string, paths: number): Measured | undefined {
  const script = fileURLToPath(new URL('peers/as_market.py', import.meta.url));
  const { status, stdout } = spawnSync(python, [script, String(paths)], { encoding: 'utf8' });
  return status === 0 ? (JSON.parse(stdout) as Measured) : undefined;
}

export const asMarket: Bench = {
  name: 'as-market',
  describe: 'the Avellaneda–Stoikov market with its inventory strategy, beside NumPy',
  async *run({ python, quick }) {
    const rounds = quick ? 1 : ROUNDS;
    ours(1000, 'compiled');
    for (const paths of [1000, 4096]) {
      const compiled: number[] = [];
      const theirs: number[] = [];
      let profit = Number.NaN;
      for (let round = 0; round < rounds; round++) {
        const measured = ours(paths, 'compiled');
        compiled.push(measured.rate);
        profit = measured.profit;
        const peer = numpy(python, paths);
        if (peer !== undefined) theirs.push(peer.rate);
      }
      yield {
        what: `AS market, ${paths} paths`,
        ours: median(compiled),
        unit: 'env-steps/s',
        peer: 'NumPy',
        theirs: theirs.length === 0 ? null : median(theirs),
        goal: 3,
        note: `profit ${profit.toFixed(2)}`,
      };
      const parts = median([1, 2, 3].map(() => ours(paths, 'parts').rate));
      yield { what: `AS market part by part, ${paths} paths`, ours: parts, unit: 'env-steps/s' };
      const { rate } = ours(paths, 'parts', {
        midPrice: { process: 'heston' },
        arrivals: { process: 'hawkes' },
        fills: { function: 'power' },
      });
      yield { what: `Heston, Hawkes and power fills, ${paths} paths`, ours: rate, unit: 'env-steps/s' };
    }
  },
};
