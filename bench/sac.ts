/**
 * SAC updates/s, sampling, normalising and noise included, beside Stable-Baselines3, SBX and the TensorFlow.js engine,
 * and the time of one decision: `npm run bench -- sac`.
 */
import { matrixRate, matrixWork } from '../agents/sac/calibrate.ts';
import { createEngine } from '../agents/sac/choose-engine.ts';
import type { SacEngine, SacEngineOptions } from '../agents/sac/engine.ts';
import { initialState } from '../agents/sac/initialise.ts';
import { MlpPolicy } from '../agents/sac/mlp-policy.ts';
import { stream } from '../base/random.ts';
import { RunningNormaliser } from '../env/normaliser.ts';
import { RingBuffer, RowKind } from '../replay/ring-buffer.ts';
import { Learner } from '../training/learner.ts';
import { DEFAULT_SAC } from '../training/settings.ts';
import type { Bench, BenchContext, Figure } from './bench.ts';
import { handOver } from './hand-over.ts';
import { type Contestant, rateOf, TurnTakingPeer, takeTurns } from './turns.ts';

const generator = stream(1, 'bench');
const normal = (count: number) => Float32Array.from({ length: count }, () => generator.normal());

function sizes(batchSize: number, width: number): SacEngineOptions {
  const fixed = { observationSize: 64, actionSize: 3, targetEntropy: -3, seed: 1 };
  return { ...DEFAULT_SAC, ...fixed, batchSize, hidden: [width, width] };
}

function filledBuffer(): RingBuffer {
  const buffer = new RingBuffer({ capacity: 20_000, observationSize: 64, actionSize: 3, streams: 1 });
  buffer.begin(normal(64));
  const kinds = Uint8Array.of(RowKind.transition);
  for (let i = 0; i < 10_000; i++) buffer.append(normal(3).map(Math.tanh), normal(1), kinds, normal(64));
  return buffer;
}

/** An engine of ours fed as in training. */
async function learner(
  options: SacEngineOptions,
  engine: string,
  buffer: RingBuffer,
  { threads, quick }: BenchContext,
): Promise<Contestant & { readonly engine: SacEngine }> {
  const made = await createEngine(options, { engine, threads: engine === 'onnx' ? threads : undefined });
  const feeding = new Learner(made, new RunningNormaliser(options.observationSize), 1);
  return {
    name: engine,
    engine: made,
    turn: () => rateOf(() => feeding.update(buffer), quick ? 200 : 800),
    close: () => made.dispose(),
  };
}

/** Peers, the script of each, and the ratio aimed at. */
const PEERS = [
  { name: 'Stable-Baselines3', script: 'sac_sb3.py', goal: 2.2 },
  { name: 'SBX', script: 'sac_sbx.py', goal: 1.15 },
] as const;
const TFJS = {
  name: 'tfjs-wasm',
  goal: 40,
  note: 'the goal was set beside 4.5 updates/s on another machine',
};
/** Share of the machine's rate in matrix products that is aimed at, %. */
const MATRIX_GOAL = 75;

async function* reference(context: BenchContext, buffer: RingBuffer): AsyncIterable<Figure> {
  const { threads, quick, python } = context;
  const options = sizes(256, 256);
  const what = `SAC, batch 256, 2×256, ${threads} threads`;
  const contestants: Contestant[] = [];
  const missing = new Map<string, string>();
  try {
    for (const engine of ['onnx', TFJS.name]) {
      contestants.push(await learner(options, engine, buffer, context));
    }
    for (const { name, script } of PEERS) {
      context.log(`starting ${name}`);
      const peer = await TurnTakingPeer.start(name, python, script, threads, quick ? 20 : 100);
      if (typeof peer === 'string') missing.set(name, peer);
      else contestants.push(peer);
    }
    const apart = [await handOver()];
    const rates = await takeTurns(contestants, quick ? 1 : 7);
    apart.push(await handOver());
    const ours = rates.get('onnx') ?? Number.NaN;
    for (const peer of [...PEERS, TFJS]) {
      const { name, goal } = peer;
      const theirs = rates.get(name) ?? null;
      const note = 'note' in peer ? peer.note : undefined;
      yield { what, ours, unit: 'updates/s', peer: name, theirs, missing: missing.get(name), goal, note };
    }
    if (threads > 1) {
      yield {
        what: 'meanwhile, from one processor to another and back',
        ours: Math.max(...apart),
        unit: 'ns',
        smallerIsBetter: true,
        note: `${apart.map((time) => time.toFixed(0)).join(' before, ')} after`,
      };
    }
    const machine = await matrixRate(threads, 500);
    if (machine !== null) {
      yield {
        what: 'of which matrix products, as a share of what the machine does in those alone',
        ours: (100 * ours * matrixWork(options)) / machine,
        unit: '%',
        goal: MATRIX_GOAL,
        note: `${(machine / 1e9).toFixed(0)} GFLOP/s in products of 256 × 256`,
      };
    }
  } finally {
    for (const contestant of contestants) contestant.close();
  }
}

async function* smaller(context: BenchContext, buffer: RingBuffer): AsyncIterable<Figure> {
  for (const [batchSize, width] of [
    [128, 128],
    [64, 64],
  ]) {
    const contestants: Contestant[] = [];
    for (const engine of ['onnx', TFJS.name]) {
      contestants.push(await learner(sizes(batchSize, width), engine, buffer, context));
    }
    const rates = await takeTurns(contestants, context.quick ? 1 : 5);
    for (const contestant of contestants) contestant.close();
    yield {
      what: `SAC, batch ${batchSize}, 2×${width}`,
      ours: rates.get('onnx') ?? Number.NaN,
      unit: 'updates/s',
      peer: TFJS.name,
      theirs: rates.get(TFJS.name),
    };
  }
}

/** Median and 99th percentile of calls, µs. */
async function latency(call: () => unknown, count: number): Promise<{ median: number; p99: number }> {
  for (let i = 0; i < count / 4; i++) await call();
  const times = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    const start = process.hrtime.bigint();
    const result = call();
    if (result instanceof Promise) await result;
    times[i] = Number(process.hrtime.bigint() - start) / 1000;
  }
  times.sort();
  return { median: times[count >> 1], p99: times[Math.floor(0.99 * count)] };
}

async function* decisions(context: BenchContext): AsyncIterable<Figure> {
  const count = context.quick ? 2000 : 20_000;
  const normaliser = {
    mean: new Float64Array(64),
    variance: new Float64Array(64).fill(1),
    epsilon: 1e-4,
    clip: 10,
  };
  const rows = Array.from({ length: 256 }, () => normal(64));
  let next = 0;
  const policy = new MlpPolicy(initialState(sizes(1, 256)), normaliser);
  const engine = await createEngine(sizes(256, 256), { engine: 'onnx', threads: context.threads });
  const one = new Float32Array(3);
  const [many, ofMany] = [normal(64 * 64), new Float32Array(3 * 64)];
  const ways = [
    [`by MlpPolicy (${policy.backend})`, () => policy.act(rows[next++ & 255], one), 100],
    ['by the engine onnx', () => engine.act(rows[next++ & 255], 1, null, one), 100],
    ['64 at once by the engine onnx', () => engine.act(many, 64, null, ofMany), undefined],
  ] as const;
  for (const [name, call, goal] of ways) {
    const { median, p99 } = await latency(call, count);
    yield {
      what: `Decision of 64-256-256-6 ${name}, P99`,
      ours: p99,
      unit: 'µs',
      goal,
      smallerIsBetter: true,
      note: `median ${median.toFixed(1)} µs`,
    };
  }
  engine.dispose();
}

export const sac: Bench = {
  name: 'sac',
  describe: 'SAC updates beside Stable-Baselines3, SBX and TensorFlow.js; one decision of the policy',
  async *run(context) {
    const buffer = filledBuffer();
    yield* reference(context, buffer);
    yield* smaller(context, buffer);
    yield* decisions(context);
  },
};
