/**
 * Whether the memory of the process stays the same over 100,000 updates of small networks, native memory included:
 * `npm run bench -- memory`.
 */
import { syntheticBatch } from '../agents/sac/calibrate.ts';
import { createOnnxEngine } from '../agents/sac/onnx-engine.ts';
import { DEFAULT_SAC } from '../training/settings.ts';
import type { Bench } from './bench.ts';

const UPDATES = 100_000;
/** Before this share of them caches fill and code is compiled. */
const SETTLED = 0.1;
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
    let settled = 0;
    let last = 0;
    for (let update = 1; update <= updates; update++) {
      await engine.update(batch);
      await engine.act(batch.observations, 1, null, action);
      if (update % (updates / 20) !== 0) continue;
      globalThis.gc?.();
      last = process.memoryUsage.rss() / 2 ** 20;
      log(`after ${update} updates: ${last.toFixed(1)} MB`);
      if (update <= SETTLED * updates) settled = last;
    }
    engine.dispose();
    yield {
      what: `Growth of resident memory from update ${SETTLED * updates} to ${updates}`,
      ours: last - settled,
      unit: 'MB',
      goal: GOAL_MB,
      smallerIsBetter: true,
      note: `${last.toFixed(0)} MB at the end, a decision after each update`,
    };
  },
};
