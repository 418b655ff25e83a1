/**
 * Env-steps/s of the Avellaneda–Stoikov market with its inventory strategy, beside the same market in NumPy:
 * `npx tsx bench/as-market.ts`. NumPy's side is bench/peers/as_market.py, run in turns with ours by the interpreter that
 * PYTHON names (default python3); without NumPy only ours is measured. Compare ratios within one run.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { InventoryStrategy } from '../agents/optimal/market-agents.ts';
import { moments } from '../agents/optimal/play.ts';
import { stream } from '../base/random.ts';
import { AnalyticMarket, type Stepping } from '../env/analytic/market.ts';
import { type AnalyticMarketSettings, AVELLANEDA_STOIKOV_MARKET } from '../env/analytic/settings.ts';

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

function numpy(paths: number): Measured | undefined {
  const script = fileURLToPath(new URL('peers/as_market.py', import.meta.url));
  const { status, stdout } = spawnSync(process.env.PYTHON ?? 'python3', [script, String(paths)], {
    encoding: 'utf8',
  });
  return status === 0 ? (JSON.parse(stdout) as Measured) : undefined;
}

const million = (rate: number) => `${(rate / 1e6).toFixed(1)} M/s`;
const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[values.length >> 1];

ours(1000, 'compiled');
for (const paths of [1000, 4096]) {
  const compiled: number[] = [];
  const theirs: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    compiled.push(ours(paths, 'compiled').rate);
    const peer = numpy(paths);
    if (peer !== undefined) theirs.push(peer.rate);
  }
  const { profit, deviation } = ours(paths, 'compiled');
  const rate = median(compiled);
  const beside =
    theirs.length === 0
      ? 'NumPy is not installed'
      : `NumPy ${million(median(theirs))}, ratio ${(rate / median(theirs)).toFixed(2)}`;
  console.log(
    `${paths} paths: ${million(rate)} (profit ${profit.toFixed(2)}, std ${deviation.toFixed(2)}); ${beside}`,
  );
  const parts = median([1, 2, 3].map(() => ours(paths, 'parts').rate));
  const rich = ours(paths, 'parts', {
    midPrice: { process: 'heston' },
    arrivals: { process: 'hawkes' },
    fills: { function: 'power' },
  });
  console.log(`  part by part ${million(parts)}; Heston, Hawkes and power fills ${million(rich.rate)}`);
}
