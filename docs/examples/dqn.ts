/**
 * Another algorithm on `onnx/`: Deep Q-learning (Mnih et al. 2015, "Human-level control through deep reinforcement
 * learning") with Polyak-averaged targets, on a corridor whose optimal values are known. One update is one graph, as
 * SAC's is; the gradient is derived from the loss. `npx tsx docs/examples/dqn.ts` prints what was learnt beside it.
 */
import { pathToFileURL } from 'node:url';
import { type Generator, stream } from '../../base/random.ts';
import { differentiate } from '../../onnx/differentiate.ts';
import { evaluate, type Value } from '../../onnx/evaluate.ts';
import { buildGraph, type Graph } from '../../onnx/graph.ts';
import * as op from '../../onnx/operators.ts';
import { optimise } from '../../onnx/optimise.ts';
import { ADAM_SEED, adam, adamScalars, polyak } from '../../onnx/optimisers.ts';
import { encodeModel } from '../../onnx/protobuf.ts';
import { openSession } from '../../onnx/session.ts';
import { input, type Tensor } from '../../onnx/tensor.ts';

/** Cells of the corridor: action 0 goes left, 1 goes right; leaving it on the right pays 1 and ends the episode. */
export const CELLS = 5;
const ACTIONS = 2;
export const DISCOUNT = 0.9;
const HIDDEN = 24;
const BATCH = 32;
const TAU = 0.05;
const SHAPES = { k1: [CELLS, HIDDEN], b1: [1, HIDDEN], k2: [HIDDEN, ACTIONS], b2: [1, ACTIONS] } as const;
const NAMES = Object.keys(SHAPES) as (keyof typeof SHAPES)[];

/** Q*(cell, action) of the corridor: γ to the number of steps that are still needed after this one. */
export function optimalValue(cell: number, action: number): number {
  const next = action === 1 ? cell + 1 : Math.max(0, cell - 1);
  return next === CELLS ? 1 : DISCOUNT ** (CELLS - next);
}

type Weights = readonly Tensor[];

function qValues(x: Tensor, [k1, b1, k2, b2]: Weights): Tensor {
  return op.add(op.matMul(op.relu(op.add(op.matMul(x, k1), b1)), k2), b2);
}

/** One update: y = r + γ(1 − terminated)·max_a Q̄(s′, a); L = mean (y − Q(s, a))²; Adam; Polyak. */
export function dqnUpdate(): Graph {
  const [s, next] = ['s', 'next'].map((name) => input(name, [BATCH, CELLS]));
  const taken = input('taken', [BATCH, ACTIONS]);
  const [reward, terminated] = ['reward', 'terminated'].map((name) => input(name, [BATCH, 1]));
  const [rate, epsilon] = ['rate', 'epsilon'].map((name) => input(name, []));
  const named = (prefix: string) => NAMES.map((name) => input(prefix + name, SHAPES[name]));
  const [weights, targets, m, v] = ['', 'target/', 'm/', 'v/'].map(named);

  const ofTarget = qValues(next, targets);
  const best = op.max(op.slice(ofTarget, 1, 0, 1), op.slice(ofTarget, 1, 1, 2));
  const y = op.add(reward, op.mul(op.mul(op.sub(1, terminated), DISCOUNT), best));
  const q = op.reduceSum(op.mul(qValues(s, weights), taken), [1]);
  const loss = op.reduceMean(op.square(op.sub(op.stopGradient(y), q)), [0, 1]);

  const outputs: Record<string, Tensor> = { loss };
  differentiate(loss, weights, ADAM_SEED).forEach((gradient, i) => {
    const step = adam({ weight: weights[i], m: m[i], v: v[i] }, gradient as Tensor, { rate, epsilon });
    outputs[`${NAMES[i]}/next`] = step.weight;
    outputs[`m/${NAMES[i]}/next`] = step.m;
    outputs[`v/${NAMES[i]}/next`] = step.v;
    outputs[`target/${NAMES[i]}/next`] = polyak(targets[i], step.weight, TAU);
  });
  const inputs = [s, next, taken, reward, terminated, rate, epsilon, ...weights, ...targets, ...m, ...v];
  return buildGraph('dqn', inputs, optimise(outputs));
}

/** Transitions of random moves from random cells: Q-learning is off-policy. */
function randomBatch(generator: Generator): Record<string, Value> {
  const zeros = (columns: number) => ({
    shape: [BATCH, columns],
    data: new Float32Array(BATCH * columns),
  });
  const [s, next, taken, reward, terminated] = [CELLS, CELLS, ACTIONS, 1, 1].map(zeros);
  for (let i = 0; i < BATCH; i++) {
    const cell = Math.floor(CELLS * generator.uniform());
    const action = Math.floor(ACTIONS * generator.uniform());
    const to = action === 1 ? cell + 1 : Math.max(0, cell - 1);
    s.data[i * CELLS + cell] = 1;
    taken.data[i * ACTIONS + action] = 1;
    if (to === CELLS) reward.data[i] = terminated.data[i] = 1;
    else next.data[i * CELLS + to] = 1;
  }
  return { s, next, taken, reward, terminated };
}

/** Trains and returns Q(cell, action), on ONNX Runtime or, where that is not installed, the plain evaluator. */
export async function learn(updates: number, seed: number): Promise<readonly (readonly number[])[]> {
  const generator = stream(seed, 'dqn');
  let state: Record<string, Value> = {};
  for (const name of NAMES) {
    const shape = SHAPES[name];
    const size = shape[0] * shape[1];
    const bound = 1 / Math.sqrt(shape[0]);
    const data = Float32Array.from({ length: size }, () => bound * (2 * generator.uniform() - 1));
    state[name] = state[`target/${name}`] = { shape, data };
    state[`m/${name}`] = state[`v/${name}`] = { shape, data: new Float32Array(size) };
  }
  const graph = dqnUpdate();
  const session = await openSession(encodeModel(graph, { producer: 'example', producerVersion: '' }));
  for (let t = 1; t <= updates; t++) {
    const { rate, epsilon } = adamScalars(t, 5e-3, 1e-8);
    const number = (value: number) => ({ shape: [], data: Float32Array.of(value) });
    const feeds = { ...state, ...randomBatch(generator), rate: number(rate), epsilon: number(epsilon) };
    const results = session === null ? evaluate(graph, feeds) : await session.run(feeds);
    state = Object.fromEntries(Object.keys(state).map((name) => [name, results[`${name}/next`]]));
  }
  await session?.release();
  const cells = Float32Array.from({ length: CELLS * CELLS }, (_, i) => (i % (CELLS + 1) === 0 ? 1 : 0));
  const x = input('x', [CELLS, CELLS]);
  const weights = NAMES.map((name) => input(name, SHAPES[name]));
  const table = buildGraph('q', [x, ...weights], { q: qValues(x, weights) });
  const own = Object.fromEntries(NAMES.map((name) => [name, state[name]]));
  const { q } = evaluate(table, { ...own, x: { shape: [CELLS, CELLS], data: cells } });
  return Array.from({ length: CELLS }, (_, i) => [...q.data.slice(ACTIONS * i, ACTIONS * (i + 1))]);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const q = await learn(1000, 1);
  q.forEach((values, cell) => {
    const exact = values.map((_, action) => optimalValue(cell, action).toFixed(3));
    const learnt = values.map((value) => value.toFixed(3));
    console.log(`cell ${cell}: Q(left), Q(right) = ${learnt.join(', ')}; exactly ${exact.join(', ')}`);
  });
}
