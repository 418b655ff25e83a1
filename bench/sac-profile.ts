/**
 * Where the time of one SAC update goes, by part and by kind of operation, on one thread and on all:
 * `npm run bench -- sac-profile`. Operations are those of ONNX Runtime's own profile, which makes each some µs longer; shares
 * are of their sum and Adam's step, which is measured alone. The update's time is one without a profile.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AdamStepper } from '../agents/sac/adam-stepper.ts';
import { syntheticBatch } from '../agents/sac/calibrate.ts';
import { createOnnxEngine } from '../agents/sac/onnx-engine.ts';
import { planState } from '../agents/sac/onnx-memory.ts';
import { PHASES } from '../agents/sac/onnx-phase.ts';
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
const SIZES = { observationSize: 64, actionSize: 3, targetEntropy: -3, seed: 1 };

/** Times of updates, ms; with a profile ONNX Runtime writes its own to files that begin so. */
async function update(threads: number, updates: number, profile?: string): Promise<readonly number[]> {
  const options = { ...DEFAULT_SAC, ...SIZES };
  const engine = await createOnnxEngine(options, { threads, profile });
  const batch = syntheticBatch(options);
  const times: number[] = [];
  for (let i = 0; i < WARM + updates; i++) {
    const start = performance.now();
    await engine.update(batch);
    if (i >= WARM) times.push(performance.now() - start);
  }
  engine.dispose();
  return times;
}

/** What the operations did. */
async function profile(threads: number, updates: number): Promise<readonly Entry[]> {
  const folder = mkdtempSync(join(tmpdir(), 'makergym-profile-'));
  try {
    await update(threads, updates, join(folder, 'update'));
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
  return name.includes('metrics') ? 'metrics' : 'losses and gradients between products';
}

interface Operation {
  readonly name: string;
  readonly kind: string;
  /** Median, µs. */
  readonly time: number;
}

/** Medians: now and then the system gives the processor to somebody else in the middle of an operation. */
function operationsOf(entries: readonly Entry[]): readonly Operation[] {
  const [first] = entries.filter(({ name }) => name === 'model_run').slice(PHASES.length * WARM);
  const durations = new Map<string, { readonly kind: string; readonly all: number[] }>();
  for (const { cat, name, ts, dur, args } of entries) {
    // The choice of a graph is an operation around all of that graph's.
    if (cat !== 'Node' || !name.endsWith(SUFFIX) || ts < first.ts || args?.op_name === 'If') continue;
    const known = durations.get(name) ?? { kind: args?.op_name ?? 'other', all: [] };
    known.all.push(dur);
    durations.set(name, known);
  }
  return [...durations].map(([name, { kind, all }]) => ({ name, kind, time: median(all) }));
}

function counted(threads: number): string {
  return `${threads} ${threads === 1 ? 'thread' : 'threads'}`;
}

/** Median, µs. */
function adamTime(times: number): number {
  const options = { ...DEFAULT_SAC, ...SIZES };
  const stepper = new AdamStepper(planState(options, 1), options.tau);
  const durations = Array.from({ length: times }, (_, i) => {
    const start = performance.now();
    for (const phase of PHASES) stepper.step(phase, i % 2, true);
    return 1000 * (performance.now() - start);
  });
  return median(durations.slice(times / 2));
}

async function* shares(threads: number, updates: number): AsyncIterable<Figure> {
  const total = 1000 * median(await update(threads, updates));
  const operations = operationsOf(await profile(threads, updates));
  const step = adamTime(updates);
  const sum = operations.reduce((all, { time }) => all + time, step);
  const on = counted(threads);
  yield { what: `One update, ${on}`, ours: total, unit: 'µs', smallerIsBetter: true };
  yield {
    what: `By part, ${on}: Adam's step of all weights and Polyak averaging`,
    ours: (100 * step) / sum,
    unit: '%',
    note: `${step.toFixed(0)} µs`,
  };
  const groupings = [
    ['part', ({ name }: Operation) => part(name)],
    ['kind', ({ kind }: Operation) => kind],
  ] as const;
  for (const [grouping, key] of groupings) {
    const groups = new Map<string, { time: number; count: number }>();
    for (const operation of operations) {
      const known = groups.get(key(operation)) ?? { time: 0, count: 0 };
      groups.set(key(operation), { time: known.time + operation.time, count: known.count + 1 });
    }
    for (const [name, { time, count }] of [...groups].sort((a, b) => b[1].time - a[1].time)) {
      if (time < sum / 100) continue;
      yield {
        what: `By ${grouping}, ${on}: ${name}`,
        ours: (100 * time) / sum,
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
    for (const count of new Set([1, threads])) yield* shares(count, quick ? 50 : UPDATES);
  },
};
