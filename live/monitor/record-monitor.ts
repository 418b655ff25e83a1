import { MessageKind } from '../../market/binance/message.ts';
import type { LiveEvent } from '../feed/events.ts';
import type { LiveFeed } from '../feed/live-feed.ts';
import { Monitor, type MonitorOptions, type Outcome } from './monitor.ts';

/** Watches a recording: metrics, health and log of its feed. */
export class RecordMonitor {
  readonly #monitor: Monitor;
  /** Local time of the latest message of each book, µs, and how far behind the exchange's clock it was. */
  readonly #books = new Map<string, { changedAt: number; lag: number }>();
  #feed: LiveFeed | undefined;

  private constructor(monitor: Monitor) {
    this.#monitor = monitor;
  }

  /** Listens and opens the log before anything is recorded. Throws InputErrors for what cannot be opened. */
  static async start(options: MonitorOptions): Promise<RecordMonitor> {
    return new RecordMonitor(await Monitor.start(options));
  }

  /** Address of the server; undefined where nothing listens. */
  get url(): string | undefined {
    return this.#monitor.url;
  }

  /** The feed is there: from now on it is shown. */
  watch(feed: LiveFeed, venue: string): void {
    this.#feed = feed;
    const { clock } = this.#monitor;
    this.#monitor.watch({
      startedAt: clock.now(),
      feed: {
        counters: feed.counters,
        get waiting() {
          return feed.waiting;
        },
        clock: feed.clockEstimate,
      },
      books: () =>
        feed.instruments.map(({ symbol }) => {
          const seen = this.#books.get(symbol);
          return {
            symbol,
            synchronised: feed.symbol(symbol).synchronised,
            lastChange: seen?.changedAt ?? Number.NaN,
            lag: seen?.lag ?? Number.NaN,
          };
        }),
      labels: { venue },
    });
  }

  readonly onFeedEvent = (event: LiveEvent): void => {
    if (event.type === 'market') this.#onMarket(event);
    else this.#monitor.onFeedEvent(event);
  };

  /** Says `stop` with how it ended, and writes what the log holds. */
  async close(outcome?: Outcome): Promise<void> {
    await this.#monitor.close(outcome);
  }

  #onMarket({
    symbol,
    message,
    localTime,
    exchangeTime,
    synchronised,
  }: LiveEvent & { type: 'market' }): void {
    const ofBook = message.kind === MessageKind.depth || message.kind === MessageKind.snapshot;
    if (!ofBook || !synchronised) return;
    const offset = this.#feed?.clockEstimate.offset ?? Number.NaN;
    const seen = this.#books.get(symbol) ?? { changedAt: Number.NaN, lag: Number.NaN };
    seen.changedAt = localTime;
    seen.lag = localTime - exchangeTime + (Number.isNaN(offset) ? 0 : offset);
    this.#books.set(symbol, seen);
  }
}
