import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { get, type IncomingMessage } from 'node:http';
import { Script } from 'node:vm';
import { EventStream, MAX_CLIENTS } from '../../../live/monitor/event-stream.ts';
import { MonitorServer } from '../../../live/monitor/http-server.ts';
import { LADDER_DEPTH, ladder } from '../../../live/monitor/ladder.ts';
import { PAGE, PAGE_POLICY } from '../../../live/monitor/page/page.ts';
import { HISTORY_LENGTH, SessionHistory } from '../../../live/monitor/session-history.ts';
import { ShadowMonitor } from '../../../live/monitor/shadow-monitor.ts';
import { ASK, BID } from '../../../market/side.ts';
import { ManualClock } from '../../support/accelerated-clock.ts';
import { until } from '../support.ts';
import { FakeStatus } from './fake-status.ts';

/** A client of the stream of events that reads, or does not. */
class Watcher {
  readonly events: { event: string; data: Record<string, unknown> }[] = [];
  closed = false;
  #text = '';

  constructor(readonly response: IncomingMessage) {
    response.setEncoding('utf8');
    response.on('data', (chunk: string) => this.#read(chunk));
    response.on('error', () => undefined);
    response.on('close', () => {
      this.closed = true;
    });
  }

  count(event: string): number {
    return this.events.filter((each) => each.event === event).length;
  }

  #read(chunk: string): void {
    const blocks = (this.#text + chunk).split('\n\n');
    this.#text = blocks.pop() ?? '';
    for (const block of blocks) {
      const fields = Object.fromEntries(block.split('\n').map((line) => line.split(/: (.*)/s).slice(0, 2)));
      this.events.push({ event: fields.event, data: JSON.parse(fields.data) });
    }
  }
}

describe('stream of the live page', () => {
  let clock: ManualClock;
  let monitor: ShadowMonitor;
  let status: FakeStatus;
  const watchers: Watcher[] = [];
  beforeEach(async () => {
    clock = new ManualClock();
    monitor = await ShadowMonitor.start({ listen: { port: 0 }, info: {}, clock });
    status = new FakeStatus();
    status.advance();
  });
  afterEach(async () => {
    for (const { response } of watchers.splice(0)) response.destroy();
    await monitor.close();
  });

  const open = (): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      get(`${monitor.url}events`, { agent: false }, resolve).on('error', reject);
    });

  async function watch(): Promise<Watcher> {
    const response = await open();
    assert.equal(response.statusCode, 200);
    assert.match(response.headers['content-type'] ?? '', /^text\/event-stream/);
    const watcher = new Watcher(response);
    watchers.push(watcher);
    return watcher;
  }

  it('is not there before the session', async () => {
    const response = await open();
    assert.equal(response.statusCode, 503);
    response.resume();
  });

  it('tells ten updates a second, and once a second what is counted', async () => {
    monitor.watch(status);
    const watcher = await watch();
    await until('hello', () => watcher.count('hello') === 1);
    for (let i = 0; i < 50; i++) {
      status.advance();
      clock.advance(100);
      await until('the update', () => watcher.count('update') === i + 1);
    }
    await until('the details', () => watcher.count('detail') === 5);
    const { data } = watcher.events.filter(({ event }) => event === 'update').at(-1) ?? assert.fail();
    assert.equal(data.decisions, status.decisions);
    assert.equal(data.mid, status.book.mid);
    assert.equal(data.bid, status.quote.bid);
    assert.deepEqual(monitor.updates, { sent: 55, skipped: 0 });
  });

  it('a page opened late is shown the last five minutes, fills and events', async () => {
    monitor.watch(status);
    let fills = 0;
    for (let i = 0; i < 10; i++) {
      const fill = status.advance(250);
      if (fill !== undefined) {
        monitor.onFill(fill);
        fills++;
      }
      clock.advance(250);
    }
    monitor.onFallback({
      time: status.time,
      from: 'policy',
      to: 'v15',
      reasons: ['stale-book', 'round-trip'],
    });
    monitor.onAlarm('rest', 'no answer from https://me:pass@host/depth?apiKey=abc');
    const watcher = await watch();
    await until('hello', () => watcher.count('hello') === 1);
    const hello = watcher.events[0].data as {
      history: Record<string, number[]>;
      update: { mid: number };
      detail: { fills: unknown[]; events: { event: string; text: string }[] };
    };
    assert.equal(hello.history.t.length, 10);
    assert.equal(hello.history.mid.at(-1), status.book.mid);
    assert.equal(hello.update.mid, status.book.mid);
    assert.equal(hello.detail.fills.length, fills);
    assert.deepEqual(
      hello.detail.events.map(({ event, text }) => [event, text]),
      [
        ['fallback', 'policy → v15: stale-book, round-trip'],
        ['alarm', 'rest: no answer from https://[redacted]@host/depth?[redacted]'],
      ],
    );
  });

  it('more than sixteen watchers are refused', async () => {
    monitor.watch(status);
    for (let i = 0; i < MAX_CLIENTS; i++) await watch();
    const response = await open();
    assert.equal(response.statusCode, 503);
    response.resume();
    watchers[0].response.destroy();
    await until('a free place', () => watchers[0].closed);
    let taken: IncomingMessage | undefined;
    for (let i = 0; i < 100 && taken?.statusCode !== 200; i++) {
      taken?.resume();
      taken = await open();
    }
    assert.equal(taken?.statusCode, 200);
    taken?.destroy();
  });

  it('pages are let go when the session ends', async () => {
    monitor.watch(status);
    const watcher = await watch();
    await until('hello', () => watcher.count('hello') === 1);
    await monitor.close();
    await until('the end', () => watcher.closed);
    monitor = await ShadowMonitor.start({ listen: { port: 0 }, info: {}, clock });
  });
});

describe('events to a client that is too slow', () => {
  it('it skips some, holds up nobody, and is let go after 30 s', async () => {
    const clock = new ManualClock();
    const stream = new EventStream(clock, () => '0');
    const server = await MonitorServer.start({ port: 0 }, { '/events': (...both) => stream.open(...both) });
    try {
      const watch = (): Promise<Watcher> =>
        new Promise((resolve) => {
          get(`${server.url}events`, { agent: false }, (response) => resolve(new Watcher(response)));
        });
      const [slow, quick] = [await watch(), await watch()];
      await until('hello', () => quick.count('hello') === 1 && slow.count('hello') === 1);
      slow.response.pause();
      const long = JSON.stringify('x'.repeat(12_000));
      let sent = 0;
      const send = async (): Promise<void> => {
        stream.send('update', long);
        const wanted = ++sent;
        await until('the quick one', () => quick.count('update') === wanted);
      };
      // What the system holds for a socket is megabytes.
      while (stream.skipped === 0 && sent < 5000) await send();
      assert.ok(stream.skipped > 0, 'it never fell behind');
      for (let i = 0; i < 50; i++) await send();
      assert.equal(stream.sent + stream.skipped, 2 * sent);
      assert.ok(stream.skipped > 50);
      clock.advance(31_000);
      await send();
      slow.response.resume();
      await until('the slow one let go', () => slow.closed);
      assert.equal(stream.clients, 1);
    } finally {
      stream.close();
      await server.close();
    }
  });
});

describe('live page', () => {
  const inner = (tag: string): string[] =>
    [...PAGE.matchAll(new RegExp(`<${tag}>(.*?)</${tag}>`, 'gs'))].map(([, text]) => text);

  it('runs one script and has one style, those that its policy names by their hashes', () => {
    for (const tag of ['script', 'style']) {
      const [text, ...more] = inner(tag);
      assert.deepEqual(more, []);
      const hash = createHash('sha256').update(text).digest('base64');
      assert.ok(PAGE_POLICY.includes(`${tag}-src 'sha256-${hash}'`));
    }
    assert.doesNotMatch(PAGE_POLICY, /unsafe|\*|http/);
    assert.match(PAGE_POLICY, /^default-src 'none'; /);
  });

  it('asks nobody else for anything, and has no inline handlers or styles that the policy would refuse', () => {
    const markup = PAGE.replaceAll(/<(script|style)>.*?<\/\1>/gs, '');
    assert.doesNotMatch(PAGE, /https?:|\/\/[a-z]+\.[a-z]/);
    assert.doesNotMatch(markup, / (on[a-z]+|style)=/);
    assert.doesNotMatch(PAGE, /innerHTML|insertAdjacentHTML|document\.write|eval\(/);
  });

  it('its script is one', () => {
    assert.doesNotThrow(() => new Script(inner('script')[0]));
  });

  it('every place that the script writes to is there once', () => {
    const wanted = [...inner('script')[0].matchAll(/\$\('([\w-]+)'\)/g)].map(([, id]) => id);
    assert.ok(wanted.length > 20);
    for (const id of new Set(wanted)) assert.equal(PAGE.split(`id="${id}"`).length, 2, id);
  });
});

describe('ladder', () => {
  it('shows the best levels, and our order at its own', () => {
    const status = new FakeStatus();
    const bids = ladder(BID, status.market, status.view);
    assert.equal(bids.length, LADDER_DEPTH);
    assert.deepEqual(
      bids.map(({ price }) => price),
      Array.from({ length: LADDER_DEPTH }, (_, i) => status.book.bestBid - i),
    );
    assert.deepEqual(
      bids.filter(({ own }) => own > 0).map(({ price, own, ahead }) => [price, own, ahead]),
      [[status.bid.price, 1, 0.5]],
    );
    const ask = ladder(ASK, status.market, status.view).find(({ own }) => own > 0);
    assert.equal(ask?.price, status.ask.price);
    assert.equal(ask?.ahead, null, 'an order on its way has no place in the queue yet');
  });

  it('gives our order a line where the book shows none, and the last one where it lies beyond', () => {
    const status = new FakeStatus();
    const { bestBid } = status.book;
    status.book.apply(BID, bestBid - 1, 0);
    status.bid.price = bestBid - 1;
    const [, second] = ladder(BID, status.market, status.view);
    assert.deepEqual([second.price, second.quantity, second.own], [bestBid - 1, 0, 1]);
    status.bid.price = bestBid - 500;
    const levels = ladder(BID, status.market, status.view);
    assert.equal(levels.length, LADDER_DEPTH);
    assert.deepEqual([levels.at(-1)?.price, levels.at(-1)?.own], [bestBid - 500, 1]);
    assert.equal(levels.at(-2)?.price, bestBid - LADDER_DEPTH + 1);
    // Better than the best: its own line, first.
    status.bid.price = bestBid + 1;
    assert.equal(ladder(BID, status.market, status.view)[0].own, 1);
  });

  it('is empty while the book is unknown', () => {
    const status = new FakeStatus();
    status.synchronised = false;
    assert.deepEqual(ladder(BID, status.market, status.view), []);
  });
});

describe('history of a session', () => {
  it('keeps the last five minutes in a fixed space, oldest first; what was not known is null', () => {
    const status = new FakeStatus();
    const history = new SessionHistory();
    for (let i = 0; i < HISTORY_LENGTH + 7; i++) {
      status.time = i * 250_000;
      status.synchronised = i % 2 === 0;
      history.sample(status);
    }
    const { t, mid, decider } = history.columns();
    assert.equal(t.length, HISTORY_LENGTH);
    assert.equal(t[0], 7 * 250);
    assert.equal(t.at(-1), (HISTORY_LENGTH + 6) * 250);
    assert.equal(mid[0], null);
    assert.equal(mid[1], status.book.mid);
    assert.equal(decider[0], 0);
  });
});
