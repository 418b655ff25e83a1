import assert from 'node:assert/strict';
import { NO_LAG } from '../../../live/monitor/event-loop-lag.ts';
import { Health } from '../../../live/monitor/health.ts';
import { ManualClock } from '../../support/accelerated-clock.ts';

describe('health of a session', () => {
  let clock: ManualClock;
  let book: { symbol: string; synchronised: boolean; lastChange: number };
  let lag = NO_LAG;
  let health: Health;
  beforeEach(() => {
    clock = new ManualClock();
    book = { symbol: 'BTCUSDT', synchronised: true, lastChange: 1 };
    lag = NO_LAG;
    health = new Health(clock, () => lag);
  });

  const failing = (): readonly string[] =>
    health
      .report()
      .checks.filter(({ ok }) => !ok)
      .map(({ check }) => check);

  it('before there is a session it fails, as one that has not begun', () => {
    assert.equal(health.report().status, 'failing');
    assert.deepEqual(failing(), ['started']);
    health.watch(() => [book]);
    assert.deepEqual(health.report().reasons, []);
    assert.equal(health.report().status, 'ok');
  });

  it('a book unknown for 10 s is forgiven, for longer it is not, and known again all is well', () => {
    health.watch(() => [book]);
    book.synchronised = false;
    clock.advance(10_000);
    book.lastChange++;
    assert.deepEqual(failing(), []);
    clock.advance(100);
    assert.deepEqual(failing(), ['synchronised']);
    assert.match(health.report().reasons[0], /BTCUSDT has been unknown for 10\.1 s \(limit 10 s\)/);
    book.synchronised = true;
    assert.deepEqual(failing(), []);
  });

  it('a book that never was known fails from its start on', () => {
    book.synchronised = false;
    book.lastChange = Number.NaN;
    health.watch(() => [book]);
    clock.advance(31_000);
    assert.deepEqual(failing(), ['synchronised', 'book-fresh']);
  });

  it('a book that nothing changes for 30 s is stale, by the machine’s clock whatever the tape’s says', () => {
    health.watch(() => [book]);
    for (let i = 0; i < 8; i++) {
      clock.advance(10_000);
      book.lastChange++;
      health.look();
    }
    assert.deepEqual(failing(), []);
    clock.advance(30_100);
    assert.deepEqual(failing(), ['book-fresh']);
    assert.equal(Math.round(health.bookAge('BTCUSDT')), 30);
    assert.ok(Number.isNaN(health.bookAge('ETHUSDT')));
  });

  it('an event loop that lags by more than 250 ms fails', () => {
    health.watch(() => [book]);
    lag = { p50: 0, p99: 0.25, max: 3 };
    assert.deepEqual(failing(), []);
    lag = { p50: 0, p99: 0.3, max: 3 };
    assert.deepEqual(failing(), ['event-loop']);
  });

  it('one of several books is enough to fail, and is named', () => {
    const other = { symbol: 'ETHUSDT', synchronised: false, lastChange: 1 };
    health.watch(() => [book, other]);
    clock.advance(11_000);
    book.lastChange++;
    assert.match(health.report().reasons.join(), /ETHUSDT/);
    assert.doesNotMatch(health.report().reasons.join(), /BTCUSDT/);
  });
});
