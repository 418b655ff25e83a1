import { collectDefaultMetrics, Registry } from 'prom-client';
import { type Clock, every, SystemClock, type Timer } from '../clock.ts';
import type { LiveEvent } from '../feed/events.ts';
import { EventLog, type EventLogOptions } from './event-log.ts';
import { EventLoopLag } from './event-loop-lag.ts';
import type { EventStream } from './event-stream.ts';
import { addFeedMetrics, type WatchedFeed } from './feed-metrics.ts';
import { DEFAULT_HEALTH, Health, type HealthLimits, type WatchedBook } from './health.ts';
import { type ListenOptions, MonitorServer, type Route, sendText } from './http-server.ts';
import type { LogLevel } from './log-level.ts';
import { redactText } from './redact.ts';
import { SAMPLE_MS } from './session-history.ts';
import { addBookMetrics, addSessionMetrics } from './session-metrics.ts';

export interface MonitorOptions {
  /** Nothing listens without it. */
  readonly listen?: ListenOptions;
  /** Nothing is logged without it; its context is `info`. */
  readonly log?: Omit<EventLogOptions, 'context'>;
  /** What runs: `command`, `version`, `venue`, …; fields of each log line and labels of `makergym_session_info`. */
  readonly info: Readonly<Record<string, string>>;
  readonly health?: HealthLimits;
  readonly clock?: Clock;
}

/** How a session ended: figures for the log, or what went wrong. */
export interface Outcome {
  readonly summary?: object;
  readonly error?: unknown;
}

/** An event, as whoever shows events is told. */
export type EventHook = (level: LogLevel, event: string, text: string) => void;

/** What is told of a session once it is there. */
export interface WatchedSession {
  /** µs since the epoch. */
  readonly startedAt: number;
  readonly feed: WatchedFeed;
  /** `lag` is how long a book's messages travel, µs; NaN where unknown. */
  readonly books: () => readonly (WatchedBook & { readonly lag: number })[];
  /** Labels of every metric. */
  readonly labels: Readonly<Record<string, string>>;
}

/**
 * What is the same for every live session that is watched: an HTTP server with `/metrics` and `/healthz`, a log of
 * events, the event loop's lag. It listens before the session begins, so that a port in use is found before anything
 * has happened, and says so on `/healthz` until `watch` is called.
 */
export class Monitor {
  readonly registry = new Registry();
  readonly clock: Clock;
  readonly lag: EventLoopLag;
  readonly health: Health;
  readonly alarms = new Map<string, number>();
  readonly #info: Readonly<Record<string, string>>;
  readonly #timer: Timer;
  readonly #hooks: EventHook[] = [];
  #server: MonitorServer | undefined;
  #log: EventLog | undefined;
  /** A scrape on its way; who asks meanwhile gets the same. */
  #scraping: Promise<string> | undefined;

  private constructor(options: MonitorOptions) {
    this.clock = options.clock ?? new SystemClock();
    this.#info = options.info;
    this.lag = new EventLoopLag(this.clock);
    this.health = new Health(this.clock, () => this.lag.reading, options.health ?? DEFAULT_HEALTH);
    this.#timer = every(this.clock, SAMPLE_MS, () => this.health.look());
    if (options.listen !== undefined) processMetrics();
  }

  /** Opens the log and listens; `routes` are served besides. Throws InputErrors for what cannot be opened. */
  static async start(
    options: MonitorOptions,
    routes: Readonly<Record<string, Route>> = {},
  ): Promise<Monitor> {
    const monitor = new Monitor(options);
    try {
      if (options.listen !== undefined) {
        monitor.#server = await MonitorServer.start(options.listen, { ...routes, ...monitor.#routes() });
      }
      // Last, so that nothing is left of a session whose port was taken.
      if (options.log !== undefined) {
        monitor.#log = EventLog.open({ ...options.log, context: options.info });
      }
    } catch (error) {
      await monitor.#release();
      throw error;
    }
    monitor.tell('info', 'start', '', { url: monitor.url });
    return monitor;
  }

  get log(): EventLog | undefined {
    return this.#log;
  }

  /** Address of the server, with a slash at its end; undefined where nothing listens. */
  get url(): string | undefined {
    return this.#server?.url;
  }

  /** The session is there: from now on it is measured and judged. */
  watch(session: WatchedSession, stream?: EventStream): void {
    const { registry, health, log, alarms } = this;
    registry.setDefaultLabels({ ...session.labels });
    addSessionMetrics(registry, {
      info: this.#info,
      startedAt: session.startedAt,
      lag: () => this.lag.reading,
      health,
      stream,
      log,
      alarms,
    });
    health.watch(session.books);
    addBookMetrics(registry, health, session.books);
    addFeedMetrics(registry, session.feed);
  }

  /** Calls `hook` with every event from now on. */
  onEvent(hook: EventHook): void {
    this.#hooks.push(hook);
  }

  /** Something happened: a line in the log, and whoever else listens. */
  tell(level: LogLevel, event: string, text: string, fields: Readonly<Record<string, unknown>> = {}): void {
    this.log?.write(level, event, text === '' ? fields : { ...fields, msg: text });
    const shown = redactText(text);
    for (const hook of this.#hooks) hook(level, event, shown);
  }

  alarm(name: string, text: string, symbol = ''): void {
    this.alarms.set(name, (this.alarms.get(name) ?? 0) + 1);
    this.tell('warn', 'alarm', `${name}: ${text}`, { name, ...(symbol === '' ? {} : { symbol }) });
  }

  /** Takes an event of the feed; messages of the market are not logged. */
  readonly onFeedEvent = (event: LiveEvent): void => {
    if (event.type === 'market') return;
    if (event.type === 'alarm') {
      this.alarm(event.name, event.text, event.symbol);
    } else if (event.type === 'gap') {
      const { symbol, cause, expected, received } = event;
      this.tell('warn', 'gap', `${symbol}, ${cause}`, { symbol, cause, expected, received });
    } else if (event.type === 'synchronised') {
      const { symbol, lastId, resync } = event;
      this.tell('info', resync ? 'resync' : 'synchronised', `${symbol} at ${lastId}`, { symbol, lastId });
    } else {
      const { type, streams, reason } = event;
      this.tell(type === 'disconnected' ? 'warn' : 'info', type, reason, { streams, reason });
    }
  };

  /** Says `stop` with how it ended, closes the server and writes what the log holds. */
  async close({ summary, error }: Outcome = {}): Promise<void> {
    if (error === undefined) this.tell('info', 'stop', '', { summary });
    else this.tell('error', 'stop', error instanceof Error ? error.message : String(error), { error });
    await this.#release();
  }

  async #release(): Promise<void> {
    this.#timer.cancel();
    this.lag.stop();
    await this.#server?.close();
    await this.log?.close();
  }

  /** All metrics as text, one by one with a turn for others between, so that a scrape keeps no decision waiting. */
  async #scrape(): Promise<string> {
    const texts: string[] = [];
    for (const registry of [processMetrics(), this.registry]) {
      for (const { name } of registry.getMetricsAsArray()) {
        texts.push(await registry.getSingleMetricAsString(name));
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
    // prom-client writes a NaN of its own metrics in a spelling that the format does not have.
    return `${texts.join('\n\n').replace(/ Nan$/gm, ' NaN')}\n`;
  }

  #routes(): Readonly<Record<string, Route>> {
    return {
      '/metrics': async (_request, response) => {
        this.#scraping ??= this.#scrape().finally(() => {
          this.#scraping = undefined;
        });
        sendText(response, 200, await this.#scraping, this.registry.contentType);
      },
      '/healthz': (_request, response) => {
        const report = this.health.report();
        const body = `${JSON.stringify(report)}\n`;
        sendText(response, report.status === 'ok' ? 200 : 503, body, 'application/json; charset=utf-8');
      },
    };
  }
}

let ofProcess: Registry | undefined;

/** Metrics of the process and of Node: once a process, for what collects them cannot be stopped again. */
function processMetrics(): Registry {
  if (ofProcess === undefined) {
    ofProcess = new Registry();
    collectDefaultMetrics({ register: ofProcess });
  }
  return ofProcess;
}
