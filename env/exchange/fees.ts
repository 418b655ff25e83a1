import type { FeeModel } from './models.ts';

/** Basis points of notional, told apart by who provides and who takes liquidity; negative is a rebate. */
export class BasisPointFees implements FeeModel {
  readonly name: string;
  readonly #maker: number;
  readonly #taker: number;

  constructor(makerBps: number, takerBps: number) {
    this.name = `maker ${makerBps} bps, taker ${takerBps} bps`;
    this.#maker = makerBps * 1e-4;
    this.#taker = takerBps * 1e-4;
  }

  fee(price: number, quantity: number, maker: boolean): number {
    return price * quantity * (maker ? this.#maker : this.#taker);
  }
}

/** Quote currency per unit of base, whatever the price, as stocks and futures contracts are charged; negative is a
 * rebate. */
export class QuantityFees implements FeeModel {
  readonly name: string;
  readonly #maker: number;
  readonly #taker: number;

  constructor(makerPerUnit: number, takerPerUnit: number) {
    this.name = `maker ${makerPerUnit}, taker ${takerPerUnit} per unit`;
    this.#maker = makerPerUnit;
    this.#taker = takerPerUnit;
  }

  fee(_price: number, quantity: number, maker: boolean): number {
    return quantity * (maker ? this.#maker : this.#taker);
  }
}
