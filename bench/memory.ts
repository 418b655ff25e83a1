/**
 * Whether the memory of the process stays the same over 100,000 updates of small networks, native memory included:
 * `npm run bench -- memory`.
 */
import { syntheticBatch } from '../agents/sac/calibrate.ts';
import { createOnnxEngine } from '../agents/sac/onnx-engine.ts';
import { DEFAULT_SAC } from '../training/settings.ts';
import type { Bench } from './bench.ts';
import { collectGarbage } from './garbage.ts';

const UPDATES = 100_000;
const GOAL_MB = 10;

export const memory: Bench = {
  name: 'memory',
  describe: 'resident memory over 100,000 updates of the engine onnx',
  async *run({ quick, log }) {
    const updates = quick ? UPDATES / 20 : UPDATES;
    const sizes = { observationSize: 8, actionSize: 2, targetEntropy: -2, seed: 1 };
    const options = { ...DEFAULT_SAC, ...sizes, batchSize: 32, hidden: [16, 16] };
    const engine = await createOnnxEngine(options, { threads: 1 });
    const batch = syntheticBatch(options);
    const action = new Float32Array(2);
    const peaks = [0, 0];
    for (let update = 1; update <= updates; update++) {
      await engine.update(batch);
      await engine.act(batch.observations, 1, null, action);
      if (update % (updates / 20) !== 0) continue;
      // JavaScript's heap breathes; what stays after a collection is held.
      collectGarbage();
      const resident = process.memoryUsage.rss() / 2 ** 20;
      log(`after ${update} updates: ${resident.toFixed(1)} MB`);
      const half = update > updates / 2 ? 1 : 0;
      peaks[half] = Math.max(peaks[half], resident);
    }
    engine.dispose();
    yield {
      what: `Most resident memory after a collection in the second half of ${updates} updates over the first`,
      ours: peaks[1] - peaks[0],
      unit: 'MB',
      goal: GOAL_MB,
      smallerIsBetter: true,
      note: `${peaks[1].toFixed(0)} MB, a decision after each update`,
    };
  },
};
