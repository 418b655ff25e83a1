import type { SacState } from '../agents/sac/engine.ts';
import { buildGraph, type Graph } from '../onnx/graph.ts';
import { clip, gemm, mul, relu, slice, sub, tanh } from '../onnx/operators.ts';
import { encodeModel } from '../onnx/protobuf.ts';
import { constant, input, type Tensor } from '../onnx/tensor.ts';
import { normaliserConstants } from './normaliser-constants.ts';
import type { PolicyManifest } from './policy-manifest.ts';

export const ONNX_INPUT = 'observation';
export const ONNX_OUTPUT = 'action';

type Description = Pick<PolicyManifest, 'observation' | 'action' | 'hidden'>;

/** The deterministic policy from raw features `[N, features]` to tanh(mean) `[N, actions]`, normaliser inside. */
export function policyGraph({ observation, action, hidden }: Description, weights: SacState): Graph {
  const features = observation.names.length;
  const normaliser = normaliserConstants(observation.normaliser);
  const named = (name: string, data: Float32Array) => constant(data, [data.length], `normaliser/${name}`);
  const raw = input(ONNX_INPUT, ['N', features]);
  const centred = sub(sub(raw, named('mean', normaliser.mean)), named('mean_residual', normaliser.residual));
  let x = clip(mul(centred, named('scale', normaliser.scale)), -normaliser.clip, normaliser.clip);
  for (let layer = 0; layer < hidden.length; layer++) x = relu(dense(x, weights, layer));
  // The head gives means, then log standard deviations, which a deterministic policy does not need.
  const head = dense(x, weights, hidden.length);
  const mean = slice(head, 1, 0, action.names.length);
  // ONNX Runtime's tanh overshoots ±1 by an ulp.
  return buildGraph('makergym-policy', [raw], { [ONNX_OUTPUT]: clip(tanh(mean), -1, 1) });
}

/** The policy as an ONNX file that says what it takes and gives. */
export function encodePolicy(manifest: Omit<PolicyManifest, 'files'>, weights: SacState): Uint8Array {
  const { observation, action, instrument } = manifest;
  return encodeModel(policyGraph(manifest, weights), {
    producer: 'makergym',
    producerVersion: manifest.provenance.program,
    description: `Market-making policy for ${instrument.symbol} at ${instrument.venue}; see manifest.json.`,
    values: {
      [ONNX_INPUT]: `Raw features, in this order: ${observation.names.join(', ')}.`,
      [ONNX_OUTPUT]: `Actions in [-1, 1]: ${action.names.map((name, i) => `${name} (${action.decoding[i]})`).join('; ')}.`,
    },
    metadata: {
      environment: manifest.environment,
      observation_names: JSON.stringify(observation.names),
      observation_units: JSON.stringify(observation.units),
      action_names: JSON.stringify(action.names),
    },
  });
}

function dense(x: Tensor, weights: SacState, layer: number): Tensor {
  const { data: kernel, shape } = weights[`actor/${layer}/kernel`];
  const { data: bias } = weights[`actor/${layer}/bias`];
  return gemm(
    x,
    constant(kernel, shape, `actor/${layer}/kernel`),
    constant(bias, [bias.length], `actor/${layer}/bias`),
  );
}
