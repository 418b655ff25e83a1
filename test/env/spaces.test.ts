import assert from 'node:assert/strict';
import fc from 'fast-check';
import { InputError } from '../../base/errors.ts';
import { stream } from '../../base/random.ts';
import { box, discrete } from '../../env/spaces.ts';

describe('Box', () => {
  it('contains what it samples, whatever its bounds', () => {
    const bound = fc.float({ noNaN: true, noDefaultInfinity: true, min: -1e6, max: 1e6 });
    fc.assert(
      fc.property(bound, bound, fc.boolean(), fc.boolean(), fc.nat(), (a, b, openLow, openHigh, seed) => {
        const space = box(openLow ? -Infinity : Math.min(a, b), openHigh ? Infinity : Math.max(a, b), [4]);
        assert.equal(space.explain(space.sample(stream(seed, 'test'))), null);
      }),
    );
  });

  it('samples the same elements from the same seed', () => {
    const space = box(-1, 1, [8]);
    assert.deepEqual(space.sample(stream(3, 'a')), space.sample(stream(3, 'a')));
    assert.notDeepEqual(space.sample(stream(3, 'a')), space.sample(stream(4, 'a')));
  });

  it('says why a value is no element', () => {
    const space = box([-1, 0], [1, 2], [2]);
    assert.equal(space.explain(Float32Array.of(0, 3)), '3 at index 1, above 2');
    assert.equal(space.explain(Float32Array.of(-2, 0)), '-2 at index 0, below -1');
    assert.equal(space.explain(Float32Array.of(Number.NaN, 0)), 'NaN at index 0');
    assert.equal(space.explain(Float32Array.of(0)), 'a Float32Array of length 1');
    assert.equal(space.explain([0, 0]), 'a plain array of length 2');
    assert.equal(space.explain(Float64Array.of(0, 0)), 'a Float64Array of length 2');
    assert.equal(space.explain(null), 'null');
    assert.equal(String(space), 'Box([-1, 0], [1, 2], [2], float32)');
  });

  it('refuses bounds that no number meets', () => {
    assert.throws(() => box(1, -1, [2]), InputError);
    assert.throws(() => box(Number.NaN, 1, [2]), InputError);
    assert.throws(() => box([0, 0, 0], 1, [2]), InputError);
    assert.throws(() => box(0, 1, [0]), InputError);
  });
});

describe('Discrete', () => {
  it('samples each of its numbers and nothing else', () => {
    const space = discrete(3, -1);
    const generator = stream(1, 'test');
    const seen = new Set(Array.from({ length: 100 }, () => space.sample(generator)));
    assert.deepEqual([...seen].sort(), [-1, 0, 1]);
    assert.ok([...seen].every((x) => space.contains(x)));
  });

  it('says why a value is no element', () => {
    const space = discrete(2);
    assert.equal(space.explain(2), '2, outside 0 to 1');
    assert.equal(space.explain(0.5), '0.5, which is no whole number');
    assert.equal(space.explain('1'), 'the string 1');
  });
});
