import { stream } from '../../base/random.ts';
import { Decoder } from '../../market/binance/decoder.ts';
import { Message, MessageKind } from '../../market/binance/message.ts';
import { type ControlLine, decodeControl, isControl } from '../../market/capture/control-line.ts';
import { symbolOfUrl } from '../../market/capture/probe.ts';
import { learnInstrument, type TradedInstrument, unknownSymbol } from '../binance/exchange-info.ts';
import { RestClient } from '../binance/rest-client.ts';
import { baseAddress, profileOf } from '../binance/venue.ts';
import { type Clock, every, SystemClock, type Timer } from '../clock.ts';
import { Backoff } from '../connection/backoff.ts';
import { Alarms } from './alarms.ts';
import type { ClockEstimator } from './clock-estimator.ts';
import { ClockWatch } from './clock-watch.ts';
import { EventOutlet } from './event-outlet.ts';
import { type FeedCounters, type LiveEvent, newCounters } from './events.ts';
import { FeedSockets } from './feed-sockets.ts';
import { FrameIntake } from './frame-intake.ts';
import { type LiveFeedOptions, type ResolvedOptions, resolveOptions } from './options.ts';
import { SnapshotWorker } from './snapshot-worker.ts';
import { SymbolFeed } from './symbol-feed.ts';

/** Messages handled before timers and sockets get their turn. */
const BATCH = 512;

/**
 * Live market data of one venue: sockets, snapshots, books. Everything that comes goes through a bounded ring, in order
 * of arrival, and leaves it one message at a time: pushed to listeners (`on`), or pulled with `for await (const event of
 * feed.events())`, where book and rows stand exactly at the event last pulled and a slow consumer fills the ring.
 */
export class LiveFeed {
  readonly counters: FeedCounters = newCounters();
  readonly instruments: TradedInstrument[] = [];
  readonly #options: ResolvedOptions;
  readonly #clock: Clock;
  readonly #abort = new AbortController();
  readonly #sockets: FeedSockets;
  readonly #rest: RestClient;
  readonly #worker: SnapshotWorker;
  readonly #intake: FrameIntake;
  readonly #outlet = new EventOutlet();
  readonly #alarms: Alarms;
  readonly #clockWatch: ClockWatch;
  readonly #decoder = new Decoder();
  readonly #message = new Message();
  readonly #symbols = new Map<string, SymbolFeed>();
  readonly #timers: Timer[] = [];
  #drainScheduled = false;

  constructor(options: LiveFeedOptions) {
    this.#options = resolveOptions(options);
    const profile = profileOf(options.venue);
    this.#clock = options.clock ?? new SystemClock();
    const ws = baseAddress(options.ws ?? profile.ws, 'ws', ['ws', 'wss']);
    const rest = baseAddress(options.rest ?? profile.rest, 'rest', ['http', 'https']);
    const { signal } = this.#abort;
    this.#rest = new RestClient(rest, profile, this.#clock, signal);
    this.#alarms = new Alarms(this.#clock, (event) => this.#outlet.emit(event));
    this.#clockWatch = new ClockWatch({
      ...this.#options,
      rest: this.#rest,
      alarms: this.#alarms,
      signal,
    });
    this.#intake = new FrameIntake({
      capacity: this.#options.ringCapacity,
      clock: this.#clock,
      counters: this.counters,
      signal,
      onFrame: options.onFrame,
      onArrival: () => this.#moveOn(),
    });
    this.#worker = new SnapshotWorker({
      rest: this.#rest,
      clock: this.#clock,
      limit: options.snapshotLimit ?? profile.snapshotLimit,
      signal,
      backoff: (symbol) => new Backoff(stream(this.#options.seed, `live/snapshot/${symbol}`)),
      onAnswer: (symbol, answer) => this.#intake.take(symbol, answer.bytes, answer.receivedAt, answer.url),
      onFailure: (_symbol, error) => {
        this.counters.snapshotFailures++;
        this.#alarms.raise('rest', error.message);
      },
    });
    this.#sockets = new FeedSockets({
      ws,
      feed: this.#options,
      clock: this.#clock,
      counters: this.counters,
      alarms: this.#alarms,
      onMessage: (symbol, bytes, localTime) => this.#intake.take(symbol, bytes, localTime, ''),
      onChange: (type, streams, reason) => {
        this.#outlet.emit({ type, streams, localTime: this.#clock.now(), reason });
      },
      onLost: (symbols) => {
        for (const symbol of symbols) this.#symbols.get(symbol)?.connectionLost();
      },
      needSnapshot: (symbol, fresh) => this.#worker.request(symbol, fresh),
    });
  }

  /** Calls `listener` with every event. */
  on(listener: (event: LiveEvent) => void): void {
    this.#outlet.on(listener);
  }

  /** The book and state of a symbol. */
  symbol(name: string): SymbolFeed {
    const feed = this.#symbols.get(name);
    if (feed === undefined) throw unknownSymbol(this.#options.venue, name);
    return feed;
  }

  /** Messages waiting between sockets and book. */
  get waiting(): number {
    return this.#intake.waiting;
  }

  /**
   * What has come is complete up to here, µs: every frame with an earlier local time has been handled, and none that is
   * still to come will carry one.
   */
  horizon(): number {
    return this.#intake.horizon();
  }

  /**
   * Writes a line of our own into the recording and gives it to the books in its turn, as `import` will. Held back while
   * the ring is full.
   */
  control(line: ControlLine): void {
    this.#intake.control(line);
  }

  /** How far the exchange's clock is from this one. */
  get clockEstimate(): ClockEstimator {
    return this.#clockWatch.estimate;
  }

  get stopped(): boolean {
    return this.#abort.signal.aborted;
  }

  /**
   * Learns the instruments and opens the streams. Resolves when the sockets are being opened; books follow. Throws an
   * InputError for an unknown symbol, a RunError where the exchange cannot be reached.
   */
  async start(): Promise<void> {
    const { symbols, trades, sink } = this.#options;
    for (const symbol of symbols) {
      const instrument = await this.#learn(symbol);
      // What is learnt may be what stops it, where there is no room left to record it.
      if (instrument === undefined || this.stopped) return;
      this.instruments.push(instrument);
      const feed = new SymbolFeed({
        instrument,
        trades,
        sink: sink?.(instrument),
        onConditions: (conditions) => this.#options.onConditions?.(symbol, conditions),
        counters: this.counters,
        emit: (event) => this.#outlet.emit(event),
        needSnapshot: () => this.#worker.request(symbol),
      });
      this.#symbols.set(symbol, feed);
    }
    this.#sockets.open();
    this.#startTimers();
  }

  /** Closes sockets and timers; what waits in the ring can still be pulled, then the iterator ends. */
  stop(): void {
    this.#abort.abort();
    for (const timer of this.#timers) timer.cancel();
    this.#sockets.stop();
    if (!this.#outlet.pulled) while (this.#step());
    this.#outlet.wake();
  }

  /** Holds the exchange back, for example while a disk catches up. */
  setPaused(paused: boolean): void {
    this.#sockets.setPaused(paused);
  }

  /** Asks for fresh snapshots of all symbols, for example at the beginning of a file. */
  refresh(): void {
    for (const symbol of this.#symbols.keys()) this.#worker.request(symbol);
  }

  /**
   * The events one by one. To be called before {@link start}; from then on nothing moves but by being pulled. Ends
   * after {@link stop}, when the ring is empty.
   */
  events(): AsyncGenerator<LiveEvent, void, undefined> {
    return this.#outlet.events(
      () => this.#step(),
      () => this.stopped,
    );
  }

  async #learn(symbol: string): Promise<TradedInstrument | undefined> {
    const learnt = await learnInstrument({
      rest: this.#rest,
      venue: this.#options.venue,
      symbol,
      clock: this.#clock,
      backoff: new Backoff(stream(this.#options.seed, `live/info/${symbol}`)),
      signal: this.#abort.signal,
      onFailure: (error) => this.#alarms.raise('rest', error.message),
    });
    if (learnt === undefined) return undefined;
    const { bytes, receivedAt, url } = learnt.answer;
    this.#options.onFrame?.({ symbol, bytes, localTime: receivedAt, url });
    return learnt.instrument;
  }

  #startTimers(): void {
    const { refreshSeconds, clockSampleSeconds } = this.#options;
    const repeat = (seconds: number, work: () => void): void => {
      this.#timers.push(every(this.#clock, seconds * 1000, work));
    };
    repeat(refreshSeconds, () => this.refresh());
    repeat(clockSampleSeconds, () => void this.#clockWatch.sample());
    repeat(1, () => this.#sockets.checkSilence());
    void this.#clockWatch.sample();
  }

  #moveOn(): void {
    if (this.#outlet.pulled) this.#outlet.wake();
    else this.#scheduleDrain();
  }

  #scheduleDrain(): void {
    if (this.#drainScheduled) return;
    this.#drainScheduled = true;
    setImmediate(() => {
      this.#drainScheduled = false;
      for (let i = 0; i < BATCH; i++) {
        if (this.#step()) continue;
        this.#options.onIdle?.();
        return;
      }
      this.#scheduleDrain();
    });
  }

  /** Handles the oldest message; false where there is none. */
  #step(): boolean {
    const frame = this.#intake.shift();
    if (frame === undefined) return false;
    const { bytes, localTime, url } = frame;
    const message = this.#message;
    if (this.#decoder.decode(bytes, 0, bytes.length, message) !== 'message') {
      this.counters.malformed++;
      this.#alarms.raise('malformed', `a message is malformed: ${this.#decoder.reason}`);
      return true;
    }
    if (message.kind === MessageKind.other) {
      if (url === '' && isControl(message.type)) this.#onControl(bytes, localTime);
      return true;
    }
    const symbol = message.symbol === '' ? symbolOfUrl(url) : message.symbol;
    const feed = this.#symbols.get(symbol);
    if (feed === undefined) return true;
    feed.onMessage(message, localTime, url);
    if (message.kind === MessageKind.snapshot && feed.synchronised) this.#worker.settled(symbol);
    return true;
  }

  #onControl(bytes: Uint8Array, localTime: number): void {
    const line = decodeControl(bytes);
    for (const feed of this.#symbols.values()) feed.onControl(line, localTime);
  }
}
