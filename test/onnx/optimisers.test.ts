import assert from 'node:assert/strict';
import { stream } from '../../base/random.ts';
import { differentiate } from '../../onnx/differentiate.ts';
import { evaluate, evaluateInDouble, type Value } from '../../onnx/evaluate.ts';
import { buildGraph } from '../../onnx/graph.ts';
import { add, matMul, reduceMean, square, sub, tanh } from '../../onnx/operators.ts';
import { optimise } from '../../onnx/optimise.ts';
import { ADAM_SEED, adam, adamScalars, polyak } from '../../onnx/optimisers.ts';
import { input, type Tensor } from '../../onnx/tensor.ts';

const vector = (...data: number[]) => ({ shape: [data.length], data: Float64Array.from(data) });
const number = (value: number) => ({ shape: [], data: Float64Array.of(value) });

describe('optimisers as graphs', () => {
  it('Adam takes the steps of the paper', () => {
    const [weight, m, v, gradient] = ['w', 'm', 'v', 'g'].map((name) => input(name, [3]));
    const [rate, epsilon] = ['rate', 'epsilon'].map((name) => input(name, []));
    const next = adam({ weight, m, v }, gradient, { rate, epsilon });
    const graph = buildGraph('adam', [weight, m, v, gradient, rate, epsilon], {
      w1: next.weight,
      m1: next.m,
      v1: next.v,
    });
    let state = { w: vector(1, -2, 0.5), m: vector(0, 0, 0), v: vector(0, 0, 0) };
    const paper = { w: [1, -2, 0.5], m: [0, 0, 0], v: [0, 0, 0] };
    for (let t = 1; t <= 20; t++) {
      const g = [Math.sin(t), 1e-9 * t, -3];
      const step = adamScalars(t, 0.01, 1e-8);
      const { w1, m1, v1 } = evaluateInDouble(graph, {
        ...state,
        g: vector(...g.map((x) => x * ADAM_SEED)),
        rate: number(step.rate),
        epsilon: number(step.epsilon),
      });
      state = { w: vector(...w1.data), m: vector(...m1.data), v: vector(...v1.data) };
      g.forEach((x, i) => {
        paper.m[i] = 0.9 * paper.m[i] + 0.1 * x;
        paper.v[i] = 0.999 * paper.v[i] + 0.001 * x * x;
        const [mHat, vHat] = [paper.m[i] / (1 - 0.9 ** t), paper.v[i] / (1 - 0.999 ** t)];
        paper.w[i] -= (0.01 * mHat) / (Math.sqrt(vHat) + 1e-8);
      });
      for (const [found, wanted] of [
        [state.w, paper.w],
        [state.m, paper.m],
        [state.v, paper.v],
      ] as const) {
        // The graph's constants are float32.
        wanted.forEach((x, i) => {
          assert.ok(Math.abs(found.data[i] - x) < 1e-6 * Math.max(1e-3, Math.abs(x)) + 1e-12, `${t}: ${x}`);
        });
      }
    }
  });

  it('Polyak averaging goes τ of the way', () => {
    const [target, online] = [input('t', [2]), input('o', [2])];
    const graph = buildGraph('polyak', [target, online], { next: polyak(target, online, 0.25) });
    const { next } = evaluateInDouble(graph, { t: vector(0, 8), o: vector(4, 8) });
    assert.deepEqual([...next.data], [1, 8]);
  });

  it('a network written in six lines learns a curve', () => {
    const shapes: Record<string, number[]> = { k1: [1, 16], b1: [1, 16], k2: [16, 1], b2: [1, 1] };
    const [x, y] = [input('x', [32, 1]), input('y', [32, 1])];
    const [rate, epsilon] = [input('rate', []), input('epsilon', [])];
    const weights = Object.entries(shapes).map(([name, shape]) => ({
      weight: input(name, shape),
      m: input(`m/${name}`, shape),
      v: input(`v/${name}`, shape),
    }));
    const [k1, b1, k2, b2] = weights.map(({ weight }) => weight);
    const error = sub(add(matMul(tanh(add(matMul(x, k1), b1)), k2), b2), y);
    const loss = reduceMean(square(error), [0, 1]);
    const gradients = differentiate(loss, [k1, b1, k2, b2], ADAM_SEED);
    const outputs: Record<string, Tensor> = { loss };
    Object.keys(shapes).forEach((name, i) => {
      const next = adam(weights[i], gradients[i] as Tensor, { rate, epsilon });
      Object.assign(outputs, {
        [`${name}/n`]: next.weight,
        [`m/${name}/n`]: next.m,
        [`v/${name}/n`]: next.v,
      });
    });
    const state = weights.flatMap(({ weight, m, v }) => [weight, m, v]);
    const graph = buildGraph('curve', [x, y, rate, epsilon, ...state], optimise(outputs));

    const generator = stream(1, 'curve');
    const values: Record<string, Value> = {};
    for (const [name, shape] of Object.entries(shapes)) {
      const size = shape[0] * shape[1];
      values[name] = { shape, data: Float32Array.from({ length: size }, () => generator.normal()) };
      values[`m/${name}`] = { shape, data: new Float32Array(size) };
      values[`v/${name}`] = { shape, data: new Float32Array(size) };
    }
    const column = (f: (i: number) => number) => ({
      shape: [32, 1],
      data: Float32Array.from({ length: 32 }, (_, i) => f(i)),
    });
    const at = (i: number) => -2 + i / 8;
    let last = 1;
    for (let t = 1; t <= 400; t++) {
      const step = adamScalars(t, 0.02, 1e-8);
      const results = evaluate(graph, {
        ...values,
        x: column(at),
        y: column((i) => Math.sin(2 * at(i))),
        rate: { shape: [], data: Float32Array.of(step.rate) },
        epsilon: { shape: [], data: Float32Array.of(step.epsilon) },
      });
      last = results.loss.data[0];
      for (const name of Object.keys(values)) values[name] = results[`${name}/n`];
    }
    assert.ok(last < 1e-3, `mean squared error ${last}`);
  });
});
