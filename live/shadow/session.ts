import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { InputError, RunError } from '../../base/errors.ts';
import { keepFolder, makeFolder, removeFolder } from '../../base/files.ts';
import type { LaneListener } from '../../env/lane-listener.ts';
import type { LaneSettings } from '../../env/settings.ts';
import { QuantileSketch } from '../../evaluation/quantile-sketch.ts';
import { encodeControl } from '../../market/capture/control-line.ts';
import { type Instrument, plainInstrument } from '../../market/instrument.ts';
import type { RowSink } from '../../market/tape/row-sink.ts';
import { ConditionTimeline } from '../../safety/condition-timeline.ts';
import type { FallbackSettings } from '../../safety/fallback.ts';
import type { TradeStream } from '../binance/venue.ts';
import { type Clock, SystemClock, type Timer } from '../clock.ts';
import type { LiveEvent } from '../feed/events.ts';
import { LiveFeed } from '../feed/live-feed.ts';
import { Recorder } from '../recorder/recorder.ts';
import { ConditionMonitor } from './condition-monitor.ts';
import { Desk, type DeskOptions } from './desk.ts';
import { playCaptures } from './play-captures.ts';
import type { ShadowSource } from './source.ts';
import type { ShadowListener, ShadowStatus } from './status.ts';
import type { StreamDriver } from './stream-driver.ts';
import { quantiles, type ShadowSummary, summariseDesk } from './summary.ts';

/** Folder within a session's folder that holds the recording. */
export const CAPTURES = 'captures';

export interface ShadowOptions {
  readonly source: ShadowSource;
  /** Folder of the session. */
  readonly out: string;
  readonly createAgent: DeskOptions['createAgent'];
  readonly settings: LaneSettings;
  readonly fallback: FallbackSettings;
  readonly seed: number;
  readonly sharpeIntervalSeconds: number;
  /** Refuses an instrument that the policy does not fit, by an InputError. */
  readonly checkInstrument: (instrument: Instrument) => void;
  readonly laneListeners: (instrument: Instrument, lot: number) => readonly LaneListener[];
  readonly listeners?: readonly ShadowListener[];
  /** The session has begun: its status, for those who show it. */
  readonly onStart?: (status: ShadowStatus) => void;
  readonly onEvent?: (event: LiveEvent) => void;
  readonly trades?: TradeStream;
  /** How long, µs; until `signal` aborts where absent. */
  readonly duration?: number;
  readonly syncSeconds?: number;
  readonly ringCapacity?: number;
  readonly signal: AbortSignal;
  readonly clock?: Clock;
  /** How much of captures has been played, µs of how many. */
  readonly onProgress?: (played: number, total: number) => void;
}

/**
 * Lets a policy decide on a stream and sends nothing: records what comes, trades in a simulated exchange beside it.
 * Its decisions are those that a backtest of the recording takes. Ends when its time is up, its captures are played or
 * `signal` aborts. Throws an InputError for an instrument that does not fit, a RunError where the exchange cannot be
 * reached, the disk is full or the instrument changes; what was recorded until then stays.
 */
export async function runShadow(options: ShadowOptions): Promise<ShadowSummary> {
  const folder = join(options.out, CAPTURES);
  if (existsSync(folder) && readdirSync(folder).length > 0) throw taken(options.out);
  makeFolder(folder);
  const { source } = options;
  return source.kind === 'captures'
    ? playCaptures(options, source.captures)
    : new LiveSession(options, source).run();
}

function taken(out: string): InputError {
  return new InputError({
    code: 'out-exists',
    message: `${join(out, CAPTURES)} holds another recording.`,
    field: '--out',
    value: out,
    expected: 'a folder without a session',
    hint: 'Choose another --out.',
  });
}

type LiveSource = Extract<ShadowSource, { kind: 'live' }>;

class LiveSession {
  readonly #options: ShadowOptions;
  readonly #clock: Clock;
  readonly #feed: LiveFeed;
  readonly #recorder: Recorder;
  readonly #monitor: ConditionMonitor;
  /** From the time of a decision to the quote, ms. */
  readonly #lateness = new QuantileSketch();
  readonly #conditions = new ConditionTimeline();
  readonly #done = new AbortController();
  readonly #began: number;
  #desk: Desk | undefined;
  #timer: Timer | undefined;
  #timerDue = Number.POSITIVE_INFINITY;
  #failure: Error | undefined;

  constructor(options: ShadowOptions, { venue, symbol, ws, rest }: LiveSource) {
    this.#options = options;
    this.#clock = options.clock ?? new SystemClock();
    this.#began = this.#clock.now();
    this.#monitor = new ConditionMonitor(options.fallback, (line) => this.#feed.control(line));
    // First: it refuses addresses that cannot be used.
    this.#feed = new LiveFeed({
      venue,
      symbols: [symbol],
      ws,
      rest,
      trades: options.trades,
      seed: options.seed,
      clock: this.#clock,
      ringCapacity: options.ringCapacity,
      sink: (instrument) => this.#open(instrument),
      onFrame: (frame) => this.#recorder.write(frame),
      onConditions: (_symbol, conditions) => {
        for (const condition of conditions) this.#conditions.push(condition);
      },
      onIdle: () => this.#catchUp(),
      onRoundTrip: (microseconds) => this.#monitor.onRoundTrip(microseconds, this.#clock.now()),
      onSilence: (streams) => this.#monitor.onSilence(streams),
    });
    this.#recorder = new Recorder({
      folder: join(options.out, CAPTURES),
      venue,
      symbols: [symbol],
      clock: this.#clock,
      syncSeconds: options.syncSeconds,
      // Not at once: the line that begins the new file is being written.
      onRotate: () => queueMicrotask(() => this.#onRotate()),
      onPressure: (pressed) => this.#feed.setPaused(pressed),
      onFailure: (error) => this.#fail(error),
    });
    this.#feed.on((event) => this.#onEvent(event));
  }

  async run(): Promise<ShadowSummary> {
    const { signal, duration } = this.#options;
    const stop = (): void => this.#done.abort();
    signal.addEventListener('abort', stop);
    if (signal.aborted) stop();
    const limit = duration === undefined ? undefined : this.#clock.after(duration / 1000, stop);
    const over = new Promise<void>((resolve) => {
      if (this.#done.signal.aborted) resolve();
      else this.#done.signal.addEventListener('abort', () => resolve(), { once: true });
    });
    try {
      if (!this.#done.signal.aborted) {
        // An exchange that does not answer must not keep Ctrl-C waiting.
        await Promise.race([this.#feed.start(), over]);
        this.#feed.control({ e: 'makergymSession' });
      }
      await over;
    } finally {
      signal.removeEventListener('abort', stop);
      limit?.cancel();
      this.#timer?.cancel();
      try {
        this.#end();
      } catch (error) {
        // The last decisions fail as any other: the recording is closed all the same.
        this.#fail(error as Error);
      }
      await this.#recorder.close().finally(() => this.#keep());
    }
    if (this.#failure !== undefined) throw this.#failure;
    return this.#summary();
  }

  /** Takes what is left, and says in the recording where it ends. */
  #end(): void {
    this.#feed.stop();
    const desk = this.#desk;
    if (desk === undefined || this.#failure !== undefined) {
      desk?.driver.close();
      return;
    }
    const end = this.#feed.horizon();
    desk.driver.finish(end);
    this.#recorder.write({ symbol: '', bytes: encodeControl({ e: 'makergymEnd' }), localTime: end, url: '' });
  }

  /** A recording of nothing is not kept. */
  #keep(): void {
    const folder = join(this.#options.out, CAPTURES);
    if (this.#desk !== undefined) keepFolder(folder);
    else {
      for (const file of this.#recorder.files) rmSync(file, { force: true });
      removeFolder(folder);
    }
  }

  #open(instrument: Instrument): RowSink {
    const plain = plainInstrument(instrument);
    this.#options.checkInstrument(plain);
    const {
      createAgent,
      settings,
      seed,
      sharpeIntervalSeconds,
      laneListeners,
      listeners = [],
    } = this.#options;
    const desk = new Desk({
      createAgent,
      conditions: this.#conditions,
      instrument: plain,
      settings,
      seed,
      sharpeIntervalSeconds,
      laneListeners: (lot) => laneListeners(plain, lot),
      listeners,
      startedAt: this.#began,
      counters: this.#feed.counters,
      clock: this.#feed.clockEstimate,
      waiting: () => this.#feed.waiting,
      onLatency: (microseconds) => this.#onDecision(microseconds),
    });
    this.#desk = desk;
    this.#options.onStart?.(desk.status);
    return this.#guard(desk.driver);
  }

  #onDecision(latency: number): void {
    const now = this.#clock.now();
    const lateness = now - (this.#desk?.status.market.time ?? now);
    this.#lateness.add(Math.max(lateness, 0) / 1000);
    this.#monitor.onDecision(latency, lateness, now);
  }

  /** What goes wrong with a decision ends the session, not the process. */
  #guard(driver: StreamDriver): RowSink {
    return {
      push: (exchangeTime, localTime, kind, price, quantity, flags, updateId) => {
        try {
          driver.push(exchangeTime, localTime, kind, price, quantity, flags, updateId);
        } catch (error) {
          this.#fail(error as Error);
        }
      },
      pushLevels: (exchangeTime, localTime, levels, updateId) => {
        try {
          driver.pushLevels(exchangeTime, localTime, levels, updateId);
        } catch (error) {
          this.#fail(error as Error);
        }
      },
    };
  }

  /** Takes the decisions that are due, and sees to it that the next one is. */
  #catchUp(): void {
    const driver = this.#desk?.driver;
    if (driver === undefined || this.#feed.stopped) return;
    try {
      driver.reach(this.#feed.horizon());
    } catch (error) {
      this.#fail(error as Error);
      return;
    }
    if (driver.next === this.#timerDue) return;
    this.#timer?.cancel();
    this.#timerDue = driver.next;
    if (!driver.begun) return;
    // A decision at t is taken once no message can carry t any more: when the clock is past it.
    const wait = Math.max(0, driver.next - this.#clock.now()) / 1000;
    this.#timer = this.#clock.after(Math.floor(wait) + 1, () => {
      this.#timerDue = Number.NaN;
      this.#catchUp();
    });
  }

  #onRotate(): void {
    this.#feed.refresh();
    this.#feed.control({ e: 'makergymSession' });
    this.#monitor.repeat();
  }

  #onEvent(event: LiveEvent): void {
    this.#options.onEvent?.(event);
    if (event.type !== 'alarm') return;
    for (const listener of this.#options.listeners ?? []) listener.onAlarm?.(event.name, event.text);
    if (event.name !== 'off-grid-price') return;
    this.#fail(
      new RunError({
        code: 'instrument-changed',
        message: `The exchange has changed the instrument: ${event.text}. The policy's ticks are others.`,
        field: 'instrument.tickSize',
        hint: 'Train and export a policy for the new grid.',
      }),
    );
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#desk?.driver.close();
    this.#done.abort();
  }

  #summary(): ShadowSummary {
    const { counters, instruments } = this.#feed;
    const [instrument] = instruments;
    return {
      ...summariseDesk(this.#desk, instrument ?? null),
      decisionLatenessMs: quantiles(this.#lateness),
      gaps: counters.gaps,
      resyncs: counters.resyncs,
      reconnects: counters.reconnects,
      overflows: counters.overflows,
      messages: this.#recorder.messages,
      files: this.#recorder.files,
      durationSeconds: Math.round((this.#clock.now() - this.#began) / 1000) / 1000,
    };
  }
}
