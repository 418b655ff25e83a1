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
        const timeline = new Timeline<number>();
        const plain: { readonly due: number; readonly id: number }[] = [];
        for (const [id, due] of steps.entries()) {
          if (due !== null) {
            timeline.add(id, due, 10 * id, id % 3);
            plain.push({ due, id });
            plain.sort((a, b) => a.due - b.due || a.id - b.id);
          } else if (plain.length > 0) {
            const { value, kind } = timeline;
            const id = timeline.take();
            assert.deepEqual({ id, value, kind }, { id: plain[0].id, value: 10 * id, kind: id % 3 });
            plain.shift();
          }
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
  it('is the nearest rank of the trailing minute, however often anybody asks', () => {
    const sample = fc.record({
      wait: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 400_000 }), fc.constant(30_000_000)),
      duration: fc.integer({ min: 0, max: 50 }),
      asked: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(sample, { maxLength: 700, size: 'max' }), (samples) => {
        const acknowledgements = new Acknowledgements();
        const all: { readonly time: number; readonly duration: number }[] = [];
        let time = 0;
        const check = () => {
          const kept = all.filter((one) => one.time > time - 60_000_000).map((one) => one.duration);
          kept.sort((a, b) => a - b);
          const expected = kept.length === 0 ? Number.NaN : kept[Math.ceil(0.99 * kept.length) - 1] / 1000;
          assert.equal(acknowledgements.p99Ms(time), expected);
        };
        for (const { wait, duration, asked } of samples) {
          time += wait;
          acknowledgements.add(time, duration);
          all.push({ time, duration });
          if (asked) check();
        }
        check();
      }),
      { numRuns: 50 },
    );
  });
});
