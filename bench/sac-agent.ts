/** A SAC policy of full size as shadow mode runs it: fallbacks around it, the safety layer around them. Its weights are
 * those before training. */
import { AvellanedaStoikov } from '../agents/avellaneda-stoikov.ts';
import { initialState } from '../agents/sac/initialise.ts';
import { PolicyQuoter } from '../agents/sac/policy-quoter.ts';
import { V15 } from '../agents/v15.ts';
import { CLOCK_FEATURES, OBSERVATION_NAMES, OBSERVATION_SIZE } from '../env/market-making/observation.ts';
import { ACTION_SIZE } from '../env/market-making/residual-quoter.ts';
import { RunningNormaliser } from '../env/normaliser.ts';
import { ObservationSample } from '../env/observation-sample.ts';
import { DEFAULT_MARKET_MAKING } from '../env/settings.ts';
import { DriftDetector } from '../evaluation/drift.ts';
import { DEFAULT_DRIFT } from '../evaluation/drift-settings.ts';
import type { AgentHooks, ShadowAgent } from '../live/shadow/desk.ts';
import { DEFAULT_FALLBACK } from '../safety/fallback.ts';
import { DEFAULT_SAFETY } from '../safety/limits.ts';
import { SafetyLayer } from '../safety/safety-layer.ts';
import { Supervisor } from '../safety/supervisor.ts';
import { DEFAULT_SAC } from '../training/settings.ts';

export const HIDDEN = [256, 256];
/** Widths of the network: features, hidden layers, mean and deviation of each action. */
export const SIZES = [OBSERVATION_SIZE, ...HIDDEN, 2 * ACTION_SIZE].join('-');

/** What features were like, so that the network sees what a trained one does and drift is measured. */
export class SeenFeatures {
  readonly normaliser = new RunningNormaliser(OBSERVATION_SIZE);
  readonly sample = new ObservationSample(OBSERVATION_SIZE);

  observe(observation: Float32Array): void {
    this.normaliser.update(observation, 1);
    this.sample.observe(observation);
  }
}

export interface SacAgent extends ShadowAgent {
  readonly policy: PolicyQuoter;
}

export function sacAgent(seen?: SeenFeatures, hooks?: AgentHooks): SacAgent {
  const { centreShiftTicks, logSpreadRange } = DEFAULT_MARKET_MAKING;
  const weights = initialState({
    ...DEFAULT_SAC,
    hidden: HIDDEN,
    observationSize: OBSERVATION_SIZE,
    actionSize: ACTION_SIZE,
    targetEntropy: -ACTION_SIZE,
    seed: 1,
  });
  const normaliser = seen?.normaliser ?? new RunningNormaliser(OBSERVATION_SIZE);
  const policy = new PolicyQuoter(
    weights,
    {
      observation: { names: OBSERVATION_NAMES, normaliser: normaliser.exportState() },
      action: { centreShiftTicks, logSpreadRange, allowedShiftTicks: centreShiftTicks },
    },
    new V15(),
  );
  const supervisor = new Supervisor({
    policy,
    fallbacks: [new V15(), new AvellanedaStoikov()],
    settings: DEFAULT_FALLBACK,
    maxAckP99Ms: DEFAULT_SAFETY.maxAckP99Ms,
    conditions: hooks?.conditions,
    onChange: hooks?.onFallback,
  });
  const quoter = new SafetyLayer(supervisor, DEFAULT_SAFETY, null);
  return { name: 'sac', policy, supervisor, quoter, drift: seen && driftOf(seen, policy, hooks) };
}

function driftOf({ sample }: SeenFeatures, { observation }: PolicyQuoter, hooks?: AgentHooks): DriftDetector {
  return new DriftDetector({
    names: OBSERVATION_NAMES,
    reference: OBSERVATION_NAMES.map((_, feature) => sample.describe(feature)).filter(
      (one) => one !== undefined,
    ),
    observation,
    settings: DEFAULT_DRIFT,
    unjudged: CLOCK_FEATURES,
    onAlarm: hooks?.onDrift,
  });
}
