/** SAC updates/s of the engine `onnx` by number of threads and size of batch: `npm run bench -- sac-threads`. */
import { syntheticBatch } from '../agents/sac/calibrate.ts';
import { createOnnxEngine } from '../agents/sac/onnx-engine.ts';
import { DEFAULT_SAC } from '../training/settings.ts';
import type { Bench } from './bench.ts';
import { type Contestant, rateOf, takeTurns } from './turns.ts';

const BATCH_SIZES = [256, 4096];

async function on(threads: number, batchSize: number, quick: boolean): Promise<Contestant> {
  const sizes = { observationSize: 64, actionSize: 3, targetEntropy: -3, seed: 1, batchSize };
  const options = { ...DEFAULT_SAC, ...sizes };
  const engine = await createOnnxEngine(options, { threads });
  const batch = syntheticBatch(options);
  return {
    name: String(threads),
    turn: () => rateOf(() => engine.update(batch), quick ? 200 : 600),
    close: () => engine.dispose(),
  };
}

/** 1, 2, 4 and so on, and all. */
function counts(threads: number): readonly number[] {
  const powers = Array.from({ length: Math.ceil(Math.log2(threads)) }, (_, i) => 2 ** i);
  return [...powers, threads];
}

export const sacThreads: Bench = {
  name: 'sac-threads',
  describe: 'SAC updates by number of threads',
  async *run({ threads, quick }) {
    for (const batchSize of BATCH_SIZES) {
      const all = await Promise.all(counts(threads).map((count) => on(count, batchSize, quick)));
      const rates = await takeTurns(all, quick ? 1 : 3);
      for (const one of all) one.close();
      const alone = rates.get('1') ?? Number.NaN;
      for (const count of counts(threads)) {
        const rate = rates.get(String(count)) ?? Number.NaN;
        yield {
          what: `SAC, batch ${batchSize}, 2×256, threads: ${count}`,
          ours: rate,
          unit: 'updates/s',
          note: `${(rate / alone).toFixed(2)} times those of one`,
        };
      }
    }
  },
};
