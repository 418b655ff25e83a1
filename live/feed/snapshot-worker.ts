import type { RestAnswer, RestClient } from '../binance/rest-client.ts';
import { type Clock, pause } from '../clock.ts';
import type { Backoff } from '../connection/backoff.ts';

export interface SnapshotWorkerOptions {
  readonly rest: RestClient;
  readonly clock: Clock;
  readonly limit: number;
  readonly signal: AbortSignal;
  /** Pauses between attempts for one symbol. */
  readonly backoff: (symbol: string) => Backoff;
  readonly onAnswer: (symbol: string, answer: RestAnswer) => void;
  readonly onFailure: (symbol: string, error: Error) => void;
}

interface Work {
  readonly backoff: Backoff;
  running: boolean;
  /** Asked for again while a request was under way. */
  again: boolean;
  /** Attempts since the book was last known. */
  attempts: number;
}

/**
 * Fetches snapshots: one at a time for each symbol, the first at once, each further one until the book is known after a
 * growing pause, so that a broken endpoint is not hammered. Failures are told and tried again for as long as it takes.
 */
export class SnapshotWorker {
  readonly #options: SnapshotWorkerOptions;
  readonly #work = new Map<string, Work>();

  constructor(options: SnapshotWorkerOptions) {
    this.#options = options;
  }

  /**
   * Asks for a snapshot. While one is on its way this does nothing, for whoever finds that one wanting asks again;
   * unless `fresh` demands one that is asked for from now on.
   */
  request(symbol: string, fresh = false): void {
    let work = this.#work.get(symbol);
    if (work === undefined) {
      work = { backoff: this.#options.backoff(symbol), running: false, again: false, attempts: 0 };
      this.#work.set(symbol, work);
    }
    if (work.running) work.again ||= fresh;
    else void this.#run(symbol, work);
  }

  /** The book of a symbol is known: the next request is a first one. */
  settled(symbol: string): void {
    const work = this.#work.get(symbol);
    if (work === undefined) return;
    work.attempts = 0;
    work.again = false;
    work.backoff.succeeded();
  }

  async #run(symbol: string, work: Work): Promise<void> {
    const { rest, clock, limit, signal, onAnswer, onFailure } = this.#options;
    work.running = true;
    do {
      work.again = false;
      if (work.attempts++ > 0) await pause(clock, work.backoff.next(), signal);
      if (signal.aborted) break;
      try {
        onAnswer(symbol, await rest.depth(symbol, limit));
      } catch (error) {
        if (signal.aborted) break;
        work.again = true;
        onFailure(symbol, error as Error);
      }
    } while (work.again && !signal.aborted);
    work.running = false;
  }
}
