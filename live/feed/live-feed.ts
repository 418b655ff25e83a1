import { stream } from '../../base/random.ts';
import { Decoder } from '../../market/binance/decoder.ts';
import { Message, MessageKind } from '../../market/binance/message.ts';
import {
  type ControlLine,
  decodeControl,
  encodeControl,
  isControl,
} from '../../market/capture/control-line.ts';
import { symbolOfUrl } from '../../market/capture/probe.ts';
import { learnInstrument, type TradedInstrument, unknownSymbol } from '../binance/exchange-info.ts';
import { RestClient } from '../binance/rest-client.ts';
import {
  baseAddress,
  MAX_STREAMS,
  profileOf,
  routeOf,
  streamsOf,
  type VenueProfile,
} from '../binance/venue.ts';
import { type Clock, every, SystemClock, type Timer } from '../clock.ts';
import { Backoff } from '../connection/backoff.ts';
import { type ConnectionListener, StreamConnection } from '../connection/stream-connection.ts';
import { Watchdog } from '../connection/watchdog.ts';
import { ClockEstimator } from './clock-estimator.ts';
import { type AlarmName, type FeedCounters, type LiveEvent, newCounters } from './events.ts';
import { FrameRing } from './frame-ring.ts';
import { type LiveFeedOptions, type ResolvedOptions, resolveOptions } from './options.ts';
import { SnapshotWorker } from './snapshot-worker.ts';
import { streamOf, symbolOfStream } from './stream-name.ts';
import { SymbolFeed } from './symbol-feed.ts';

/** Messages handled before timers and sockets get their turn. */
const BATCH = 512;
/** What lines of our own begin their type with. */
const OWN = Buffer.from('"makergym');
/** Sockets are replaced when they have lived this share of the time that the exchange gives them, or a little less. */
const RENEWAL_SHARE = 0.99;

/**
 * Live market data of one venue: sockets, snapshots, books. Everything that comes goes through a bounded ring, in order
 * of arrival, and leaves it one message at a time: pushed to listeners (`on`), or pulled with `for await (const event of
 * feed.events())`, where book and rows stand exactly at the event last pulled and a slow consumer fills the ring.
 */
export class LiveFeed {
  readonly counters: FeedCounters = newCounters();
  readonly clockEstimate = new ClockEstimator();
  readonly instruments: TradedInstrument[] = [];
  readonly #options: ResolvedOptions;
  readonly #profile: VenueProfile;
  readonly #clock: Clock;
  readonly #abort = new AbortController();
  readonly #ws: string;
  readonly #rest: RestClient;
  readonly #worker: SnapshotWorker;
  readonly #ring: FrameRing;
  readonly #watchdog = new Watchdog();
  readonly #decoder = new Decoder();
  readonly #message = new Message();
  readonly #symbols = new Map<string, SymbolFeed>();
  readonly #connections: StreamConnection[] = [];
  readonly #listeners: ((event: LiveEvent) => void)[] = [];
  readonly #timers: Timer[] = [];
  readonly #outbox: LiveEvent[] = [];
  #outboxAt = 0;
  #pulled = false;
  #wake: (() => void) | undefined;
  #drainScheduled = false;
  /** No frame is stamped with an earlier time than this, µs. */
  #floor = 0;
  /** The ring was full: what comes is recorded, and not given to the books. */
  #overflowing = false;
  /** Lines of our own that wait for room in the ring. */
  readonly #controls: ControlLine[] = [];
  readonly #silent = new Set<string>();
  readonly #lasting = new Set<AlarmName>();
  readonly #alarmedAt = new Map<AlarmName, number>();

  constructor(options: LiveFeedOptions) {
    this.#options = resolveOptions(options);
    this.#profile = profileOf(options.venue);
    this.#clock = options.clock ?? new SystemClock();
    this.#ws = baseAddress(options.ws ?? this.#profile.ws, 'ws', ['ws', 'wss']);
    const rest = baseAddress(options.rest ?? this.#profile.rest, 'rest', ['http', 'https']);
    const { signal } = this.#abort;
    this.#rest = new RestClient(rest, this.#profile, this.#clock, signal);
    this.#ring = new FrameRing(this.#options.ringCapacity);
    this.#worker = new SnapshotWorker({
      rest: this.#rest,
      clock: this.#clock,
      limit: options.snapshotLimit ?? this.#profile.snapshotLimit,
      signal,
      backoff: (symbol) => new Backoff(stream(this.#options.seed, `live/snapshot/${symbol}`)),
      onAnswer: (symbol, answer) => this.#arrived(symbol, answer.bytes, answer.receivedAt, answer.url),
      onFailure: (_symbol, error) => {
        this.counters.snapshotFailures++;
        this.#alarm('rest', error.message);
      },
    });
  }

  /** Calls `listener` with every event. Throws an Error once events are pulled. */
  on(listener: (event: LiveEvent) => void): void {
    this.#listeners.push(listener);
  }

  /** The book and state of a symbol. */
  symbol(name: string): SymbolFeed {
    const feed = this.#symbols.get(name);
    if (feed === undefined) throw unknownSymbol(this.#options.venue, name);
    return feed;
  }

  /** Messages waiting between sockets and book. */
  get waiting(): number {
    return this.#ring.length;
  }

  /**
   * What has come is complete up to here, µs: every frame with an earlier local time has been handled, and none that is
   * still to come will carry one.
   */
  horizon(): number {
    const oldest = this.#ring.oldest;
    if (oldest < Number.POSITIVE_INFINITY) return oldest;
    this.#floor = Math.max(this.#floor, this.#clock.now());
    return this.#floor;
  }

  /**
   * Writes a line of our own into the recording and gives it to the books in its turn, as `import` will. Held back while
   * the ring is full.
   */
  control(line: ControlLine): void {
    this.#controls.push(line);
    this.#sendControls();
  }

  get stopped(): boolean {
    return this.#abort.signal.aborted;
  }

  /**
   * Learns the instruments and opens the streams. Resolves when the sockets are being opened; books follow. Throws an
   * InputError for an unknown symbol, a RunError where the exchange cannot be reached.
   */
  async start(): Promise<void> {
    const { symbols, venue, trades, sink, seed } = this.#options;
    for (const symbol of symbols) {
      const instrument = await this.#learn(symbol);
      if (instrument === undefined) return;
      this.instruments.push(instrument);
      const feed = new SymbolFeed({
        instrument,
        trades,
        sink: sink?.(instrument),
        onConditions: (conditions) => this.#options.onConditions?.(symbol, conditions),
        counters: this.counters,
        emit: (event) => this.#emit(event),
        needSnapshot: () => this.#worker.request(symbol),
      });
      this.#symbols.set(symbol, feed);
    }
    const routes = new Map<string, string[]>();
    for (const name of symbols.flatMap((symbol) => streamsOf(venue, symbol, trades))) {
      const route = routeOf(venue, name);
      routes.set(route, [...(routes.get(route) ?? []), name]);
    }
    for (const [route, streams] of routes) {
      for (let at = 0; at < streams.length; at += MAX_STREAMS) {
        this.#connect(`${this.#ws}${route}`, streams.slice(at, at + MAX_STREAMS), `${seed}${route}/${at}`);
      }
    }
    this.#startTimers();
  }

  /** Closes sockets and timers; what waits in the ring can still be pulled, then the iterator ends. */
  stop(): void {
    this.#abort.abort();
    for (const timer of this.#timers) timer.cancel();
    for (const connection of this.#connections) connection.stop();
    if (!this.#pulled) while (this.#step());
    this.#wake?.();
  }

  /** Holds the exchange back, for example while a disk catches up. */
  setPaused(paused: boolean): void {
    for (const connection of this.#connections) connection.setPaused(paused);
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
    this.#pulled = true;
    return this.#pull();
  }

  async *#pull(): AsyncGenerator<LiveEvent, void, undefined> {
    for (;;) {
      if (this.#outboxAt < this.#outbox.length) {
        yield this.#outbox[this.#outboxAt++];
        continue;
      }
      this.#outbox.length = 0;
      this.#outboxAt = 0;
      if (this.#step()) continue;
      if (this.stopped) return;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = undefined;
    }
  }

  async #learn(symbol: string): Promise<TradedInstrument | undefined> {
    const learnt = await learnInstrument({
      rest: this.#rest,
      venue: this.#options.venue,
      symbol,
      clock: this.#clock,
      backoff: new Backoff(stream(this.#options.seed, `live/info/${symbol}`)),
      signal: this.#abort.signal,
      onFailure: (error) => this.#alarm('rest', error.message),
    });
    if (learnt === undefined) return undefined;
    const { bytes, receivedAt, url } = learnt.answer;
    this.#options.onFrame?.({ symbol, bytes, localTime: receivedAt, url });
    return learnt.instrument;
  }

  #connect(base: string, streams: readonly string[], name: string): void {
    const symbols = [...new Set(streams.filter((text) => text.includes('@depth')).map(symbolOfStream))];
    const random = stream(this.#options.seed, `live/connection/${name}`);
    const listener: ConnectionListener = {
      onMessage: (bytes, localTime) => this.#onSocketMessage(bytes, localTime),
      onOpen: (resumed) => {
        if (resumed) this.counters.reconnects++;
        this.#tell('connected', streams, resumed ? 'again' : 'first');
        const now = this.#clock.now();
        this.#watchdog.watch(streams, now);
        this.#watchdog.restarted(streams, now);
        // From here on no update is missed, so a snapshot that is asked for now can be joined to the stream.
        for (const symbol of symbols) this.#worker.request(symbol, true);
      },
      onLost: (reason) => {
        this.#tell('disconnected', streams, reason);
        for (const symbol of symbols) this.#symbols.get(symbol)?.connectionLost();
      },
      onRenewed: (reason) => {
        this.counters.renewals++;
        this.#tell('renewed', streams, reason);
      },
      onRoundTrip: (microseconds) => {
        this.#options.onRoundTrip?.(microseconds);
        const ms = microseconds / 1000;
        if (ms > this.#options.roundTripAlarmMs) this.#alarm('round-trip', `a ping took ${ms.toFixed(0)} ms`);
      },
    };
    // Spread, so that many sockets are not renewed at once.
    const age = this.#options.socketLifeSeconds * (RENEWAL_SHARE - 0.02 * random.uniform());
    const connection = new StreamConnection({
      base,
      streams,
      controlPerSecond: this.#profile.controlPerSecond,
      clock: this.#clock,
      backoff: new Backoff(random),
      renewAfterMs: age * 1000,
      listener,
    });
    this.#connections.push(connection);
    connection.start();
  }

  #startTimers(): void {
    const { refreshSeconds, clockSampleSeconds } = this.#options;
    const repeat = (seconds: number, work: () => void): void => {
      this.#timers.push(every(this.#clock, seconds * 1000, work));
    };
    repeat(refreshSeconds, () => this.refresh());
    repeat(clockSampleSeconds, () => void this.#sampleClock());
    repeat(1, () => this.#checkSilence());
    void this.#sampleClock();
  }

  async #sampleClock(): Promise<void> {
    try {
      const { serverTime, answer } = await this.#rest.time();
      this.clockEstimate.add(answer.sentAt, serverTime, answer.receivedAt);
      this.#options.onRoundTrip?.(answer.receivedAt - answer.sentAt);
    } catch (error) {
      if (!this.stopped) this.#alarm('rest', (error as Error).message);
      return;
    }
    const { offset, roundTrip } = this.clockEstimate;
    const { clockOffsetAlarmMs, roundTripAlarmMs } = this.#options;
    const ms = (microseconds: number): string => (microseconds / 1000).toFixed(0);
    this.#alarmWhile(
      Math.abs(offset) / 1000 > clockOffsetAlarmMs,
      'clock-offset',
      `the exchange's clock is ${ms(offset)} ms from this one`,
    );
    const slow = roundTrip / 1000 > roundTripAlarmMs;
    this.#alarmWhile(slow, 'round-trip', `the exchange answers in ${ms(roundTrip)} ms`);
  }

  /** Raises an alarm when a condition begins, not while it lasts. */
  #alarmWhile(condition: boolean, name: AlarmName, text: string): void {
    if (condition && !this.#lasting.has(name)) this.#alarm(name, text);
    if (condition) this.#lasting.add(name);
    else this.#lasting.delete(name);
  }

  #checkSilence(): void {
    for (const name of this.#watchdog.silent(this.#clock.now())) {
      this.counters.silences++;
      this.#alarm('stream-silent', `${name} has gone silent`);
      this.#silent.add(name);
      this.#options.onSilence?.([...this.#silent]);
      this.#connections.find(({ streams }) => streams.includes(name))?.renew(`${name} was silent`);
      // Whether the book missed something is seen by the snapshot, even where the stream has nothing more to say.
      if (name.includes('@depth')) this.#worker.request(symbolOfStream(name));
    }
  }

  #onSocketMessage(bytes: Buffer, localTime: number): void {
    const name = streamOf(bytes);
    if ((name === undefined || !name.includes('@')) && isNotice(bytes)) {
      // The exchange says that it will hang up: another socket is opened before it does.
      if (bytes.includes('serverShutdown'))
        for (const connection of this.#connections) connection.renew('shutdown');
      return;
    }
    if (bytes.includes(OWN)) {
      // Lines of our own are not the exchange's to send.
      this.counters.malformed++;
      return;
    }
    if (name !== undefined) this.#heard(name, localTime);
    this.#arrived(name === undefined ? '' : symbolOfStream(name), bytes, localTime, '');
  }

  #heard(name: string, localTime: number): void {
    this.#watchdog.heard(name, localTime);
    if (this.#silent.size > 0 && this.#silent.delete(name)) this.#options.onSilence?.([...this.#silent]);
  }

  /** Records a message and queues it for the book. */
  #arrived(symbol: string, bytes: Uint8Array, receivedAt: number, url: string): void {
    if (this.stopped) return;
    const localTime = this.#stamp(receivedAt);
    this.counters.messages++;
    this.counters.bytes += bytes.length;
    if (this.#ring.full && !this.#overflowing) this.#beginOverflow(localTime);
    this.#options.onFrame?.({ symbol, bytes, localTime, url });
    if (this.#overflowing) this.counters.overflowedMessages++;
    else this.#ring.push(symbol, bytes, localTime, url);
    this.#moveOn();
  }

  /** A time for the next frame that does not run back, whatever clock and order of answers do. */
  #stamp(time: number): number {
    if (time > this.#floor) this.#floor = time;
    return this.#floor;
  }

  #beginOverflow(localTime: number): void {
    this.#overflowing = true;
    this.counters.overflows++;
    this.#recordControl({ e: 'makergymOverflowBegin' }, localTime);
  }

  /** Tells the recording, and the books in their turn. */
  #recordControl(line: ControlLine, localTime: number): void {
    const bytes = encodeControl(line);
    this.#options.onFrame?.({ symbol: '', bytes, localTime, url: '' });
    this.#ring.push('', bytes, localTime, '');
  }

  #sendControls(): void {
    while (this.#controls.length > 0 && !this.#overflowing && !this.#ring.full && !this.stopped) {
      this.#recordControl(this.#controls.shift() as ControlLine, this.#stamp(this.#clock.now()));
      this.#moveOn();
    }
  }

  #moveOn(): void {
    if (this.#pulled) this.#wake?.();
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
    const frame = this.#ring.shift();
    if (frame === undefined) return false;
    const { bytes, localTime, url } = frame;
    this.#makeRoom();
    const message = this.#message;
    if (this.#decoder.decode(bytes, 0, bytes.length, message) !== 'message') {
      this.counters.malformed++;
      this.#alarm('malformed', `a message is malformed: ${this.#decoder.reason}`);
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

  /** The ring has room again: from here on the books are given what comes. */
  #makeRoom(): void {
    if (this.#overflowing && this.#ring.relieved && !this.stopped) {
      this.#overflowing = false;
      this.#recordControl({ e: 'makergymOverflowEnd' }, this.#stamp(this.#clock.now()));
    }
    if (this.#controls.length > 0) this.#sendControls();
  }

  #onControl(bytes: Uint8Array, localTime: number): void {
    const line = decodeControl(bytes);
    for (const feed of this.#symbols.values()) feed.onControl(line, localTime);
  }

  #tell(type: 'connected' | 'disconnected' | 'renewed', streams: readonly string[], reason: string): void {
    this.#emit({ type, streams, localTime: this.#clock.now(), reason });
  }

  /** Raises an alarm, each kind at most once a second. */
  #alarm(name: AlarmName, text: string): void {
    const localTime = this.#clock.now();
    if (localTime - (this.#alarmedAt.get(name) ?? Number.NEGATIVE_INFINITY) < 1e6) return;
    this.#alarmedAt.set(name, localTime);
    this.#emit({ type: 'alarm', name, symbol: '', localTime, text });
  }

  #emit(event: LiveEvent): void {
    for (const listener of this.#listeners) listener(event);
    if (!this.#pulled) return;
    this.#outbox.push(event);
    this.#wake?.();
  }
}

/** Answers to subscriptions, and notices that belong to no stream. */
function isNotice(bytes: Buffer): boolean {
  return (
    bytes.length < 4096 &&
    (bytes.includes('"result"') || bytes.includes('"error"') || bytes.includes('serverShutdown'))
  );
}
