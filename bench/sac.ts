/**
 * Speed of the SAC update on the engines of this machine, and of one policy decision: `npx tsx bench/sac.ts [engine]`.
 * Rates depend on the machine and what else it does; compare within one run.
 */
import { createEngine } from '../agents/sac/choose-engine.ts';
import type { SacEngineOptions } from '../agents/sac/engine.ts';
import { initialState } from '../agents/sac/initialise.ts';
import { MlpPolicy } from '../agents/sac/mlp-policy.ts';
import { stream } from '../base/random.ts';
import { DEFAULT_SAC } from '../training/settings.ts';

const engineName = process.argv[2] ?? 'auto';
const generator = stream(1, 'bench');
const normal = (count: number) => Float32Array.from({ length: count }, () => generator.normal());

function options(batchSize: number, width: number): SacEngineOptions {
  const sizes = { observationSize: 64, actionSize: 3, targetEntropy: -3, seed: 1 };
  return { ...DEFAULT_SAC, ...sizes, batchSize, hidden: [width, width] };
}

for (const [size, width] of [
  [256, 256],
  [128, 128],
  [64, 64],
]) {
  const engine = await createEngine(options(size, width), { engine: engineName });
  const batch = {
    size,
    observations: normal(size * 64),
    actions: normal(size * 3).map(Math.tanh),
    rewards: normal(size),
    nextObservations: normal(size * 64),
    terminated: new Float32Array(size),
    noise: normal(size * 3),
    nextNoise: normal(size * 3),
  };
  for (let i = 0; i < 3; i++) await engine.update(batch);
  const start = performance.now();
  let updates = 0;
  while (performance.now() - start < 3000) {
    await engine.update(batch);
    updates++;
  }
  const rate = (1000 * updates) / (performance.now() - start);
  console.log(`${engine.name}, batch ${size}, 2×${width}: ${rate.toPrecision(3)} updates/s`);
  engine.dispose();
}

const normaliser = {
  mean: new Float64Array(64),
  variance: new Float64Array(64).fill(1),
  epsilon: 1e-4,
  clip: 10,
};
const policy = new MlpPolicy(initialState(options(1, 256)), normaliser);
const rows = Array.from({ length: 256 }, () => normal(64));
const action = new Float32Array(3);
const times = new Float64Array(20_000);
for (let i = -5000; i < times.length; i++) {
  const start = process.hrtime.bigint();
  policy.act(rows[i & 255], action);
  if (i >= 0) times[i] = Number(process.hrtime.bigint() - start) / 1000;
}
times.sort();
const [median, p99] = [times[10_000], times[19_800]];
console.log(`policy 64-256-256-6, one row: ${median.toFixed(1)} µs median, ${p99.toFixed(1)} µs P99`);
