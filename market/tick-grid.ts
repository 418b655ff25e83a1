/** A price that is no multiple of the tick size. */
export class OffGridPrice extends Error {
  readonly price: number;

  constructor(price: number) {
    super(`price ${price} is off the grid`);
    this.name = 'OffGridPrice';
    this.price = price;
  }
}

const MAX_TICKS = 0x7ffffffe;

/** Turns prices in quote currency into integer ticks and back. */
export class TickGrid {
  readonly tickSize: number;
  readonly #perUnit: number;

  constructor(tickSize: number) {
    this.tickSize = tickSize;
    this.#perUnit = 1 / tickSize;
  }

  /** Ticks of a price; throws {@link OffGridPrice} where it lies between ticks or beyond 2³¹ − 2 of them. */
  toTicks(price: number): number {
    const exact = price * this.#perUnit;
    const ticks = Math.round(exact);
    // A price on the next finer decimal grid is off by a tenth at least; rounding errors stay far below 10⁻⁴.
    if (Math.abs(exact - ticks) > 1e-4 || ticks > MAX_TICKS) throw new OffGridPrice(price);
    return ticks;
  }
}

/** Finest decimal that prices are written in. */
const DECIMALS = 1e8;

/** Greatest common divisor of prices, in units of 10⁻⁸: the coarsest grid that all of them lie on. */
export class CommonStep {
  #units = 0;

  add(value: number): void {
    let b = Math.round(value * DECIMALS);
    let a = this.#units;
    // Most lie on the grid of those before.
    if (b % a === 0) return;
    while (b !== 0) [a, b] = [b, a % b];
    this.#units = a;
  }

  /** The step, 0 where nothing but zeros has been added. */
  get value(): number {
    return this.#units / DECIMALS;
  }
}

/** Share of quantities that may be finer than the step: remnants of orders from before a step size was made coarser. */
const DUST = 1e-3;

/**
 * The step size that quantities show: the power of ten that all of them are multiples of, but for one in a thousand.
 * Binance's steps are powers of ten, and books hold a little dust that no order could be made of today.
 */
export class QuantityStep {
  readonly #counts = new Float64Array(9);
  /** Decimals of the quantity before: most have as many. */
  #last = 0;

  add(quantity: number): void {
    let decimals = this.#last;
    if (fits(quantity, decimals)) while (decimals > 0 && fits(quantity, decimals - 1)) decimals--;
    else
      do decimals++;
      while (decimals < 8 && !fits(quantity, decimals));
    this.#last = decimals;
    this.#counts[decimals]++;
  }

  /** Adds quantities that are known to have 0, 1, … 8 decimals: so many of each. */
  addCounts(counts: Int32Array): void {
    for (let decimals = 0; decimals < counts.length; decimals++) this.#counts[decimals] += counts[decimals];
  }

  /** The step; 1 where nothing has been added. */
  get value(): number {
    const total = this.#counts.reduce((sum, count) => sum + count, 0);
    let finer = total;
    for (let decimals = 0; decimals < 8; decimals++) {
      finer -= this.#counts[decimals];
      if (finer <= DUST * total) return 1 / POWERS_OF_TEN[decimals];
    }
    return 1e-8;
  }
}

/** Whether a quantity has so many decimals at most; eight are all there are. */
function fits(quantity: number, decimals: number): boolean {
  const scaled = quantity * POWERS_OF_TEN[decimals];
  const error = Math.abs(scaled - Math.round(scaled));
  // Half of the finest decimal, or what a double of that size cannot hold.
  return decimals === 8 || error <= HALF_OF_FINEST[decimals] || error <= 4e-16 * scaled;
}

const POWERS_OF_TEN = Float64Array.from({ length: 9 }, (_, exponent) => 10 ** exponent);
const HALF_OF_FINEST = POWERS_OF_TEN.map((_, decimals) => 0.5 / POWERS_OF_TEN[8 - decimals]);
