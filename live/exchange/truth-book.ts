import { createSynchroniser, type Synchroniser } from '../../market/binance/synchroniser.ts';
import type { Venue } from '../../market/instrument.ts';
import type { Payload, WireLevel } from './capture-source.ts';

/** Updates kept while no snapshot has come. */
const BUFFERED = 10_000;

/**
 * A book in the decimals it was sent in, kept from a capture by the exchange's rules: what snapshots are answered from,
 * and what clients can be compared with. Plain maps of strings, on purpose nothing like the book of a client.
 */
export class TruthBook {
  readonly #venue: Venue;
  readonly #synchroniser: Synchroniser;
  readonly #bids = new Map<string, string>();
  readonly #asks = new Map<string, string>();
  #buffer: Payload[] = [];
  /** Times of the last message, ms, which USD-M adds to its snapshots. */
  #eventTime = 0;
  #transactionTime = 0;

  constructor(venue: Venue) {
    this.#venue = venue;
    this.#synchroniser = createSynchroniser(venue);
  }

  get known(): boolean {
    return this.#synchroniser.synchronised;
  }

  get lastId(): number {
    return this.#synchroniser.lastId;
  }

  get bids(): ReadonlyMap<string, string> {
    return this.#bids;
  }

  get asks(): ReadonlyMap<string, string> {
    return this.#asks;
  }

  onDepth(payload: Payload): void {
    this.#eventTime = payload.E ?? this.#eventTime;
    this.#transactionTime = payload.T ?? this.#transactionTime;
    const result = this.#offer(payload);
    if (result === 'apply' || result === 'drop') return;
    if (result === 'gap') this.#buffer = [];
    if (this.#buffer.length < BUFFERED) this.#buffer.push(payload);
  }

  /** A snapshot of the capture: wanted once, and again after a hole in the capture. */
  onSnapshot(payload: Payload): void {
    if (this.known || this.#synchroniser.onSnapshot(payload.lastUpdateId ?? -1) !== 'apply') return;
    this.#bids.clear();
    this.#asks.clear();
    set(this.#bids, payload.bids ?? []);
    set(this.#asks, payload.asks ?? []);
    const buffer = this.#buffer;
    this.#buffer = [];
    for (const update of buffer) this.onDepth(update);
  }

  /** The answer to a snapshot request, best levels first. */
  answer(limit: number): string {
    const times =
      this.#venue === 'binance-usdm' ? `"E":${this.#eventTime},"T":${this.#transactionTime},` : '';
    const bids = JSON.stringify(best(this.#bids, limit, -1));
    const asks = JSON.stringify(best(this.#asks, limit, 1));
    return `{"lastUpdateId":${this.lastId},${times}"bids":${bids},"asks":${asks}}`;
  }

  #offer(payload: Payload): ReturnType<Synchroniser['onDiff']> {
    const result = this.#synchroniser.onDiff(payload.U ?? -1, payload.u ?? -1, payload.pu ?? -1);
    if (result === 'apply') {
      set(this.#bids, (payload.b ?? []) as readonly WireLevel[]);
      set(this.#asks, (payload.a ?? []) as readonly WireLevel[]);
    }
    return result;
  }
}

function set(levels: Map<string, string>, changes: readonly WireLevel[]): void {
  for (const [price, quantity] of changes) {
    if (Number(quantity) === 0) levels.delete(price);
    else levels.set(price, quantity);
  }
}

function best(levels: ReadonlyMap<string, string>, limit: number, order: 1 | -1): WireLevel[] {
  const sorted = [...levels].sort(([a], [b]) => order * (Number(a) - Number(b)));
  return sorted.slice(0, limit);
}
