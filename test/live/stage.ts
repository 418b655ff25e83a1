import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { LocalExchange } from '../../live/exchange/local-exchange.ts';
import { simulateCapture } from '../../market/simulated/capture.ts';
import { TestFolder } from '../support/capture.ts';

interface Closable {
  close(): Promise<void>;
}

/** A minute of the simulated market as a capture, for the suite it is made in, and what its tests open: closed after each. */
export class Stage {
  #folder!: TestFolder;
  readonly #open: Closable[] = [];

  constructor(seed: number) {
    before(async () => {
      this.#folder = new TestFolder();
      await simulateCapture({ market: 'queue-reactive', seed, durationSeconds: 60, out: this.capture });
    });
    afterEach(async () => {
      for (const thing of this.#open.splice(0).reverse()) await thing.close();
    });
    after(() => this.#folder.remove());
  }

  get capture(): string {
    return this.at('simulated.gz');
  }

  /** A path in the suite's folder. */
  at(name: string): string {
    return this.#folder.at(name);
  }

  closes(...things: readonly Closable[]): void {
    this.#open.push(...things);
  }

  /** Lets a server listen at a free port; its host and port. */
  async listen(server: Server): Promise<string> {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    this.closes({
      close: () =>
        new Promise((resolve) => {
          server.close(() => resolve());
          server.closeAllConnections();
        }),
    });
    return `127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  /** A door in front of an exchange's REST endpoints that answers 503 where `refuse` says so; its address. */
  async gateway(exchange: LocalExchange, refuse: (path: string) => boolean): Promise<string> {
    const server = createServer((request, response) => {
      const path = request.url ?? '/';
      if (refuse(path)) {
        response.writeHead(503).end();
        return;
      }
      fetch(`${exchange.rest}${path}`)
        .then(async (answer) => response.writeHead(answer.status).end(await answer.text()))
        .catch(() => response.destroy());
    });
    return `http://${await this.listen(server)}`;
  }
}
