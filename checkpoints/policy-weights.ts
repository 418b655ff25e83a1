import type { SacState } from '../agents/sac/engine.ts';
import { normaliserConstants } from './normaliser-constants.ts';
import type { PolicyFormats, PolicyManifest } from './policy-manifest.ts';
import { decodeSafetensors, encodeSafetensors, float32Tensors } from './safetensors.ts';

type Description = Pick<PolicyManifest, 'observation' | 'action' | 'hidden'>;

/** The actor's layers and the normaliser as one safetensors file, all float32. */
export function encodeWeights({ observation }: Description, actor: SacState): Uint8Array {
  const { mean, residual, scale, clip } = normaliserConstants(observation.normaliser);
  const vector = (data: Float32Array) => ({ shape: [data.length], data });
  return encodeSafetensors(
    {
      ...actor,
      'normaliser/mean': vector(mean),
      'normaliser/mean_residual': vector(residual),
      'normaliser/scale': vector(scale),
      'normaliser/clip': vector(Float32Array.of(clip)),
    },
    { format: 'makergym-policy' },
  );
}

/** What the tensors of the file are and how to compute an action from them, for the manifest. */
export function describeWeights({ action, hidden }: Description): Omit<PolicyFormats['safetensors'], 'file'> {
  const last = hidden.length;
  return {
    tensors: {
      'normaliser/mean, normaliser/mean_residual': 'the mean of each raw feature, in two float32 parts',
      'normaliser/scale': '1 / sqrt(variance + epsilon) of each raw feature',
      'normaliser/clip': 'largest magnitude of a normalised feature',
      'actor/{i}/kernel, actor/{i}/bias': `dense layers 0 to ${last}, kernels [inputs, outputs]; the outputs of the last are ${action.names.length} means, then as many log standard deviations`,
    },
    steps: [
      'x = clip(((observation - mean) - mean_residual) * scale, -clip, clip)',
      `for i in 0..${last - 1}: x = relu(x @ actor/{i}/kernel + actor/{i}/bias)`,
      `head = x @ actor/${last}/kernel + actor/${last}/bias`,
      `action = tanh(head[:, 0:${action.names.length}])`,
    ],
  };
}

/** Follows the steps of the manifest on a file's bytes, plainly, in double precision. */
export function runWeights(file: Uint8Array, observation: Float32Array, actions: number): number[] {
  const tensors = float32Tensors(decodeSafetensors(file, 'policy.safetensors'), 'policy.safetensors');
  const part = (name: string) => tensors[`normaliser/${name}`].data;
  const [mean, residual, scale, clip] = [part('mean'), part('mean_residual'), part('scale'), part('clip')[0]];
  let x = Array.from(observation, (value, i) => {
    const normalised = (value - mean[i] - residual[i]) * scale[i];
    return Math.min(Math.max(normalised, -clip), clip);
  });
  for (let layer = 0; tensors[`actor/${layer}/kernel`] !== undefined; layer++) {
    const { data: kernel, shape } = tensors[`actor/${layer}/kernel`];
    const { data: bias } = tensors[`actor/${layer}/bias`];
    const last = tensors[`actor/${layer + 1}/kernel`] === undefined;
    const sums = Array.from(bias);
    x.forEach((value, row) => {
      for (let column = 0; column < sums.length; column++)
        sums[column] += value * kernel[row * shape[1] + column];
    });
    x = last ? sums : sums.map((sum) => Math.max(sum, 0));
  }
  return x.slice(0, actions).map(Math.tanh);
}
