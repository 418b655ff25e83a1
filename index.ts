/**
 * makergym: a reinforcement-learning gym and training framework for market making.
 *
 * ```ts
 * import { make, SAC } from 'makergym';
 *
 * const env = make('MarketMaking-v0', { tape: 'nexo.arrow' });
 * const sac = new SAC(env, { seed: 1 });
 * await sac.learn({ totalTimesteps: 10_000 });
 * ```
 */
import './agents/anchors.ts';
import './env/analytic/registration.ts';
import './env/market-making/registration.ts';

export { AvellanedaStoikov } from './agents/avellaneda-stoikov.ts';
export { averageSpread, halfSpread, reservationPrice, riskTerm } from './agents/closed-form.ts';
export { FixedSpread } from './agents/fixed-spread.ts';
export { glftQuotes } from './agents/optimal/glft.ts';
export {
  AsymptoticStrategy,
  InventoryStrategy,
  type MarketAgent,
  OptimalStrategy,
  SymmetricStrategy,
} from './agents/optimal/market-agents.ts';
export { GlftQuoter, ValueFunctionQuoter } from './agents/optimal/quoters.ts';
export { carteaJaimungal, riskAverse, ValueFunction } from './agents/optimal/value-function.ts';
export {
  type AvellanedaStoikovParameters,
  DEFAULT_FIXED,
  DEFAULT_V1,
  DEFAULT_V15,
  type FixedSpreadParameters,
  type V15Parameters,
} from './agents/parameters.ts';
export { createEngine } from './agents/sac/choose-engine.ts';
export type {
  SacEngine,
  SacEngineOptions,
  SacMetrics,
  SacState,
  StateTensor,
  TransitionBatch,
} from './agents/sac/engine.ts';
export { ENGINE_NAMES } from './agents/sac/engine-names.ts';
export { MlpPolicy } from './agents/sac/mlp-policy.ts';
export { createStackedEngine, type StackedSacEngine } from './agents/sac/onnx-engine.ts';
export { PolicyQuoter } from './agents/sac/policy-quoter.ts';
export { V15 } from './agents/v15.ts';
export { InputError, InterruptedError, MakergymError, RunError } from './base/errors.ts';
export { Generator, stream } from './base/random.ts';
export { exportPolicy } from './checkpoints/export.ts';
export { type LoadedPolicy, loadPolicy } from './checkpoints/policy.ts';
export type { PolicyManifest } from './checkpoints/policy-manifest.ts';
export { AnalyticMarket } from './env/analytic/market.ts';
export { makeAnalyticVector } from './env/analytic/registration.ts';
export { AnalyticVectorEnv } from './env/analytic/vector-environment.ts';
export { checkEnv, EnvCheckFailed, findEnvProblems } from './env/check-env.ts';
export type { Env, Info, ResetOptions, ResetResult, StepResult, VectorEnv, VectorStep } from './env/env.ts';
export { EnvClosed, InvalidAction, ResetNeeded, UnregisteredEnv } from './env/errors.ts';
export { BasisPointFees, QuantityFees } from './env/exchange/fees.ts';
export { BINANCE_SCHEDULES } from './env/exchange/fees-binance.ts';
export { TieredFees } from './env/exchange/fees-tiered.ts';
export { ConstantLatency } from './env/exchange/latency.ts';
export { LogNormalLatency } from './env/exchange/latency-log-normal.ts';
export { RecordedLatency } from './env/exchange/latency-recorded.ts';
export { readLatencyRecording } from './env/exchange/latency-recording.ts';
export { SpikesLatency } from './env/exchange/latency-spikes.ts';
export { TapeLatency } from './env/exchange/latency-tape.ts';
export type {
  FeeModel,
  Fill,
  FillReason,
  LatencyModel,
  ModelSession,
  OrderState,
  QueueModel,
  Refusal,
  SelfTradeMode,
  TimeInForce,
} from './env/exchange/models.ts';
export {
  Log2Queue,
  LogQueue,
  PowerQueue,
  ProRataQueue,
  RiskAverseQueue,
} from './env/exchange/queue.ts';
export { Lane, type LaneModels, type LaneOptions } from './env/lane.ts';
export type { LaneListener, OrderEvent } from './env/lane-listener.ts';
export { MarketMakingEnv, type MarketMakingOptions } from './env/market-making/environment.ts';
export { MidQuoter } from './env/market-making/mid-quoter.ts';
export { OBSERVATION_NAMES, OBSERVATION_UNITS, Observer } from './env/market-making/observation.ts';
export type { MarketMakingMakeOptions } from './env/market-making/options.ts';
export { ResidualQuoter } from './env/market-making/residual-quoter.ts';
export { MarketMakingVectorEnv } from './env/market-making/vector-environment.ts';
export { RunningNormaliser } from './env/normaliser.ts';
export { placeQuote } from './env/place-quote.ts';
export {
  emptyQuote,
  type OwnQuote,
  type Quote,
  type Quoter,
  type QuoterContext,
  type QuoterView,
  Reason,
  Refresh,
  type ReloadableQuoter,
} from './env/quoter.ts';
export { make, register, registered } from './env/registry.ts';
export { runSession, type SessionOptions, type SessionResult } from './env/session.ts';
export {
  DEFAULT_LANE,
  DEFAULT_MARKET_MAKING,
  type LaneSettings,
  type MarketMakingSettings,
} from './env/settings.ts';
export { Box, box, Discrete, discrete, type Space } from './env/spaces.ts';
export { SyncVectorEnv } from './env/sync-vector-env.ts';
export { ClipAction } from './env/wrappers/clip-action.ts';
export { NormalizeObservation } from './env/wrappers/normalize-observation.ts';
export { RecordEpisodeStatistics } from './env/wrappers/record-episode-statistics.ts';
export { RescaleAction } from './env/wrappers/rescale-action.ts';
export { TimeLimit } from './env/wrappers/time-limit.ts';
export { unwrap, Wrapper } from './env/wrappers/wrapper.ts';
export { KpiRecorder } from './evaluation/kpi-recorder.ts';
export type { Kpis } from './evaluation/kpis.ts';
export { type BookView, OrderBook } from './market/book.ts';
export { type ImportOptions, type ImportSummary, importCaptures } from './market/import.ts';
export type { Instrument, Venue } from './market/instrument.ts';
export { Market, type MarketListener, type MarketView } from './market/market.ts';
export { TapeReplay } from './market/replay.ts';
export { ASK, BID, type Side } from './market/side.ts';
export type { SignalView } from './market/signal-view.ts';
export { Signals } from './market/signals.ts';
export { fitMarket, type MarketFit } from './market/simulated/fit/fit-market.ts';
export { type MarketSource, marketNames, openMarket } from './market/simulated/open-market.ts';
export { QueueReactiveMarket } from './market/simulated/queue-reactive.ts';
export type { MarketSink, SimulatedMarket } from './market/simulated/simulated-market.ts';
export { memoryTape } from './market/tape/memory.ts';
export { openTape } from './market/tape/reader.ts';
export { Flag, Kind, type RowBatch, type Tape, type TapeInfo } from './market/tape/rows.ts';
export { TapeWriter } from './market/tape/writer.ts';
export { RingBuffer } from './replay/ring-buffer.ts';
export { DEFAULT_FALLBACK, type FallbackSettings } from './safety/fallback.ts';
export { DEFAULT_SAFETY, type SafetyLimits } from './safety/limits.ts';
export { SafetyLayer } from './safety/safety-layer.ts';
export { Supervisor, type SupervisorOptions } from './safety/supervisor.ts';
export type { TrainingCallback } from './training/callbacks.ts';
export { type LearnOptions, type LearnResult, SAC, type SacOptions } from './training/sac.ts';
export {
  DEFAULT_SAC,
  DEFAULT_TRAINING,
  type SacSettings,
  type TrainingSettings,
} from './training/settings.ts';
