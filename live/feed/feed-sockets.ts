import { stream } from '../../base/random.ts';
import { MAX_STREAMS, profileOf, routeOf, streamsOf } from '../binance/venue.ts';
import type { Clock } from '../clock.ts';
import { Backoff } from '../connection/backoff.ts';
import { type ConnectionListener, StreamConnection } from '../connection/stream-connection.ts';
import { Watchdog } from '../connection/watchdog.ts';
import type { Alarms } from './alarms.ts';
import type { FeedCounters } from './events.ts';
import type { ResolvedOptions } from './options.ts';
import { streamOf, symbolOfStream } from './stream-name.ts';

/** What lines of our own begin their type with. */
const OWN = Buffer.from('"makergym');
/** Sockets are replaced when they have lived this share of the time that the exchange gives them, or a little less. */
const RENEWAL_SHARE = 0.99;

export interface FeedSocketsOptions {
  /** Base address of the streams. */
  readonly ws: string;
  readonly feed: ResolvedOptions;
  readonly clock: Clock;
  readonly counters: FeedCounters;
  readonly alarms: Alarms;
  /** A message of the market; the symbol is empty where it does not begin with its stream. */
  readonly onMessage: (symbol: string, bytes: Buffer, localTime: number) => void;
  readonly onChange: (
    type: 'connected' | 'disconnected' | 'renewed',
    streams: readonly string[],
    reason: string,
  ) => void;
  /** Messages of these symbols may be missing from here on. */
  readonly onLost: (symbols: readonly string[]) => void;
  /** `fresh`: one that is asked for from now on, as no update is missed any more. */
  readonly needSnapshot: (symbol: string, fresh: boolean) => void;
}

/** The sockets of a feed: opened by route, replaced before they grow too old or where a stream goes silent. */
export class FeedSockets {
  readonly #options: FeedSocketsOptions;
  readonly #connections: StreamConnection[] = [];
  readonly #watchdog = new Watchdog();
  readonly #silent = new Set<string>();
  #paused = false;
  #stopped = false;

  constructor(options: FeedSocketsOptions) {
    this.#options = options;
  }

  open(): void {
    const { ws, feed } = this.#options;
    const { symbols, venue, trades, seed } = feed;
    const routes = new Map<string, string[]>();
    for (const name of symbols.flatMap((symbol) => streamsOf(venue, symbol, trades))) {
      const route = routeOf(venue, name);
      routes.set(route, [...(routes.get(route) ?? []), name]);
    }
    for (const [route, streams] of routes) {
      for (let at = 0; at < streams.length; at += MAX_STREAMS) {
        this.#connect(`${ws}${route}`, streams.slice(at, at + MAX_STREAMS), `${seed}${route}/${at}`);
      }
    }
  }

  stop(): void {
    this.#stopped = true;
    for (const connection of this.#connections) connection.stop();
  }

  setPaused(paused: boolean): void {
    this.#paused = paused;
    for (const connection of this.#connections) {
      connection.setPaused(paused);
      if (!paused) this.#watchdog.restarted(connection.streams, this.#options.clock.now());
    }
  }

  /** Looks for streams that have said nothing until now for longer than usual. */
  checkSilence(): void {
    const now = this.#options.clock.now();
    // A timer goes off before sockets are read: where the process stood still, what was said meanwhile comes first.
    setImmediate(() => this.#judgeSilence(now));
  }

  /** Replaces the sockets of streams that were silent at `now`; who does not listen cannot tell. */
  #judgeSilence(now: number): void {
    if (this.#paused || this.#stopped) return;
    const { feed, counters, alarms, needSnapshot } = this.#options;
    for (const name of this.#watchdog.silent(now)) {
      counters.silences++;
      alarms.raise('stream-silent', `${name} has gone silent`);
      this.#silent.add(name);
      feed.onSilence?.([...this.#silent]);
      this.#connections.find(({ streams }) => streams.includes(name))?.renew(`${name} was silent`);
      // Whether the book missed something is seen by the snapshot, even where the stream has nothing more to say.
      if (name.includes('@depth')) needSnapshot(symbolOfStream(name), false);
    }
  }

  #connect(base: string, streams: readonly string[], name: string): void {
    const { feed, clock, counters, alarms, onChange, onLost, needSnapshot } = this.#options;
    const symbols = [...new Set(streams.filter((text) => text.includes('@depth')).map(symbolOfStream))];
    const random = stream(feed.seed, `live/connection/${name}`);
    const listener: ConnectionListener = {
      onMessage: (bytes, localTime) => this.#onMessage(bytes, localTime),
      onOpen: (resumed) => {
        if (resumed) counters.reconnects++;
        onChange('connected', streams, resumed ? 'again' : 'first');
        const now = clock.now();
        this.#watchdog.watch(streams, now);
        this.#watchdog.restarted(streams, now);
        // From here on no update is missed, so a snapshot that is asked for now can be joined to the stream.
        for (const symbol of symbols) needSnapshot(symbol, true);
      },
      onLost: (reason) => {
        onChange('disconnected', streams, reason);
        onLost(symbols);
      },
      onRenewed: (reason) => {
        counters.renewals++;
        onChange('renewed', streams, reason);
      },
      onRoundTrip: (microseconds) => {
        feed.onRoundTrip?.(microseconds);
        const ms = microseconds / 1000;
        if (ms > feed.roundTripAlarmMs) alarms.raise('round-trip', `a ping took ${ms.toFixed(0)} ms`);
      },
    };
    // Spread, so that many sockets are not renewed at once.
    const age = feed.socketLifeSeconds * (RENEWAL_SHARE - 0.02 * random.uniform());
    const connection = new StreamConnection({
      base,
      streams,
      controlPerSecond: profileOf(feed.venue).controlPerSecond,
      clock,
      backoff: new Backoff(random),
      renewAfterMs: age * 1000,
      listener,
    });
    this.#connections.push(connection);
    connection.start();
  }

  #onMessage(bytes: Buffer, localTime: number): void {
    const name = streamOf(bytes);
    if ((name === undefined || !name.includes('@')) && isNotice(bytes)) {
      // The exchange says that it will hang up: another socket is opened before it does.
      if (bytes.includes('serverShutdown'))
        for (const connection of this.#connections) connection.renew('shutdown');
      return;
    }
    if (bytes.includes(OWN)) {
      // Lines of our own are not the exchange's to send.
      this.#options.counters.malformed++;
      return;
    }
    if (name !== undefined) this.#heard(name, localTime);
    this.#options.onMessage(name === undefined ? '' : symbolOfStream(name), bytes, localTime);
  }

  #heard(name: string, localTime: number): void {
    this.#watchdog.heard(name, localTime);
    if (this.#silent.size > 0 && this.#silent.delete(name)) this.#options.feed.onSilence?.([...this.#silent]);
  }
}

/** Answers to subscriptions, and notices that belong to no stream. */
function isNotice(bytes: Buffer): boolean {
  return (
    bytes.length < 4096 &&
    (bytes.includes('"result"') || bytes.includes('"error"') || bytes.includes('serverShutdown'))
  );
}
