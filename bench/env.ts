/**
 * Env-steps/s of `MarketMaking-v0` in vector form over a tape with a fixed policy, on one core:
 * `npm run bench -- env`. A step takes a decision, moves the market by 100 ms and gives observation, reward and info.
 */
import { V15 } from '../agents/v15.ts';
import { MidQuoter } from '../env/market-making/mid-quoter.ts';
import { ACTION_SIZE } from '../env/market-making/residual-quoter.ts';
import { MarketMakingVectorEnv } from '../env/market-making/vector-environment.ts';
import type { Quoter } from '../env/quoter.ts';
import { openTape } from '../market/tape/reader.ts';
import { type Bench, median } from './bench.ts';
import { tapeOf } from './recordings.ts';

const LANES = 64;
const ROUNDS = 5;

/** Env-steps/s over so many steps of the vector. */
function rate(path: string, anchor: () => Quoter, steps: number, rounds: number): number {
  const env = new MarketMakingVectorEnv({ count: LANES, replay: [openTape(path)], anchor, seed: 1 });
  const actions = new Float32Array(LANES * ACTION_SIZE);
  for (let lane = 0; lane < LANES; lane++) {
    actions.set([(lane % 5) / 5 - 0.4, (lane % 7) / 7 - 0.4, 1], lane * ACTION_SIZE);
  }
  env.reset();
  const rates: number[] = [];
  for (let round = 0; round <= rounds; round++) {
    const start = performance.now();
    for (let step = 0; step < steps; step++) env.step(actions);
    rates.push((1000 * steps * LANES) / (performance.now() - start));
  }
  env.close();
  return median(rates.slice(1));
}

export const env: Bench = {
  name: 'env',
  describe: 'MarketMaking-v0 in vector form, 64 lanes',
  async *run({ data, log, quick }) {
    if (data === undefined) {
      log('env: no recordings; set MAKERGYM_DATA');
      return;
    }
    for (const recording of ['spot-nexousdt', 'usdm-btcusdt'] as const) {
      const path = await tapeOf(data, recording);
      for (const [name, anchor] of [
        ['V1.5', () => new V15()],
        ['mid', () => new MidQuoter()],
      ] as const) {
        yield {
          what: `MarketMaking-v0, ${recording}, ${LANES} lanes, a residual on ${name}`,
          ours: rate(path, anchor, quick ? 500 : 3000, quick ? 2 : ROUNDS),
          unit: 'env-steps/s',
          goal: 200_000,
        };
      }
    }
  },
};
