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
