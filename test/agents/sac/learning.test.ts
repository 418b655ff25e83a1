import assert from 'node:assert/strict';
import type { SacEngineOptions, TransitionBatch } from '../../../agents/sac/engine.ts';
import { createTfjsEngine } from '../../../agents/sac/tfjs-engine.ts';
import { stream } from '../../../base/random.ts';
import { bestPointAction, PointEnv } from '../../support/point-env.ts';
import { sacOptions } from '../../support/sac-options.ts';
import { critic, toDouble } from '../../support/sac-reference.ts';

/**
 * A corridor of states. In state i the reward is N(mean_i, deviation_i²), then with probability ADVANCE the walk moves
 * on, else it stays; leaving the last state ends it. Actions do nothing.
 */
const MEAN = [1, -0.5, 2, 0.5];
const DEVIATION = [0.5, 1, 0.7, 1.5];
const ADVANCE = 0.7;
const DISCOUNT = 0.8;

/** Mean and variance of the discounted return from each state, from the last one back. */
function analytic(): { mean: number[]; variance: number[] } {
  const mean = [0, 0, 0, 0, 0];
  const variance = [0, 0, 0, 0, 0];
  const stay = 1 - ADVANCE;
  for (let i = 3; i >= 0; i--) {
    mean[i] = (MEAN[i] + DISCOUNT * ADVANCE * mean[i + 1]) / (1 - DISCOUNT * stay);
    // Var G = Var r + γ²·(E[Var G′] + Var(E[G′])).
    const spread = ADVANCE * stay * (mean[i + 1] - mean[i]) ** 2;
    const known = DEVIATION[i] ** 2 + DISCOUNT ** 2 * (spread + ADVANCE * variance[i + 1]);
    variance[i] = known / (1 - DISCOUNT ** 2 * stay);
  }
  return { mean: mean.slice(0, 4), variance: variance.slice(0, 4) };
}

function corridorBatch(options: SacEngineOptions, generator: ReturnType<typeof stream>): TransitionBatch {
  const { batchSize: size } = options;
  const batch = {
    size,
    observations: new Float32Array(4 * size),
    actions: Float32Array.from({ length: size }, () => 2 * generator.uniform() - 1),
    rewards: new Float32Array(size),
    nextObservations: new Float32Array(4 * size),
    terminated: new Float32Array(size),
    noise: Float32Array.from({ length: size }, () => generator.normal()),
    nextNoise: Float32Array.from({ length: size }, () => generator.normal()),
  };
  for (let i = 0; i < size; i++) {
    const state = generator.integer(4);
    const next = generator.uniform() < ADVANCE ? state + 1 : state;
    batch.observations[4 * i + state] = 1;
    batch.rewards[i] = MEAN[state] + DEVIATION[state] * generator.normal();
    if (next === 4) batch.terminated[i] = 1;
    else batch.nextObservations[4 * i + next] = 1;
  }
  return batch;
}

describe('learning with SAC', () => {
  it('the return of the corridor has the analytic mean and variance (Monte-Carlo)', () => {
    const { mean, variance } = analytic();
    const generator = stream(3, 'monte-carlo');
    for (let start = 0; start < 4; start++) {
      const count = 100_000;
      let sum = 0;
      let squares = 0;
      for (let path = 0; path < count; path++) {
        let total = 0;
        let factor = 1;
        for (let state = start; state < 4; factor *= DISCOUNT) {
          total += factor * (MEAN[state] + DEVIATION[state] * generator.normal());
          if (generator.uniform() < ADVANCE) state++;
        }
        sum += total;
        squares += total * total;
      }
      const error = Math.sqrt(variance[start] / count);
      assert.ok(Math.abs(sum / count - mean[start]) < 4 * error, `mean from ${start}`);
      assert.ok(
        Math.abs((squares / count - (sum / count) ** 2) / variance[start] - 1) < 0.03,
        `variance from ${start}`,
      );
    }
  });

  it('critics find mean and deviation of the return in the corridor', async () => {
    const options = sacOptions({
      observationSize: 4,
      actionSize: 1,
      hidden: [32],
      batchSize: 256,
      learningRate: 2e-3,
      tau: 0.02,
      discount: DISCOUNT,
      varianceWeight: 1,
    });
    const engine = await createTfjsEngine(options, 'wasm');
    const generator = stream(4, 'corridor');
    for (let i = 0; i < 1600; i++) await engine.update(corridorBatch(options, generator));
    // The targets are the critics averaged over the last updates.
    const weights = toDouble(engine.exportState());
    const { mean, variance } = analytic();
    for (let state = 0; state < 4; state++) {
      const observation = [0, 1, 2, 3].map((i) => (i === state ? 1 : 0));
      for (const action of [-0.5, 0.5]) {
        const values = ['target/0', 'target/1'].map((name) => critic(weights, name, observation, [action]));
        const q = (values[0].q + values[1].q) / 2;
        const sigma = Math.sqrt((values[0].variance + values[1].variance) / 2);
        assert.ok(Math.abs(q - mean[state]) < 0.1, `Q in ${state}: ${q}, ${mean[state]}`);
        const ratio = sigma / Math.sqrt(variance[state]);
        assert.ok(Math.abs(ratio - 1) < 0.04, `σ in ${state}: ${sigma}, ${Math.sqrt(variance[state])}`);
      }
    }
    engine.dispose();
  });

  it('keeps a point at the origin nearly as well as the best policy', async () => {
    const score = await trainOnPoint();
    // Best −1.76, doing nothing −67.9 (test/support/point-env.ts).
    assert.ok(score > -2.5, `mean return ${score}`);
  });
});

async function trainOnPoint(): Promise<number> {
  const options = sacOptions({
    observationSize: 1,
    actionSize: 1,
    hidden: [32, 32],
    batchSize: 64,
    learningRate: 3e-3,
    tau: 0.02,
    discount: 0.9,
    targetEntropy: -1,
    initialTemperature: 0.2,
    kappaMax: 0,
  });
  const engine = await createTfjsEngine(options, 'wasm');
  const env = new PointEnv(1);
  const noise = stream(6, 'noise');
  const sample = stream(6, 'sample');
  const memory: { x: number; action: number; reward: number; next: number }[] = [];
  const action = new Float32Array(1);
  let { observation } = env.reset({ seed: 1 });
  for (let step = 0; step < 1100; step++) {
    if (step < 200) action[0] = 2 * noise.uniform() - 1;
    else await engine.act(observation, 1, Float32Array.of(noise.normal()), action);
    const { observation: next, reward, truncated } = env.step(action);
    memory.push({ x: observation[0], action: action[0], reward, next: next[0] });
    observation = truncated ? env.reset().observation : next;
    if (step < 200) continue;
    const drawn = Array.from({ length: 64 }, () => memory[sample.integer(memory.length)]);
    const normal = () => Float32Array.from({ length: 64 }, () => noise.normal());
    await engine.update({
      size: 64,
      observations: Float32Array.from(drawn, ({ x }) => x),
      actions: Float32Array.from(drawn, (transition) => transition.action),
      rewards: Float32Array.from(drawn, (transition) => transition.reward),
      nextObservations: Float32Array.from(drawn, (transition) => transition.next),
      terminated: new Float32Array(64),
      noise: normal(),
      nextNoise: normal(),
    });
  }
  let total = 0;
  let best = 0;
  for (let episode = 0; episode < 50; episode++) {
    total += await playPoint(episode, async (seen) => {
      await engine.act(seen, 1, null, action);
      return action[0];
    });
    best += await playPoint(episode, async (seen) => bestPointAction(seen[0]));
  }
  assert.ok(total <= best, 'nothing beats the best policy');
  engine.dispose();
  return total / 50;
}

async function playPoint(seed: number, policy: (x: Float32Array) => Promise<number>): Promise<number> {
  const env = new PointEnv();
  let { observation } = env.reset({ seed: 1000 + seed });
  let total = 0;
  for (;;) {
    const result = env.step(Float32Array.of(await policy(observation)));
    total += result.reward;
    observation = result.observation;
    if (result.truncated) return total;
  }
}
