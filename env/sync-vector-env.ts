import { InputError } from '../base/errors.ts';
import type { Env, Info, VectorEnv, VectorStep } from './env.ts';
import type { Box } from './spaces.ts';
import { requireBox } from './wrappers/require-box.ts';

/**
 * Several independent environments stepped one after the other in this thread. Autoreset is `next-step` (env.ts): the
 * step after an env's end ignores its action, resets it, and returns the new episode's first observation with
 * reward 0. Arrays in results are reused by the next call; infos are not.
 */
export class SyncVectorEnv implements VectorEnv {
  readonly envs: readonly Env[];
  readonly count: number;
  readonly singleObservationSpace: Box;
  readonly singleActionSpace: Box;
  readonly #observations: Float32Array;
  readonly #rewards: Float64Array;
  readonly #terminated: Uint8Array;
  readonly #truncated: Uint8Array;

  constructor(factories: readonly (() => Env)[]) {
    if (factories.length === 0) throw unusable('no environments', 'at least one');
    this.envs = factories.map((factory) => factory());
    const [first] = this.envs;
    this.count = this.envs.length;
    this.singleObservationSpace = requireBox(first.observationSpace, 'SyncVectorEnv', 'observation space');
    this.singleActionSpace = requireBox(first.actionSpace, 'SyncVectorEnv', 'action space');
    for (const env of this.envs) {
      const spaces = `${env.observationSpace} and ${env.actionSpace}`;
      const expected = `${first.observationSpace} and ${first.actionSpace}`;
      if (spaces !== expected) throw unusable(`an environment with ${spaces}`, `${expected}, as the first`);
    }
    this.#observations = new Float32Array(this.count * this.singleObservationSpace.size);
    this.#rewards = new Float64Array(this.count);
    this.#terminated = new Uint8Array(this.count);
    this.#truncated = new Uint8Array(this.count);
  }

  reset(seeds?: readonly number[]): {
    readonly observations: Float32Array;
    readonly infos: readonly Info[];
  } {
    if (seeds !== undefined && seeds.length !== this.count) {
      throw unusable(`${seeds.length} seeds`, `${this.count}, one for each environment`);
    }
    this.#terminated.fill(0);
    this.#truncated.fill(0);
    const infos = this.envs.map((_, i) => this.#reset(i, seeds?.[i]));
    return { observations: this.#observations, infos };
  }

  step(actions: Float32Array): VectorStep {
    const { size } = this.singleActionSpace;
    if (actions.length !== this.count * size) {
      throw unusable(`${actions.length} action components`, `${this.count} × ${size}`);
    }
    const infos = this.envs.map((env, i) => {
      if (this.#terminated[i] === 1 || this.#truncated[i] === 1) {
        this.#terminated[i] = 0;
        this.#truncated[i] = 0;
        this.#rewards[i] = 0;
        return this.#reset(i);
      }
      const result = env.step(actions.slice(i * size, (i + 1) * size));
      this.#observations.set(result.observation, i * this.singleObservationSpace.size);
      this.#rewards[i] = result.reward;
      this.#terminated[i] = result.terminated ? 1 : 0;
      this.#truncated[i] = result.truncated ? 1 : 0;
      return result.info;
    });
    return {
      observations: this.#observations,
      rewards: this.#rewards,
      terminated: this.#terminated,
      truncated: this.#truncated,
      infos,
    };
  }

  close(): void {
    for (const env of this.envs) env.close();
  }

  #reset(index: number, seed?: number): Info {
    const { observation, info } = this.envs[index].reset({ seed });
    this.#observations.set(observation, index * this.singleObservationSpace.size);
    return info;
  }
}

function unusable(received: string, expected: string): InputError {
  return new InputError({
    code: 'bad-vector-env',
    message: `SyncVectorEnv: expected ${expected}; received ${received}.`,
    field: 'envs',
    value: received,
    expected,
  });
}
