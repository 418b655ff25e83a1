import assert from 'node:assert/strict';
import fc from 'fast-check';
import { stream } from '../../base/random.ts';
import { describeFeature, type FeatureDistribution } from '../../env/feature-distribution.ts';
import { ObservationSample } from '../../env/observation-sample.ts';

/** Share of the values in each bin of a distribution, counted anew. */
function sharesOf({ edges }: FeatureDistribution, values: Float32Array): number[] {
  const counts = new Array<number>(edges.length + 1).fill(0);
  for (const x of values) counts[edges.filter((edge) => edge < x).length]++;
  return counts.map((count) => count / values.length);
}

describe('distribution of a feature', () => {
  it('without ties: ten bins of a tenth each, between the values', () => {
    const values = Float32Array.from({ length: 1000 }, (_, i) => (i * 7) % 1000);
    const { edges, shares, mean, deviation } = describeFeature(values);
    assert.deepEqual(edges, [99.5, 199.5, 299.5, 399.5, 499.5, 599.5, 699.5, 799.5, 899.5]);
    assert.deepEqual(shares, new Array(10).fill(0.1));
    assert.equal(mean, 499.5);
    // Of 0 … n − 1: √((n² − 1)/12).
    assert.ok(Math.abs(deviation - Math.sqrt((1e6 - 1) / 12)) < 1e-9);
  });

  it('an order that is there or not: a bin each, and empty ones for what never was', () => {
    const values = Float32Array.from({ length: 500 }, (_, i) => (i % 5 === 0 ? 0 : 1));
    const { edges, shares } = describeFeature(values);
    assert.deepEqual(edges, [-1e-6, 0.5, 1 + 1e-6]);
    assert.deepEqual(shares, [0, 0.2, 0.8, 0]);
  });

  it('a constant: below, equal, above', () => {
    const { edges, shares, deviation } = describeFeature(new Float32Array(50).fill(0.1));
    assert.equal(deviation, 0);
    assert.deepEqual(shares, [0, 1, 0]);
    assert.ok(edges[0] < Math.fround(0.1) && Math.fround(0.1) < edges[1]);
    assert.ok(edges[1] - edges[0] < 1e-5);
  });

  it('a count that is mostly 0: 0 by itself, the rest by tenths', () => {
    const values = Float32Array.from({ length: 1000 }, (_, i) => (i < 600 ? 0 : i));
    const { shares } = describeFeature(values);
    assert.deepEqual(shares, [0, 0.6, 0.1, 0.1, 0.1, 0.1]);
  });

  it('a constant but for a few values: they are not swallowed, on either side', () => {
    const values = new Float32Array(1000).fill(20);
    values[0] = 0;
    values[999] = 50;
    const { edges, shares } = describeFeature(values);
    assert.deepEqual(edges, [10, 35]);
    assert.deepEqual(shares, [0.001, 0.998, 0.001]);
    values[999] = 20;
    assert.deepEqual(describeFeature(values).shares, [0.001, 0.999, 0]);
  });

  it('values in a row that are alike are worth fewer; independent ones their number', () => {
    const random = stream(1, 'independent');
    const independent = describeFeature(Float32Array.from({ length: 10_000 }, () => random.normal()));
    assert.ok(independent.effective > 6000, `${independent.effective}`);
    // Each repeated a hundred times is worth one.
    const draws = Array.from({ length: 100 }, () => random.normal());
    const alike = describeFeature(
      Float32Array.from({ length: 10_000 }, (_, i) => draws[Math.floor(i / 100)]),
    );
    assert.ok(alike.effective > 60 && alike.effective < 160, `${alike.effective}`);
  });

  it('shares are what the bins hold, edges rise, whatever the values', () => {
    const value = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.float({ noNaN: true, min: -50, max: 50 }));
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 400 }), (list) => {
        const values = Float32Array.from(list);
        const distribution = describeFeature(values);
        const { edges, shares, count, effective } = distribution;
        for (let i = 1; i < edges.length; i++) assert.ok(edges[i - 1] < edges[i]);
        const counted = sharesOf(distribution, values);
        assert.equal(shares.length, counted.length);
        for (const [i, share] of shares.entries()) assert.ok(Math.abs(share - counted[i]) < 1e-9);
        assert.equal(count, values.length);
        assert.ok(effective >= 1 && effective <= count);
      }),
    );
  });
});

describe('sample of observations', () => {
  it('is evenly spaced over all that came, in bounded memory', () => {
    const sample = new ObservationSample(2, 8);
    for (let i = 0; i < 1000; i++) {
      sample.observe(Float32Array.of(i, -i));
      assert.ok(sample.count <= 8);
    }
    // Every 128th of 1000 is what fits into eight.
    const { mean, count } = sample.describe(0) ?? assert.fail();
    assert.equal(count, 8);
    assert.equal(mean, (128 * (0 + 7)) / 2);
    assert.equal(sample.describe(1)?.mean, -mean);
  });

  it('says nothing of nothing', () => {
    assert.equal(new ObservationSample(1).describe(0), undefined);
  });
});
