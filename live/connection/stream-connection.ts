import type { Clock, Timer } from '../clock.ts';
import type { Backoff } from './backoff.ts';
import { type SocketListener, StreamSocket } from './stream-socket.ts';

/** Both sockets are listened to for this long, so that a renewal loses nothing; ids tell what came twice. */
const OVERLAP_MS = 10_000;
/** A connection that lasted this long was a success: the next attempt after it does not wait. */
const STABLE_MS = 10_000;

export interface ConnectionListener {
  onMessage(bytes: Buffer, localTime: number): void;
  /** A socket is open; `resumed` where an earlier one was lost, so that messages may be missing. */
  onOpen(resumed: boolean): void;
  onLost(reason: string): void;
  /** A socket took over from another without a break. */
  onRenewed(reason: string): void;
  onRoundTrip(microseconds: number): void;
}

export interface ConnectionOptions {
  /** Address with its route, without `/stream`. */
  readonly base: string;
  readonly streams: readonly string[];
  readonly controlPerSecond: number;
  readonly clock: Clock;
  readonly backoff: Backoff;
  /** Age at which a socket is replaced, ms: before the exchange cuts it at 24 h. */
  readonly renewAfterMs: number;
  readonly listener: ConnectionListener;
}

/** Keeps one set of streams flowing: reconnects with growing pauses, renews by overlapping sockets. */
export class StreamConnection {
  readonly streams: readonly string[];
  readonly #options: ConnectionOptions;
  #current: StreamSocket | undefined;
  #successor: StreamSocket | undefined;
  /** The one before, listened to until the overlap ends. */
  #retiring: StreamSocket | undefined;
  /** Ends the overlap; apart from the others, as it runs on where the successor is lost. */
  #retirement: Timer | undefined;
  #timers: Timer[] = [];
  #retry: Timer | undefined;
  #wasOpen = false;
  #paused = false;
  #stopped = false;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.streams = options.streams;
  }

  start(): void {
    this.#connect();
  }

  stop(): void {
    this.#stopped = true;
    this.#retry?.cancel();
    this.#retirement?.cancel();
    this.#cancelTimers();
    for (const socket of [this.#current, this.#successor, this.#retiring]) socket?.close();
  }

  setPaused(paused: boolean): void {
    this.#paused = paused;
    for (const socket of [this.#current, this.#successor, this.#retiring]) socket?.setPaused(paused);
  }

  /**
   * Opens a second socket beside the first and retires the first when both have run for a while. Where the first is not
   * open yet there is nothing to renew: a second attempt would go around the pauses between attempts.
   */
  renew(reason: string): void {
    if (this.#stopped || this.#current?.opened !== true || this.#successor !== undefined) return;
    const { listener, clock } = this.#options;
    const socket: StreamSocket = this.#open({
      onOpen: () => {
        this.#successor = undefined;
        this.#retire(this.#current);
        this.#current = socket;
        this.#outlast();
        listener.onRenewed(reason);
      },
      onMessage: (bytes, time) => listener.onMessage(bytes, time),
      onRoundTrip: (time) => listener.onRoundTrip(time),
      onClose: (why) => {
        if (this.#current === socket) this.#lost(why);
        else if (this.#successor === socket) {
          this.#successor = undefined;
          // The first goes on; try again.
          this.#timers.push(clock.after(this.#options.backoff.next(), () => this.renew(reason)));
        } else if (this.#retiring === socket) this.#retiring = undefined;
      },
    });
    this.#successor = socket;
  }

  #connect(): void {
    if (this.#stopped) return;
    const { listener } = this.#options;
    const socket: StreamSocket = this.#open({
      onOpen: () => {
        this.#outlast();
        this.#opened();
      },
      onMessage: (bytes, time) => listener.onMessage(bytes, time),
      onRoundTrip: (time) => listener.onRoundTrip(time),
      onClose: (why) => {
        if (this.#current === socket) this.#lost(why);
        else if (this.#retiring === socket) this.#retiring = undefined;
      },
    });
    this.#current = socket;
  }

  #open(listener: SocketListener): StreamSocket {
    const { base, streams, controlPerSecond, clock } = this.#options;
    const socket = new StreamSocket(base, streams, controlPerSecond, clock, listener);
    socket.setPaused(this.#paused);
    return socket;
  }

  #opened(): void {
    const resumed = this.#wasOpen;
    this.#wasOpen = true;
    this.#options.listener.onOpen(resumed);
  }

  #lost(reason: string): void {
    this.#cancelTimers();
    this.#current = undefined;
    this.#successor?.close();
    this.#successor = undefined;
    if (this.#stopped) return;
    this.#options.listener.onLost(reason);
    this.#retry = this.#options.clock.after(this.#options.backoff.next(), () => this.#connect());
  }

  #retire(socket: StreamSocket | undefined): void {
    this.#retiring?.close();
    this.#retiring = socket;
    this.#cancelTimers();
    this.#retirement?.cancel();
    this.#retirement = this.#options.clock.after(OVERLAP_MS, () => {
      this.#retiring?.close();
      this.#retiring = undefined;
    });
  }

  /** What comes of a socket that stays open: attempts count from one again, and in time another takes its place. */
  #outlast(): void {
    const { backoff, clock, renewAfterMs } = this.#options;
    this.#timers.push(
      clock.after(STABLE_MS, () => backoff.succeeded()),
      clock.after(renewAfterMs, () => this.renew('age')),
    );
  }

  #cancelTimers(): void {
    for (const timer of this.#timers) timer.cancel();
    this.#timers = [];
  }
}
