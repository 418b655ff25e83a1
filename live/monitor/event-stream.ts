import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../clock.ts';
import { sendText } from './http-server.ts';

/** More watchers than this are refused. */
export const MAX_CLIENTS = 16;
/** A client that takes nothing for this long is let go, s. */
const STALLED_SECONDS = 30;
/** How soon a browser that lost the stream asks again, ms. */
const RETRY_MS = 1000;

interface Client {
  readonly response: ServerResponse;
  /** When it stopped taking what it was sent, µs; NaN while it takes. */
  blockedAt: number;
}

/**
 * Server-sent events to a few browsers. A client that has not taken the last event skips the next ones instead of
 * having them wait for it: what it gets is late at most by one, and nothing piles up here.
 */
export class EventStream {
  readonly #clock: Clock;
  readonly #greet: () => string;
  readonly #clients = new Set<Client>();
  #sent = 0;
  #skipped = 0;

  /** `greet` says, as JSON, what a client that has just come must know; it gets it as the event `hello`. */
  constructor(clock: Clock, greet: () => string) {
    this.#clock = clock;
    this.#greet = greet;
  }

  get clients(): number {
    return this.#clients.size;
  }

  /** Events that were sent, and those that clients were too slow for. */
  get sent(): number {
    return this.#sent;
  }

  get skipped(): number {
    return this.#skipped;
  }

  /** A route: keeps the answer open and sends events down it. */
  open(request: IncomingMessage, response: ServerResponse): void {
    if (this.#clients.size >= MAX_CLIENTS) {
      response.setHeader('Retry-After', '5');
      sendText(response, 503, 'Too many watch already.\n');
      return;
    }
    response.writeHead(200, { 'Content-Type': 'text/event-stream; charset=utf-8' });
    if (request.method === 'HEAD') {
      response.end();
      return;
    }
    const client: Client = { response, blockedAt: Number.NaN };
    this.#clients.add(client);
    response.on('close', () => this.#clients.delete(client));
    response.on('error', () => this.#clients.delete(client));
    response.on('drain', () => {
      client.blockedAt = Number.NaN;
    });
    this.#write(client, `retry: ${RETRY_MS}\nevent: hello\ndata: ${this.#greet()}\n\n`);
  }

  /** Sends one event, a line of JSON, to every client that keeps up. */
  send(event: string, json: string): void {
    const text = `event: ${event}\ndata: ${json}\n\n`;
    for (const client of this.#clients) {
      if (Number.isNaN(client.blockedAt)) {
        this.#sent++;
        this.#write(client, text);
        continue;
      }
      this.#skipped++;
      if (this.#clock.now() - client.blockedAt > STALLED_SECONDS * 1e6) client.response.destroy();
    }
  }

  close(): void {
    for (const { response } of this.#clients) response.destroy();
    this.#clients.clear();
  }

  #write(client: Client, text: string): void {
    if (!client.response.write(text)) client.blockedAt = this.#clock.now();
  }
}
