/** Sizes and hyper-parameters of SAC that the update itself needs. Defaults: reference.md, "SAC". */
export interface SacEngineOptions {
  readonly observationSize: number;
  readonly actionSize: number;
  /** Hidden layer widths of actor and critics, ReLU between. */
  readonly hidden: readonly number[];
  readonly batchSize: number;
  readonly learningRate: number;
  readonly adamEpsilon: number;
  /** Polyak coefficient τ of the target critics. */
  readonly tau: number;
  readonly discount: number;
  /** H̄; default −actionSize. */
  readonly targetEntropy: number;
  readonly initialTemperature: number;
  /** Whether α·log π also enters the critic target (textbook SAC). */
  readonly entropyBackup: boolean;
  /** Weight η of the variance loss; 0 trains no variance head and makes the algorithm plain SAC. */
  readonly varianceWeight: number;
  readonly varianceLoss: 'qlike' | 'mse';
  /** c: δ² is clipped at (c·σ̄)². */
  readonly varianceClip: number;
  /** Largest κ of the Sharpe-ascent actor loss, and over how many updates its limit ramps up from 0. */
  readonly kappaMax: number;
  readonly kappaRampUpdates: number;
  /** Layer normalisation before each ReLU of the critics (Ba et al. 2016), with a gain and a shift that are trained. */
  readonly criticLayerNorm: boolean;
  /** Share of the critics' hidden units that each update leaves out (DroQ, Hiraoka et al. 2022); 0: none. */
  readonly criticDropout: number;
  /** Weights are initialised from this seed, noise-free, the same for every engine. */
  readonly seed: number;
}

/** `size` transitions, row-major, float32. Observations are normalised already. */
export interface TransitionBatch {
  readonly size: number;
  readonly observations: Float32Array;
  readonly actions: Float32Array;
  readonly rewards: Float32Array;
  readonly nextObservations: Float32Array;
  /** 1 where the episode terminated (truncation is 0: it bootstraps). */
  readonly terminated: Float32Array;
  /** Standard normal noise for the actor at s and at s′, `size × actionSize` each, from the run's own stream. */
  readonly noise: Float32Array;
  readonly nextNoise: Float32Array;
}

/** Scalars of one update, all finite (a non-finite one raises a RunError that names it and the update). */
export interface SacMetrics {
  readonly actorLoss: number;
  readonly criticLoss: number;
  readonly criticVarianceLoss: number;
  readonly temperatureLoss: number;
  /** α. */
  readonly temperature: number;
  readonly meanQ: number;
  /** Mean predicted standard deviation √V. */
  readonly sigma: number;
  readonly kappa: number;
  /** Mean −log π. */
  readonly entropy: number;
}

/** A named float32 tensor of an engine's state. */
export interface StateTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/**
 * Whole state of a learner: weights, target weights, Adam moments, log α, running scales, the number of updates.
 * Names are the same for every engine, so a checkpoint moves between engines. Layout: a dense layer's kernel is
 * `[inputs, outputs]`. Names: `actor/{i}/kernel|bias` (the last is the head, outputs mean then log-std),
 * `critic/{j}/{i}/kernel|bias` (head outputs Q then the raw variance), `target/{j}/{i}/…`, `temperature/log`,
 * `adam/m/…` and `adam/v/…` of each trained tensor, `scale/*` for running scalars, `updates` (shape []).
 */
export type SacState = Readonly<Record<string, StateTensor>>;

/** One implementation of the SAC update. Engines given the same state and batches agree to 1e−4 after 100 updates. */
export interface SacEngine {
  /** What runs it, e.g. `tfjs-wasm`. */
  readonly name: string;
  readonly options: SacEngineOptions;
  /** A batch of `options.batchSize` that {@link update} reads where it lies, to sample into; others may be copied. */
  readonly batch?: TransitionBatch;
  /**
   * Actions in [−1, 1] for `count` normalised observations. `noise` (`count × actionSize`) makes it stochastic;
   * null gives tanh(mean).
   */
  act(
    observations: Float32Array,
    count: number,
    noise: Float32Array | null,
    out: Float32Array,
  ): Promise<void>;
  /** One update of critics, actor, temperature and targets. */
  update(batch: TransitionBatch): Promise<SacMetrics>;
  exportState(): SacState;
  /** Copies the actor's weights of now into the tensors of `out`, which has all that begin with `actor/`. */
  exportActor(out: SacState): void;
  importState(state: SacState): void;
  dispose(): void;
}
