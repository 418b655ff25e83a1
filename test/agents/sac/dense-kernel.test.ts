import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  createDenseKernel,
  createLoopsKernel,
  createSimdKernel,
  type DenseKernel,
} from '../../../agents/sac/dense-kernel.ts';
import type { SacState } from '../../../agents/sac/engine.ts';
import { MlpPolicy } from '../../../agents/sac/mlp-policy.ts';
import { type Generator, stream } from '../../../base/random.ts';
import { canCompile } from '../../../base/wasm/web-assembly.ts';

type CreateKernel = (bytes: number) => DenseKernel;

const simd: CreateKernel = (bytes) => {
  const kernel = createSimdKernel(bytes);
  assert.ok(kernel !== null, 'this Node has no WebAssembly SIMD');
  return kernel;
};

/** Weights of the usual size for layers of these widths, the observation first, the head last. */
function randomActor(widths: readonly number[], generator: Generator): SacState {
  const state: Record<string, SacState[string]> = {};
  for (let i = 0; i + 1 < widths.length; i++) {
    const [inputs, outputs] = [widths[i], widths[i + 1]];
    const normal = (length: number): Float32Array =>
      Float32Array.from({ length }, () => generator.normal() / Math.sqrt(inputs));
    state[`actor/${i}/kernel`] = { shape: [inputs, outputs], data: normal(inputs * outputs) };
    state[`actor/${i}/bias`] = { shape: [outputs], data: normal(outputs) };
  }
  return state;
}

/** The head in double precision by the definition; and the sum of the magnitudes of what is added, layer by layer. */
function reference(state: SacState, observation: Float32Array): { head: number[]; scale: number } {
  let x = [...observation];
  let scale = 1;
  for (let i = 0; state[`actor/${i}/kernel`] !== undefined; i++) {
    const { shape, data } = state[`actor/${i}/kernel`];
    const bias = state[`actor/${i}/bias`].data;
    const last = state[`actor/${i + 1}/kernel`] === undefined;
    const sizes: number[] = [];
    const sums = Array.from(bias, (b, o) => {
      const terms = x.map((value, k) => value * data[k * shape[1] + o]);
      sizes.push(terms.reduce((sum, term) => sum + Math.abs(term), Math.abs(b)));
      return terms.reduce((sum, term) => sum + term, b);
    });
    scale = Math.max(scale, ...sizes);
    x = last ? sums : sums.map((sum) => Math.max(sum, 0));
  }
  return { head: x, scale };
}

function bits(array: Float32Array): Uint32Array {
  return new Uint32Array(array.slice().buffer);
}

function headOf(policy: MlpPolicy, observation: Float32Array): Float32Array {
  const n = policy.actionSize;
  const mean = new Float32Array(n);
  const logStd = new Float32Array(n);
  policy.distribution(observation, mean, logStd);
  return Float32Array.of(...mean, ...logStd);
}

const width = fc.oneof(
  fc.constantFrom(1, 2, 3, 4, 5, 17, 31, 32, 33, 64, 100),
  fc.integer({ min: 1, max: 140 }),
);
const widths = fc
  .tuple(
    fc.oneof(fc.constantFrom(1, 3, 61, 64, 512), fc.integer({ min: 1, max: 512 })),
    fc.array(width, { maxLength: 4 }),
    fc.integer({ min: 1, max: 9 }),
  )
  .map(([observation, hidden, actions]) => [observation, ...hidden, 2 * actions]);

describe('dense layers', () => {
  for (const [name, create] of [
    ['wasm-simd', simd],
    ['loops', createLoopsKernel],
  ] as const) {
    it(`${name}: layers of any width and number agree with double precision`, () => {
      fc.assert(
        fc.property(widths, fc.nat(), (sizes, seed) => {
          const generator = stream(seed, 'dense');
          const state = randomActor(sizes, generator);
          const policy = new MlpPolicy(state, null, create);
          assert.equal(policy.backend, name);
          const observation = Float32Array.from({ length: sizes[0] }, () => 3 * generator.normal());
          const { head, scale } = reference(state, observation);
          const found = headOf(policy, observation);
          for (let i = 0; i < found.length; i++) {
            const expected = i < policy.actionSize ? head[i] : Math.min(Math.max(head[i], -20), 2);
            // Products and their sums by four are rounded three times, the result once, and so in up to five layers.
            assert.ok(Math.abs(found[i] - expected) <= scale * 2 ** -20, `${found[i]} ${expected}`);
          }
        }),
        { numRuns: 60 },
      );
    });
  }

  it('SIMD and loops give the same bits, inputs of 0, −0 and of any size included', () => {
    const value = fc.oneof(
      fc.constantFrom(0, -0, 1e-45, 1e30, -1e30, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY),
      fc.float({ noNaN: true, min: -10, max: 10 }),
    );
    fc.assert(
      fc.property(
        widths,
        fc.nat(),
        fc.array(value, { minLength: 1, maxLength: 40 }),
        (sizes, seed, values) => {
          const state = randomActor(sizes, stream(seed, 'dense'));
          const observation = Float32Array.from({ length: sizes[0] }, (_, i) => values[i % values.length]);
          const [a, b] = [simd, createLoopsKernel].map((create) =>
            headOf(new MlpPolicy(state, null, create), observation),
          );
          // The bits of a NaN are nobody's business.
          assert.deepEqual(a.map(Number.isNaN as never), b.map(Number.isNaN as never));
          const number = (x: number): number => (Number.isNaN(x) ? 0 : x);
          assert.deepEqual(bits(a.map(number)), bits(b.map(number)));
        },
      ),
      { numRuns: 60 },
    );
  });

  it('an input or weight that is not a number is seen in every output behind it, through ReLU too', () => {
    const sizes = [9, 33, 17, 6];
    const observation = new Float32Array(9).fill(0.5);
    for (const create of [simd, createLoopsKernel]) {
      for (const spoiled of [
        'observation',
        'actor/0/kernel',
        'actor/1/kernel',
        'actor/0/bias',
        'actor/2/bias',
      ]) {
        const state = randomActor(sizes, stream(3, 'dense'));
        const seen = observation.slice();
        const data = spoiled === 'observation' ? seen : state[spoiled].data;
        // One weight of a hidden layer spoils one unit, whose NaN the next layer spreads to all.
        if (spoiled === 'actor/2/bias') data.fill(Number.NaN);
        else data[data.length - 1] = Number.NaN;
        const policy = new MlpPolicy(state, null, create);
        const action = new Float32Array(3);
        policy.act(seen, action);
        assert.ok(action.every(Number.isNaN), `${policy.backend} ${spoiled}`);
      }
    }
  });

  it('policies share nothing, and thousands of them can be made one after the other', () => {
    const generator = stream(4, 'dense');
    const observation = Float32Array.from({ length: 5 }, () => generator.normal());
    const states = [0, 1].map(() => randomActor([5, 7, 4], generator));
    const [first, second] = states.map((state) => new MlpPolicy(state));
    const before = headOf(first, observation);
    second.load(states[0]);
    assert.deepEqual(headOf(second, observation), before);
    second.load(states[1]);
    assert.notDeepEqual(headOf(second, observation), before);
    assert.deepEqual(headOf(first, observation), before);
    for (let i = 0; i < 3000; i++) assert.equal(new MlpPolicy(states[1]).backend, first.backend);
    assert.deepEqual(headOf(first, observation), before);
  });

  it('takes SIMD here, and loops where its instructions are unknown', () => {
    assert.equal(createDenseKernel(64).name, 'wasm-simd');
    assert.equal(createLoopsKernel(64).name, 'loops');
    assert.equal(canCompile(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0)), true);
    assert.equal(canCompile(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 10, 1)), false);
  });
});
