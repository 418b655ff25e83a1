import type { SacState } from '../../agents/sac/engine.ts';
import { stream } from '../../base/random.ts';
import type { PolicyDescription } from '../../checkpoints/policy.ts';
import { OBSERVATION_NAMES, OBSERVATION_UNITS } from '../../env/market-making/observation.ts';
import { ACTION_NAMES, actionDecoding } from '../../env/market-making/residual-quoter.ts';
import { DEFAULT_LANE, DEFAULT_MARKET_MAKING } from '../../env/settings.ts';
import { DEFAULT_SAFETY } from '../../safety/limits.ts';
import { INSTRUMENT } from './quoter-view.ts';

/** A policy of the real observation and action with random weights, and a normaliser that has features far from 0. */
export function randomPolicy(
  hidden: readonly number[] = [256, 256],
  seed = 3,
): { readonly description: PolicyDescription; readonly weights: SacState } {
  const random = stream(seed, 'test/policy');
  const features = OBSERVATION_NAMES.length;
  const widths = [features, ...hidden, 2 * ACTION_NAMES.length];
  const weights: Record<string, { shape: number[]; data: Float32Array }> = {};
  for (let i = 0; i + 1 < widths.length; i++) {
    const [inputs, outputs] = [widths[i], widths[i + 1]];
    const bound = Math.sqrt(3 / inputs);
    const draw = () => bound * (2 * random.uniform() - 1);
    weights[`actor/${i}/kernel`] = {
      shape: [inputs, outputs],
      data: Float32Array.from({ length: inputs * outputs }, draw),
    };
    weights[`actor/${i}/bias`] = { shape: [outputs], data: Float32Array.from({ length: outputs }, draw) };
  }
  const description: PolicyDescription = {
    format: 'makergym-policy',
    version: 1,
    environment: 'MarketMaking-v0',
    observation: {
      names: OBSERVATION_NAMES,
      units: OBSERVATION_UNITS,
      normaliser: {
        count: 1000,
        mean: Array.from({ length: features }, () => 5 * random.normal()),
        variance: Array.from({ length: features }, (_, i) => (i % 7 === 0 ? 0 : random.exponential(1))),
        epsilon: 1e-4,
        clip: 10,
      },
    },
    action: {
      names: ACTION_NAMES,
      decoding: actionDecoding(DEFAULT_MARKET_MAKING),
      centreShiftTicks: DEFAULT_MARKET_MAKING.centreShiftTicks,
      logSpreadRange: DEFAULT_MARKET_MAKING.logSpreadRange,
      allowedShiftTicks: 5,
    },
    hidden,
    lane: DEFAULT_LANE,
    marketMaking: DEFAULT_MARKET_MAKING,
    anchor: { name: 'v15', parameters: {} },
    safety: DEFAULT_SAFETY,
    instrument: INSTRUMENT,
    provenance: { program: 'makergym 0.1.0', engine: 'none', seed, timesteps: 0, updates: 0, tapes: [] },
  };
  return { description, weights };
}
