import type { Venue } from '../instrument.ts';

/**
 * What to do with a depth update or a snapshot:
 * `apply` it to the book; `drop` it, the book has it already; `gap`: updates are missing, the book is unknown and a
 * snapshot is needed; `needSnapshot`: there is no book yet, keep the update and get a (newer) snapshot.
 */
export type SyncResult = 'apply' | 'drop' | 'gap' | 'needSnapshot';

/** Ids of the last gap: the one that should have come and the one that did. */
export interface IdGap {
  readonly expected: number;
  readonly received: number;
}

/**
 * Keeps a local book in step with a diff stream by update ids alone: a pure state machine, the same for captures and
 * for live streams. Who drives it buffers the updates answered `needSnapshot` or `gap` and, after a snapshot was
 * answered `apply`, offers them again, oldest first.
 */
export interface Synchroniser {
  /** Whether a snapshot has been applied and no gap has come since. */
  readonly synchronised: boolean;
  /** Id the book stands at, −1 where it is unknown. */
  readonly lastId: number;
  readonly lastGap: IdGap | undefined;
  /** A depth update: first and last id, and on USD-M the last id of the update before (`pu`). */
  onDiff(firstId: number, lastId: number, previousId: number): SyncResult;
  /** A REST snapshot at `lastUpdateId`. */
  onSnapshot(lastUpdateId: number): SyncResult;
  /** Forgets everything, as after a reconnect. */
  reset(): void;
}

type State = 'waiting' | 'bridging' | 'following';

/**
 * Spot, as Binance documents it ("How to manage a local order book correctly"). Rule numbers are those of the
 * reference: 1 buffer, 2 snapshot not older than the buffer, 3 drop and bridge, 4 follow, 5 quantities are absolute
 * (which is why an update that overlaps what is known can be applied).
 */
export class SpotSynchroniser implements Synchroniser {
  #state: State = 'waiting';
  #lastId = -1;
  /** Rule 1: the first U since buffering began. */
  #firstBuffered = -1;
  #lastGap: IdGap | undefined;

  get synchronised(): boolean {
    return this.#state !== 'waiting';
  }

  get lastId(): number {
    return this.#lastId;
  }

  get lastGap(): IdGap | undefined {
    return this.#lastGap;
  }

  onDiff(firstId: number, lastId: number): SyncResult {
    if (this.#state === 'waiting') {
      // Rule 1.
      if (this.#firstBuffered < 0) this.#firstBuffered = firstId;
      return 'needSnapshot';
    }
    // Rule 3 (u ≤ lastUpdateId) and rule 4 (a smaller u is stale).
    if (lastId <= this.#lastId) return 'drop';
    // Rule 3 (U ≤ lastUpdateId + 1 ≤ u) and rule 4 (U = previous u + 1).
    if (firstId <= this.#lastId + 1) {
      this.#state = 'following';
      this.#lastId = lastId;
      return 'apply';
    }
    // Rule 4: a larger U is a gap. The update is the first of the new buffer.
    this.#lastGap = { expected: this.#lastId + 1, received: firstId };
    this.reset();
    this.#firstBuffered = firstId;
    return 'gap';
  }

  onSnapshot(lastUpdateId: number): SyncResult {
    if (this.#state === 'waiting') {
      // Rule 2. A snapshot that ends right before the first U misses nothing: rule 3 accepts that update.
      if (this.#firstBuffered >= 0 && lastUpdateId + 1 < this.#firstBuffered) return 'needSnapshot';
    } else if (lastUpdateId < this.#lastId) return 'drop';
    this.#state = 'bridging';
    this.#lastId = lastUpdateId;
    this.#firstBuffered = -1;
    return 'apply';
  }

  reset(): void {
    this.#state = 'waiting';
    this.#lastId = -1;
    this.#firstBuffered = -1;
  }
}

/**
 * USD-M futures: ids of one symbol have holes, so the chain is by `pu`. The first update after a snapshot spans its id
 * (U ≤ lastUpdateId ≤ u) or names it as the one before (pu = lastUpdateId: undocumented, seen live); after that `pu`
 * is the u before.
 */
export class UsdmSynchroniser implements Synchroniser {
  #state: State = 'waiting';
  #lastId = -1;
  #firstBuffered = -1;
  #firstPrevious = -1;
  #lastGap: IdGap | undefined;

  get synchronised(): boolean {
    return this.#state !== 'waiting';
  }

  get lastId(): number {
    return this.#lastId;
  }

  get lastGap(): IdGap | undefined {
    return this.#lastGap;
  }

  onDiff(firstId: number, lastId: number, previousId: number): SyncResult {
    if (this.#state === 'waiting') {
      if (this.#firstBuffered < 0) {
        this.#firstBuffered = firstId;
        this.#firstPrevious = previousId;
      }
      return 'needSnapshot';
    }
    if (this.#state === 'bridging') {
      // Strict: u = lastUpdateId may be the update that bridges.
      if (lastId < this.#lastId) return 'drop';
      if (firstId <= this.#lastId || previousId === this.#lastId) return this.#follow(lastId);
      return this.#gap(firstId, firstId, previousId);
    }
    if (previousId === this.#lastId) return this.#follow(lastId);
    // An update seen before (overlapping captures, a doubled connection): nothing is missing.
    if (lastId <= this.#lastId) return 'drop';
    return this.#gap(previousId, firstId, previousId);
  }

  onSnapshot(lastUpdateId: number): SyncResult {
    if (this.#state === 'waiting') {
      const older = this.#firstBuffered >= 0 && lastUpdateId < this.#firstBuffered;
      if (older && lastUpdateId !== this.#firstPrevious) return 'needSnapshot';
    } else if (lastUpdateId < this.#lastId) return 'drop';
    this.#state = 'bridging';
    this.#lastId = lastUpdateId;
    this.#firstBuffered = -1;
    return 'apply';
  }

  reset(): void {
    this.#state = 'waiting';
    this.#lastId = -1;
    this.#firstBuffered = -1;
  }

  #follow(lastId: number): SyncResult {
    this.#state = 'following';
    this.#lastId = lastId;
    return 'apply';
  }

  #gap(received: number, firstId: number, previousId: number): SyncResult {
    this.#lastGap = { expected: this.#lastId, received };
    this.reset();
    this.#firstBuffered = firstId;
    this.#firstPrevious = previousId;
    return 'gap';
  }
}

export function createSynchroniser(venue: Venue): Synchroniser {
  return venue === 'binance-usdm' ? new UsdmSynchroniser() : new SpotSynchroniser();
}
