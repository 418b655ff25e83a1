import type { FeeTier } from '../settings.ts';
import type { FeeModel, ModelSession } from './models.ts';

export interface TieredFeeOptions {
  readonly name: string;
  /** Least volume first; the first is for whoever trades less. */
  readonly tiers: readonly FeeTier[];
  /** Volume of the 30 days before the session, quote currency, taken to be traded evenly over them. */
  readonly startingVolume: number;
  /** Factor on every fee. */
  readonly factor: number;
}

const DAYS = 30;
/** µs. */
const DAY = 86_400_000_000;

/**
 * Basis points by the volume of the last 30 whole days (UTC), maker and taker together. The tier changes at midnight, as
 * on Binance: what is traded today counts from tomorrow on.
 */
export class TieredFees implements FeeModel {
  readonly name: string;
  readonly #options: TieredFeeOptions;
  /** Volume of each of the last days, the oldest at `#oldest`, and of today. */
  readonly #days = new Float64Array(DAYS);
  #oldest = 0;
  #today = 0;
  #day = Number.NaN;
  #tier: FeeTier;

  constructor(options: TieredFeeOptions) {
    this.name = options.name;
    this.#options = options;
    this.#tier = options.tiers[0];
    this.#reset();
  }

  /** The tier that counts as of the last fill. */
  get tier(): FeeTier {
    return this.#tier;
  }

  begin({ market }: ModelSession): void {
    this.#reset();
    if (market.time > 0) this.#day = Math.floor(market.time / DAY);
  }

  fee(price: number, quantity: number, maker: boolean, time: number): number {
    this.#turnTo(Math.floor(time / DAY));
    const notional = price * quantity;
    this.#today += notional;
    const { makerBps, takerBps } = this.#tier;
    return notional * (maker ? makerBps : takerBps) * 1e-4 * this.#options.factor;
  }

  #reset(): void {
    this.#days.fill(this.#options.startingVolume / DAYS);
    this.#oldest = 0;
    this.#today = 0;
    this.#day = Number.NaN;
    this.#choose();
  }

  #turnTo(day: number): void {
    if (day === this.#day) return;
    if (Number.isNaN(this.#day)) this.#day = day;
    for (let passed = 0; this.#day < day; passed++, this.#day++) {
      this.#days[this.#oldest] = this.#today;
      this.#oldest = (this.#oldest + 1) % DAYS;
      this.#today = 0;
      // Nothing is left of what was before.
      if (passed > DAYS) this.#day = day - 1;
    }
    this.#choose();
  }

  #choose(): void {
    // A hair more, so that a starting volume of just a tier's is not lost in thirty divisions.
    const volume = this.#days.reduce((sum, value) => sum + value, 0) * (1 + 1e-12);
    const { tiers } = this.#options;
    this.#tier = tiers.findLast((tier) => volume >= tier.volume) ?? tiers[0];
  }
}
