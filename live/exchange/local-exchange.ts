import { EventEmitter } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Venue } from '../../market/instrument.ts';
import { SOCKET_LIFE_SECONDS } from '../binance/venue.ts';
import { type Clock, SystemClock, type Timer } from '../clock.ts';
import { listenError } from '../listen-error.ts';
import { type ExchangeSource, readMessages } from './capture-source.ts';
import { FaultTally } from './fault-tally.ts';
import { type FaultPlan, NO_FAULTS } from './faults.ts';
import { RestEndpoints } from './rest-endpoints.ts';
import { Session } from './session.ts';
import { SocketHub } from './socket-hub.ts';
import { type Survey, survey } from './survey.ts';

/** A session that has ended is over when nobody has listened for this long. */
const FAREWELL_MS = 5_000;

export interface LocalExchangeOptions {
  /** Capture files of one venue, oldest first. */
  readonly captures?: readonly string[];
  /** What to play instead of captures: a simulated market. */
  readonly source?: ExchangeSource;
  /** REST snapshots that they lack. */
  readonly snapshot?: string;
  /** Inferred where absent. */
  readonly venue?: Venue;
  /** 0 takes a free one. */
  readonly port: number;
  readonly host?: string;
  /** Times the speed of the capture; Infinity for as fast as the clients take it. */
  readonly speed?: number;
  readonly faults?: FaultPlan;
  readonly clock?: Clock;
  readonly socketLifeSeconds?: number;
  readonly signal?: AbortSignal;
}

/**
 * Plays captures, or a simulated market, as Binance's REST and WebSocket endpoints. A session begins with the first
 * subscription and plays the capture once (a market has no end); when it has ended and nobody has listened for 5 s, the
 * next subscription begins another. Emits `ended` when a session has sent its last message, `error` when the capture
 * cannot be read on.
 */
export class LocalExchange extends EventEmitter<{ ended: []; error: [Error] }> {
  readonly survey: Survey;
  readonly #options: LocalExchangeOptions;
  readonly #source: ExchangeSource;
  readonly #clock: Clock;
  readonly #hub: SocketHub;
  readonly #rest: RestEndpoints;
  readonly #server: Server;
  #session: Session | undefined;
  #struck = new FaultTally();
  #farewell: Timer | undefined;
  #closed = false;

  private constructor(options: LocalExchangeOptions, source: ExchangeSource, found: Survey) {
    super();
    this.#source = source;
    this.#options = options;
    this.survey = found;
    this.#clock = options.clock ?? new SystemClock();
    this.#hub = new SocketHub({
      venue: found.venue,
      clock: this.#clock,
      socketLifeSeconds: options.socketLifeSeconds ?? SOCKET_LIFE_SECONDS,
      onChange: () => this.#onClients(),
    });
    this.#rest = new RestEndpoints({
      survey: found,
      faults: options.faults ?? NO_FAULTS,
      struck: () => this.#struck,
      clock: this.#clock,
      session: () => this.#session,
    });
    this.#server = createServer((request, response) => {
      this.#rest.handle(request, response).catch((error: Error) => response.destroy(error));
    });
    this.#server.on('upgrade', (request, socket, head) => this.#hub.upgrade(request, socket, head));
  }

  /** Looks through the captures and listens. Throws InputErrors for captures without a book and ports in use. */
  static async start(options: LocalExchangeOptions): Promise<LocalExchange> {
    const { captures = [], snapshot, venue, signal } = options;
    const source = options.source ?? {
      survey: () => survey(captures, snapshot, venue, signal),
      messages: () => readMessages(captures, snapshot),
    };
    const exchange = new LocalExchange(options, source, await source.survey());
    await exchange.#listen();
    return exchange;
  }

  /** Base address of the WebSocket endpoints. */
  get url(): string {
    return `ws://${this.#address()}`;
  }

  /** Base address of the REST endpoints. */
  get rest(): string {
    return `http://${this.#address()}`;
  }

  /** The session being played, or the last one. */
  get session(): Session | undefined {
    return this.#session;
  }

  /** Faults that struck in the session being played, or the last one, or before the first subscription to one. */
  get struck(): FaultTally {
    return this.#struck;
  }

  get clients(): number {
    return this.#hub.clients;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#farewell?.cancel();
    this.#session?.stop();
    this.#hub.close();
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  #onClients(): void {
    if (this.#closed) return;
    this.#farewell?.cancel();
    if (this.#session?.ended && this.#hub.clients === 0) {
      // Not at once: a client that lost its socket comes back.
      this.#farewell = this.#clock.after(FAREWELL_MS, () => {
        this.#session = undefined;
        this.#struck = new FaultTally();
      });
    }
    if (this.#session !== undefined || !this.#hub.alive) return;
    const { speed, faults } = this.#options;
    const session = new Session({
      venue: this.survey.venue,
      survey: this.survey,
      messages: () => this.#source.messages(),
      speed: speed ?? 1,
      faults: faults ?? NO_FAULTS,
      struck: this.#struck,
      clock: this.#clock,
      hub: this.#hub,
      restBusy: () => this.#rest.busy > 0,
    });
    this.#session = session;
    session.play().then(
      () => {
        if (!session.ended) return;
        // Where nobody listens any more, nobody will leave either.
        this.#onClients();
        this.emit('ended');
      },
      (error: Error) => this.emit('error', error),
    );
  }

  #address(): string {
    const { address, port, family } = this.#server.address() as AddressInfo;
    return `${family === 'IPv6' ? `[${address}]` : address}:${port}`;
  }

  #listen(): Promise<void> {
    const { port, host = '127.0.0.1' } = this.#options;
    return new Promise((resolve, reject) => {
      // Not once: an error that comes later, such as of a connection that could not be accepted, is one client's.
      this.#server.on('error', (cause: NodeJS.ErrnoException) => {
        reject(listenError(cause, { name: 'exchange', prefix: '' }, { port, host }));
      });
      this.#server.listen(port, host, () => resolve());
    });
  }
}
