import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type RawData, WebSocket, WebSocketServer } from 'ws';
import type { Generator } from '../../base/random.ts';
import type { Venue } from '../../market/instrument.ts';
import { MAX_STREAMS, profileOf, routeOf } from '../binance/venue.ts';
import { type Clock, every, type Timer } from '../clock.ts';
import type { StreamKind } from './capture-source.ts';
import type { WireMessage } from './fault-line.ts';

/** Bytes that may wait in a socket of a session that goes as fast as it can. */
const CONGESTED = 1 << 18;
/** A client this far behind is cut off, as the exchange does. */
const HOPELESS = 64 << 20;
const PATH = /^(\/public|\/market|\/private)?\/(ws|stream)(?:\/(.*))?$/;
const STREAM = /^([a-z0-9_]+)@(trade|aggTrade|bookTicker|depth(?:@\d+ms)?)$/;

interface Client {
  readonly socket: WebSocket;
  readonly route: string;
  combined: boolean;
  /** Stream as subscribed, by `kind/SYMBOL`; streams that are not played are kept under their own name. */
  readonly streams: Map<string, string>;
  readonly silenced: Set<string>;
  frozen: boolean;
  control: number[];
  lastPong: number;
  timers: Timer[];
}

/** What an address asks for. */
interface Wanted {
  /** Of USD-M; empty for none. */
  readonly route: string;
  readonly combined: boolean;
  readonly names: readonly string[];
}

export interface SocketHubOptions {
  readonly venue: Venue;
  readonly clock: Clock;
  /** After this a socket is cut, as the exchange does after 24 h, s. */
  readonly socketLifeSeconds: number;
  /** The number of clients with a subscription has changed. */
  readonly onChange: () => void;
}

/** The WebSocket side: `/ws/<stream>`, `/stream?streams=`, control messages, pings, routes of USD-M. */
export class SocketHub {
  readonly #options: SocketHubOptions;
  readonly #server = new WebSocketServer({ noServer: true, maxPayload: 1 << 16, perMessageDeflate: false });
  readonly #clients = new Set<Client>();

  constructor(options: SocketHubOptions) {
    this.#options = options;
  }

  /** Clients with a subscription that still listen. */
  get alive(): boolean {
    for (const client of this.#clients) if (!client.frozen && client.streams.size > 0) return true;
    return false;
  }

  /** Whether a client takes less than it is sent. */
  get congested(): boolean {
    for (const { frozen, socket } of this.#clients)
      if (!frozen && socket.bufferedAmount > CONGESTED) return true;
    return false;
  }

  get clients(): number {
    return this.#clients.size;
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    // Node's server has let go of the socket: an error that nobody hears would be thrown.
    socket.on('error', () => socket.destroy());
    let wanted: Wanted | undefined;
    try {
      wanted = wantedBy(request.url ?? '/');
    } catch {
      refuse(socket, '400 Bad Request');
      return;
    }
    const spot = this.#options.venue === 'binance-spot';
    if (wanted === undefined || (spot && wanted.route !== '')) {
      refuse(socket, '404 Not Found');
      return;
    }
    const { route, combined, names } = wanted;
    this.#server.handleUpgrade(request, socket, head, (ws) => this.#join(ws, route, combined, names));
  }

  wanted(kind: StreamKind, symbol: string): boolean {
    const key = `${kind}/${symbol}`;
    for (const client of this.#clients) if (client.streams.has(key)) return true;
    return false;
  }

  /** Sends a message to all who subscribed to its stream. */
  publish({ kind, symbol, text, share }: WireMessage): void {
    const key = `${kind}/${symbol}`;
    for (const client of this.#clients) {
      const name = client.streams.get(key);
      if (name === undefined || client.frozen || client.silenced.has(key)) continue;
      const whole = client.combined ? `{"stream":"${name}","data":${text}}` : text;
      client.socket.send(share === 1 ? whole : whole.slice(0, Math.floor(whole.length * share)));
      if (client.socket.bufferedAmount > HOPELESS) client.socket.terminate();
    }
  }

  /** Cuts a socket without a word. False where there is none. */
  cutOne(random: Generator): boolean {
    const client = this.#pick(random);
    client?.socket.terminate();
    if (client !== undefined) this.#leave(client);
    return client !== undefined;
  }

  /** Leaves a socket open and deaf and dumb. */
  freezeOne(random: Generator): boolean {
    const client = this.#pick(random);
    if (client === undefined) return false;
    client.frozen = true;
    client.socket.pause();
    return true;
  }

  /** One stream of one socket says no more. */
  silenceOne(random: Generator): boolean {
    const client = this.#pick(random);
    const keys = [...(client?.streams.keys() ?? [])];
    if (client === undefined || keys.length === 0) return false;
    client.silenced.add(keys[random.integer(keys.length)]);
    return true;
  }

  close(): void {
    for (const client of this.#clients) {
      client.socket.close(1001, 'the exchange is closing');
      client.socket.terminate();
      this.#leave(client);
    }
    this.#server.close();
  }

  #join(socket: WebSocket, route: string, combined: boolean, names: readonly string[]): void {
    const { clock, venue, socketLifeSeconds, onChange } = this.#options;
    const { pingSeconds, pongSeconds } = profileOf(venue);
    const client: Client = {
      socket,
      route,
      combined,
      streams: new Map(),
      silenced: new Set(),
      frozen: false,
      control: [],
      lastPong: clock.now(),
      timers: [],
    };
    this.#clients.add(client);
    socket.on('error', () => socket.terminate());
    socket.on('close', () => this.#leave(client));
    socket.on('message', (data) => this.#onControl(client, data));
    socket.on('ping', () => this.#allowed(client));
    socket.on('pong', () => {
      client.lastPong = clock.now();
    });
    client.timers.push(
      every(clock, pingSeconds * 1000, () => {
        if (client.frozen || socket.readyState !== WebSocket.OPEN) return;
        if (clock.now() - client.lastPong > (pingSeconds + pongSeconds) * 1e6) socket.terminate();
        else socket.ping(String(Math.floor(clock.now() / 1000)));
      }),
      clock.after(socketLifeSeconds * 1000, () => socket.terminate()),
    );
    for (const name of names.slice(0, MAX_STREAMS)) this.#subscribe(client, name);
    onChange();
  }

  #leave(client: Client): void {
    if (!this.#clients.delete(client)) return;
    for (const timer of client.timers) timer.cancel();
    this.#options.onChange();
  }

  #subscribe(client: Client, name: string): void {
    client.streams.set(this.#key(client, name), name);
  }

  /** `kind/SYMBOL` of what is played; on the wrong route of USD-M a stream is accepted and never heard. */
  #key({ route }: Client, name: string): string {
    const match = STREAM.exec(name);
    if (match === null) return name;
    const { venue } = this.#options;
    const carried = routeOf(venue, name) === route || (route === '' && routeOf(venue, name) === '/public');
    const kind = match[2].startsWith('depth') ? 'depth' : match[2];
    return carried ? `${kind}/${match[1].toUpperCase()}` : name;
  }

  #onControl(client: Client, data: RawData): void {
    if (!this.#allowed(client)) return;
    let request: { method?: unknown; params?: unknown; id?: unknown };
    try {
      request = JSON.parse(String(data)) as typeof request;
    } catch {
      this.#refuse(client, 3, 'Invalid JSON: expected value at line 1 column 1', null);
      return;
    }
    const { method, params, id = null } = request ?? {};
    const names = Array.isArray(params)
      ? params.filter((name): name is string => typeof name === 'string')
      : [];
    let result: unknown = null;
    if (method === 'LIST_SUBSCRIPTIONS') result = [...client.streams.values()];
    else if (method === 'SET_PROPERTY') client.combined = Array.isArray(params) && params[1] === true;
    else if (method === 'SUBSCRIBE') {
      if (client.streams.size + names.length > MAX_STREAMS) {
        this.#refuse(client, 2, `Invalid request: more than ${MAX_STREAMS} streams`, id);
        return;
      }
      for (const name of names) this.#subscribe(client, name);
    } else if (method === 'UNSUBSCRIBE')
      for (const name of names) client.streams.delete(this.#key(client, name));
    else {
      this.#refuse(client, 2, 'Invalid request: unknown variant, expected one of SUBSCRIBE, UNSUBSCRIBE', id);
      return;
    }
    client.socket.send(JSON.stringify({ result, id }));
    this.#options.onChange();
  }

  #refuse({ socket }: Client, code: number, msg: string, id: unknown): void {
    socket.send(JSON.stringify({ error: { code, msg }, id }));
  }

  /** Counts a message of a client; cuts it off where it sends too many. */
  #allowed(client: Client): boolean {
    const now = this.#options.clock.now();
    client.control = client.control.filter((time) => time > now - 1e6);
    client.control.push(now);
    if (client.control.length <= profileOf(this.#options.venue).controlPerSecond) return true;
    client.socket.close(1008, 'Too many requests');
    return false;
  }

  #pick(random: Generator): Client | undefined {
    const candidates = [...this.#clients].filter(({ frozen, streams }) => !frozen && streams.size > 0);
    return candidates[random.integer(Math.max(1, candidates.length))];
  }
}

/** Undefined for a path that is none of the exchange's. Throws for what is no address. */
function wantedBy(address: string): Wanted | undefined {
  const url = new URL(address, 'ws://localhost');
  const match = PATH.exec(url.pathname);
  if (match === null) return undefined;
  const [, route = '', mode, path = ''] = match;
  const combined = mode === 'stream';
  const names = combined ? (url.searchParams.get('streams') ?? '') : path;
  return { route, combined, names: decodeURIComponent(names).split('/').filter(Boolean) };
}

/** Answers a handshake with a status, and does not wait for a client that never hangs up. */
function refuse(socket: Duplex, status: string): void {
  socket.once('finish', () => socket.destroy());
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\n\r\n`);
}
