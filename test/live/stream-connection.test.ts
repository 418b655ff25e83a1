import assert from 'node:assert/strict';
import { createServer, type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocket, WebSocketServer } from 'ws';
import { stream } from '../../base/random.ts';
import { Backoff } from '../../live/connection/backoff.ts';
import { StreamConnection } from '../../live/connection/stream-connection.ts';
import { ManualClock } from '../support/accelerated-clock.ts';
import { Stage } from './stage.ts';
import { until } from './support.ts';

/** An exchange whose handshakes a test finishes itself where it holds them. */
class Door {
  readonly sockets: WebSocket[] = [];
  /** Handshakes begun. */
  asked = 0;
  hold = false;
  readonly #held: (() => void)[] = [];
  readonly #server = new WebSocketServer({ noServer: true });

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.asked++;
    const open = (): void =>
      this.#server.handleUpgrade(request, socket, head, (joined) => this.sockets.push(joined));
    if (this.hold) this.#held.push(open);
    else open();
  }

  release(): void {
    this.hold = false;
    for (const open of this.#held.splice(0)) open();
  }

  get open(): readonly WebSocket[] {
    return this.sockets.filter(({ readyState }) => readyState === WebSocket.OPEN);
  }
}

describe('connection', () => {
  const stage = new Stage(17);

  async function connect() {
    const door = new Door();
    const server = createServer();
    server.on('upgrade', (...both) => door.upgrade(...both));
    const host = await stage.listen(server);
    const clock = new ManualClock();
    const log: string[] = [];
    const seen = { messages: 0 };
    const backoff = new Backoff(stream(1, 'test'));
    const connection = new StreamConnection({
      base: `ws://${host}`,
      streams: ['a@trade'],
      controlPerSecond: 5,
      clock,
      backoff,
      renewAfterMs: 24 * 3600_000,
      listener: {
        onMessage: () => seen.messages++,
        onOpen: (resumed) => log.push(resumed ? 'open again' : 'open'),
        onLost: () => log.push('lost'),
        onRenewed: (reason) => log.push(`renewed: ${reason}`),
        onRoundTrip: () => undefined,
      },
    });
    stage.closes({
      close: async () => {
        connection.stop();
        for (const socket of door.sockets) socket.terminate();
      },
    });
    connection.start();
    await until('the first socket', () => log.length === 1);
    return { door, clock, connection, backoff, log, seen };
  }

  it('a socket that was replaced is let go at the end of the overlap, also where its successor was lost', async () => {
    const { door, clock, connection, log, seen } = await connect();
    connection.renew('test');
    await until('the second', () => log.includes('renewed: test'));
    clock.advance(2_000);
    door.sockets[1].terminate();
    await until('the loss', () => log.includes('lost'));
    clock.advance(1_000);
    await until('the third', () => log.includes('open again'));
    clock.advance(6_000);
    assert.equal(door.open.length, 2, 'the overlap is not over');
    clock.advance(2_000);
    await until('the first let go', () => door.open.length === 1);
    for (const socket of door.open) socket.send('{"stream":"a@trade","data":{}}');
    await until('a message', () => seen.messages > 0);
    assert.equal(seen.messages, 1);
  });

  it('is not renewed while it connects: one attempt at a time, and its end says that messages are missing', async () => {
    const { door, clock, connection, log } = await connect();
    door.hold = true;
    door.sockets[0].terminate();
    await until('the loss', () => log.includes('lost'));
    connection.renew('in the pause');
    clock.advance(1_000);
    await until('the next attempt', () => door.asked === 2);
    connection.renew('while connecting');
    door.release();
    await until('the end of the outage', () => log.length === 3);
    assert.deepEqual(log, ['open', 'lost', 'open again']);
    connection.renew('open');
    await until('a renewal', () => log.length === 4);
    assert.equal(log[3], 'renewed: open');
    assert.equal(door.asked, 3);
  });

  it('counts attempts from one again once a socket has stayed open, also where it took over from another', async () => {
    const { door, clock, connection, backoff, log } = await connect();
    door.sockets[0].terminate();
    await until('the loss', () => log.includes('lost'));
    clock.advance(1_000);
    await until('the next', () => log.includes('open again'));
    connection.renew('test');
    await until('a renewal', () => log.includes('renewed: test'));
    clock.advance(9_000);
    assert.equal(backoff.attempts, 1);
    clock.advance(2_000);
    assert.equal(backoff.attempts, 0);
  });
});
