import type { Generator } from '../../base/random.ts';
import { createArrivals, PoissonArrivals } from './arrivals.ts';
import { createFills, ExponentialFills } from './fills.ts';
import { createKernel, GENERATOR_BYTES, seedKernel } from './kernel/step.ts';
import { Brownian, createMidPrice } from './mid-price.ts';
import type { ArrivalProcess, FillFunction, MarketPart, MidPriceProcess } from './parts.ts';
import { RandomColumns } from './random-columns.ts';
import { createReward, type Reward } from './rewards.ts';
import { type AnalyticMarketSettings, type CheckedMarket, checkMarket } from './settings.ts';
import { MARKET_COLUMNS, StateMatrix } from './state-matrix.ts';

/** How a market steps: compiled where its parts allow it, part by part always. */
export type Stepping = 'compiled' | 'parts';

/**
 * N independent paths of a market of orthogonal parts, stepped together over columns. In each step quotes stand at their
 * distances from the mid, are filled or not, then the mid moves; one lot a fill. An agent writes `bidDistance` and
 * `askDistance` (price units, any sign) before each step.
 *
 * Hot path: typed arrays, no allocation. Poisson arrivals with literal probability, exponential fills and a binomial
 * Brownian mid step in one compiled loop (kernel/step.ts); every other combination part by part. Either way a seed
 * fixes all paths bit for bit; between the two ways they differ.
 */
export class AnalyticMarket {
  readonly settings: AnalyticMarketSettings;
  /** Settings with every default filled in. */
  readonly checked: CheckedMarket;
  readonly paths: number;
  /** Steps of an episode. */
  readonly steps: number;
  readonly timeStep: number;
  readonly state: StateMatrix;
  readonly midPrice: MidPriceProcess;
  readonly arrivals: ArrivalProcess;
  readonly fills: FillFunction;
  readonly reward: Reward;
  readonly stepping: Stepping;
  readonly mid: Float64Array;
  readonly inventory: Float64Array;
  readonly cash: Float64Array;
  readonly gain: Float64Array;
  readonly bidDistance: Float64Array;
  readonly askDistance: Float64Array;
  readonly #parts: readonly MarketPart[];
  readonly #random: RandomColumns;
  readonly #kernel: (() => void) | undefined;
  readonly #maxInventory: number;
  readonly #initialMid: number;
  #step = 0;

  /** Throws an InputError that names the setting for an unknown part or an impossible parameter. */
  constructor(
    settings: AnalyticMarketSettings,
    paths: number,
    generator: Generator,
    stepping: Stepping = 'compiled',
  ) {
    this.checked = checkMarket(settings);
    const { midPrice, arrivals, fills, reward, ...numbers } = this.checked;
    const { timeStep, initialMid } = numbers;
    this.settings = settings;
    this.paths = paths;
    this.steps = numbers.steps;
    this.timeStep = timeStep;
    this.#maxInventory = numbers.maxInventory;
    this.#initialMid = initialMid;
    this.midPrice = createMidPrice(midPrice.name, midPrice.settings, initialMid, timeStep);
    this.arrivals = createArrivals(arrivals.name, arrivals.settings, timeStep);
    this.fills = createFills(fills.name, fills.settings);
    this.reward = createReward(reward.name, reward.settings, timeStep);
    this.#parts = [this.midPrice, this.arrivals, this.reward];
    const columns = [...MARKET_COLUMNS, ...this.#parts.flatMap((part) => part.columns)];
    this.state = new StateMatrix(paths, columns, GENERATOR_BYTES);
    this.mid = this.state.column('mid');
    this.inventory = this.state.column('inventory');
    this.cash = this.state.column('cash');
    this.gain = this.state.column('gain');
    this.bidDistance = this.state.column('bidDistance');
    this.askDistance = this.state.column('askDistance');
    this.#random = new RandomColumns(generator);
    this.#kernel = stepping === 'compiled' ? this.#compile() : undefined;
    this.stepping = this.#kernel === undefined ? 'parts' : 'compiled';
    this.begin(generator);
  }

  /** Time since the episode's start. */
  get time(): number {
    return this.#step * this.timeStep;
  }

  /** Time to the episode's end: T − t. */
  get timeLeft(): number {
    return (this.steps - this.#step) * this.timeStep;
  }

  get stepsTaken(): number {
    return this.#step;
  }

  get ended(): boolean {
    return this.#step >= this.steps;
  }

  /** Puts every path at the start of an episode; with a generator, reseeds what happens in it. */
  begin(generator?: Generator): void {
    if (generator !== undefined) {
      this.#random.seed(generator);
      seedKernel(this.state.memory, generator);
    }
    this.#step = 0;
    this.mid.fill(this.#initialMid);
    this.inventory.fill(0);
    this.cash.fill(0);
    this.gain.fill(0);
    for (const part of this.#parts) part.begin(this.state);
  }

  /** Fills or does not fill the quotes, then moves the mid. */
  step(): void {
    if (this.#kernel === undefined) this.#stepParts();
    else this.#kernel();
    this.#step++;
  }

  /** Writes each path's reward of the last step. Call it once a step. */
  rewards(out: Float64Array): void {
    this.reward.write(this.state, out, this.ended);
  }

  #compile(): (() => void) | undefined {
    const { midPrice, arrivals, fills, state } = this;
    if (!(midPrice instanceof Brownian && midPrice.binomial)) return undefined;
    if (!(arrivals instanceof PoissonArrivals && arrivals.literal)) return undefined;
    if (!(fills instanceof ExponentialFills)) return undefined;
    return createKernel(state, {
      probability: arrivals.expected,
      decay: fills.decay,
      midStep: midPrice.step,
      midDrift: midPrice.drift,
      maxInventory: this.#maxInventory,
    });
  }

  #stepParts(): void {
    const { state, paths, mid, inventory, cash, gain, bidDistance, askDistance } = this;
    const bidReach = state.column('bidReach');
    const askReach = state.column('askReach');
    this.arrivals.draw(state, this.#random, bidReach, askReach);
    this.fills.reach(bidReach, paths);
    this.fills.reach(askReach, paths);
    const limit = this.#maxInventory;
    for (let j = 0; j < paths; j++) {
      const bid = bidDistance[j];
      const ask = askDistance[j];
      const held = inventory[j];
      const bought = bid < bidReach[j] && held < limit ? 1 : 0;
      const sold = ask < askReach[j] && held > -limit ? 1 : 0;
      inventory[j] = held + bought - sold;
      // A distance that is not filled may be infinite: it is left out, not multiplied by 0.
      const spent = bought === 1 ? mid[j] - bid : 0;
      const received = sold === 1 ? mid[j] + ask : 0;
      cash[j] += received - spent;
      gain[j] = (bought === 1 ? bid : 0) + (sold === 1 ? ask : 0);
    }
    this.midPrice.advance(state, this.#random);
    const change = state.column('midChange');
    for (let j = 0; j < paths; j++) gain[j] += inventory[j] * change[j];
  }
}
