import assert from 'node:assert/strict';
import fc from 'fast-check';
import { InputError } from '../../base/errors.ts';
import { stream } from '../../base/random.ts';
import { EpisodeWindows } from '../../env/market-making/episode-windows.ts';

const SETTINGS = { episodeSeconds: 10, warmupSeconds: 5 };

describe('EpisodeWindows', () => {
  it('draws starts on the grid with warm-up before and a whole episode after, within one stretch', () => {
    const time = fc.integer({ min: 0, max: 100_000_000 });
    const stretches = fc.array(fc.tuple(time, time), { minLength: 1, maxLength: 4 }).map((pairs) => {
      const times = pairs.flat().sort((a, b) => a - b);
      return pairs.map((_, i) => ({ start: times[2 * i], end: times[2 * i + 1] }));
    });
    fc.assert(
      fc.property(stretches, fc.constantFrom(50, 100, 33.3), fc.nat(), (spans, intervalMs, seed) => {
        let windows: EpisodeWindows;
        try {
          windows = new EpisodeWindows(spans, SETTINGS, intervalMs);
        } catch (error) {
          // It refuses only where no stretch is longer than what is needed and two intervals.
          assert.ok(error instanceof InputError && error.code === 'tape-too-short');
          assert.ok(spans.every(({ start, end }) => end - start < 15e6 + 2e3 * intervalMs));
          return;
        }
        const start = windows.draw(stream(seed, 'test'));
        assert.equal(start % windows.interval, 0);
        const end = start + windows.steps * windows.interval;
        assert.ok(spans.some((span) => span.start + 5e6 <= start && end <= span.end));
        assert.equal(windows.at(start), start);
      }),
    );
  });

  it('refuses an interval that is none by its own name, not by the length of the tape', () => {
    assert.throws(
      () => new EpisodeWindows([{ start: 0, end: 100e6 }], SETTINGS, 1e-5),
      (error: InputError) => error.code === 'bad-interval' && error.field === 'lane.decisionIntervalMs',
    );
  });

  it('draws from each of several tapes, in proportion to the starts they have', () => {
    const spans = [
      { start: 0, end: 25e6 },
      { start: 100e6, end: 145e6 },
    ];
    const windows = new EpisodeWindows(spans, SETTINGS, 100);
    const generator = stream(1, 'test');
    const starts = Array.from({ length: 2000 }, () => windows.draw(generator));
    const share = starts.filter((start) => start < 25e6).length / starts.length;
    // 101 starts against 301.
    assert.ok(Math.abs(share - 101 / 402) < 0.03, `${share}`);
    assert.throws(() => windows.at(50e6), InputError);
    assert.throws(() => windows.at('now'), InputError);
  });
});
