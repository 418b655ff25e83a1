import type { Fill } from '../../env/exchange/models.ts';
import { every, type Timer } from '../clock.ts';
import type { LiveEvent } from '../feed/events.ts';
import type { FallbackEvent, FeatureDrift, ShadowListener, ShadowStatus } from '../shadow/status.ts';
import { EventStream } from './event-stream.ts';
import { sendText } from './http-server.ts';
import { LatencyHistogram } from './latency-histogram.ts';
import { Monitor, type MonitorOptions, type Outcome } from './monitor.ts';
import { PAGE, PAGE_POLICY } from './page/page.ts';
import { detailJson, helloJson, type PageSources, updateJson } from './page-updates.ts';
import { SAMPLE_MS, SessionHistory } from './session-history.ts';
import { addShadowMetrics, FillTally, sideName } from './shadow-metrics.ts';

/** The live page is told what moves this often, ms, and what is counted at every tenth time. */
export const UPDATE_MS = 100;
const UPDATES_PER_DETAIL = 10;

/**
 * Watches a shadow session: metrics, health, log and live page. It is the session's listener, whose one duty on the
 * decision path is to count a duration in a fixed bucket; everything else is read from the session's status when someone
 * asks, or a few times a second.
 */
export class ShadowMonitor implements ShadowListener {
  readonly #monitor: Monitor;
  readonly #latency = new LatencyHistogram();
  readonly #history = new SessionHistory();
  readonly #fills = new FillTally();
  readonly #stream: EventStream;
  readonly #timers: Timer[] = [];
  #sources: PageSources | undefined;
  #ticks = 0;

  private constructor(monitor: Monitor, stream: EventStream) {
    this.#monitor = monitor;
    this.#stream = stream;
    monitor.onEvent((level, event, text) => {
      this.#history.addEvent({ t: Math.round(monitor.clock.now() / 1000), level, event, text });
    });
  }

  /** Listens and opens the log before a session is there. Throws InputErrors for what cannot be opened. */
  static async start(options: MonitorOptions): Promise<ShadowMonitor> {
    let shadow: ShadowMonitor | undefined;
    const monitor = await Monitor.start(options, {
      '/': (_request, response) => {
        response.setHeader('Content-Security-Policy', PAGE_POLICY);
        sendText(response, 200, PAGE, 'text/html; charset=utf-8');
      },
      '/events': (request, response) => {
        const opened = shadow === undefined ? false : shadow.#opened(request, response);
        if (opened) return;
        response.setHeader('Retry-After', '1');
        sendText(response, 503, 'The session has not begun.\n');
      },
    });
    const stream = new EventStream(monitor.clock, () => (shadow === undefined ? 'null' : shadow.#hello()));
    shadow = new ShadowMonitor(monitor, stream);
    return shadow;
  }

  /** Address of the live page; undefined where nothing listens. */
  get url(): string | undefined {
    return this.#monitor.url;
  }

  /** Updates sent to pages so far, and those that pages were too slow for. */
  get updates(): { readonly sent: number; readonly skipped: number } {
    return { sent: this.#stream.sent, skipped: this.#stream.skipped };
  }

  /** The session is there: from now on it is shown. */
  watch(status: ShadowStatus): void {
    const { clock, health, lag, registry } = this.#monitor;
    const { instrument } = status;
    const { venue, symbol } = instrument;
    this.#monitor.watch(
      {
        startedAt: status.startedAt,
        feed: status,
        books: () => [
          {
            symbol,
            synchronised: status.market.synchronised,
            lastChange: status.bookTime,
            lag: status.bookLag,
          },
        ],
        labels: { venue, symbol },
      },
      this.#stream,
    );
    addShadowMetrics(registry, status, this.#fills);
    this.#latency.register(
      registry,
      'makergym_decision_latency_seconds',
      'Wall time from the start of a decision to its quote.',
    );
    this.#sources = {
      status,
      history: this.#history,
      latency: this.#latency,
      health,
      lag: () => lag.reading,
    };
    if (this.url === undefined) return;
    this.#timers.push(
      every(clock, SAMPLE_MS, () => this.#history.sample(status)),
      every(clock, UPDATE_MS, () => this.#push()),
    );
  }

  onDecision(_status: ShadowStatus, latency: number): void {
    this.#latency.observe(latency);
  }

  onFill(fill: Fill): void {
    this.#fills.add(fill);
    this.#history.addFill(fill);
    const { time, side, price, quantity, fee, reason } = fill;
    const fields = { tapeTime: time, side: sideName(side), priceTicks: price, quantity, fee, reason };
    this.#monitor.log?.write('debug', 'fill', fields);
  }

  onFallback({ time, from, to, reasons }: FallbackEvent): void {
    const back = reasons.length === 0;
    const text = back ? `${from} → ${to}` : `${from} → ${to}: ${reasons.join(', ')}`;
    this.#monitor.tell(back ? 'info' : 'warn', back ? 'recovery' : 'fallback', text, {
      tapeTime: time,
      from,
      to,
      reasons,
    });
  }

  onDriftAlarm(drift: FeatureDrift): void {
    const { feature, psi, meanShift, deviationRatio } = drift;
    const text = `${feature}: PSI ${psi?.toFixed(3) ?? '–'}, mean shift ${meanShift?.toFixed(2) ?? '–'} σ`;
    this.#monitor.tell('warn', 'drift', text, { feature, psi, meanShift, deviationRatio });
  }

  onAlarm(name: string, text: string): void {
    this.#monitor.alarm(name, text);
  }

  /** Takes an event of the feed: gaps, resyncs, connections go to the log and the page; alarms come by `onAlarm`. */
  readonly onFeedEvent = (event: LiveEvent): void => {
    if (event.type !== 'alarm') this.#monitor.onFeedEvent(event);
  };

  /** Lets pages go, says `stop` with how it ended, and writes what the log holds. */
  async close(outcome?: Outcome): Promise<void> {
    for (const timer of this.#timers) timer.cancel();
    this.#stream.close();
    await this.#monitor.close(outcome);
  }

  #opened(...parameters: Parameters<EventStream['open']>): boolean {
    if (this.#sources === undefined) return false;
    this.#stream.open(...parameters);
    return true;
  }

  #hello(): string {
    return this.#sources === undefined ? 'null' : helloJson(this.#sources);
  }

  #push(): void {
    const due = this.#ticks++ % UPDATES_PER_DETAIL === 0;
    if (this.#sources === undefined || this.#stream.clients === 0) return;
    this.#stream.send('update', updateJson(this.#sources));
    if (due) this.#stream.send('detail', detailJson(this.#sources));
  }
}
