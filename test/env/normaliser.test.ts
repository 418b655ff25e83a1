import assert from 'node:assert/strict';
import fc from 'fast-check';
import { InputError } from '../../base/errors.ts';
import { stream } from '../../base/random.ts';
import { RunningNormaliser } from '../../env/normaliser.ts';

const rows = fc.array(
  fc.tuple(fc.float({ min: -1e4, max: 1e4, noNaN: true }), fc.integer({ min: -9, max: 9 })),
  {
    minLength: 1,
    maxLength: 60,
  },
);

describe('RunningNormaliser', () => {
  it('knows the mean and variance of everything seen, however it was cut into batches', () => {
    fc.assert(
      fc.property(rows, fc.integer({ min: 1, max: 9 }), (data, size) => {
        const normaliser = new RunningNormaliser(2);
        for (let i = 0; i < data.length; i += size) {
          const batch = data.slice(i, i + size);
          normaliser.update(Float32Array.from(batch.flat()), batch.length);
        }
        const { count, mean, variance } = normaliser.exportState();
        assert.equal(count, data.length);
        for (const j of [0, 1]) {
          const column = data.map((row) => Math.fround(row[j]));
          const m = column.reduce((a, b) => a + b, 0) / count;
          const v = column.reduce((a, b) => a + (b - m) ** 2, 0) / count;
          assert.ok(Math.abs(mean[j] - m) <= 1e-9 * (1 + Math.abs(m)), `${mean[j]} is not ${m}`);
          assert.ok(Math.abs(variance[j] - v) <= 1e-9 * (1 + v), `${variance[j]} is not ${v}`);
        }
      }),
    );
  });

  it('keeps precision where the mean dwarfs the deviation', () => {
    const normaliser = new RunningNormaliser(1);
    for (let i = 0; i < 1000; i++) normaliser.update(Float32Array.of(4_000_000 + (i % 2)), 1);
    assert.ok(Math.abs(normaliser.exportState().variance[0] - 0.25) < 1e-9);
  });

  it('normalises, clips, and shows a feature that never moved as 0', () => {
    const normaliser = new RunningNormaliser(2, { clip: 3 });
    normaliser.update(Float32Array.of(1, 7, 3, 7), 2);
    const out = new Float32Array(4);
    normaliser.normalise(Float32Array.of(3, 7, 1000, 7), 2, out);
    assert.ok(Math.abs(out[0] - 1) < 1e-4);
    assert.deepEqual([...out.slice(1)], [0, 3, 0]);
  });

  it('normalises many rows at once to the bits of each row alone', () => {
    const generator = stream(5, 'rows');
    const wide = () => generator.normal() * 10 ** (3 * generator.normal());
    for (const size of [1, 2, 3, 7, 64]) {
      const normaliser = new RunningNormaliser(size);
      normaliser.update(Float32Array.from({ length: 100 * size }, wide), 100);
      // A batch that shrinks and grows again, with room behind its rows.
      for (const count of [16, 61, 17, 256]) {
        const raw = Float32Array.from({ length: (count + 1) * size }, wide);
        raw.set([Number.NaN, -0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]);
        const alone = raw.slice();
        for (let row = 0; row < count; row++) {
          const own = alone.subarray(row * size, (row + 1) * size);
          normaliser.normalise(own, 1, own);
        }
        const together = raw.slice();
        normaliser.normalise(together, count, together);
        assert.deepEqual([...together], [...alone], `${count} rows of ${size}`);
      }
    }
  });

  it('is exactly itself after export, JSON and import', () => {
    fc.assert(
      fc.property(rows, rows, (before, after) => {
        const a = new RunningNormaliser(2);
        a.update(Float32Array.from(before.flat()), before.length);
        const b = RunningNormaliser.from(JSON.parse(JSON.stringify(a.exportState())));
        for (const normaliser of [a, b]) normaliser.update(Float32Array.from(after.flat()), after.length);
        assert.deepEqual(a.exportState(), b.exportState());
      }),
    );
  });

  it('does not change while frozen', () => {
    const normaliser = new RunningNormaliser(1);
    normaliser.freeze();
    normaliser.update(Float32Array.of(5), 1);
    assert.equal(normaliser.count, 0);
  });

  it('refuses features that are not finite, other sizes and broken statistics', () => {
    const normaliser = new RunningNormaliser(2);
    assert.throws(
      () => normaliser.update(Float32Array.of(1, 2, 3, Number.NaN), 2),
      (error) =>
        error instanceof InputError && error.message.startsWith('Feature 1 of an observation is NaN'),
    );
    assert.throws(() => normaliser.update(Float32Array.of(1), 1), InputError);
    const state = normaliser.exportState();
    assert.throws(() => normaliser.importState({ ...state, mean: [0] }), InputError);
    assert.throws(() => normaliser.importState({ ...state, variance: [1, -1] }), InputError);
    assert.throws(() => normaliser.importState({ ...state, clip: 5 }), InputError);
  });
});
