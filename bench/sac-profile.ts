/**
 * Where the time of one SAC update goes, by part and by kind of operation, on one thread and on all:
 * `npm run bench -- sac-profile`. ONNX Runtime's own profile; it makes each operation some µs longer.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { syntheticBatch } from '../agents/sac/calibrate.ts';
import { createOnnxEngine } from '../agents/sac/onnx-engine.ts';
import { DEFAULT_SAC } from '../training/settings.ts';
import { type Bench, type Figure, median } from './bench.ts';

/** An entry of the profile, in the Chrome trace format. */
interface Entry {
  readonly cat: string;
  readonly name: string;
  readonly ts: number;
  readonly dur: number;
  readonly args?: { readonly op_name?: string };
}

const UPDATES = 300;
/** Updates at first that are not counted. */
const WARM = 100;
const SUFFIX = '_kernel_time';

async function profile(threads: number, updates: number): Promise<readonly Entry[]> {
  const folder = mkdtempSync(join(tmpdir(), 'makergym-profile-'));
  const sizes = { observationSize: 64, actionSize: 3, targetEntropy: -3, seed: 1 };
  const options = { ...DEFAULT_SAC, ...sizes };
  const engine = await createOnnxEngine(options, { threads, profile: join(folder, 'update') });
  const batch = syntheticBatch(options);
  for (let i = 0; i < WARM + updates; i++) await engine.update(batch);
  engine.dispose();
  try {
    // The file is whole once the session is gone.
    for (let attempt = 0; attempt < 50; attempt++) {
      await new Promise((resolve) => setTimeout(resolve, 200));
      const file = readdirSync(folder)[0];
      const text = file === undefined ? '' : readFileSync(join(folder, file), 'utf8').trim();
      if (text.endsWith(']')) return JSON.parse(text) as Entry[];
    }
    throw new Error(`ONNX Runtime wrote no profile to ${folder}`);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Which part of the update an operation is of, from the name that its scope gave it. */
function part(name: string): string {
  if (/MatMul|Gemm/.test(name)) return 'matrix products';
  const scope = /adam|polyak|metrics/.exec(name)?.[0];
  return scope === undefined ? 'losses and gradients between products' : scope;
}

function* shares(entries: readonly Entry[], threads: number): Iterable<Figure> {
  const runs = entries.filter(({ name }) => name === 'model_run');
  const counted = runs.slice(WARM);
  const kernels = entries.filter(
    ({ cat, name, ts }) => cat === 'Node' && name.endsWith(SUFFIX) && ts >= counted[0].ts,
  );
  const durations = new Map<string, { readonly kind: string; readonly all: number[] }>();
  for (const { name, dur, args } of kernels) {
    const known = durations.get(name) ?? { kind: args?.op_name ?? 'other', all: [] };
    known.all.push(dur);
    durations.set(name, known);
  }
  // Medians: now and then the system gives the processor to somebody else in the middle of an operation.
  const operations = [...durations].map(([name, { kind, all }]) => ({ name, kind, time: median(all) }));
  const total = operations.reduce((sum, { time }) => sum + time, 0);
  const on = `${threads} ${threads === 1 ? 'thread' : 'threads'}`;
  const groupings = [
    ['part', ({ name }: { name: string }) => part(name)],
    ['kind', ({ kind }: { kind: string }) => kind],
  ] as const;
  for (const [grouping, key] of groupings) {
    const groups = new Map<string, { time: number; count: number }>();
    for (const operation of operations) {
      const known = groups.get(key(operation)) ?? { time: 0, count: 0 };
      groups.set(key(operation), { time: known.time + operation.time, count: known.count + 1 });
    }
    for (const [name, { time, count }] of [...groups].sort((a, b) => b[1].time - a[1].time)) {
      if (time < total / 100) continue;
      yield {
        what: `By ${grouping}, ${on}: ${name}`,
        ours: (100 * time) / total,
        unit: '%',
        note: `${time.toFixed(0)} µs in ${count} operations`,
      };
    }
  }
}

export const sacProfile: Bench = {
  name: 'sac-profile',
  describe: 'where the time of one SAC update goes, batch 256, 2×256',
  async *run({ threads, quick }) {
    for (const count of new Set([1, threads]))
      yield* shares(await profile(count, quick ? 50 : UPDATES), count);
  },
};
