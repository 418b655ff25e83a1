import type { PolicyDescription } from '../../checkpoints/policy.ts';
import { MARKET_MAKING } from '../../env/market-making/environment.ts';
import { OBSERVATION_NAMES, OBSERVATION_UNITS } from '../../env/market-making/observation.ts';
import { ACTION_NAMES, actionDecoding } from '../../env/market-making/residual-quoter.ts';
import type { SAC } from '../../training/sac.ts';
import type { Config } from '../config.ts';
import { provenance, type TrainingData } from './data.ts';
import type { FeatureReference } from './feature-reference.ts';
import { anchorOf } from './quoters.ts';

export interface PolicyContext {
  readonly run: string;
  readonly config: Config;
  readonly data: TrainingData;
  /** Name and version of the program. */
  readonly program: string;
  /** Name of the engine that trains. */
  readonly engine: () => string;
  readonly features: FeatureReference;
}

/** Makes the manifest of the policy of now. */
export function policyDescriber(context: PolicyContext): (sac: SAC) => PolicyDescription {
  const { config, run, data, program, engine, features } = context;
  const { instrument, tapes } = provenance(run, data);
  const anchor = anchorOf(config);
  const { centreShiftTicks, logSpreadRange } = config.marketMaking;
  return (sac) => ({
    format: 'makergym-policy',
    version: 1,
    environment: MARKET_MAKING,
    observation: {
      names: OBSERVATION_NAMES,
      units: OBSERVATION_UNITS,
      normaliser: sac.normaliser.exportState(),
      training: features.describe(sac),
    },
    action: {
      names: ACTION_NAMES,
      decoding: actionDecoding(config.marketMaking),
      centreShiftTicks,
      logSpreadRange,
      allowedShiftTicks: sac.curriculum.allowedShift,
    },
    hidden: config.sac.hidden,
    lane: config.lane,
    marketMaking: config.marketMaking,
    anchor: { name: anchor.name, parameters: anchor.parameters },
    safety: config.safety,
    instrument,
    provenance: {
      program,
      engine: engine(),
      seed: sac.seed,
      timesteps: sac.timesteps,
      updates: sac.updates,
      tapes,
    },
  });
}
