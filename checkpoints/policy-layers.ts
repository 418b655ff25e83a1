import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import type { SacState } from '../agents/sac/engine.ts';
import { normaliserConstants } from './normaliser-constants.ts';
import type { PolicyManifest } from './policy-manifest.ts';

/** The two files of a TensorFlow.js layers model. */
export interface LayersModelFiles {
  readonly modelJson: string;
  readonly weights: Uint8Array;
}

export const LAYERS_MODEL = 'model.json';
export const LAYERS_WEIGHTS = 'weights.bin';

/**
 * The policy as a layers model of standard layers alone, so that a plain `tf.loadLayersModel` reads it. The normaliser
 * is two batch normalisations, of x and of −x; a ReLU bounded at the clip takes the positive part of each, and
 * clip(z, ±c) = relu_c(z) − relu_c(−z), exactly. The subtraction is in the first kernel, which stands there twice, the
 * second time negated.
 */
export async function encodeLayersModel(
  manifest: Pick<PolicyManifest, 'observation' | 'action' | 'hidden'>,
  weights: SacState,
): Promise<LayersModelFiles> {
  return onCpu(async () => {
    const model = build(manifest, weights);
    try {
      return await serialise(model);
    } finally {
      model.dispose();
    }
  });
}

/** Runs a saved layers model on `count` rows of raw features, as anyone else would load it. */
export async function runLayersModel(
  { modelJson, weights }: LayersModelFiles,
  observations: Float32Array,
  count: number,
): Promise<Float32Array> {
  return onCpu(async () => {
    const { modelTopology, weightsManifest } = JSON.parse(modelJson) as tf.io.ModelJSON;
    const weightSpecs = weightsManifest.flatMap((group) => group.weights);
    const weightData = weights.slice().buffer;
    const model = await tfl.loadLayersModel(tf.io.fromMemory({ modelTopology, weightSpecs, weightData }));
    try {
      const result = tf.tidy(() => {
        const rows = tf.tensor2d(observations, [count, observations.length / count]);
        return model.predict(rows, { batchSize: count }) as tf.Tensor;
      });
      const actions = (await result.data()) as Float32Array;
      result.dispose();
      return actions;
    } finally {
      model.dispose();
    }
  });
}

function build(
  { observation, action, hidden }: Pick<PolicyManifest, 'observation' | 'action' | 'hidden'>,
  weights: SacState,
): tfl.LayersModel {
  const { epsilon, variance } = observation.normaliser;
  const { mean, residual, scale, clip } = normaliserConstants(observation.normaliser);
  const features = observation.names.length;
  const values = new Map<string, (readonly [data: Float32Array, shape: number[]])[]>();
  const input = tfl.input({ shape: [features], name: 'observation' });
  const part = (name: string, sign: 1 | -1) => {
    values.set(`normalise_${name}`, [
      [new Float32Array(features).fill(sign), [features]],
      [residual.map((value, i) => -sign * value * scale[i]), [features]],
      [mean, [features]],
      [Float32Array.from(variance), [features]],
    ]);
    const normalised = tfl.layers
      .batchNormalization({ name: `normalise_${name}`, epsilon, axis: -1 })
      .apply(input) as tfl.SymbolicTensor;
    return tfl.layers.reLU({ name: `clip_${name}`, maxValue: clip }).apply(normalised) as tfl.SymbolicTensor;
  };
  let x = tfl.layers
    .concatenate({ name: 'clipped' })
    .apply([part('positive', 1), part('negative', -1)]) as tfl.SymbolicTensor;
  const layers = hidden.length + 1;
  for (let layer = 0; layer < layers; layer++) {
    const head = layer === layers - 1;
    const units = head ? action.names.length : hidden[layer];
    let kernel = columns(
      weights[`actor/${layer}/kernel`].data,
      weights[`actor/${layer}/kernel`].shape[1],
      units,
    );
    if (layer === 0) kernel = Float32Array.from([...kernel, ...kernel.map((value) => -value)]);
    const name = head ? 'action' : `hidden_${layer}`;
    values.set(name, [
      [kernel, [kernel.length / units, units]],
      [weights[`actor/${layer}/bias`].data.slice(0, units), [units]],
    ]);
    x = tfl.layers.dense({ name, units, activation: head ? 'tanh' : 'relu' }).apply(x) as tfl.SymbolicTensor;
  }
  const model = tfl.model({ name: 'makergym_policy', inputs: input, outputs: x });
  for (const [name, tensors] of values) {
    tf.tidy(() => model.getLayer(name).setWeights(tensors.map(([data, shape]) => tf.tensor(data, shape))));
  }
  return model;
}

/** The first `count` columns of a row-major matrix. */
function columns(data: Float32Array, width: number, count: number): Float32Array {
  if (count === width) return data.slice();
  return data.filter((_, i) => i % width < count);
}

async function serialise(model: tfl.LayersModel): Promise<LayersModelFiles> {
  let files: LayersModelFiles | undefined;
  await model.save({
    save: async (artifacts) => {
      const { modelTopology, weightSpecs = [], weightData } = artifacts;
      const json = {
        format: 'layers-model',
        generatedBy: 'makergym',
        convertedBy: null,
        modelTopology,
        weightsManifest: [{ paths: [LAYERS_WEIGHTS], weights: weightSpecs }],
      };
      files = {
        modelJson: `${JSON.stringify(json)}\n`,
        weights: new Uint8Array(tf.io.CompositeArrayBuffer.join(weightData)),
      };
      return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } };
    },
  });
  if (files === undefined) throw new Error('tfjs did not call its save handler');
  return files;
}

/** The plain backend computes like any other and is always there; whoever trains keeps the one he chose. */
async function onCpu<T>(run: () => Promise<T>): Promise<T> {
  const { useBackend } = await import('../agents/sac/tfjs-backend.ts');
  const before: string | undefined = tf.getBackend();
  await useBackend('cpu');
  try {
    return await run();
  } finally {
    if (before !== undefined && before !== 'cpu') await tf.setBackend(before);
  }
}
