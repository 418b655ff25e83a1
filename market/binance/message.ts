/** Kinds of message that the market is made of; everything else is `other`. */
export const MessageKind = { depth: 0, trade: 1, aggTrade: 2, bookTicker: 3, snapshot: 4, other: 5 } as const;
export type MessageKind = (typeof MessageKind)[keyof typeof MessageKind];

/** Price levels of a message as they came: prices in quote currency, quantities in base. Grows, never shrinks. */
export class Levels {
  count = 0;
  prices = new Float64Array(64);
  quantities = new Float64Array(64);

  push(price: number, quantity: number): void {
    if (this.count === this.prices.length) this.#grow();
    this.prices[this.count] = price;
    this.quantities[this.count] = quantity;
    this.count++;
  }

  #grow(): void {
    const { prices, quantities } = this;
    this.prices = new Float64Array(2 * prices.length);
    this.quantities = new Float64Array(2 * prices.length);
    this.prices.set(prices);
    this.quantities.set(quantities);
  }
}

/**
 * A decoded Binance message. One object is filled again and again; only the fields of its `kind` mean anything.
 * Times are µs since the epoch, ids exact integers, −1 where absent.
 */
export class Message {
  kind: MessageKind = MessageKind.other;
  /** Upper-case symbol; empty where the message does not say (REST snapshots). */
  symbol = '';
  /** Event type as Binance names it, of `other` messages. */
  type = '';
  eventTime = Number.NaN;
  /** `T`: when the matching engine did it. */
  transactionTime = Number.NaN;
  /** `U`, `u`, `pu` of depth; `u` of bookTicker; `lastUpdateId` of a snapshot is in `lastId`. */
  firstId = Number.NaN;
  lastId = Number.NaN;
  previousId = Number.NaN;
  /** `t` of trade, `a` of aggTrade. */
  tradeId = Number.NaN;
  /** Trades. */
  price = Number.NaN;
  quantity = Number.NaN;
  /** `m`: the buyer's order was resting, so the aggressor sold. */
  buyerIsMaker = false;
  /** `X` of USD-M trades where it is not MARKET: `INSURANCE_FUND`, `ADL`, `NA`. */
  execution = '';
  /** bookTicker. */
  bidPrice = Number.NaN;
  bidQuantity = Number.NaN;
  askPrice = Number.NaN;
  askQuantity = Number.NaN;
  /** depth and snapshot. */
  readonly bids = new Levels();
  readonly asks = new Levels();

  constructor() {
    // Fields that were NaN are doubles for good: code compiled for the first messages holds for all.
    this.clear();
  }

  clear(): void {
    this.kind = MessageKind.other;
    this.symbol = '';
    this.type = '';
    this.eventTime = -1;
    this.transactionTime = -1;
    this.firstId = -1;
    this.lastId = -1;
    this.previousId = -1;
    this.tradeId = -1;
    this.price = Number.NaN;
    this.quantity = Number.NaN;
    this.buyerIsMaker = false;
    this.execution = '';
    this.bidPrice = Number.NaN;
    this.bidQuantity = Number.NaN;
    this.askPrice = Number.NaN;
    this.askQuantity = Number.NaN;
    this.bids.count = 0;
    this.asks.count = 0;
  }

  /** When it happened at the exchange: transaction time where given, else event time, else −1. */
  get exchangeTime(): number {
    return this.transactionTime >= 0 ? this.transactionTime : this.eventTime;
  }
}
