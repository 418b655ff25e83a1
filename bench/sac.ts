/**
 * Speed of the SAC update, with sampling, normalising and noise, on the engines of this machine, and of one decision:
 *
 *     npx tsx bench/sac.ts [--threads N] [--seconds S] [--undisturbed] [engine …]
 *
 * Engines take turns, so that whatever else the machine does hits all of them; the median of the turns is printed, and
 * its ratio to the first engine's. Rates depend on the machine; compare within one run. With --undisturbed (Linux) only
 * turns count in which other programs took less than an eighth of a processor; it waits up to five minutes for them.
 */
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
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

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    threads: { type: 'string' },
    seconds: { type: 'string', default: '1' },
    undisturbed: { type: 'boolean', default: false },
  },
});
const threads = Number(values.threads ?? availableParallelism());
const turnMs = 1000 * Number(values.seconds);
const names = positionals.length > 0 ? positionals : ['onnx', 'tfjs-wasm'];
const TURNS = 5;
const PATIENCE_MS = 300_000;
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

function median(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[numbers.length >> 1];
}

/** Processor time of everything and of this process, ms; zeros where the system does not tell. */
function processorTimes(): { readonly all: number; readonly own: number } {
  if (!values.undisturbed) return { all: 0, own: 0 };
  const numbers = readFileSync('/proc/stat', 'utf8')
    .split('\n')[0]
    .trim()
    .split(/\s+/)
    .slice(1, 9)
    .map(Number);
  const busy = numbers.reduce((sum, x) => sum + x, 0) - numbers[3] - numbers[4];
  const { user, system } = process.cpuUsage();
  return { all: 10 * busy, own: (user + system) / 1000 };
}

function wasDisturbed(before: ReturnType<typeof processorTimes>, elapsed: number): boolean {
  const after = processorTimes();
  return after.all - before.all - (after.own - before.own) > elapsed / 8;
}

const buffer = filledBuffer();
for (const [batchSize, width] of [
  [256, 256],
  [128, 128],
  [64, 64],
]) {
  const options = sizes(batchSize, width);
  const engines: SacEngine[] = [];
  for (const engine of names) {
    engines.push(await createEngine(options, { engine, threads: engine === 'onnx' ? threads : undefined }));
  }
  const learners = engines.map((engine) => new Learner(engine, new RunningNormaliser(64), 1));
  const rates: number[][] = engines.map(() => []);
  const deadline = performance.now() + PATIENCE_MS;
  for (let turn = -1; turn < TURNS; turn++) {
    for (const [i, learner] of learners.entries()) {
      const before = processorTimes();
      const start = performance.now();
      let updates = 0;
      while (performance.now() - start < turnMs) {
        await learner.update(buffer);
        updates++;
      }
      const elapsed = performance.now() - start;
      if (turn >= 0 && !wasDisturbed(before, elapsed)) rates[i].push((1000 * updates) / elapsed);
    }
    const isMissing = rates.some(({ length }) => length < TURNS);
    if (values.undisturbed && turn + 1 === TURNS && isMissing && performance.now() < deadline) {
      turn--;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }
  for (const [i, engine] of engines.entries()) {
    if (rates[i].length === 0) {
      console.log(`${engine.name}: no turn was undisturbed`);
      continue;
    }
    const [rate, best] = [median(rates[i]), Math.max(...rates[i])];
    const isOnnx = engine.name === 'onnx';
    const machine = isOnnx ? await matrixRate(threads, 300) : null;
    const share =
      machine === null
        ? ''
        : `, ${((100 * rate * matrixWork(options)) / machine).toFixed(0)} % of matrix rate`;
    const ratio = (median(rates[0]) / rate).toPrecision(3);
    console.log(
      `${engine.name.padEnd(10)} batch ${batchSize}, 2×${width}: ${rate.toPrecision(3)} updates/s (best turn ${best.toPrecision(3)}${share})${i === 0 ? '' : `; ${engines[0].name} is ${ratio} times as fast`}`,
    );
    engine.dispose();
  }
}

function report(what: string, times: Float64Array): void {
  times.sort();
  const at = (share: number) => times[Math.floor(share * times.length)].toFixed(1);
  console.log(`${what}: ${at(0.5)} µs median, ${at(0.99)} µs P99`);
}

const normaliser = {
  mean: new Float64Array(64),
  variance: new Float64Array(64).fill(1),
  epsilon: 1e-4,
  clip: 10,
};
const rows = Array.from({ length: 256 }, () => normal(64));
const action = new Float32Array(3);
const policy = new MlpPolicy(initialState(sizes(1, 256)), normaliser);
const times = new Float64Array(20_000);
for (let i = -5000; i < times.length; i++) {
  const start = process.hrtime.bigint();
  policy.act(rows[i & 255], action);
  if (i >= 0) times[i] = Number(process.hrtime.bigint() - start) / 1000;
}
report('one decision of 64-256-256-6 in plain loops', times);

if (names.includes('onnx')) {
  const engine = await createEngine(sizes(256, 256), { engine: 'onnx', threads });
  for (const count of [1, 64]) {
    const observations = normal(64 * count);
    const actions = new Float32Array(3 * count);
    for (let i = -500; i < 5000; i++) {
      const start = process.hrtime.bigint();
      await engine.act(observations, count, null, actions);
      if (i >= 0) times[i] = Number(process.hrtime.bigint() - start) / 1000;
    }
    report(`${count} at once by the engine onnx`, times.slice(0, 5000));
  }
  engine.dispose();
}
