import { InputError } from '../../base/errors.ts';
import { OBSERVATION_NAMES, OBSERVATION_SIZE, Observer } from '../../env/market-making/observation.ts';
import { ACTION_SIZE, ResidualQuoter } from '../../env/market-making/residual-quoter.ts';
import { type Quote, type Quoter, type QuoterContext, type QuoterView, Reason } from '../../env/quoter.ts';
import type { SacState } from './engine.ts';
import { type FeatureNormaliser, MlpPolicy } from './mlp-policy.ts';

// Runs at every decision, live too: writes in place, allocates nothing.

/** What of a policy's manifest its quoter needs; a whole manifest will do. */
export interface PolicyDescription {
  readonly observation: { readonly names: readonly string[]; readonly normaliser: FeatureNormaliser };
  readonly action: {
    readonly centreShiftTicks: number;
    readonly logSpreadRange: number;
    readonly allowedShiftTicks: number;
  };
}

/**
 * A trained policy as a quoter: features of the view → policy → action as a residual on the anchor's quote. It is
 * deterministic. An action that is not finite is replaced by 0, the anchor's own quote, and says so in the reason.
 */
export class PolicyQuoter implements Quoter {
  readonly name: string;
  readonly residual: ResidualQuoter;
  readonly policy: MlpPolicy;
  /** The latest decision's raw features and action; read only. */
  readonly observation = new Float32Array(OBSERVATION_SIZE);
  readonly action = new Float32Array(ACTION_SIZE);
  readonly #observer = new Observer();

  /** Throws an InputError where the policy was made for other features or another action than this release's. */
  constructor(weights: SacState, description: PolicyDescription, anchor: Quoter, name = 'sac') {
    const { observation, action } = description;
    requireSameFeatures(observation.names);
    this.name = name;
    this.policy = new MlpPolicy(weights, observation.normaliser);
    requireSize('observation', this.policy.observationSize, OBSERVATION_SIZE);
    requireSize('action', this.policy.actionSize, ACTION_SIZE);
    this.residual = new ResidualQuoter(anchor, action);
    this.residual.allowedShiftTicks = action.allowedShiftTicks;
  }

  reset(context: QuoterContext): void {
    this.residual.reset(context);
    this.#observer.reset(context);
    this.observation.fill(0);
    this.action.fill(0);
  }

  quote(view: QuoterView, out: Quote): void {
    const { action } = this;
    this.#observer.observe(view, this.observation);
    this.policy.act(this.observation, action);
    let finite = true;
    for (let i = 0; i < action.length; i++) finite = finite && Number.isFinite(action[i]);
    if (!finite) action.fill(0);
    this.residual.setAction(action);
    this.residual.quote(view, out);
    if (!finite) out.reason |= Reason.nonFinite;
  }
}

function requireSameFeatures(names: readonly string[]): void {
  const length = Math.max(names.length, OBSERVATION_SIZE);
  for (let i = 0; i < length; i++) {
    if (names[i] === OBSERVATION_NAMES[i]) continue;
    throw new InputError({
      code: 'other-observation',
      message: `The policy sees ${names[i] ?? 'nothing'} as feature ${i}; this release gives ${OBSERVATION_NAMES[i] ?? 'none'} there.`,
      field: 'observation',
      value: names[i] ?? null,
      expected: OBSERVATION_NAMES[i] ?? `${OBSERVATION_SIZE} features`,
      hint: 'Run it with the release that trained it, or train anew.',
    });
  }
}

function requireSize(what: string, size: number, expected: number): void {
  if (size === expected) return;
  throw new InputError({
    code: `other-${what}`,
    message: `The policy's ${what} has ${size} components; this release's has ${expected}.`,
    field: what,
    value: size,
    expected: String(expected),
    hint: 'Run it with the release that trained it, or train anew.',
  });
}
