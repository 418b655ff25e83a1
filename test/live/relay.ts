import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocket, WebSocketServer } from 'ws';
import type { LocalExchange } from '../../live/exchange/local-exchange.ts';

/** What a relay does to what passes; everything passes as it is by default. */
export interface RelayRules {
  /** A message from the exchange: what the client gets instead. */
  readonly message?: (text: string) => string;
  /** Answers a REST request itself; false leaves it to the exchange. */
  readonly request?: (path: string, response: ServerResponse) => boolean;
}

/** A door in front of a local exchange, for what it cannot be made to do itself. */
export class Relay {
  readonly #exchange: LocalExchange;
  readonly #rules: RelayRules;
  readonly #server: Server;
  readonly #sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });
  /** Sockets opened so far. */
  opened = 0;

  private constructor(exchange: LocalExchange, rules: RelayRules) {
    this.#exchange = exchange;
    this.#rules = rules;
    this.#server = createServer((request, response) => this.#onRequest(request, response));
    this.#server.on('upgrade', (request, socket, head) => {
      this.#sockets.handleUpgrade(request, socket, head, (client) => this.#join(client, request.url ?? '/'));
    });
  }

  static async start(exchange: LocalExchange, rules: RelayRules = {}): Promise<Relay> {
    const relay = new Relay(exchange, rules);
    await new Promise<void>((resolve) => relay.#server.listen(0, '127.0.0.1', resolve));
    return relay;
  }

  get ws(): string {
    return `ws://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get rest(): string {
    return this.ws.replace('ws:', 'http:');
  }

  /** Sends a text to every client. */
  say(text: string): void {
    for (const client of this.#sockets.clients) client.send(text);
  }

  async close(): Promise<void> {
    for (const client of this.#sockets.clients) client.terminate();
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  #join(client: WebSocket, path: string): void {
    this.opened++;
    const upstream = new WebSocket(`${this.#exchange.url}${path}`, { perMessageDeflate: false });
    upstream.on('message', (data) => {
      const text = String(data);
      client.send(this.#rules.message?.(text) ?? text);
    });
    const end = (): void => {
      upstream.terminate();
      client.terminate();
    };
    for (const socket of [upstream, client]) {
      socket.on('close', end);
      socket.on('error', end);
    }
  }

  #onRequest(request: IncomingMessage, response: ServerResponse): void {
    const path = request.url ?? '/';
    if (this.#rules.request?.(path, response)) return;
    fetch(`${this.#exchange.rest}${path}`)
      .then(async (answer) => response.writeHead(answer.status).end(await answer.text()))
      .catch(() => response.destroy());
  }
}
