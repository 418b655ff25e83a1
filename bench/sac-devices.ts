/**
 * SAC updates/s by device and size of batch, on every device that ONNX Runtime offers here and can use:
 * `npm run bench -- sac-devices`.
 */
import { syntheticBatch } from '../agents/sac/calibrate.ts';
import { DEVICES, type Device } from '../agents/sac/onnx-device.ts';
import { createOnnxEngine } from '../agents/sac/onnx-engine.ts';
import { MakergymError } from '../base/errors.ts';
import { loadOnnxRuntime } from '../onnx/session.ts';
import { DEFAULT_SAC } from '../training/settings.ts';
import type { Bench } from './bench.ts';
import { rateOf } from './turns.ts';

const BATCH_SIZES = [256, 512, 1024, 2048, 4096, 8192];

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

export const sacDevices: Bench = {
  name: 'sac-devices',
  describe: 'SAC updates by device and size of batch',
  async *run({ threads, quick, log }) {
    const runtime = await loadOnnxRuntime();
    if (runtime === null) {
      log('onnxruntime-node is not installed: nothing to measure.');
      return;
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
    for (const batchSize of quick ? BATCH_SIZES.slice(0, 2) : BATCH_SIZES) {
      for (const device of usable) {
        const options = sizes(batchSize);
        const engine = await createOnnxEngine(options, { device, threads });
        const batch = syntheticBatch(options);
        await rateOf(() => engine.update(batch), 200);
        const rate = await rateOf(() => engine.update(batch), quick ? 200 : 2000);
        engine.dispose();
        yield {
          what: `SAC on ${device}, batch ${batchSize}, 2×256`,
          ours: rate,
          unit: 'updates/s',
          note: `${Math.round(rate * batchSize)} transitions/s`,
        };
      }
    }
  },
};
