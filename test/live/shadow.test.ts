import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { WebSocketServer } from 'ws';
import { stream } from '../../base/random.ts';
import type { Clock, Timer } from '../../live/clock.ts';
import { parseFaults } from '../../live/exchange/faults.ts';
import { runShadow } from '../../live/shadow/session.ts';
import type { ShadowStatus } from '../../live/shadow/status.ts';
import { DECISIONS, FILLS } from '../../live/shadow/verify.ts';
import { importCaptures } from '../../market/import.ts';
import { openTape } from '../../market/tape/reader.ts';
import { AcceleratedClock } from '../support/accelerated-clock.ts';
import { randomAgent } from '../support/export.ts';
import {
  decidingSession,
  FALLBACK,
  LANE,
  LateClock,
  type Played,
  playShadow,
  SPEED_UP,
  verifyPlayed,
} from './shadow-support.ts';
import { Stage } from './stage.ts';
import { until } from './support.ts';

const HOUR = 3600_000_000;

describe('shadow session', () => {
  const stage = new Stage(8);
  let sessions = 0;

  const out = (): string => stage.at(`session${++sessions}`);

  async function tapeOf({ summary }: Pick<Played, 'summary'>) {
    const path = stage.at('tape.arrow');
    const imported = await importCaptures({ captures: summary.files, out: path });
    const tape = openTape(path);
    tape.close();
    return { imported, info: tape.info };
  }

  function lines({ summary }: Pick<Played, 'summary'>): readonly string[] {
    return summary.files.flatMap((file) => gunzipSync(readFileSync(file)).toString().trim().split('\n'));
  }

  it('says in the recording that it is one, and where it ends', async () => {
    const session = await playShadow({ captures: [stage.capture], out: out() });
    const { info } = await tapeOf(session);
    const all = lines(session);
    assert.match(all[1], /^\d+ \{"e":"makergymSession"\}$/);
    const end = /^(\d+) \{"e":"makergymEnd"\}$/.exec(all.at(-1) ?? '');
    assert.equal(Number(end?.[1]), info.end);
    assert.ok(Array.isArray(info.live?.conditions));
    const own = all.filter((line) => /^\d+ \{"e":"makergym/.test(line));
    assert.equal(session.summary.messages, all.length - own.length, 'lines of our own are no messages');
    assert.ok((await verifyPlayed(session)).equal);
  });

  it('its status is the state of now, and stays so at the end', async () => {
    let seen = 0;
    const session = await playShadow({
      captures: [stage.capture],
      out: out(),
      shadow: {
        listeners: [
          {
            onDecision: (status, latency) => {
              seen++;
              assert.ok(latency >= 0);
              assert.ok(status.view.market.time > 0 && status.view.inventory !== undefined);
              assert.ok(status.market.time >= status.bookTime);
            },
          },
        ],
      },
    });
    const { status, summary } = session;
    assert.equal(seen, summary.decisions);
    assert.equal(status.decisions, summary.decisions);
    assert.equal(status.orders, summary.kpis.orders);
    assert.equal(status.fills, summary.kpis.fills);
    assert.equal(status.instrument.symbol, 'SIMUSDT');
    assert.ok(Number.isFinite(status.bookLag));
  });

  it('decisions over their budget hand over along the chain; a replay of the recording hands over there too', async () => {
    const fallback = { decisionBudgetMs: 1e-6, escalateAfterMs: 4000 };
    const session = await playShadow({
      captures: [stage.capture],
      out: out(),
      fallback,
      during: (_exchange, status) =>
        until('nobody decides', () => (status()?.decisionsBy.none ?? 0) > 20, 40),
    });
    const { summary, fallbacks } = session;
    assert.equal(summary.fallbackReasons['over-budget'], 1);
    assert.ok(summary.decisionsBy.policy > 0);
    assert.equal(fallbacks[0].to, 'v15');
    assert.equal(fallbacks.at(-1)?.to, 'none');
    assert.equal((await tapeOf(session)).info.live?.conditions[0].reason, 'over-budget');
    const verdict = await verifyPlayed(session, fallback);
    assert.deepEqual(verdict.firstDifference, null);
    const other = await verifyPlayed(session, { ...fallback, escalateAfterMs: 1000 });
    assert.equal(other.equal, false, 'other thresholds, other decisions: the comparison compares');
    assert.equal(other.firstDifference?.file, DECISIONS);
    assert.ok(Object.keys(other.firstDifference?.fields ?? {}).length > 0);
    assert.match(other.firstDifference?.time ?? '', /^2026-01-01T/);
  });

  it('decisions that come too late hand over as well, and are told apart from slow ones', async () => {
    // A real millisecond is fifty of these: timers are late by more than one.
    const fallback = { maxLatenessMs: 1 };
    const session = await playShadow({ captures: [stage.capture], out: out(), fallback });
    const { summary } = session;
    assert.ok(summary.fallbackReasons['over-budget'] > 0);
    const { decisionLatenessMs: lateness, decisionLatencyMs: latency } = summary;
    assert.ok((lateness?.p50 ?? 0) > (latency.p50 ?? 0));
    assert.deepEqual((await verifyPlayed(session, fallback)).firstDifference, null);
  });

  it('what an exchange says in our name is neither recorded nor heard', async () => {
    const server = createServer((request, response) => {
      const path = request.url ?? '';
      const filters = [
        { filterType: 'PRICE_FILTER', tickSize: '0.01' },
        { filterType: 'LOT_SIZE', stepSize: '0.001' },
      ];
      if (path.includes('exchangeInfo'))
        response.end(JSON.stringify({ symbols: [{ symbol: 'SIMUSDT', filters }] }));
      else if (path.includes('time')) response.end('{"serverTime":1}');
      else response.end('{"lastUpdateId":10,"bids":[["99.99","1"]],"asks":[["100.01","1"]]}');
    });
    const sockets = new WebSocketServer({ server });
    const forged = ['{"e":"makergymEnd"}', '{"e":"makergymCondition","reason":"round-trip","active":true}'];
    sockets.on('connection', (socket) => {
      for (const text of forged) socket.send(text);
      for (const text of forged) socket.send(`{"stream":"simusdt@depth@100ms","data":${text}}`);
      const depth = { e: 'depthUpdate', E: 1, s: 'SIMUSDT', U: 11, u: 11, b: [['99.99', '2']], a: [] };
      socket.send(JSON.stringify({ stream: 'simusdt@depth@100ms', data: depth }));
    });
    const host = await stage.listen(server);
    let status: ShadowStatus | undefined;
    const controller = new AbortController();
    const running = runShadow({
      source: {
        kind: 'live',
        venue: 'binance-spot',
        symbol: 'SIMUSDT',
        ws: `ws://${host}`,
        rest: `http://${host}`,
      },
      out: out(),
      createAgent: (hooks) => randomAgent(hooks, FALLBACK),
      settings: LANE,
      fallback: FALLBACK,
      seed: 0,
      sharpeIntervalSeconds: 10,
      checkInstrument: () => undefined,
      laneListeners: () => [],
      onStart: (begun) => {
        status = begun;
      },
      signal: controller.signal,
      clock: new AcceleratedClock(SPEED_UP),
    });
    await until('decisions', () => (status?.decisions ?? 0) > 10);
    controller.abort();
    const summary = await running;
    sockets.close();
    assert.equal(status?.counters.malformed, 4);
    const own = lines({ summary }).filter((line) => line.includes('makergym'));
    assert.deepEqual(
      own.map((line) => line.replace(/^\d+ /, '')).filter((line) => !line.includes('silent')),
      ['{"e":"makergymSession"}', '{"e":"makergymEnd"}'],
    );
    assert.equal(summary.fallbackReasons['round-trip'], 0);
  });

  it('round trips above their limit take the decision away, in the replay as well', async () => {
    const fallback = { maxRoundTripMs: 1e-6 };
    const session = await playShadow({ captures: [stage.capture], out: out(), fallback });
    assert.ok(session.summary.fallbackReasons['round-trip'] > 0);
    assert.deepEqual((await verifyPlayed(session, fallback)).firstDifference, null);
  });

  it('a gap: nobody decides until the book is known again, in the replay as well', async () => {
    const session = await playShadow({
      captures: [stage.capture],
      out: out(),
      exchange: {
        faults: { kinds: new Set(['drop']), seed: '1', spacing: 0.1 },
        // Slow enough that there are messages left to lose, however late the session is.
        speed: 10,
        clock: new AcceleratedClock(1),
      },
      during: (_exchange, status) =>
        until(
          'gaps and resyncs',
          () => {
            const { counters, decisionsBy } = status() ?? {};
            return (counters?.resyncs ?? 0) > 2 && (decisionsBy?.none ?? 0) > 0;
          },
          40,
        ),
    });
    const { summary, fallbacks } = session;
    assert.ok(summary.gaps > 2 && summary.fallbackReasons.unsynchronised > 0);
    assert.ok(fallbacks.some(({ to, reasons }) => to === 'none' && reasons.includes('unsynchronised')));
    const { imported } = await tapeOf(session);
    assert.equal(imported.gaps.length, summary.gaps);
    assert.ok(imported.snapshots > summary.resyncs);
    assert.deepEqual((await verifyPlayed(session)).firstDifference, null);
  });

  it('messages that come too fast for the ring are a gap, and the same one in the replay', async () => {
    const session = await playShadow({
      captures: [stage.capture],
      out: out(),
      shadow: { ringCapacity: 150 },
      // Bursts are of 200 messages.
      exchange: { faults: parseFaults('burst', 3), speed: 10, clock: new AcceleratedClock(1) },
      during: (_exchange, status) =>
        until(
          'a gap and the book after it',
          () => {
            const { counters, decisionsBy } = status() ?? {};
            return (
              (counters?.overflows ?? 0) > 0 && (counters?.resyncs ?? 0) > 0 && (decisionsBy?.none ?? 0) > 0
            );
          },
          40,
        ),
    });
    const { summary } = session;
    assert.ok(summary.overflows > 0);
    assert.ok(summary.decisionsBy.none > 0, 'nobody quotes on a book with holes');
    const { imported } = await tapeOf(session);
    assert.equal(imported.gaps.length, summary.gaps);
    assert.ok(imported.ignored.overflow > 0);
    assert.deepEqual((await verifyPlayed(session)).firstDifference, null);
  });

  it('goes on across the turn of an hour, conditions included', async () => {
    // Twenty seconds before the hour, in a stream of more than a minute.
    const clock = new LateClock(1_767_225_600_000_000 + HOUR - 20_000_000);
    const fallback = { maxRoundTripMs: 1e-6 };
    const session = await playShadow({
      captures: [stage.capture],
      out: out(),
      clock,
      exchange: { speed: 10, clock: new AcceleratedClock(1) },
      fallback,
      during: (_exchange, status) =>
        until('the next hour', () => {
          const { market, bookTime = 0 } = status() ?? {};
          return market?.synchronised === true && bookTime > 1_767_225_600_000_000 + HOUR + 2_000_000;
        }),
    });
    const { summary } = session;
    assert.equal(summary.files.length, 2);
    const [, later] = summary.files;
    const head = gunzipSync(readFileSync(later)).toString();
    assert.match(head, /exchangeInfo.*\n\d+ \{"e":"makergymContinued"\}/);
    assert.match(head, /makergymSession/);
    assert.match(head, /"reason":"round-trip","active":true/);
    assert.deepEqual((await verifyPlayed(session, fallback)).firstDifference, null);
  });

  it('a clock that jumps about, backwards too, changes nothing: times in a recording do not run back', async () => {
    const clock = new JumpingClock();
    const session = await playShadow({
      captures: [stage.capture],
      out: out(),
      clock,
      exchange: { clock: new AcceleratedClock(SPEED_UP) },
    });
    let last = 0;
    for (const line of lines(session).slice(1)) {
      const time = Number(/^(?:\S+ -> )?(\d+)/.exec(line)?.[1]);
      assert.ok(time >= last, line.slice(0, 60));
      last = time;
    }
    assert.equal((await tapeOf(session)).imported.clampedLocalTimes, 0);
    assert.deepEqual((await verifyPlayed(session)).firstDifference, null);
  });

  it('waits for a snapshot endpoint that is down for a minute, and decides from the first book on', async () => {
    const clock = new AcceleratedClock(100);
    let askedAt = Number.NaN;
    let upAt = Number.NaN;
    let heard = 0;
    const session = await playShadow({
      captures: [stage.capture],
      out: out(),
      clock,
      exchange: { speed: 5, clock: new AcceleratedClock(1) },
      rest: (exchange) =>
        stage.gateway(exchange, (path) => {
          if (!path.includes('/depth') || !Number.isNaN(upAt)) return false;
          const now = clock.now();
          if (Number.isNaN(askedAt)) askedAt = now;
          if (now - askedAt < 60e6 || heard < 50) return true;
          upAt = now;
          return false;
        }),
      shadow: { onEvent: ({ type }) => type === 'market' && heard++ },
      during: (_exchange, status) => until('decisions', () => (status()?.decisions ?? 0) > 50, 40),
    });
    const { info } = await tapeOf(session);
    assert.ok(info.start < upAt, 'trades were recorded meanwhile');
    assert.deepEqual((await verifyPlayed(session)).firstDifference, null);
  });

  it('a stop before the first book is a session without decisions', async () => {
    const session = await playShadow({
      captures: [stage.capture],
      out: out(),
      rest: (exchange) => stage.gateway(exchange, (path) => path.includes('/depth')),
      during: (_exchange, status) => until('messages', () => (status()?.counters.messages ?? 0) > 100),
    });
    const { summary } = session;
    assert.equal(summary.decisions, 0);
    assert.equal(summary.kpis.pnl, null);
    assert.equal(summary.decisionLatencyMs.p99, null);
    assert.deepEqual(await verifyPlayed(session).then(({ equal, decisions }) => [equal, decisions]), [
      true,
      0,
    ]);
  });

  it('played again as a capture, a recording gives the very decisions, fallbacks included', async () => {
    const fallback = { ...FALLBACK, maxRoundTripMs: 1e-6 };
    const first = await playShadow({ captures: [stage.capture], out: out(), fallback });
    const again = out();
    const session = decidingSession(again, fallback);
    const summary = await runShadow({
      ...session.options,
      source: { kind: 'captures', captures: first.summary.files },
      signal: new AbortController().signal,
    });
    session.finish();
    for (const name of [DECISIONS, FILLS]) {
      assert.ok(readFileSync(join(again, name)).equals(readFileSync(join(first.out, name))), name);
    }
    assert.deepEqual(summary.kpis, first.summary.kpis);
    assert.equal(summary.fallbackReasons['round-trip'], first.summary.fallbackReasons['round-trip']);
  });
});

/** A clock that is up to 40 ms off, anew each time it is asked. */
class JumpingClock implements Clock {
  readonly #clock = new AcceleratedClock(SPEED_UP);
  readonly #random = stream(1, 'test/jumps');

  now(): number {
    return this.#clock.now() + this.#random.integer(80_000) - 40_000;
  }

  after(milliseconds: number, work: () => void): Timer {
    return this.#clock.after(milliseconds, work);
  }
}
