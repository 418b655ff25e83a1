import assert from 'node:assert/strict';
import fc from 'fast-check';
import { stream } from '../../base/random.ts';
import { baseAddress, depthWeight, profileOf, routeOf } from '../../live/binance/venue.ts';
import { WeightBudget } from '../../live/binance/weight-budget.ts';
import { Backoff } from '../../live/connection/backoff.ts';
import { ControlBudget } from '../../live/connection/control-budget.ts';
import { Watchdog } from '../../live/connection/watchdog.ts';
import { parseFaults } from '../../live/exchange/faults.ts';
import { ClockEstimator } from '../../live/feed/clock-estimator.ts';
import { FrameRing } from '../../live/feed/frame-ring.ts';
import { checksumOfBook, SnapshotAudit } from '../../live/feed/snapshot-audit.ts';
import { streamOf } from '../../live/feed/stream-name.ts';
import { Message } from '../../market/binance/message.ts';
import { OrderBook } from '../../market/book.ts';
import { ASK, BID } from '../../market/side.ts';
import { TickGrid } from '../../market/tick-grid.ts';
import { ManualClock } from '../support/accelerated-clock.ts';

const SECOND = 1_000_000;

describe('live parts', () => {
  it('snapshots weigh what Binance documents', () => {
    const spot = profileOf('binance-spot');
    assert.deepEqual(
      [100, 500, 1000, 5000].map((limit) => depthWeight(spot, limit)),
      [5, 25, 50, 250],
    );
    const usdm = profileOf('binance-usdm');
    assert.deepEqual(
      [50, 100, 500, 1000].map((limit) => depthWeight(usdm, limit)),
      [2, 5, 10, 20],
    );
  });

  it('USD-M sends depth over one route and aggregated trades over another, spot all over none', () => {
    assert.equal(routeOf('binance-usdm', 'btcusdt@depth@100ms'), '/public');
    assert.equal(routeOf('binance-usdm', 'btcusdt@bookTicker'), '/public');
    assert.equal(routeOf('binance-usdm', 'btcusdt@aggTrade'), '/market');
    assert.equal(routeOf('binance-spot', 'btcusdt@aggTrade'), '');
  });

  it('an address is a scheme and a host, never a password', () => {
    assert.equal(baseAddress('ws://127.0.0.1:9000/stream', 'ws', ['ws']), 'ws://127.0.0.1:9000');
    assert.equal(baseAddress('wss://h/base/', 'ws', ['ws', 'wss']), 'wss://h/base');
    for (const bad of ['http://h', 'nonsense', 'ws://user:secret@h']) {
      assert.throws(
        () => baseAddress(bad, 'ws', ['ws', 'wss']),
        (error: Error) => {
          assert.doesNotMatch(error.message, /secret/);
          return (error as Error & { code?: string }).code === 'bad-address';
        },
      );
    }
  });

  it('pauses double up to a limit, each shortened by at most half, the same for the same seed', () => {
    const backoff = new Backoff(stream(3, 'x'), 100, 1000);
    const pauses = Array.from({ length: 6 }, () => backoff.next());
    for (const [i, most] of [100, 200, 400, 800, 1000, 1000].entries()) {
      assert.ok(pauses[i] <= most && pauses[i] >= most / 2, `${pauses[i]} of ${most}`);
    }
    const again = new Backoff(stream(3, 'x'), 100, 1000);
    assert.deepEqual(
      Array.from({ length: 6 }, () => again.next()),
      pauses,
    );
  });

  it('after 429 nothing is asked for until Retry-After has passed', async () => {
    const clock = new ManualClock();
    const budget = new WeightBudget(clock, 1000);
    budget.refused(30);
    let taken = false;
    const work = budget.take(5).then(() => {
      taken = true;
    });
    clock.advance(29_000);
    await Promise.resolve();
    assert.equal(taken, false);
    clock.advance(1_000);
    await work;
    assert.equal(taken, true);
  });

  it('a minute spends no more than its weight; the rest waits for the next', async () => {
    const clock = new ManualClock(120 * SECOND);
    const budget = new WeightBudget(clock, 100);
    await budget.take(50);
    await budget.take(30);
    let taken = false;
    const work = budget.take(10).then(() => {
      taken = true;
    });
    clock.advance(59_000);
    await Promise.resolve();
    assert.equal(taken, false);
    clock.advance(1_000);
    await work;
    assert.equal(budget.used, 10);
  });

  it('control messages keep to the rate of the socket', () => {
    const clock = new ManualClock();
    const sent: number[] = [];
    const budget = new ControlBudget(clock, 5, () => sent.push(clock.now()));
    for (let i = 0; i < 23; i++) budget.send('x');
    clock.advance(10_000);
    assert.equal(sent.length, 23);
    for (const time of sent) {
      assert.ok(sent.filter((other) => other >= time && other < time + SECOND).length <= 5);
    }
  });

  it('a busy stream is missed after seconds, a quiet one after minutes, each once', () => {
    const watchdog = new Watchdog();
    watchdog.watch(['busy', 'quiet'], 0);
    for (let time = 0; time <= 600 * SECOND; time += SECOND / 10) watchdog.heard('busy', time);
    for (let time = 0; time <= 600 * SECOND; time += 20 * SECOND) watchdog.heard('quiet', time);
    assert.deepEqual(watchdog.silent(604 * SECOND), []);
    assert.deepEqual(watchdog.silent(606 * SECOND), ['busy']);
    assert.deepEqual(watchdog.silent(607 * SECOND), []);
    // It has twice the time after each alarm.
    assert.deepEqual(watchdog.silent(615 * SECOND), []);
    assert.deepEqual(watchdog.silent(617 * SECOND), ['busy']);
    assert.deepEqual(watchdog.silent(1190 * SECOND), ['busy']);
    assert.deepEqual(watchdog.silent(1201 * SECOND), ['quiet']);
  });

  it('a stream that never says a word is missed as well', () => {
    const watchdog = new Watchdog();
    watchdog.watch(['unrouted'], 0);
    assert.deepEqual(watchdog.silent(59 * SECOND), []);
    assert.deepEqual(watchdog.silent(61 * SECOND), ['unrouted']);
  });

  it('the clock offset is told by the fastest of the recent answers, whatever the others say', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 2000, max: 900_000 }), { minLength: 1, maxLength: 30 }),
        (delays) => {
          const estimator = new ClockEstimator();
          const offset = 123_456;
          for (const [i, delay] of delays.entries()) {
            // All of the delay on the way back: the worst case for the method.
            const sentAt = i * SECOND;
            estimator.add(sentAt, sentAt + offset, sentAt + delay);
          }
          const fastest = Math.min(...delays);
          assert.equal(estimator.roundTrip, fastest);
          assert.ok(Math.abs(estimator.offset - offset) <= fastest / 2 + 1e-6);
        },
      ),
    );
  });

  it('the ring gives back what it was given, in order', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 200 }), (pushes) => {
        const ring = new FrameRing(8);
        const expected: number[] = [];
        for (const [i, push] of pushes.entries()) {
          if (push && !ring.full) {
            ring.push('S', new Uint8Array(0), i, '');
            expected.push(i);
          } else if (!push) assert.equal(ring.shift()?.localTime, expected.shift());
        }
        assert.equal(ring.length, expected.length);
        assert.equal(ring.oldest, expected[0] ?? Number.POSITIVE_INFINITY);
        for (const time of expected) assert.equal(ring.shift()?.localTime, time);
        assert.equal(ring.shift(), undefined);
      }),
    );
  });

  it('the stream of a message is read from its head', () => {
    assert.equal(streamOf(Buffer.from('{"stream":"btcusdt@trade","data":{}}')), 'btcusdt@trade');
    assert.equal(streamOf(Buffer.from('{"result":null,"id":1}')), undefined);
    assert.equal(streamOf(Buffer.from('{"stream":"cut')), undefined);
  });

  it('faults are named, drawn by seed, or refused with the nearest', () => {
    assert.deepEqual([...parseFaults('cut,418', 1).kinds], ['cut', 'ban']);
    assert.equal(parseFaults('none', 1).kinds.size, 0);
    assert.deepEqual(parseFaults('random:4', 1), parseFaults('random:4', 2));
    assert.notDeepEqual(parseFaults('random:4', 1), parseFaults('random:5', 1));
    assert.throws(() => parseFaults('dorp', 1), /"dorp"/);
    assert.throws(() => parseFaults('dorp', 1), { hint: 'Did you mean "drop"?' });
  });

  describe('audit of a snapshot', () => {
    const grid = new TickGrid(1);
    const book = (bestBidQuantity = 5): OrderBook => {
      const made = new OrderBook(64);
      made.apply(BID, 99, bestBidQuantity);
      made.apply(BID, 98, 2);
      made.apply(ASK, 101, 3);
      return made;
    };
    const update = (firstId: number, lastId: number, bid: readonly [number, number]): Message => {
      const message = new Message();
      message.firstId = firstId;
      message.lastId = lastId;
      message.bids.push(...bid);
      return message;
    };

    it('CRC-32 over best levels, as zlib of any language gives it', () => {
      // python3 -c "import zlib; print(zlib.crc32(b'99:5,98:2|101:3'))"
      assert.equal(checksumOfBook(book()), 3490217395);
    });

    it('a copy of the old book is carried to the id of the snapshot and compared there', () => {
      const audit = new SnapshotAudit(book(), 10);
      const fresh = book(7);
      assert.equal(audit.verdict(fresh, 12), undefined);
      audit.onDepth(update(11, 12, [99, 7]), grid);
      assert.equal(audit.verdict(fresh, 12), true);
      assert.equal(audit.verdict(book(6), 12), false);
    });

    it('says nothing where an update was lost', () => {
      const audit = new SnapshotAudit(book(), 10);
      audit.onDepth(update(13, 14, [99, 7]), grid);
      assert.equal(audit.broken, true);
    });
  });
});
