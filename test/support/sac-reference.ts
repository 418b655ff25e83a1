import type { SacEngineOptions, SacState, StateTensor, TransitionBatch } from '../../agents/sac/engine.ts';

/**
 * SAC with a variance critic written a second time, in plain double-precision loops that follow spec and paper line
 * by line, with gradients by central differences: what an engine is compared against. Nothing is shared with the
 * engines but the names of the tensors. Only for small networks.
 */

export type Weights = Record<string, Float64Array>;

/** A state in double precision. */
export function toDouble(state: SacState): Weights {
  return Object.fromEntries(Object.entries(state).map(([name, { data }]) => [name, Float64Array.from(data)]));
}

export function toState(weights: Weights, like: SacState): SacState {
  const state: Record<string, StateTensor> = {};
  for (const [name, { shape }] of Object.entries(like)) {
    state[name] = { shape, data: Float32Array.from(weights[name]) };
  }
  return state;
}

const softplus = (x: number) => (x > 0 ? x + Math.log1p(Math.exp(-x)) : Math.log1p(Math.exp(x)));
const mean = (values: readonly number[]) => values.reduce((sum, x) => sum + x, 0) / values.length;
const row = (data: Float32Array, i: number, size: number) =>
  Array.from(data.subarray(i * size, (i + 1) * size));

function forward(weights: Weights, network: string, input: readonly number[]): number[] {
  let x = [...input];
  for (let layer = 0; weights[`${network}/${layer}/kernel`] !== undefined; layer++) {
    const kernel = weights[`${network}/${layer}/kernel`];
    const bias = weights[`${network}/${layer}/bias`];
    const last = weights[`${network}/${layer + 1}/kernel`] === undefined;
    x = Array.from(bias, (b, j) => {
      const z = x.reduce((sum, value, i) => sum + value * kernel[i * bias.length + j], b);
      return last ? z : Math.max(z, 0);
    });
  }
  return x;
}

/** Action and log π of the squashed Gaussian for one observation. */
export function act(weights: Weights, observation: readonly number[], noise: readonly number[]) {
  const head = forward(weights, 'actor', observation);
  const n = head.length / 2;
  const action: number[] = [];
  let logProbability = 0;
  for (let i = 0; i < n; i++) {
    const logStd = Math.min(Math.max(head[n + i], -20), 2);
    const u = head[i] + Math.exp(logStd) * noise[i];
    action.push(Math.tanh(u));
    const density = -0.5 * noise[i] ** 2 - logStd - 0.5 * Math.log(2 * Math.PI);
    logProbability += density - 2 * (Math.LN2 - u - softplus(-2 * u));
  }
  return { action, logProbability };
}

export function critic(
  weights: Weights,
  network: string,
  observation: readonly number[],
  action: readonly number[],
) {
  const [q, raw] = forward(weights, network, [...observation, ...action]);
  return { q, variance: softplus(raw) + 1e-6 };
}

/** What is constant while critics are trained: y and the carried variance of each transition. */
export function targets(weights: Weights, batch: TransitionBatch, options: SacEngineOptions) {
  const { observationSize: n, actionSize: a, discount } = options;
  const alpha = Math.exp(weights['temperature/log'][0]);
  return Array.from({ length: batch.size }, (_, i) => {
    const next = row(batch.nextObservations, i, n);
    const { action, logProbability } = act(weights, next, row(batch.nextNoise, i, a));
    const values = ['target/0', 'target/1'].map((network) => critic(weights, network, next, action));
    const alive = 1 - batch.terminated[i];
    const bootstrap =
      Math.min(...values.map(({ q }) => q)) - (options.entropyBackup ? alpha * logProbability : 0);
    return {
      y: batch.rewards[i] + discount * alive * bootstrap,
      carried: discount ** 2 * alive * mean(values.map(({ variance }) => variance)),
    };
  });
}

/**
 * L_Q = ½ Σ_j MSE and Σ_j L_var. `frozen` are the weights whose Q_j makes δ² (the stop-gradient): the same as
 * `weights` for the loss itself, kept fixed while a difference quotient moves `weights`.
 */
export function criticLosses(
  weights: Weights,
  frozen: Weights,
  batch: TransitionBatch,
  constants: ReturnType<typeof targets>,
  limit: number,
  options: SacEngineOptions,
) {
  const { observationSize: n, actionSize: a } = options;
  let meanLoss = 0;
  let varianceLoss = 0;
  for (const network of ['critic/0', 'critic/1']) {
    for (let i = 0; i < batch.size; i++) {
      const input = [row(batch.observations, i, n), row(batch.actions, i, a)] as const;
      const { q, variance } = critic(weights, network, ...input);
      const { y, carried } = constants[i];
      meanLoss += (0.5 * (y - q) ** 2) / batch.size;
      const wanted = Math.min((y - critic(frozen, network, ...input).q) ** 2, limit) + carried;
      const loss =
        options.varianceLoss === 'qlike' ? Math.log(variance) + wanted / variance : (variance - wanted) ** 2;
      varianceLoss += loss / batch.size;
    }
  }
  return { meanLoss, varianceLoss, total: meanLoss + options.varianceWeight * varianceLoss };
}

/** L_π and the means it is made of. */
export function actorLosses(
  weights: Weights,
  batch: TransitionBatch,
  kappa: number,
  options: SacEngineOptions,
) {
  const { observationSize: n, actionSize: a } = options;
  const alpha = Math.exp(weights['temperature/log'][0]);
  const parts = Array.from({ length: batch.size }, (_, i) => {
    const observation = row(batch.observations, i, n);
    const { action, logProbability } = act(weights, observation, row(batch.noise, i, a));
    const values = ['critic/0', 'critic/1'].map((network) => critic(weights, network, observation, action));
    const q = Math.min(...values.map((value) => value.q));
    const sigma = Math.sqrt(mean(values.map(({ variance }) => variance)));
    return { logProbability, q, sigma, loss: alpha * logProbability - (q - kappa * sigma) };
  });
  return {
    total: mean(parts.map(({ loss }) => loss)),
    logProbability: mean(parts.map(({ logProbability }) => logProbability)),
    q: mean(parts.map(({ q }) => q)),
    sigma: mean(parts.map(({ sigma }) => sigma)),
  };
}

/** Central difference quotients of `loss` by every weight of the tensors under `prefixes`. */
export function differences(
  weights: Weights,
  prefixes: readonly string[],
  loss: (moved: Weights) => number,
): Weights {
  const step = 1e-6;
  const gradients: Weights = {};
  for (const name of Object.keys(weights)) {
    if (!prefixes.some((prefix) => name.startsWith(`${prefix}/`))) continue;
    const tensor = weights[name].slice();
    const moved = { ...weights, [name]: tensor };
    gradients[name] = Float64Array.from(tensor, (value, i) => {
      tensor[i] = value + step;
      const up = loss(moved);
      tensor[i] = value - step;
      const down = loss(moved);
      tensor[i] = value;
      return (up - down) / (2 * step);
    });
  }
  return gradients;
}

/** One whole update, and the gradients it took. */
export function referenceUpdate(weights: Weights, batch: TransitionBatch, options: SacEngineOptions) {
  const updates = weights.updates[0];
  const next: Weights = { ...weights, updates: Float64Array.of(updates + 1) };
  const [error, qScale, sigmaScale] = ['error', 'q', 'sigma'].map((name) => weights[`scale/${name}`][0]);
  const limit = updates === 0 ? Infinity : (options.varianceClip ** 2 * error) / (1 - 0.995 ** updates);
  const ramp = options.kappaRampUpdates === 0 ? 1 : Math.min(1, updates / options.kappaRampUpdates);
  const sharpe = sigmaScale > 0 ? qScale / sigmaScale : 0;
  const kappa = options.varianceWeight === 0 ? 0 : Math.min(Math.max(sharpe, 0), options.kappaMax * ramp);

  const constants = targets(weights, batch, options);
  const criticLoss = (moved: Weights) => criticLosses(moved, weights, batch, constants, limit, options);
  const criticGradients = differences(weights, ['critic'], (moved) => criticLoss(moved).total);
  const critics = criticLoss(weights);
  adam(weights, next, criticGradients, options);

  const withCritics = { ...weights };
  for (const name of Object.keys(criticGradients)) withCritics[name] = next[name];
  const actorLoss = (moved: Weights) => actorLosses(moved, batch, kappa, options);
  const actorGradients = differences(withCritics, ['actor'], (moved) => actorLoss(moved).total);
  const actor = actorLoss(withCritics);
  adam(weights, next, actorGradients, options);

  const logAlpha = weights['temperature/log'][0];
  const surplus = actor.logProbability + options.targetEntropy;
  adam(weights, next, { 'temperature/log': Float64Array.of(-surplus) }, options);

  for (const name of Object.keys(weights)) {
    if (!name.startsWith('target/')) continue;
    const online = next[name.replace('target/', 'critic/')];
    next[name] = weights[name].map((value, i) => (1 - options.tau) * value + options.tau * online[i]);
  }
  const scale = (name: string, past: number, value: number) => {
    next[`scale/${name}`] = Float64Array.of(0.995 * past + 0.005 * value);
  };
  scale('error', error, critics.meanLoss);
  scale('q', qScale, actor.q);
  scale('sigma', sigmaScale, options.varianceWeight === 0 ? 0 : actor.sigma);
  const metrics = {
    actorLoss: actor.total,
    criticLoss: critics.meanLoss,
    criticVarianceLoss: options.varianceWeight === 0 ? 0 : critics.varianceLoss,
    temperatureLoss: -logAlpha * surplus,
    temperature: Math.exp(next['temperature/log'][0]),
    meanQ: actor.q,
    sigma: options.varianceWeight === 0 ? 0 : actor.sigma,
    kappa,
    entropy: -actor.logProbability,
  };
  return { next, gradients: { ...criticGradients, ...actorGradients }, metrics };
}

/** Adam as PyTorch writes it: ε is added to the bias-corrected √v. */
function adam(weights: Weights, next: Weights, gradients: Weights, options: SacEngineOptions): void {
  const t = weights.updates[0] + 1;
  for (const [name, gradient] of Object.entries(gradients)) {
    const m = weights[`adam/m/${name}`].map((past, i) => 0.9 * past + 0.1 * gradient[i]);
    const v = weights[`adam/v/${name}`].map((past, i) => 0.999 * past + 0.001 * gradient[i] ** 2);
    next[`adam/m/${name}`] = m;
    next[`adam/v/${name}`] = v;
    next[name] = weights[name].map((value, i) => {
      const [mHat, vHat] = [m[i] / (1 - 0.9 ** t), v[i] / (1 - 0.999 ** t)];
      return value - (options.learningRate * mHat) / (Math.sqrt(vHat) + options.adamEpsilon);
    });
  }
}
