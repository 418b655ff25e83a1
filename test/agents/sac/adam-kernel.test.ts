import assert from 'node:assert/strict';
import {
  type AdamLayout,
  type AdamMemory,
  createAdamMemory,
  createLoopsAdamMemory,
  createSimdAdamMemory,
} from '../../../agents/sac/adam-kernel.ts';
import { type Generator, stream } from '../../../base/random.ts';
import { evaluate } from '../../../onnx/evaluate.ts';
import { buildGraph } from '../../../onnx/graph.ts';
import { adam, polyak } from '../../../onnx/optimisers.ts';
import { input } from '../../../onnx/tensor.ts';

const COUNT = 64;
const BYTES = 4 * COUNT;
const TAU = 0.005;
const [RATE, EPSILON] = [3e-4, 1e-8].map(Math.fround);
/** Sets of w, m, v and target one after the other, then the gradient, then sums. */
const [FROM, TO, GRADIENT, SUMS] = [0, 4 * BYTES, 8 * BYTES, 9 * BYTES];
const LAYOUT: AdamLayout = {
  m: BYTES,
  v: 2 * BYTES,
  target: { at: 3 * BYTES, tau: TAU },
};

const memories: [string, (bytes: number) => AdamMemory][] = [
  [
    'in SIMD',
    (bytes) => {
      const memory = createSimdAdamMemory(bytes);
      assert.ok(memory !== null, 'this Node has no WebAssembly SIMD');
      return memory;
    },
  ],
  ['in loops', createLoopsAdamMemory],
];

/** w, m, v, target and gradient. */
function randomNumbers(generator: Generator) {
  const numbers = (scale: number) =>
    Float32Array.from({ length: COUNT }, () => scale * generator.normal() * 10 ** (3 * generator.normal()));
  return {
    w: numbers(0.1),
    m: numbers(1e-3),
    v: numbers(1e-6).map(Math.abs),
    target: numbers(0.1),
    g: numbers(1e-3),
  };
}

type Numbers = ReturnType<typeof randomNumbers>;

/** Makes a step and returns the memory after it. */
function step(create: (bytes: number) => AdamMemory, layout: AdamLayout, numbers: Numbers): Float32Array {
  const memory = create(SUMS + 16);
  const floats = new Float32Array(memory.buffer);
  (['w', 'm', 'v', 'target'] as const).forEach((name, i) => {
    floats.set(numbers[name], FROM / 4 + i * COUNT);
  });
  floats.set(numbers.g, GRADIENT / 4);
  const stretch = { from: FROM, to: TO, gradient: GRADIENT, bytes: BYTES, sums: SUMS };
  memory.createKernel(layout).step(stretch, RATE, EPSILON);
  return floats;
}

function written(floats: Float32Array, index: number): Float32Array {
  return floats.slice(TO / 4 + index * COUNT, TO / 4 + (index + 1) * COUNT);
}

/** The same by the graphs of onnx/optimisers.ts. */
function byGraph(numbers: Numbers): Readonly<Record<string, Float32Array>> {
  const inputs = ['w', 'm', 'v', 'target', 'g'].map((name) => input(name, [COUNT]));
  const [weight, m, v, target, g] = inputs;
  const [rate, epsilon] = ['rate', 'epsilon'].map((name) => input(name, []));
  const next = adam({ weight, m, v }, g, { rate, epsilon });
  const graph = buildGraph('step', [...inputs, rate, epsilon], {
    w1: next.weight,
    m1: next.m,
    v1: next.v,
    target1: polyak(target, next.weight, TAU),
  });
  const values = Object.entries(numbers).map(([name, data]) => [name, { shape: [COUNT], data }] as const);
  const outputs = evaluate(graph, {
    ...Object.fromEntries(values),
    rate: { shape: [], data: Float32Array.of(RATE) },
    epsilon: { shape: [], data: Float32Array.of(EPSILON) },
  });
  return Object.fromEntries(Object.entries(outputs).map(([name, { data }]) => [name, data]));
}

describe("Adam's step in one pass", () => {
  it('is made in SIMD where there is WebAssembly', () => {
    const { name } = createAdamMemory(16 * BYTES).createKernel(LAYOUT);
    assert.equal(name, createSimdAdamMemory(1) === null ? 'loops' : 'wasm-simd');
  });

  for (const [where, create] of memories) {
    describe(where, () => {
      it('has the bits of the graphs of Adam and Polyak averaging', () => {
        const generator = stream(3, 'adam');
        for (let round = 0; round < 20; round++) {
          const numbers = randomNumbers(generator);
          const floats = step(create, LAYOUT, numbers);
          const wanted = byGraph(numbers);
          ['w1', 'm1', 'v1', 'target1'].forEach((name, i) => {
            assert.deepEqual(written(floats, i), wanted[name], `${name} in round ${round}`);
          });
          const [w, v] = [written(floats, 0), written(floats, 2)];
          const sum = w.reduce((total, x, i) => total + x + v[i], 0);
          const found = floats.subarray(SUMS / 4, SUMS / 4 + 4).reduce((total, x) => total + x, 0);
          assert.ok(Math.abs(found - sum) < 1e-4 * (1 + Math.abs(sum)));
        }
      });

      it('leaves targets alone where the layout has none', () => {
        const numbers = randomNumbers(stream(4, 'adam'));
        const floats = step(create, { m: BYTES, v: 2 * BYTES }, numbers);
        const wanted = byGraph(numbers);
        assert.deepEqual(written(floats, 0), wanted.w1);
        assert.deepEqual(written(floats, 3), new Float32Array(COUNT));
        assert.deepEqual(floats.slice(0, COUNT), numbers.w, 'what is read is not written');
      });

      it('makes moments 0 before they are denormal', () => {
        const zeros = new Float32Array(COUNT);
        const smallest = 2 ** -126;
        const decaying = zeros.map(() => smallest);
        const numbers = {
          ...randomNumbers(stream(5, 'adam')),
          m: decaying,
          v: decaying,
          g: zeros,
          g2: zeros,
        };
        const floats = step(create, LAYOUT, numbers);
        assert.deepEqual([written(floats, 1), written(floats, 2)], [zeros, zeros]);
        assert.deepEqual(written(floats, 0), numbers.w);
      });

      it('leaves sums that are not finite where a weight or a moment is not', () => {
        for (const wrong of [Number.NaN, Number.POSITIVE_INFINITY, 1e30]) {
          const numbers = randomNumbers(stream(6, 'adam'));
          numbers.g[17] = wrong;
          const sums = step(create, LAYOUT, numbers).subarray(SUMS / 4, SUMS / 4 + 4);
          assert.ok(!Number.isFinite(sums.reduce((total, x) => total + x, 0)), String(wrong));
        }
      });
    });
  }
});
