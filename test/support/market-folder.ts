import { join } from 'node:path';
import { importCaptures } from '../../market/import.ts';
import { simulateCapture } from '../../market/simulated/capture.ts';

/** Settings that make a run of seconds, for `--set`. */
export const TINY: readonly string[] = [
  'sac.hidden=[8]',
  'sac.batchSize=8',
  'training.bufferSize=1000',
  'training.learningStarts=60',
  'training.updatesPerStep=0.2',
  'training.evaluateEvery=100',
  'training.evaluationSeconds=20',
  'training.checkpointEvery=100',
  'training.logEvery=50',
  'marketMaking.episodeSeconds=20',
  'marketMaking.warmupSeconds=10',
].flatMap((setting) => ['--set', setting]);

/** A simulated market in `folder` as capture and tape, `seconds` long. */
export async function marketIn(
  folder: string,
  seed: number,
  seconds: number,
): Promise<{ readonly capture: string; readonly tape: string }> {
  const capture = join(folder, `market-${seed}.gz`);
  const tape = join(folder, `market-${seed}.arrow`);
  await simulateCapture({ market: 'queue-reactive', seed, durationSeconds: seconds, out: capture });
  await importCaptures({ captures: [capture], out: tape });
  return { capture, tape };
}
