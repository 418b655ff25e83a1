import type { Instrument } from '../../market/instrument.ts';
import type { Market } from '../../market/market.ts';
import type { Info } from '../env.ts';
import { Lane, type LaneModels } from '../lane.ts';
import type { Quote, Quoter } from '../quoter.ts';
import type { LaneSettings, MarketMakingSettings } from '../settings.ts';
import { Observer } from './observation.ts';
import { ACTION_SIZE, ResidualQuoter } from './residual-quoter.ts';
import { RewardMeter } from './reward.ts';

export interface AgentLaneOptions {
  readonly market: Market;
  readonly instrument: Instrument;
  /** One lot in base currency. */
  readonly lot: number;
  readonly lane: LaneSettings;
  readonly marketMaking: MarketMakingSettings;
  /** Quoter whose quote action 0 reproduces. */
  readonly anchor: Quoter;
  /** Puts a safety layer around the residual quoter. */
  readonly protect?: (inner: Quoter) => Quoter;
  /** Makes the models of each episode's lane, in place of those that `lane` names. */
  readonly models?: () => LaneModels;
}

/** A quoter that counts what it overrules, as the safety layer does: rule by rule since the last reset. */
interface Intervening {
  readonly interventions: Readonly<Record<string, number>>;
}

/**
 * What one learning agent has in an episode: its lane on the market, the residual quoter that turns its actions into
 * quotes, its observation and its reward. The single and the vector environment are made of these.
 */
export class AgentLane {
  readonly residual: ResidualQuoter;
  readonly #options: AgentLaneOptions;
  readonly #quoter: Quoter;
  readonly #observer = new Observer();
  readonly #reward: RewardMeter;
  readonly #interventions = new Map<string, number>();
  #lane: Lane | undefined;
  #final: Readonly<Quote> | undefined;

  constructor(options: AgentLaneOptions) {
    const { anchor, instrument, lane, lot, marketMaking, protect } = options;
    this.#options = options;
    this.residual = new ResidualQuoter(anchor, marketMaking);
    this.#quoter = protect?.(this.residual) ?? this.residual;
    this.#reward = new RewardMeter(marketMaking.reward, lane.decisionIntervalMs, lot * instrument.tickSize);
  }

  /** Begins an episode on the market as it is now; `end` is the time of its close, µs. */
  begin(seed: number, end: number): void {
    this.leave();
    const { instrument, lane: settings, lot, market, models } = this.#options;
    const lane = new Lane({
      instrument,
      settings,
      lot,
      seed,
      sessionEnd: end,
      listeners: [this.#reward],
      ...models?.(),
    });
    lane.attach(market);
    this.#lane = lane;
    this.#quoter.reset(lane.context);
    this.#observer.reset(lane.context);
    this.#interventions.clear();
  }

  /** Takes the decision of this step with an action in [−1, 1]. */
  decide(action: Float32Array): void {
    const lane = this.#current();
    this.#reward.begin(lane.equity);
    this.residual.setAction(action);
    this.#final = lane.decide(this.#quoter);
  }

  /** The market has moved on: flattens if the episode is over, and returns the step's reward. */
  settle(over: boolean): number {
    const lane = this.#current();
    if (over) lane.flatten();
    return this.#reward.end(lane.equity, lane.position);
  }

  /** Writes the raw features into `out`. `beside` is what another agent of the same task has just observed. */
  observe(out: Float32Array, beside?: Float32Array): void {
    const { view } = this.#current();
    // An agent whose own fills take from the displayed book sees a market of its own.
    const shared = view.market === this.#options.market;
    if (beside !== undefined && shared) this.#observer.observeBeside(view, out, beside);
    else this.#observer.observe(view, out);
  }

  /** What an episode begins with. */
  beginInfo(start: number, end: number): Info {
    const { view } = this.#current();
    return { start, end, time: view.market.time, inventory: view.inventory, equity: view.equity };
  }

  /** What the step was made of; numbers are per step. */
  stepInfo(): Info {
    const { view } = this.#current();
    const { parts, fills, cancels, rejections } = this.#reward;
    const executedAction = new Float32Array(ACTION_SIZE);
    if (this.#final !== undefined) this.residual.executedAction(executedAction, this.#final);
    const info: Record<string, unknown> = {
      'reward/pnl': parts.pnl,
      'reward/inventory': parts.inventory,
      'reward/cancel': parts.cancel,
      'reward/latency': parts.latency,
      executedAction,
      inventory: view.inventory,
      equity: view.equity,
      time: view.market.time,
      fills,
      cancels,
      rejections,
    };
    if (isIntervening(this.#quoter)) {
      for (const [rule, count] of Object.entries(this.#quoter.interventions)) {
        info[`safety/${rule}`] = count - (this.#interventions.get(rule) ?? 0);
        this.#interventions.set(rule, count);
      }
    }
    return info;
  }

  /** Leaves the market; the episode cannot go on. */
  leave(): void {
    this.#lane?.detach(this.#options.market);
    this.#lane = undefined;
    this.#final = undefined;
  }

  #current(): Lane {
    if (this.#lane === undefined) throw new Error('An AgentLane was used before begin()');
    return this.#lane;
  }
}

function isIntervening(quoter: Quoter): quoter is Quoter & Intervening {
  return (
    'interventions' in quoter && typeof quoter.interventions === 'object' && quoter.interventions !== null
  );
}
