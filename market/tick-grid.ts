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

/** Finest decimal that prices and quantities are written in. */
const DECIMALS = 1e8;

/** Greatest common divisor of decimals, in units of 10⁻⁸: the coarsest grid that all of them lie on. */
export class CommonStep {
  #units = 0;

  add(value: number): void {
    let b = Math.round(value * DECIMALS);
    let a = this.#units;
    while (b !== 0) [a, b] = [b, a % b];
    this.#units = a;
  }

  /** The step, 0 where nothing but zeros has been added. */
  get value(): number {
    return this.#units / DECIMALS;
  }
}
