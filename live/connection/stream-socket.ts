import WebSocket, { type RawData } from 'ws';
import { type Clock, deadline, every, type Timer } from '../clock.ts';
import { ControlBudget } from './control-budget.ts';

/** No message of a market stream comes near this size. */
const MAX_MESSAGE = 8 << 20;
const OPEN_MS = 10_000;
/** A socket is asked for a sign of life this often, and given up when none comes for `PONG_MS` after. */
const PING_MS = 15_000;
const PONG_MS = 10_000;
/** Streams named in an address or in one subscription; more are subscribed in several. */
const STREAMS_AT_ONCE = 100;

export interface SocketListener {
  onOpen(): void;
  /** A data message; the bytes are the listener's to keep. */
  onMessage(bytes: Buffer, localTime: number): void;
  /** Once, however it ended. */
  onClose(reason: string): void;
  /** Time from a ping to its pong, µs. */
  onRoundTrip(microseconds: number): void;
}

/**
 * One WebSocket to the exchange: answers its pings with their payload, pings it too and gives up on a half-open one,
 * keeps to the control-message rate. TLS certificates are verified, redirects are not followed, messages are limited
 * in size. It does not reconnect: see stream-connection.ts.
 */
export class StreamSocket {
  readonly streams: readonly string[];
  readonly #socket: WebSocket;
  readonly #clock: Clock;
  readonly #listener: SocketListener;
  readonly #budget: ControlBudget;
  #lastSign: number;
  #pingSentAt = -1;
  #ping: Timer | undefined;
  #deadline: Timer | undefined;
  #opened = false;
  #closed = false;
  #paused = false;
  #requestId = 0;

  constructor(
    base: string,
    streams: readonly string[],
    controlPerSecond: number,
    clock: Clock,
    listener: SocketListener,
  ) {
    this.streams = streams;
    this.#clock = clock;
    this.#listener = listener;
    this.#lastSign = clock.now();
    const url = `${base}/stream?streams=${streams.slice(0, STREAMS_AT_ONCE).join('/')}`;
    this.#socket = new WebSocket(url, {
      autoPong: false,
      followRedirects: false,
      maxPayload: MAX_MESSAGE,
      perMessageDeflate: false,
    });
    this.#budget = new ControlBudget(clock, controlPerSecond, (text) => {
      if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(text);
    });
    this.#deadline = deadline(clock, OPEN_MS, () => this.fail('it did not open in time'));
    this.#socket.on('open', () => this.#onOpen());
    this.#socket.on('message', (data) => this.#onMessage(data));
    this.#socket.on('ping', (payload) => this.#onPing(payload));
    this.#socket.on('pong', () => this.#onPong());
    this.#socket.on('error', (error) => this.#end(error.message));
    this.#socket.on('close', (code, reason) => this.#end(`closed with ${code} ${reason.toString()}`.trim()));
  }

  /** Whether its handshake is done. */
  get opened(): boolean {
    return this.#opened;
  }

  /** Stops and goes on reading, so that a slow disk holds the exchange back instead of filling memory. */
  setPaused(paused: boolean): void {
    this.#paused = paused;
    if (this.#socket.readyState !== WebSocket.OPEN) return;
    if (paused) this.#socket.pause();
    else this.#socket.resume();
    this.#lastSign = this.#clock.now();
  }

  /** Closes politely; the listener is told nothing more. */
  close(): void {
    if (this.#closed) return;
    this.#release();
    if (this.#socket.readyState === WebSocket.OPEN) {
      this.#socket.close(1000);
      const socket = this.#socket;
      this.#clock.after(1000, () => socket.terminate());
    } else this.#socket.terminate();
  }

  /** Gives the socket up and tells the listener why. */
  fail(reason: string): void {
    if (this.#closed) return;
    this.#end(reason);
    this.#socket.terminate();
  }

  #onOpen(): void {
    if (this.#closed) return;
    this.#opened = true;
    this.#deadline?.cancel();
    this.#lastSign = this.#clock.now();
    for (let at = STREAMS_AT_ONCE; at < this.streams.length; at += STREAMS_AT_ONCE) {
      const params = this.streams.slice(at, at + STREAMS_AT_ONCE);
      this.#budget.send(JSON.stringify({ method: 'SUBSCRIBE', params, id: ++this.#requestId }));
    }
    this.#ping = every(this.#clock, PING_MS, () => this.#sendPing());
    if (this.#paused) this.#socket.pause();
    this.#listener.onOpen();
  }

  #onMessage(data: RawData): void {
    if (this.#closed) return;
    const now = this.#clock.now();
    this.#lastSign = now;
    this.#listener.onMessage(data as Buffer, now);
  }

  #onPing(payload: Buffer): void {
    this.#lastSign = this.#clock.now();
    if (this.#closed || this.#socket.readyState !== WebSocket.OPEN) return;
    this.#budget.count();
    this.#socket.pong(payload);
  }

  #onPong(): void {
    const now = this.#clock.now();
    this.#lastSign = now;
    if (this.#pingSentAt >= 0 && !this.#closed) this.#listener.onRoundTrip(now - this.#pingSentAt);
    this.#pingSentAt = -1;
  }

  #sendPing(): void {
    if (this.#socket.readyState !== WebSocket.OPEN) return;
    const sentAt = this.#clock.now();
    this.#pingSentAt = sentAt;
    this.#budget.count();
    this.#socket.ping();
    this.#deadline?.cancel();
    this.#deadline = deadline(this.#clock, PONG_MS, () => {
      // Any sign counts: behind a burst of data a pong comes late.
      if (this.#lastSign <= sentAt && !this.#paused) this.fail('it gave no sign of life');
    });
  }

  #end(reason: string): void {
    if (this.#closed) return;
    this.#release();
    this.#listener.onClose(reason);
  }

  #release(): void {
    this.#closed = true;
    this.#ping?.cancel();
    this.#deadline?.cancel();
    this.#budget.close();
    // Errors after this, such as of a handshake that was given up, are of no interest; unheard they would be thrown.
    this.#socket.on('error', () => undefined);
  }
}
