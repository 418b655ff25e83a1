import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { InputError } from '../../base/errors.ts';
import { listenError } from '../listen-error.ts';
import { HostNames, isLoopback } from './host-names.ts';

/** Where a monitor listens. */
export interface ListenOptions {
  /** 0 takes a free one. */
  readonly port: number;
  /** This machine alone (127.0.0.1) where absent. */
  readonly host?: string;
  /** Other machines may reach it: without it an address beyond loopback is refused. */
  readonly remote?: boolean;
  /** Names, besides its addresses, by which it may be called. */
  readonly names?: readonly string[];
}

/** Answers a GET; for a HEAD the body is left out by whoever calls. */
export type Route = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

/** More is nobody's business here: a scraper, a few browsers. */
const MAX_CONNECTIONS = 64;
const MAX_HEADER_BYTES = 8 * 1024;
const HEADER_TIMEOUT_MS = 5_000;
const REQUEST_TIMEOUT_MS = 10_000;

const HEADERS: Readonly<Record<string, string>> = {
  'Cache-Control': 'no-store',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
};

/**
 * A read-only HTTP server for a few fixed paths: GET and HEAD, no bodies, no CORS, only under its own names, with
 * limits on sizes, times and connections. Throws InputErrors for ports in use and for addresses that other machines
 * reach, unless that was asked for.
 */
export class MonitorServer {
  readonly #server: Server;
  readonly #routes: ReadonlyMap<string, Route>;
  readonly #names: HostNames;

  private constructor(options: ListenOptions, routes: Readonly<Record<string, Route>>) {
    this.#routes = new Map(Object.entries(routes));
    this.#names = new HostNames(options.host ?? LOOPBACK, options.names);
    this.#server = createServer(
      {
        maxHeaderSize: MAX_HEADER_BYTES,
        headersTimeout: HEADER_TIMEOUT_MS,
        requestTimeout: REQUEST_TIMEOUT_MS,
        connectionsCheckingInterval: 1_000,
      },
      (request, response) => this.#handle(request, response),
    );
    this.#server.maxConnections = MAX_CONNECTIONS;
  }

  static async start(
    options: ListenOptions,
    routes: Readonly<Record<string, Route>>,
  ): Promise<MonitorServer> {
    checkAddress(options);
    const server = new MonitorServer(options, routes);
    await server.#listen(options.port, options.host ?? LOOPBACK);
    return server;
  }

  /** Address to open, with a slash at its end. */
  get url(): string {
    const { address, port, family } = this.#server.address() as AddressInfo;
    return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}/`;
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  #handle(request: IncomingMessage, response: ServerResponse): void {
    for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
    const refusal = this.#refusal(request);
    if (refusal !== undefined) {
      if (refusal.status === 405) response.setHeader('Allow', 'GET, HEAD');
      // What else the request holds is not read.
      response.setHeader('Connection', 'close');
      sendText(response, refusal.status, `${refusal.text}\n`);
      return;
    }
    const route = this.#routes.get(pathOf(request));
    if (route === undefined) {
      sendText(response, 404, `Not found. There are ${[...this.#routes.keys()].join(', ')}.\n`);
      return;
    }
    Promise.resolve()
      .then(() => route(request, response))
      .catch(() => {
        if (response.headersSent) response.destroy();
        else sendText(response, 500, 'Failed.\n');
      });
  }

  #refusal(request: IncomingMessage): { status: number; text: string } | undefined {
    const { method, headers } = request;
    if (method !== 'GET' && method !== 'HEAD') return { status: 405, text: 'GET and HEAD only.' };
    if (!this.#names.allow(headers.host)) return { status: 403, text: 'Not called by this name.' };
    const site = headers['sec-fetch-site'];
    // A link on another page may lead here; its scripts have no business here.
    if ((site === 'cross-site' || site === 'same-site') && headers['sec-fetch-mode'] !== 'navigate') {
      return { status: 403, text: 'Not from other sites.' };
    }
    if ((headers['content-length'] ?? '0') !== '0' || headers['transfer-encoding'] !== undefined) {
      return { status: 413, text: 'No bodies.' };
    }
    return undefined;
  }

  #listen(port: number, host: string): Promise<void> {
    return new Promise((resolve, reject) => {
      // Not once: an error that comes later, such as of a connection that could not be accepted, must not end a session.
      this.#server.on('error', (cause: NodeJS.ErrnoException) => {
        reject(listenError(cause, { name: 'monitor', prefix: 'monitor-' }, { port, host }));
      });
      this.#server.listen(port, host, () => resolve());
    });
  }
}

const LOOPBACK = '127.0.0.1';

/** Sends a whole answer; the body is left out for HEAD by Node itself. */
export function sendText(
  response: ServerResponse,
  status: number,
  body: string,
  type = 'text/plain; charset=utf-8',
): void {
  response.writeHead(status, { 'Content-Type': type, 'Content-Length': Buffer.byteLength(body) });
  response.end(body);
}

function pathOf(request: IncomingMessage): string {
  const url = request.url ?? '';
  const query = url.indexOf('?');
  return query < 0 ? url : url.slice(0, query);
}

function checkAddress({ port, host = LOOPBACK, remote = false }: ListenOptions): void {
  if (!Number.isInteger(port) || port < 0 || port > 65535) {
    throw new InputError({
      code: 'bad-port',
      message: `${port} is no port.`,
      field: 'monitor-port',
      value: port,
      expected: 'a whole number from 0 to 65535',
      hint: '0 takes a free one.',
    });
  }
  if (isLoopback(host) || remote) return;
  throw new InputError({
    code: 'remote-address',
    message: `Other machines could reach the monitor at ${host}.`,
    field: 'monitor-host',
    value: host,
    expected: 'an address of this machine alone, such as 127.0.0.1',
    hint: 'Add --monitor-remote if that is meant: whoever reaches it reads position and quotes, without a password.',
  });
}
