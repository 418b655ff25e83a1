import type { FeatureDistribution } from '../env/feature-distribution.ts';
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

/** Distribution of a raw feature, and where it was seen. */
export interface TrainingFeature extends FeatureDistribution {
  /** `training`: by the agent that learnt, in training. `selection`: by this very policy, without noise, on the stretch
   * that the best policy is chosen by. */
  readonly seen: 'training' | 'selection';
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
    /** How each raw feature was distributed in training, for drift (docs/drift.md). Policies of early releases have none
     * that is whole: see `driftReference`. */
    readonly training?: readonly TrainingFeature[];
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
  /** In an export: how to run each of its files without this program. */
  readonly formats?: PolicyFormats;
  readonly files: readonly FileRecord[];
}

/** A tensor that goes into or comes out of an exported file; `N` is any number of rows. */
export interface ExportedValue {
  readonly name: string;
  readonly type: 'float32';
  readonly shape: readonly (number | 'N')[];
  readonly meaning: string;
}

/** What someone who has nothing but the folder needs to know of its files. */
export interface PolicyFormats {
  readonly onnx: {
    readonly file: string;
    readonly opset: number;
    readonly input: ExportedValue;
    readonly output: ExportedValue;
  };
  /** A TensorFlow.js layers model of standard layers: `tf.loadLayersModel` reads it as it is. */
  readonly layers: { readonly file: string; readonly weights: string };
  /** Plain weights: what each tensor is, and the steps from raw features to action. */
  readonly safetensors: {
    readonly file: string;
    readonly tensors: Readonly<Record<string, string>>;
    readonly steps: readonly string[];
  };
  /** Largest absolute difference of the action between the policy and each file, over `cases` observations. */
  readonly parity: ExportParity;
  /** Raw features and the action that goes with them, to check one's own reading against. */
  readonly examples: readonly {
    readonly observation: readonly number[];
    readonly action: readonly number[];
  }[];
}

export interface ExportParity {
  readonly onnx: number;
  readonly layers: number;
  readonly safetensors: number;
  readonly cases: number;
  /** What ran the ONNX file: ONNX Runtime, or the reference evaluator where it is not installed. */
  readonly onnxRunner: 'onnxruntime-node' | 'reference';
}
