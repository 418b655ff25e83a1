import assert from 'node:assert/strict';
import { stream } from '../../base/random.ts';
import { PairMoments, RelevanceTest } from '../../market/relevance.ts';
import { incompleteBeta, studentTail } from '../../market/student.ts';

const close = (actual: number | null, expected: number, tolerance: number) =>
  assert.ok(actual !== null && Math.abs(actual - expected) <= tolerance, `${actual} is not ${expected}`);

describe('Relevance test', () => {
  it('knows the 5 % points of the t distribution (printed tables) and its closed forms', () => {
    for (const [degrees, t] of [
      [1, 12.7062047364],
      [2, 4.30265272991],
      [10, 2.22813885196],
      [30, 2.0422724563],
      [120, 1.97993040505],
    ]) {
      close(studentTail(t, degrees), 0.05, 1e-10);
    }
    close(studentTail(1, 1), 0.5, 1e-14);
    close(studentTail(3, 2), 1 - 3 / Math.sqrt(11), 1e-14);
    close(studentTail(1.959963984540054, 1e7), 0.05, 1e-7);
    close(incompleteBeta(0.3, 2, 3), 0.3483, 1e-12);
    assert.equal(studentTail(Number.POSITIVE_INFINITY, 5), 0);
  });

  it('gives the figures of Anscombe (1973) for his first data set', () => {
    const x = [10, 8, 13, 9, 11, 14, 6, 4, 12, 7, 5];
    const y = [8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68];
    const moments = new PairMoments();
    x.forEach((value, i) => {
      moments.observe(value, y[i]);
    });
    close(moments.correlation, 0.81642, 1e-5);
    close(moments.regression.slope, 0.50009, 1e-5);
    close(moments.regression.r2, 0.66654, 1e-5);
    close(moments.pValue, 0.00217, 1e-5);
  });

  it('finds a signal that tells the move, and gives noise a p-value that is uniform', () => {
    const random = stream(1, 'relevance');
    const real = new RelevanceTest('real', 1);
    let below = 0;
    for (let trial = 0; trial < 400; trial++) {
      const noise = new RelevanceTest('noise', 1);
      for (let i = 0; i < 50; i++) {
        const move = random.normal();
        noise.observe(random.normal(), move);
        real.observe(0.2 * move + random.normal(), move);
      }
      if ((noise.result().pValue ?? 1) < 0.1) below++;
    }
    assert.ok(Math.abs(below / 400 - 0.1) < 0.045, `${below} of 400 below 0.1`);
    const result = real.result();
    close(result.correlation, 0.2 / Math.sqrt(1.04), 0.02);
    assert.ok((result.pValue ?? 1) < 1e-6 && (result.hitRatio ?? 0) > 0.54);
  });

  it('counts hits among the samples where signal and move both have a sign', () => {
    const test = new RelevanceTest('signal', 2);
    for (const [signal, move] of [
      [1, 2],
      [1, -1],
      [0, 1],
      [3, 0],
      [-1, -2],
    ])
      test.observe(signal, move);
    const { hitRatio, n, signed } = test.result();
    assert.deepEqual({ hitRatio, n, signed }, { hitRatio: 2 / 3, n: 5, signed: 3 });
  });

  it('says null, not NaN, where the sample cannot tell', () => {
    const test = new RelevanceTest('signal', 1);
    const empty = { correlation: null, pValue: null, hitRatio: null };
    assert.deepEqual({ ...test.result(), ...empty }, test.result());
    for (let i = 0; i < 10; i++) test.observe(1, 0);
    assert.deepEqual({ ...test.result(), ...empty }, test.result());
  });
});
