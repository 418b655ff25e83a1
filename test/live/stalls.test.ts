import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import { WebSocketServer } from 'ws';
import { RestClient } from '../../live/binance/rest-client.ts';
import { profileOf } from '../../live/binance/venue.ts';
import { StreamSocket } from '../../live/connection/stream-socket.ts';
import { LocalExchange } from '../../live/exchange/local-exchange.ts';
import { LiveFeed } from '../../live/feed/live-feed.ts';
import { MessageKind } from '../../market/binance/message.ts';
import { ManualClock } from '../support/accelerated-clock.ts';
import { Relay } from './relay.ts';
import { Stage } from './stage.ts';
import { until } from './support.ts';

const SYMBOL = 'SIMUSDT';

describe('a process that stood still does not take that for the silence of the exchange', () => {
  const stage = new Stage(19);

  function socketTo(host: string, clock: ManualClock) {
    const seen = { opened: false, closed: '', roundTrips: 0 };
    const socket = new StreamSocket(`ws://${host}`, ['a@trade'], 5, clock, {
      onOpen: () => {
        seen.opened = true;
      },
      onMessage: () => undefined,
      onClose: (reason) => {
        seen.closed = reason;
      },
      onRoundTrip: () => seen.roundTrips++,
    });
    stage.closes({ close: async () => socket.close() });
    return seen;
  }

  /** A server that opens sockets when it is told to, and answers pings where it is to. */
  function held(autoPong: boolean): { readonly server: Server; asked: boolean; open: () => void } {
    const server = createServer();
    const sockets = new WebSocketServer({ noServer: true, autoPong });
    const door = { server, asked: false, open: (): void => undefined };
    server.on('upgrade', (request, socket, head) => {
      door.asked = true;
      door.open = () => sockets.handleUpgrade(request, socket, head, () => undefined);
      stage.closes({
        close: async () => {
          socket.destroy();
        },
      });
    });
    return door;
  }

  it('a pong that waits to be read is not missed; one that never comes is', async () => {
    for (const autoPong of [true, false]) {
      const door = held(autoPong);
      const clock = new ManualClock();
      const seen = socketTo(await stage.listen(door.server), clock);
      await until('the handshake', () => door.asked);
      door.open();
      await until('a socket', () => seen.opened);
      clock.advance(15_000);
      if (autoPong) {
        clock.standStill(12_000);
        assert.equal(seen.closed, '');
        await until('the pong', () => seen.roundTrips === 1);
      } else clock.advance(10_000);
      assert.equal(seen.closed, autoPong ? '' : 'it gave no sign of life');
    }
  });

  it('a socket has its time to open beside it', async () => {
    const door = held(true);
    const host = await stage.listen(door.server);
    const clock = new ManualClock();
    const seen = socketTo(host, clock);
    clock.standStill(60_000);
    await until('the handshake', () => door.asked);
    assert.equal(seen.closed, '');
    door.open();
    await until('a socket', () => seen.opened);
    const other = socketTo(host, clock);
    clock.advance(10_000);
    assert.equal(other.closed, 'it did not open in time');
  });

  it('a request has its time to be answered beside it', async () => {
    const clock = new ManualClock();
    const server = createServer((_request, response) => {
      clock.standStill(60_000);
      response.end('{"serverTime":5}');
    });
    const rest = `http://${await stage.listen(server)}`;
    const client = new RestClient(rest, profileOf('binance-spot'), clock, new AbortController().signal);
    assert.equal((await client.time()).serverTime, 5000);
  });

  for (const waiting of [true, false]) {
    it(`a stream is ${waiting ? 'not ' : ''}silent where a message ${waiting ? '' : 'of another '}waits to be read`, async () => {
      const clock = new ManualClock();
      const exchange = await LocalExchange.start({
        captures: [stage.capture],
        port: 0,
        clock: new ManualClock(),
      });
      // What the capture begins with is kept from the client: it hears what the test says.
      const relay = await Relay.start(exchange, { message: () => '{"result":null,"id":0}' });
      const feed = new LiveFeed({
        venue: 'binance-spot',
        symbols: [SYMBOL],
        ws: relay.ws,
        rest: relay.rest,
        trades: 'trade',
        clock,
      });
      stage.closes(exchange, relay, { close: async () => feed.stop() });
      let heard = 0;
      feed.on((event) => {
        if (event.type === 'market' && event.message.kind !== MessageKind.snapshot) heard++;
      });
      const say = (kind: string): void => {
        const data = { e: kind, E: 1, s: SYMBOL, t: 1, a: 1, p: '100', q: '1', f: 1, l: 1, T: 1, m: true };
        relay.say(JSON.stringify({ stream: `simusdt@${kind}`, data }));
      };
      await feed.start();
      await until('the socket', () => relay.opened === 1);
      say('trade');
      await until('the first', () => heard === 1);
      // From a timer on: sockets are read before what is due next.
      await new Promise((resolve) => setTimeout(resolve, 1));
      say(waiting ? 'trade' : 'aggTrade');
      clock.standStill(7_000);
      await until('the second', () => heard === 2);
      await new Promise((resolve) => setImmediate(resolve));
      assert.equal(feed.counters.silences, waiting ? 0 : 1);
    });
  }
});
