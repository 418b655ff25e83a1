import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Acknowledgements } from '../../../env/exchange/acknowledgements.ts';
import { Timeline } from '../../../env/exchange/timeline.ts';

describe('what is on its way', () => {
  it('comes in order of its time, and of one time in the order it was added, however much there is', () => {
    // Null takes, a number adds what is due then.
    const step = fc.option(fc.integer({ min: 0, max: 20 }), { freq: 3 });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const timeline = new Timeline<{ readonly due: number; readonly id: number }>();
        const plain: { readonly due: number; readonly id: number }[] = [];
        for (const [id, due] of steps.entries()) {
          if (due !== null) {
            timeline.add({ due, id });
            plain.push({ due, id });
            plain.sort((a, b) => a.due - b.due || a.id - b.id);
          } else if (plain.length > 0) assert.deepEqual(timeline.take(), plain.shift());
          assert.equal(timeline.next, plain[0]?.due ?? Number.POSITIVE_INFINITY);
        }
        timeline.clear();
        assert.equal(timeline.next, Number.POSITIVE_INFINITY);
        assert.throws(() => timeline.take());
      }),
    );
  });
});

describe('99th percentile of acknowledgements', () => {
  it('is the nearest rank of the trailing minute', () => {
    const sample = fc.record({
      wait: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 400_000 }), fc.constant(30_000_000)),
      duration: fc.integer({ min: 0, max: 50 }),
    });
    fc.assert(
      fc.property(fc.array(sample, { maxLength: 700, size: 'max' }), (samples) => {
        const acknowledgements = new Acknowledgements();
        const all: { readonly time: number; readonly duration: number }[] = [];
        let time = 0;
        for (const { wait, duration } of samples) {
          time += wait;
          acknowledgements.add(time, duration);
          all.push({ time, duration });
        }
        const kept = all.filter((one) => one.time > time - 60_000_000).map((one) => one.duration);
        kept.sort((a, b) => a - b);
        const expected = kept.length === 0 ? Number.NaN : kept[Math.ceil(0.99 * kept.length) - 1] / 1000;
        assert.equal(acknowledgements.p99Ms(time), expected);
      }),
      { numRuns: 50 },
    );
  });
});
