import type { DistanceTable } from './market-agents.ts';

export interface DiscreteMarket {
  /** λ·dt: fill probability of a step at the mid; at distance δ it is λ·dt·e^(−κδ), at most 1. */
  readonly probability: number;
  readonly decay: number;
  /** φ·dt and α. */
  readonly runningPerStep: number;
  readonly terminal: number;
  readonly maxInventory: number;
  readonly steps: number;
}

/**
 * The optimum of a Cartea–Jaimungal market as it is simulated: in steps of dt, with at most one fill a side and step.
 * Backward induction over the grid; it tends to the closed form as dt → 0, and no agent in the simulation can
 * expect more. Both sides of a step may fill, so the two distances are solved together:
 * δ_b = 1/κ − D₊ + p_a(D₊ + D₋), and the same for the ask, D± the value of one lot more or less.
 */
export class DiscreteOptimum implements DistanceTable {
  /** Expected reward of an episode from no inventory. */
  readonly value: number;
  readonly #width: number;
  readonly #limit: number;
  readonly #bid: Float64Array;
  readonly #ask: Float64Array;

  constructor(market: DiscreteMarket) {
    const { steps, maxInventory, terminal, runningPerStep } = market;
    this.#width = 2 * maxInventory + 1;
    this.#limit = maxInventory;
    this.#bid = new Float64Array(this.#width * steps);
    this.#ask = new Float64Array(this.#width * steps);
    const cost = (q: number) => q * q;
    let after = Float64Array.from({ length: this.#width }, (_, i) => -terminal * cost(i - maxInventory));
    for (let step = steps - 1; step >= 0; step--) {
      const held = after.map((v, i) => v - runningPerStep * cost(i - maxInventory));
      after = held.map((_, i) => this.#solve(market, held, i, step * this.#width + i));
    }
    this.value = after[maxInventory];
  }

  bidDistance(step: number, q: number): number {
    return this.#bid[step * this.#width + q + this.#limit];
  }

  askDistance(step: number, q: number): number {
    return this.#ask[step * this.#width + q + this.#limit];
  }

  /** Value at inventory index i, with the values `held` of what is held after the fills. */
  #solve(market: DiscreteMarket, held: Float64Array, i: number, at: number): number {
    const { probability, decay } = market;
    const fill = (distance: number) => Math.min(1, probability * Math.exp(-decay * distance));
    const canBuy = i < this.#width - 1;
    const canSell = i > 0;
    const more = canBuy ? held[i + 1] - held[i] : 0;
    const less = canSell ? held[i - 1] - held[i] : 0;
    let bid = canBuy ? 1 / decay - more : Number.POSITIVE_INFINITY;
    let ask = canSell ? 1 / decay - less : Number.POSITIVE_INFINITY;
    for (let round = 0; round < 50; round++) {
      const nextBid = canBuy ? 1 / decay - more + fill(ask) * (more + less) : bid;
      const nextAsk = canSell ? 1 / decay - less + fill(nextBid) * (more + less) : ask;
      const settled = Math.abs(nextBid - bid) < 1e-14 && Math.abs(nextAsk - ask) < 1e-14;
      bid = nextBid;
      ask = nextAsk;
      if (settled || !canBuy || !canSell) break;
    }
    this.#bid[at] = bid;
    this.#ask[at] = ask;
    const buys = canBuy ? fill(bid) : 0;
    const sells = canSell ? fill(ask) : 0;
    const bought = canBuy ? buys * (bid + more) : 0;
    const sold = canSell ? sells * (ask + less) : 0;
    return held[i] + bought + sold - buys * sells * (more + less);
  }
}
