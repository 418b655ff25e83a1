import type { Rules } from './check-part.ts';
import type { MarketPart, ObservedColumn } from './parts.ts';
import type { StateMatrix } from './state-matrix.ts';

/** Parameters of the rewards. */
export const REWARD_RULES: Readonly<
  Record<'pnl' | 'running-inventory-penalty' | 'exponential-utility', Rules>
> = {
  pnl: {},
  'running-inventory-penalty': { running: { default: 0.01, from: 0 }, terminal: { default: 0.001, from: 0 } },
  'exponential-utility': { riskAversion: { default: 0.1, above: 0 } },
};

/** What a step is worth, from the column `gain` and the inventory after the step's fills. */
export interface Reward extends MarketPart {
  /** Writes each path's reward of the last step; `last`: the episode ended with it. */
  write(state: StateMatrix, out: Float64Array, last: boolean): void;
}

export function createReward(
  name: string,
  settings: Readonly<Record<string, number | string>>,
  dt: number,
): Reward {
  switch (name) {
    case 'running-inventory-penalty':
      return new RunningInventoryPenalty(settings.running as number, settings.terminal as number, dt);
    case 'exponential-utility':
      return new ExponentialUtility(settings.riskAversion as number);
    default:
      return new PnlReward();
  }
}

/** Change of cash + inventory · mid. */
export class PnlReward implements Reward {
  readonly name = 'pnl';
  readonly columns: readonly string[] = [];
  readonly observed: readonly ObservedColumn[] = [];

  begin(): void {}

  write(state: StateMatrix, out: Float64Array): void {
    const gain = state.column('gain');
    for (let j = 0; j < state.paths; j++) out[j] = gain[j];
  }
}

/**
 * ΔPnL − φq²dt, and −αq² at the end: the criterion of Cartea, Jaimungal and Penalva (2015, ch. 10). q is the inventory
 * held over the step, after its fills.
 */
export class RunningInventoryPenalty implements Reward {
  readonly name = 'running-inventory-penalty';
  readonly columns: readonly string[] = [];
  readonly observed: readonly ObservedColumn[] = [];
  readonly #running: number;
  readonly #terminal: number;

  constructor(running: number, terminal: number, dt: number) {
    this.#running = running * dt;
    this.#terminal = terminal;
  }

  begin(): void {}

  write(state: StateMatrix, out: Float64Array, last: boolean): void {
    const gain = state.column('gain');
    const inventory = state.column('inventory');
    const penalty = this.#running + (last ? this.#terminal : 0);
    for (let j = 0; j < state.paths; j++) out[j] = gain[j] - penalty * inventory[j] * inventory[j];
  }
}

/** An exponent beyond this counts as this, so that rewards stay finite. */
const LARGEST_EXPONENT = 500;

/**
 * Change of U(W) = (1 − e^(−γW))/γ, W the wealth earned since the start: the rewards of an episode add up to the
 * utility of its end (Avellaneda and Stoikov, 2008, up to constants). Wealth is observed, as the value depends on it.
 */
export class ExponentialUtility implements Reward {
  readonly name = 'exponential-utility';
  readonly columns = ['wealth'];
  readonly observed: readonly ObservedColumn[];
  readonly #riskAversion: number;

  constructor(riskAversion: number) {
    this.#riskAversion = riskAversion;
    this.observed = [{ column: 'wealth', centre: 0, scale: 1 / riskAversion }];
  }

  begin(state: StateMatrix): void {
    state.column('wealth').fill(0);
  }

  write(state: StateMatrix, out: Float64Array): void {
    const gain = state.column('gain');
    const wealth = state.column('wealth');
    for (let j = 0; j < state.paths; j++) {
      const before = this.#utility(wealth[j]);
      wealth[j] += gain[j];
      out[j] = this.#utility(wealth[j]) - before;
    }
  }

  #utility(wealth: number): number {
    return -Math.expm1(Math.min(-this.#riskAversion * wealth, LARGEST_EXPONENT)) / this.#riskAversion;
  }
}
