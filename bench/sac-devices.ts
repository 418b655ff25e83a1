/**
 * SAC on every device that ONNX Runtime offers here and can use: `npm run bench -- sac-devices`. How far its weights are
 * from the processor's; updates/s with tensors that travel alone and together, by size of batch, and of several seeds in
 * one graph. On CUDA beside peers on the same card.
 */
import { syntheticBatch } from '../agents/sac/calibrate.ts';
import type { SacState } from '../agents/sac/engine.ts';
import { DEVICES, type Device } from '../agents/sac/onnx-device.ts';
import { createOnnxEngine, createStackedEngine, type OnnxEngineOptions } from '../agents/sac/onnx-engine.ts';
import { MakergymError } from '../base/errors.ts';
import { loadOnnxRuntime } from '../onnx/session.ts';
import { DEFAULT_SAC } from '../training/settings.ts';
import type { Bench, BenchContext, Figure } from './bench.ts';
import { type Contestant, rateOf, TurnTakingPeer, takeTurns } from './turns.ts';

const BATCH_SIZES = [256, 512, 1024, 2048, 4096, 8192];
const SEEDS = [1, 2, 4, 8];
const PEERS = [
  { name: 'Stable-Baselines3', script: 'sac_sb3.py' },
  { name: 'SBX', script: 'sac_sbx.py' },
] as const;
/** Updates of a peer's turn. */
const PEER_UPDATES = 100;

function sizes(batchSize: number) {
  const fixed = { observationSize: 64, actionSize: 3, targetEntropy: -3, seed: 1 };
  return { ...DEFAULT_SAC, ...fixed, batchSize };
}

/** Whether an engine runs there; why not otherwise. */
async function obstacle(device: Device): Promise<string | null> {
  try {
    const engine = await createOnnxEngine(sizes(32), { device });
    await engine.update(syntheticBatch(engine.options));
    engine.dispose();
    return null;
  } catch (error) {
    if (error instanceof MakergymError) return error.message;
    throw error;
  }
}

async function usableDevices(log: BenchContext['log']): Promise<readonly Device[]> {
  const runtime = await loadOnnxRuntime();
  if (runtime === null) {
    log('onnxruntime-node is not installed: nothing to measure.');
    return [];
  }
  const offered = runtime.listSupportedBackends().map(({ name }) => name);
  log(`ONNX Runtime offers ${offered.join(', ')}`);
  const usable: Device[] = [];
  for (const device of DEVICES.filter((name) => offered.includes(name))) {
    const reason = await obstacle(device);
    if (reason === null) usable.push(device);
    else log(`${device} is left out: ${reason}`);
  }
  if (usable.every((device) => device === 'cpu')) log('No device but the processor can be used here.');
  return usable;
}

async function contestant(
  name: string,
  batchSize: number,
  settings: OnnxEngineOptions,
  quick: boolean,
): Promise<Contestant> {
  const options = sizes(batchSize);
  const engine = await createOnnxEngine(options, settings);
  const batch = syntheticBatch(options);
  return {
    name,
    turn: () => rateOf(() => engine.update(batch), quick ? 200 : 700),
    close: () => engine.dispose(),
  };
}

/** Peers that compute on CUDA, with why those that are missing are. */
async function peersOnCuda(batchSize: number, { threads, python, log }: BenchContext) {
  const peers: TurnTakingPeer[] = [];
  const missing = new Map<string, string>();
  for (const { name, script } of PEERS) {
    log(`starting ${name} on cuda`);
    const parameters = [String(batchSize), 'cuda'];
    const peer = await TurnTakingPeer.start(name, python, script, threads, PEER_UPDATES, parameters);
    if (typeof peer === 'string') missing.set(name, peer);
    else peers.push(peer);
  }
  return { peers, missing };
}

async function* byBatch(devices: readonly Device[], context: BenchContext): AsyncIterable<Figure> {
  const { quick, threads } = context;
  for (const batchSize of quick ? BATCH_SIZES.slice(0, 2) : BATCH_SIZES) {
    const withPeers = devices.includes('cuda') && (batchSize === 256 || batchSize === 4096);
    const { peers, missing } = withPeers
      ? await peersOnCuda(batchSize, context)
      : { peers: [], missing: new Map<string, string>() };
    const ours = await Promise.all(
      devices.map((device) => contestant(device, batchSize, { device, threads }, quick)),
    );
    const contestants = [...ours, ...peers];
    const rates = await takeTurns(contestants, quick ? 1 : 3);
    for (const one of contestants) one.close();
    for (const device of devices) {
      const rate = rates.get(device) ?? Number.NaN;
      const where = device === 'cpu' ? `cpu, ${threads} threads` : device;
      const figure = {
        what: `SAC on ${where}, batch ${batchSize}, 2×256`,
        ours: rate,
        unit: 'updates/s',
        note: `${Math.round(rate * batchSize)} transitions/s`,
      };
      if (device !== 'cuda' || !withPeers) yield figure;
      else {
        for (const { name } of PEERS) {
          const theirs = rates.get(name) ?? null;
          yield { ...figure, peer: `${name} on cuda`, theirs, missing: missing.get(name) };
        }
      }
    }
  }
}

/** Weights after some updates. */
async function weightsAfter(updates: number, device: Device): Promise<SacState> {
  const options = sizes(256);
  const engine = await createOnnxEngine(options, { device, threads: 1 });
  for (let i = 0; i < updates; i++) await engine.update(syntheticBatch(options, `batch ${i}`));
  const state = engine.exportState();
  engine.dispose();
  return Object.fromEntries(Object.entries(state).filter(([name]) => /^(actor|critic)/.test(name)));
}

function largestDifference(a: SacState, b: SacState): number {
  let largest = 0;
  for (const [name, { data }] of Object.entries(a)) {
    for (let i = 0; i < data.length; i++) largest = Math.max(largest, Math.abs(data[i] - b[name].data[i]));
  }
  return largest;
}

async function* byDistance(devices: readonly Device[]): AsyncIterable<Figure> {
  for (const device of devices) {
    for (const updates of [1, 20, 100]) {
      const [ours, again] = [await weightsAfter(updates, device), await weightsAfter(updates, device)];
      const isRepeatable = largestDifference(ours, again) === 0;
      yield {
        what: `Largest difference of a weight from the processor's after ${updates} updates on ${device}`,
        ours: 1e6 * largestDifference(ours, await weightsAfter(updates, 'cpu')),
        unit: 'millionths',
        note: isRepeatable ? 'the same again' : 'another time another',
      };
    }
  }
}

async function* byTransfers(
  devices: readonly Device[],
  { threads, quick }: BenchContext,
): AsyncIterable<Figure> {
  for (const device of devices) {
    for (const batchSize of [BATCH_SIZES[0], BATCH_SIZES[BATCH_SIZES.length - 1]]) {
      const ways = await Promise.all([
        contestant('together', batchSize, { device, threads, fewTransfers: true }, quick),
        contestant('alone', batchSize, { device, threads, fewTransfers: false }, quick),
      ]);
      const rates = await takeTurns(ways, quick ? 1 : 3);
      for (const one of ways) one.close();
      yield {
        what: `SAC on ${device}, batch ${batchSize}, neighbours in memory travel together`,
        ours: rates.get('together') ?? Number.NaN,
        unit: 'updates/s',
        peer: 'each alone',
        theirs: rates.get('alone'),
      };
    }
  }
}

async function* bySeeds(devices: readonly Device[], { threads, quick }: BenchContext): AsyncIterable<Figure> {
  for (const device of devices) {
    const options = sizes(256);
    let alone = Number.NaN;
    for (const count of SEEDS) {
      const seeds = Array.from({ length: count }, (_, i) => i + 1);
      const engine = await createStackedEngine(options, seeds, { device, threads });
      const batches = seeds.map((seed) => syntheticBatch(options, `seed ${seed}`));
      await rateOf(() => engine.update(batches), 200);
      const rate = await rateOf(() => engine.update(batches), quick ? 200 : 1000);
      engine.dispose();
      if (count === 1) alone = rate;
      yield {
        what: `${count} learners on ${device}, batch 256, 2×256`,
        ours: count * rate,
        unit: 'updates/s in all',
        note: `an update of all takes ${(alone / rate).toFixed(2)} times as long as of one`,
      };
    }
  }
}

export const sacDevices: Bench = {
  name: 'sac-devices',
  describe: 'SAC updates by device: how exact, by batch, by transfers, and of several seeds in one graph',
  async *run(context) {
    const devices = await usableDevices(context.log);
    if (devices.length === 0) return;
    // What the processor alone does is in the benches sac-threads and sac-seeds.
    const others = devices.filter((device) => device !== 'cpu');
    yield* byDistance(others);
    yield* byTransfers(others, context);
    yield* byBatch(devices, context);
    yield* bySeeds(others, context);
  },
};
