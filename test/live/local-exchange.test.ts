import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, rmdirSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { WebSocket } from 'ws';
import { LocalExchange } from '../../live/exchange/local-exchange.ts';
import { SocketHub } from '../../live/exchange/socket-hub.ts';
import { recordStreams } from '../../live/record.ts';
import { ManualClock } from '../support/accelerated-clock.ts';
import { serverOf } from '../support/server-of.ts';
import { Stage } from './stage.ts';
import { until } from './support.ts';

describe('local exchange', () => {
  const stage = new Stage(5);

  let clock: ManualClock;

  async function serve(): Promise<LocalExchange> {
    clock = new ManualClock();
    const exchange = await LocalExchange.start({ captures: [stage.capture], port: 0, clock });
    stage.closes(exchange);
    return exchange;
  }

  /** Time of the exchange, ms; what is due then gets its turn. */
  async function letPass(milliseconds: number): Promise<void> {
    clock.advance(milliseconds);
    await new Promise((resolve) => setImmediate(resolve));
  }

  async function subscribe(exchange: LocalExchange) {
    const socket = new WebSocket(`${exchange.url}/stream?streams=simusdt@trade/simusdt@depth@100ms`);
    const seen = { socket, messages: 0 };
    socket.on('message', () => seen.messages++);
    stage.closes({
      close: async () => socket.terminate(),
    });
    await new Promise((resolve) => socket.once('open', resolve));
    return seen;
  }

  it('begins another session for who comes later, also where nobody listened when the last one ended', async () => {
    const exchange = await serve();
    const first = await subscribe(exchange);
    const begun = exchange.session ?? assert.fail();
    first.socket.terminate();
    await until('nobody', () => exchange.clients === 0);
    while (!begun.ended) await letPass(1_000);
    assert.ok(exchange.session === begun, 'who lost a socket may come back');
    await letPass(5_000);
    const second = await subscribe(exchange);
    assert.ok(exchange.session !== begun);
    while (second.messages === 0) await letPass(100);
  });

  it('names the address where that is what it cannot listen at', async () => {
    await assert.rejects(
      LocalExchange.start({
        captures: [stage.capture],
        port: 0,
        host: '192.0.2.1',
        clock: new ManualClock(),
      }),
      { code: 'cannot-listen', field: 'host', value: '192.0.2.1' },
    );
  });

  it('a recording of a symbol that it does not play leaves no folder behind', async () => {
    const { url, rest } = await serve();
    const around = mkdtempSync(join(tmpdir(), 'makergym-'));
    const signal = new AbortController().signal;
    const options = { venue: 'binance-spot', symbols: ['NONEUSDT'], ws: url, rest, signal } as const;
    await assert.rejects(recordStreams({ ...options, out: join(around, 'deep', 'captures') }), {
      code: 'unknown-symbol',
    });
    assert.deepEqual(readdirSync(around), []);
    // One that was there is not ours to remove.
    await assert.rejects(recordStreams({ ...options, out: around }), { code: 'unknown-symbol' });
    assert.ok(existsSync(around));
    rmdirSync(around);
  });

  it('goes on after connections that could not be accepted', async () => {
    const exchange = await serve();
    const server = await serverOf(exchange.rest);
    for (let i = 0; i < 2; i++) server.emit('error', new Error('accept EMFILE'));
    assert.equal((await fetch(`${exchange.rest}/api/v3/ping`)).status, 200);
  });

  const handshake = (path: string): string =>
    [
      `GET ${path} HTTP/1.1`,
      'Host: a',
      'Upgrade: websocket',
      'Connection: Upgrade',
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
      'Sec-WebSocket-Version: 13',
      '\r\n',
    ].join('\r\n');

  describe('a handshake that it refuses', () => {
    /** What a client hears that writes and never hangs up by itself. */
    function client(exchange: LocalExchange, text: string): { answer: string; ended: boolean } {
      const socket = connect({
        port: Number(new URL(exchange.url).port),
        host: '127.0.0.1',
        allowHalfOpen: true,
      });
      const seen = { answer: '', ended: false };
      socket.on('connect', () => socket.write(text));
      socket.on('data', (chunk) => {
        seen.answer += String(chunk);
      });
      socket.on('error', () => undefined);
      socket.on('end', () => {
        seen.ended = true;
      });
      stage.closes({
        close: async () => {
          socket.destroy();
        },
      });
      return seen;
    }

    const cases = [
      ['of another path', '/nonsense', '404 Not Found'],
      ['of a route of USD-M on spot', '/public/stream', '404 Not Found'],
      ['with an escape that is none, in a path', '/ws/%E0%A4%A', '400 Bad Request'],
      ['with an escape that is none, in a query', '/stream?streams=%25E0%25A4%25A', '400 Bad Request'],
      ['with an address that is none', '//[', '400 Bad Request'],
    ] as const;
    for (const [what, path, status] of cases) {
      it(`${what} is answered, and neither ends the exchange nor keeps it from closing`, async () => {
        const exchange = await serve();
        const seen = client(exchange, handshake(path));
        await until('the answer', () => seen.ended);
        assert.match(seen.answer, new RegExp(`^HTTP/1.1 ${status}\r\n`));
        assert.equal(exchange.clients, 0);
        await exchange.close();
      });
    }

    it('may end in a reset: that concerns the client alone', async () => {
      const hub = new SocketHub({
        venue: 'binance-spot',
        clock: new ManualClock(),
        socketLifeSeconds: 60,
        onChange: () => undefined,
      });
      const socket = new PassThrough();
      const closed = new Promise((resolve) => socket.once('close', resolve));
      hub.upgrade({ url: '/nonsense' } as IncomingMessage, socket, Buffer.alloc(0));
      // Were nobody to hear it, it would be thrown.
      socket.destroy(new Error('read ECONNRESET'));
      await closed;
    });
  });
});
