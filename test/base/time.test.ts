import assert from 'node:assert/strict';
import { formatTime, parseDuration, parseTime } from '../../base/time.ts';

describe('durations and times', () => {
  it('reads durations as microseconds', () => {
    assert.equal(parseDuration('250ms', 'x'), 250_000);
    assert.equal(parseDuration('1.5s', 'x'), 1_500_000);
    assert.equal(parseDuration('2h', 'x'), 7_200_000_000);
  });

  it('names the field of a bad duration', () => {
    assert.throws(() => parseDuration('10', '--duration'), { field: '--duration', value: '10' });
    assert.throws(() => parseDuration('-1s', '--duration'), { field: '--duration' });
  });

  it('reads and writes ISO 8601 with microseconds', () => {
    const time = parseTime('2024-07-24T08:30:00.123456Z', 'x');
    assert.equal(formatTime(time), '2024-07-24T08:30:00.123456Z');
    assert.equal(parseTime('2024-07-24', 'x'), Date.UTC(2024, 6, 24) * 1000);
    assert.throws(() => parseTime('yesterday', '--start'), { field: '--start' });
    assert.throws(() => parseTime('2024-13-24', '--start'), { field: '--start' });
    assert.throws(() => parseTime('2024-06-31T00:00:00Z', '--start'), { field: '--start' });
    assert.throws(() => parseTime('2023-02-29', '--start'), { field: '--start' });
    assert.equal(parseTime('2024-02-29T24:00', 'x'), Date.UTC(2024, 2, 1) * 1000);
  });
});
