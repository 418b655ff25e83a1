import type { Side } from '../../side.ts';
import { ASK, BID } from '../../side.ts';
import { Flag, Kind, type Tape, timeAt } from '../../tape/rows.ts';
import { Levels } from '../levels.ts';

/** What a {@link TapeEvents} tells of a tape. Times µs, prices as keys (negated on the ask side), sizes steps. */
export interface TapeListener {
  /** The book is known and stands as it is from the last message to this one: `seconds` of it. Told before changes. */
  onTime(seconds: number): void;
  /**
   * One market order: trades of one side in a row with the same exchange time. `tradedAtBest` of the side that it hit
   * printed since the last depth message, with its own trades. Told when the next depth message shows that nothing was
   * lost meanwhile.
   */
  onOrder(exchangeTime: number, aggressor: Side, quantity: number, tradedAtBest: number): void;
  /** Changes of levels in one depth message; the book still shows the one before. `traded` of each printed since then. */
  onChanges(changes: readonly Change[]): void;
}

export interface Change {
  readonly side: Side;
  readonly key: number;
  readonly after: number;
  readonly traded: number;
}

interface Order {
  readonly time: number;
  readonly aggressor: Side;
  quantity: number;
}

/** A stretch of a tape, local times in µs; all of it by default. */
export interface Span {
  readonly start?: number;
  readonly end?: number;
}

const NO_ORDER: Order = { time: -1, aggressor: BID, quantity: 0 };
const UNTOLD: TapeListener = { onTime() {}, onOrder() {}, onChanges() {} };

/** A book that a tape moves, and what moved it, message by message. */
export class TapeEvents {
  readonly sides = [new Levels(), new Levels()] as const;
  readonly #tape: Tape;
  readonly #step: number;
  /** Traded since the last depth message, by key, on the side that was hit. */
  readonly #traded = [new Map<number, number>(), new Map<number, number>()] as const;
  #order: Order = NO_ORDER;
  /** Orders since the last depth message. */
  readonly #orders: (Order & { readonly tradedAtBest: number })[] = [];
  #since = -1;
  #unknown = 0;
  /** Between a snapshot and a gap. */
  #synchronised = false;

  constructor(tape: Tape) {
    this.#tape = tape;
    this.#step = tape.info.instrument.stepSize;
  }

  /** The book is known and has two sides. */
  get known(): boolean {
    return this.#synchronised && this.sides[BID].count > 0 && this.sides[ASK].count > 0;
  }

  /** For how long the book was not known until now, µs of the local clock: gaps, and pauses between captures. */
  get unknown(): number {
    return this.#unknown;
  }

  /**
   * Walks the tape and tells of the stretch between two local times, µs; `onBatch` is told the time reached, and may
   * throw.
   */
  walk(
    told: TapeListener,
    { start = 0, end = Number.POSITIVE_INFINITY }: Span,
    onBatch?: (time: number) => void,
  ): void {
    const changes: Change[] = [];
    let listener = UNTOLD;
    let rebuilding = false;
    for (let index = 0; index < this.#tape.batches; index++) {
      const batch = this.#tape.readBatch(index);
      const { kind, price, quantity, flags, exchangeTime, localTime } = batch;
      for (let row = 0; row < batch.length; row++) {
        if (index > 0 && (flags[row] & Flag.carried) !== 0) continue;
        const time = timeAt(localTime, row);
        if (time > end) {
          this.#tellOrders(listener);
          return;
        }
        if (time >= start) listener = told;
        const size = Math.round(quantity[row] / this.#step);
        if (kind[row] === Kind.bid || kind[row] === Kind.ask) {
          const side = kind[row] === Kind.bid ? BID : ASK;
          const key = side === BID ? price[row] : -price[row];
          if (rebuilding) this.sides[side].set(key, size);
          else changes.push({ side, key, after: size, traded: this.#traded[side].get(key) ?? 0 });
        } else if (kind[row] === Kind.buy || kind[row] === Kind.sell) {
          const aggressor = kind[row] === Kind.buy ? BID : ASK;
          this.#onTrade(timeAt(exchangeTime, row), aggressor, price[row], size);
        } else {
          this.#forget();
          rebuilding = kind[row] === Kind.reset;
        }
        if ((flags[row] & Flag.messageEnd) === 0) continue;
        if (rebuilding) {
          rebuilding = false;
          this.#synchronised = true;
          this.#lose(time);
          this.#since = time;
        } else if (changes.length > 0) this.#onDepth(listener, changes, time);
        changes.length = 0;
      }
      onBatch?.(timeAt(localTime, batch.length - 1));
    }
    this.#tellOrders(listener);
  }

  #onDepth(listener: TapeListener, changes: readonly Change[], time: number): void {
    if (this.known) {
      this.#tellOrders(listener);
      listener.onTime((time - this.#since) / 1e6);
      listener.onChanges(changes);
    } else this.#lose(time);
    this.#since = time;
    for (const { side, key, after } of changes) this.sides[side].set(key, after);
    for (const traded of this.#traded) traded.clear();
  }

  /** Nothing is known of the time since the last depth message or snapshot. */
  #lose(time: number): void {
    if (this.#since >= 0) this.#unknown += time - this.#since;
  }

  #onTrade(time: number, aggressor: Side, price: number, size: number): void {
    if (size === 0) return;
    if (time !== this.#order.time || aggressor !== this.#order.aggressor) {
      this.#endOrder();
      this.#order = { time, aggressor, quantity: 0 };
    }
    this.#order.quantity += size;
    const side = 1 - aggressor;
    const key = side === BID ? price : -price;
    // The order ends later, when what it traded itself is among the rest: see `onOrder` of the fit.
    this.#traded[side].set(key, (this.#traded[side].get(key) ?? 0) + size);
  }

  #endOrder(): void {
    const { time, aggressor, quantity } = this.#order;
    if (quantity > 0 && this.known) {
      const side = (1 - aggressor) as Side;
      const tradedAtBest = this.#traded[side].get(this.sides[side].best) ?? 0;
      this.#orders.push({ time, aggressor, quantity, tradedAtBest });
    }
    this.#order = NO_ORDER;
  }

  #tellOrders(listener: TapeListener): void {
    this.#endOrder();
    for (const { time, aggressor, quantity, tradedAtBest } of this.#orders)
      listener.onOrder(time, aggressor, quantity, tradedAtBest);
    this.#orders.length = 0;
  }

  /** What traded since the last depth message may have traded long after, in a book that nobody knew. */
  #forget(): void {
    if (this.known) this.#order = NO_ORDER;
    this.#orders.length = 0;
    for (const side of this.sides) side.clear();
    for (const traded of this.#traded) traded.clear();
    this.#synchronised = false;
  }
}
