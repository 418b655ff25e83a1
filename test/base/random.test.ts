import assert from 'node:assert/strict';
import { Generator, stream } from '../../base/random.ts';

describe('random streams', () => {
  it('follow xoshiro128** from a known state', () => {
    // First outputs of the published C reference for the state {1, 2, 3, 4}.
    const generator = new Generator([1, 2, 3, 4]);
    assert.deepEqual([generator.uint32(), generator.uint32(), generator.uint32()], [11520, 0, 5927040]);
  });

  it('repeat for a seed and a name, and differ for another of either', () => {
    const draw = (seed: number, name: string) => stream(seed, name).uint32();
    assert.equal(draw(7, 'env/3'), draw(7, 'env/3'));
    assert.notEqual(draw(7, 'env/3'), draw(7, 'env/4'));
    assert.notEqual(draw(7, 'env/3'), draw(8, 'env/3'));
  });

  it('continue exactly from a saved state, the second of a pair of normals included', () => {
    const generator = stream(1, 'noise');
    generator.normal();
    const copy = new Generator(generator.getState());
    for (let i = 0; i < 5; i++) assert.equal(copy.normal(), generator.normal());
  });

  it('fill arrays with the normals that calls one by one give, whatever was drawn before', () => {
    const [one, many] = [stream(2, 'noise'), stream(2, 'noise')];
    for (const length of [0, 1, 2, 5, 0, 4, 1, 301]) {
      const filled = new Float64Array(length).map(() => one.normal());
      const out = new Float32Array(length);
      many.fillNormals(out);
      assert.deepEqual(out, Float32Array.from(filled));
      assert.deepEqual(many.getState(), one.getState());
    }
  });

  it('give standard normals', () => {
    const generator = stream(1, 'normal');
    let sum = 0;
    let squares = 0;
    let fourth = 0;
    const n = 100_000;
    for (let i = 0; i < n; i++) {
      const x = generator.normal();
      sum += x;
      squares += x * x;
      fourth += x ** 4;
    }
    // Four standard errors each: 1/√n, √(2/n), √(96/n).
    assert.ok(Math.abs(sum / n) < 4 / Math.sqrt(n));
    assert.ok(Math.abs(squares / n - 1) < 4 * Math.sqrt(2 / n));
    assert.ok(Math.abs(fourth / n - 3) < 4 * Math.sqrt(96 / n));
  });
});
