import type { Fill } from '../env/exchange/models.ts';
import type { LaneListener } from '../env/lane-listener.ts';
import { wholeSteps } from '../env/lot.ts';
import { type Quote, type QuoterView, Reason } from '../env/quoter.ts';
import { priceOf, quantityOf } from '../market/decimal-scale.ts';
import type { Instrument } from '../market/instrument.ts';
import { SIDE_NAMES } from '../market/side.ts';
import { ArrowTableWriter } from './arrow-table.ts';

export interface RecordOptions {
  readonly instrument: Instrument;
  /** One lot in base currency. */
  readonly lot: number;
}

/**
 * The decisions of a session as an Arrow file, a row a decision: time, mid, inventory, bid, ask, bidQuantity,
 * askQuantity, reason. Prices are quote currency, quantities and inventory (as the agent knew it) base currency: whole
 * ticks and steps scaled once, so the same decisions are the same bytes wherever they were taken. NaN: no such price,
 * because the book was unknown or the side is not quoted. `reason` is a set of bits, named in the schema's metadata.
 */
export class DecisionFile implements LaneListener {
  readonly #table: ArrowTableWriter;
  readonly #instrument: Instrument;
  readonly #lotSteps: number;

  constructor(path: string, { instrument, lot }: RecordOptions) {
    this.#instrument = instrument;
    this.#lotSteps = wholeSteps(lot, instrument);
    const columns = {
      time: 'time',
      mid: 'number',
      inventory: 'number',
      bid: 'number',
      ask: 'number',
      bidQuantity: 'number',
      askQuantity: 'number',
      reason: 'bits',
    } as const;
    const metadata = {
      ...describe('makergym decisions', instrument, lot),
      reasonBits: JSON.stringify(Reason),
    };
    this.#table = new ArrowTableWriter(path, columns, metadata);
  }

  get rows(): number {
    return this.#table.rows;
  }

  onDecision(view: QuoterView, quote: Quote): void {
    const { market } = view;
    const known = market.synchronised && market.book.ready;
    const mid = known ? priceOf(this.#instrument, market.book.mid) : Number.NaN;
    const bidQuantity = this.#quantity(quote.bidQuantity);
    const askQuantity = this.#quantity(quote.askQuantity);
    const bid = bidQuantity > 0 ? priceOf(this.#instrument, quote.bid) : Number.NaN;
    const ask = askQuantity > 0 ? priceOf(this.#instrument, quote.ask) : Number.NaN;
    const inventory = this.#quantity(view.inventory);
    this.#table.push(market.time, mid, inventory, bid, ask, bidQuantity, askQuantity, quote.reason);
  }

  finish(): void {
    this.#table.finish();
  }

  discard(): void {
    this.#table.discard();
  }

  #quantity(lots: number): number {
    // Adding 0 turns a negative zero into zero.
    return quantityOf(this.#instrument, Math.round(lots * this.#lotSteps) + 0);
  }
}

/**
 * The fills of a session as an Arrow file: time, side (of the own order: bid bought, ask sold), price, quantity, fee,
 * reason, queueAhead, midAtPlacement, midAtFill. Prices, mids and fees are quote currency, quantities base currency;
 * `queueAhead` is NaN where the order joined a level whose quantity was unknown.
 */
export class FillFile implements LaneListener {
  readonly #table: ArrowTableWriter;
  readonly #instrument: Instrument;

  constructor(path: string, { instrument, lot }: RecordOptions) {
    this.#instrument = instrument;
    const columns = {
      time: 'time',
      side: 'text',
      price: 'number',
      quantity: 'number',
      fee: 'number',
      reason: 'text',
      queueAhead: 'number',
      midAtPlacement: 'number',
      midAtFill: 'number',
    } as const;
    this.#table = new ArrowTableWriter(path, columns, describe('makergym fills', instrument, lot));
  }

  get rows(): number {
    return this.#table.rows;
  }

  onFill(fill: Fill): void {
    const instrument = this.#instrument;
    this.#table.push(
      fill.time,
      SIDE_NAMES[fill.side],
      priceOf(instrument, fill.price),
      quantityOf(instrument, Math.round(fill.quantity / instrument.stepSize)),
      fill.fee,
      fill.reason,
      fill.queueAhead,
      priceOf(instrument, fill.midAtPlacement),
      priceOf(instrument, fill.midAtFill),
    );
  }

  finish(): void {
    this.#table.finish();
  }

  discard(): void {
    this.#table.discard();
  }
}

function describe(format: string, instrument: Instrument, lot: number): Readonly<Record<string, string>> {
  const { venue, symbol, tickSize, stepSize } = instrument;
  return {
    format,
    formatVersion: '1',
    venue,
    symbol,
    tickSize: String(tickSize),
    stepSize: String(stepSize),
    lot: String(lot),
  };
}
