import type { SacState } from '../agents/sac/engine.ts';
import { MlpPolicy } from '../agents/sac/mlp-policy.ts';
import { stream } from '../base/random.ts';
import { evaluate, type Value } from '../onnx/evaluate.ts';
import { openSession } from '../onnx/session.ts';
import { type LayersModelFiles, runLayersModel } from './policy-layers.ts';
import type { ExportParity, PolicyManifest } from './policy-manifest.ts';
import { ONNX_INPUT, ONNX_OUTPUT, policyGraph } from './policy-onnx.ts';
import { runWeights } from './policy-weights.ts';

type Description = Pick<PolicyManifest, 'observation' | 'action' | 'hidden'>;

/** Observations like those of training, wider ones, and ones that no market gives. */
const ORDINARY = 512;
const WIDE = 256;
const EXTREMES = [0, 1, -1, 1e-30, 1e6, -1e6, 1e30, -1e30, 3.4e38, -3.4e38];

/** Raw features, row by row, and what the policy itself does on them. */
export interface ParityCases {
  readonly count: number;
  readonly observations: Float32Array;
  readonly actions: Float32Array;
}

/** The files of an export, as bytes. */
export interface ExportedFiles {
  readonly onnx: Uint8Array;
  readonly layers: LayersModelFiles;
  readonly safetensors: Uint8Array;
}

export function parityCases(description: Description, weights: SacState): ParityCases {
  const { normaliser, names } = description.observation;
  const features = names.length;
  const random = stream(0, 'export/parity');
  const deviation = normaliser.variance.map((v) => Math.sqrt(v + normaliser.epsilon));
  const rows: number[][] = [];
  for (let i = 0; i < ORDINARY + WIDE; i++) {
    // The wide ones reach beyond the clip of the normaliser on either side.
    const width = i < ORDINARY ? 1 : normaliser.clip;
    rows.push(normaliser.mean.map((mean, j) => mean + width * deviation[j] * random.normal()));
  }
  for (const value of EXTREMES) rows.push(new Array<number>(features).fill(value));
  for (let j = 0; j < features; j++) {
    for (const value of [1e30, -1e30]) rows.push(normaliser.mean.map((mean, k) => (k === j ? value : mean)));
  }
  const observations = Float32Array.from(rows.flat());
  const size = description.action.names.length;
  const actions = new Float32Array(rows.length * size);
  const policy = new MlpPolicy(weights, normaliser);
  for (let i = 0; i < rows.length; i++) {
    const row = observations.subarray(i * features, (i + 1) * features);
    policy.act(row, actions.subarray(i * size, (i + 1) * size));
  }
  return { count: rows.length, observations, actions };
}

/** Runs every file on every case; the largest absolute difference of any component of the action. */
export async function measureParity(
  description: Description,
  weights: SacState,
  files: ExportedFiles,
  { count, observations, actions }: ParityCases,
): Promise<ExportParity> {
  const features = description.observation.names.length;
  const size = description.action.names.length;
  const feeds: Readonly<Record<string, Value>> = {
    [ONNX_INPUT]: { shape: [count, features], data: observations },
  };
  const session = await openSession(files.onnx);
  const results =
    session === null ? evaluate(policyGraph(description, weights), feeds) : await session.run(feeds);
  await session?.release();
  const fromWeights = new Float32Array(actions.length);
  for (let i = 0; i < count; i++) {
    const row = observations.subarray(i * features, (i + 1) * features);
    fromWeights.set(runWeights(files.safetensors, row, size), i * size);
  }
  return {
    onnx: largestDifference(results[ONNX_OUTPUT].data, actions),
    layers: largestDifference(await runLayersModel(files.layers, observations, count), actions),
    safetensors: largestDifference(fromWeights, actions),
    cases: count,
    onnxRunner: session === null ? 'reference' : 'onnxruntime-node',
  };
}

/** Infinity where lengths differ or something is not a number. */
function largestDifference(found: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (found.length !== expected.length) return Number.POSITIVE_INFINITY;
  let largest = 0;
  for (let i = 0; i < expected.length; i++) {
    const difference = Math.abs(found[i] - expected[i]);
    if (Number.isNaN(difference)) return Number.POSITIVE_INFINITY;
    largest = Math.max(largest, difference);
  }
  return largest;
}
