import type { LaneSettings, MarketMakingSettings } from '../env/settings.ts';
import type { Instrument } from '../market/instrument.ts';
import type { SafetyLimits } from '../safety/limits.ts';

/** A part of a checkpoint or export and how to know that it is whole. */
export interface FileRecord {
  readonly path: string;
  readonly sha256: string;
  readonly bytes: number;
}

/** Running statistics of raw features; frozen outside training. normalised = clip((x − mean)/√(variance + ε), ±clip). */
export interface NormaliserState {
  readonly count: number;
  readonly mean: readonly number[];
  readonly variance: readonly number[];
  readonly epsilon: number;
  readonly clip: number;
}

/** All that is needed to run a policy elsewhere: `manifest.json` of an export, and the policy part of a checkpoint. */
export interface PolicyManifest {
  readonly format: 'makergym-policy';
  readonly version: 1;
  readonly environment: 'MarketMaking-v0';
  readonly observation: {
    /** Feature names in order, with their units. */
    readonly names: readonly string[];
    readonly units: readonly string[];
    readonly normaliser: NormaliserState;
    /** Quantiles of each raw feature in training, for drift (population stability index): edges of equal-count bins. */
    readonly training?: readonly {
      readonly mean: number;
      readonly deviation: number;
      readonly edges: readonly number[];
    }[];
  };
  readonly action: {
    /** Δc, Δs, refresh. */
    readonly names: readonly string[];
    /** How a component in [−1, 1] decodes. */
    readonly decoding: readonly string[];
    readonly centreShiftTicks: number;
    readonly logSpreadRange: number;
    /** |Δc| allowed by the curriculum when the policy was saved, ticks. */
    readonly allowedShiftTicks: number;
  };
  readonly hidden: readonly number[];
  readonly lane: LaneSettings;
  readonly marketMaking: MarketMakingSettings;
  readonly anchor: { readonly name: string; readonly parameters: Readonly<Record<string, unknown>> };
  readonly safety: SafetyLimits;
  readonly instrument: Instrument;
  readonly provenance: {
    readonly program: string;
    readonly engine: string;
    readonly seed: number;
    readonly timesteps: number;
    readonly updates: number;
    readonly tapes: readonly {
      readonly source: string;
      readonly checksum: string;
      readonly start: number;
      readonly end: number;
    }[];
  };
  readonly files: readonly FileRecord[];
}
