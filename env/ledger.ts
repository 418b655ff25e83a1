import { InputError } from '../base/errors.ts';
import type { Instrument } from '../market/instrument.ts';
import { ASK, BID } from '../market/side.ts';
import { Account } from './account.ts';
import { Acknowledgements } from './exchange/acknowledgements.ts';
import type { ExchangeOwner } from './exchange/exchange.ts';
import {
  type FeeModel,
  type Fill,
  type FillReason,
  REFUSALS,
  type Refusal,
  type Withdrawal,
} from './exchange/models.ts';
import type { Order } from './exchange/order.ts';
import type { LaneListener } from './lane-listener.ts';
import { SideView } from './lane-view.ts';
import type { MarketSeat } from './market-seat.ts';

export interface LedgerOptions {
  readonly instrument: Instrument;
  readonly lotSteps: number;
  readonly fees: FeeModel;
  readonly listeners: readonly LaneListener[];
  readonly seat: MarketSeat;
}

/** What one lane has (position, cash), what its agent has been told (own quotes, acknowledgements), and who else is. */
export class Ledger implements ExchangeOwner {
  readonly account: Account;
  readonly acknowledgements = new Acknowledgements();
  readonly sides: readonly [SideView, SideView];
  /** How often which rule rejected an order or let it expire. */
  readonly refusals: Record<Refusal, number> = emptyRefusals();
  /** Orders that are not wanted and whose cancel was lost, as the agent knows by now. */
  readonly lostCancels: Order[] = [];
  readonly #options: LedgerOptions;

  constructor(options: LedgerOptions) {
    const { instrument, lotSteps, seat } = options;
    this.#options = options;
    this.account = new Account(instrument);
    this.sides = [new SideView(seat, lotSteps), new SideView(seat, lotSteps)];
  }

  /**
   * Takes a fill of `steps` at `price`, ticks, at `time`, µs, into position and cash at once, and tells the listeners.
   * `queueAhead`: base quantity ahead when the order joined. `flattening`: the position is traded away at the end of a
   * session, by no order of the agent's.
   */
  book(
    order: Pick<Order, 'id' | 'side' | 'mid' | 'halfSpread'>,
    steps: number,
    price: number,
    reason: FillReason,
    queueAhead: number,
    time: number,
    flattening: boolean,
  ): void {
    const { side } = order;
    const { instrument, fees, listeners, lotSteps, seat } = this.#options;
    const quantity = steps * instrument.stepSize;
    const fee = fees.fee(price * instrument.tickSize, quantity, reason !== 'taker', time);
    if (!Number.isFinite(fee)) throw badFee(fees.name, fee);
    this.account.fill(side, price, steps, fee);
    if (listeners.length === 0) return;
    const fill: Fill = {
      orderId: order.id,
      time,
      side,
      price,
      quantity,
      fee,
      reason,
      queueAhead: Number.isFinite(queueAhead) ? queueAhead : Number.NaN,
      midAtPlacement: order.mid,
      midAtFill: seat.market.signals.mid,
      halfSpreadAtPlacement: order.halfSpread,
      flattening,
    };
    const position = this.account.steps / lotSteps;
    for (const listener of listeners) listener.onFill?.(fill);
    for (const listener of listeners) listener.onInventory?.(time, position);
  }

  /** The session's orders are over, and its agent knows all that happened. */
  close(): void {
    this.account.learnAll();
    this.sides[BID].clear();
    this.sides[ASK].clear();
    this.lostCancels.length = 0;
  }

  onExecution(order: Order, steps: number, reason: FillReason, time: number, price: number): void {
    this.book(order, steps, price, reason, reason === 'taker' ? 0 : order.joined, time, false);
  }

  onWithdrawn(_order: Order, event: Withdrawal, time: number, why: Refusal | null): void {
    if (why !== null) this.refusals[why]++;
    for (const listener of this.#options.listeners) listener.onOrder?.(event, time, why);
  }

  onFillKnown(order: Order, steps: number): void {
    this.account.learn(order.side, steps);
    this.sides[order.side].reduced(order, steps);
  }

  onAcknowledged(order: Order, roundTrip: number, over: boolean, time: number, cancelLost: boolean): void {
    order.acknowledged = true;
    if (over) this.sides[order.side].reduced(order, order.knownRemaining);
    if (cancelLost) {
      this.refusals.cancelLost++;
      if (order.knownRemaining > 0) {
        this.lostCancels.push(order);
        this.sides[order.side].stayed();
      }
    }
    this.acknowledgements.add(time, roundTrip);
    for (const listener of this.#options.listeners) listener.onAcknowledge?.(roundTrip / 1000);
  }

  onExpiryKnown(order: Order): void {
    this.sides[order.side].reduced(order, order.knownRemaining);
  }
}

function emptyRefusals(): Record<Refusal, number> {
  return Object.fromEntries(REFUSALS.map((refusal) => [refusal, 0])) as Record<Refusal, number>;
}

function badFee(name: string, fee: number): InputError {
  return new InputError({
    code: 'bad-fees',
    message: `The fee model "${name}" says that a fill costs ${fee}.`,
    field: 'fees',
    value: fee,
    expected: 'a finite number, negative for a rebate',
    hint: 'Mend the model.',
  });
}
