/**
 * What several seeds in one graph cost beside one: `npm run bench -- sac-seeds`. Figures are updates/s of all learners
 * together, and how many times the time of one learner's update an update of all takes.
 */
import { syntheticBatch } from '../agents/sac/calibrate.ts';
import type { SacEngineOptions } from '../agents/sac/engine.ts';
import { createStackedEngine } from '../agents/sac/onnx-engine.ts';
import { DEFAULT_SAC } from '../training/settings.ts';
import type { Bench } from './bench.ts';
import { type Contestant, rateOf, takeTurns } from './turns.ts';

const COUNTS = [1, 2, 4, 8];
const SIZES = [
  { observationSize: 8, batchSize: 64, hidden: [32, 32] },
  { observationSize: 64, batchSize: 256, hidden: [256, 256] },
];

async function stack(
  options: SacEngineOptions,
  count: number,
  threads: number,
  quick: boolean,
): Promise<Contestant> {
  const seeds = Array.from({ length: count }, (_, i) => i + 1);
  const engine = await createStackedEngine(options, seeds, { threads });
  const batches = seeds.map((seed) => syntheticBatch(options, `seed ${seed}`));
  return {
    name: String(count),
    turn: () => rateOf(() => engine.update(batches), quick ? 200 : 600),
    close: () => engine.dispose(),
  };
}

export const sacSeeds: Bench = {
  name: 'sac-seeds',
  describe: 'SAC learners of 1, 2, 4 and 8 seeds in one graph',
  async *run({ threads, quick }) {
    for (const sizes of SIZES) {
      const options = { ...DEFAULT_SAC, ...sizes, actionSize: 3, targetEntropy: -3, seed: 1 };
      const stacks = await Promise.all(COUNTS.map((count) => stack(options, count, threads, quick)));
      const rates = await takeTurns(stacks, quick ? 1 : 5);
      for (const contestant of stacks) contestant.close();
      const alone = rates.get('1') ?? Number.NaN;
      for (const count of COUNTS) {
        const rate = rates.get(String(count)) ?? Number.NaN;
        const cost = alone / rate;
        yield {
          what: `${count} learners, batch ${sizes.batchSize}, 2×${sizes.hidden[0]}, ${threads} threads`,
          ours: count * rate,
          unit: 'updates/s in all',
          note: `an update of all takes ${cost.toFixed(2)} times as long as of one`,
        };
      }
    }
  },
};
