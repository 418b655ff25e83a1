import type { Fill } from '../../env/exchange/models.ts';
import { DECIDERS, type ShadowStatus } from '../shadow/status.ts';
import { sideName } from './shadow-metrics.ts';

/** Moments kept for the charts of the live page, and how far apart they are taken, ms: five minutes. */
export const HISTORY_LENGTH = 1200;
export const SAMPLE_MS = 250;
const FILLS_KEPT = 100;
const EVENTS_KEPT = 40;

/** Columns of a moment: tape's time (ms), mid, quoted bid and ask (ticks), inventory (lots), PnL, who decides. */
export const HISTORY_COLUMNS = ['t', 'mid', 'bid', 'ask', 'inventory', 'pnl', 'decider'] as const;
export type HistoryColumn = (typeof HISTORY_COLUMNS)[number];

/** A fill as the page draws it. */
export interface ShownFill {
  /** ms. */
  readonly t: number;
  readonly side: 'bid' | 'ask';
  /** Ticks. */
  readonly price: number;
}

/** Something that happened, as the page lists it. */
export interface ShownEvent {
  /** Wall clock, ms. */
  readonly t: number;
  readonly level: string;
  readonly event: string;
  readonly text: string;
}

/** The last five minutes of a session, bounded: what a page that has just been opened is shown at once. */
export class SessionHistory {
  readonly #columns: Readonly<Record<HistoryColumn, Float64Array>>;
  #taken = 0;
  readonly #fills: ShownFill[] = [];
  readonly #events: ShownEvent[] = [];

  constructor() {
    const entries = HISTORY_COLUMNS.map((name) => [name, new Float64Array(HISTORY_LENGTH)]);
    this.#columns = Object.fromEntries(entries) as Record<HistoryColumn, Float64Array>;
  }

  /** Takes a moment. */
  sample({ market, quote, view, decider }: ShadowStatus): void {
    const slot = this.#taken++ % HISTORY_LENGTH;
    const { t, mid, bid, ask, inventory, pnl, decider: who } = this.#columns;
    const known = market.synchronised && market.book.ready;
    t[slot] = Math.round(market.time / 1000);
    mid[slot] = known ? market.book.mid : Number.NaN;
    bid[slot] = quote.bidQuantity > 0 ? quote.bid : Number.NaN;
    ask[slot] = quote.askQuantity > 0 ? quote.ask : Number.NaN;
    inventory[slot] = view.inventory;
    pnl[slot] = view.equity;
    who[slot] = DECIDERS.indexOf(decider);
  }

  addFill({ time, side, price }: Fill): void {
    this.#fills.push({ t: Math.round(time / 1000), side: sideName(side), price });
    if (this.#fills.length > FILLS_KEPT) this.#fills.shift();
  }

  addEvent(event: ShownEvent): void {
    this.#events.push(event);
    if (this.#events.length > EVENTS_KEPT) this.#events.shift();
  }

  /** Oldest first. */
  get fills(): readonly ShownFill[] {
    return this.#fills;
  }

  get events(): readonly ShownEvent[] {
    return this.#events;
  }

  /** Columns of what was taken, oldest first; null where a value was not known. */
  columns(): Readonly<Record<HistoryColumn, (number | null)[]>> {
    const kept = Math.min(this.#taken, HISTORY_LENGTH);
    const first = this.#taken - kept;
    const entries = HISTORY_COLUMNS.map((name) => {
      const column = this.#columns[name];
      const values = Array.from({ length: kept }, (_, i) => column[(first + i) % HISTORY_LENGTH]);
      return [name, values.map((value) => (Number.isNaN(value) ? null : value))];
    });
    return Object.fromEntries(entries) as Record<HistoryColumn, (number | null)[]>;
  }
}
