import type { Env, ResetOptions, ResetResult, StepResult } from '../../env/env.ts';
import { Lifecycle } from '../../env/lifecycle.ts';
import { box, discrete } from '../../env/spaces.ts';

/** A corridor of cells: action 1 goes right, 0 goes left; the right end pays 1 and terminates. */
export class ChainEnv implements Env<Float32Array, number> {
  readonly id = 'Chain-v0';
  readonly observationSpace = box(0, 1, [1]);
  readonly actionSpace = discrete(2);
  readonly #length: number;
  readonly #lifecycle = new Lifecycle('Chain-v0');
  #cell = 0;

  constructor(length = 5) {
    this.#length = length;
  }

  reset(_options?: ResetOptions): ResetResult<Float32Array> {
    this.#lifecycle.beforeReset();
    this.#cell = 0;
    this.#lifecycle.started();
    return { observation: this.#observe(), info: {} };
  }

  step(action: number): StepResult<Float32Array> {
    this.#lifecycle.beforeStep(this.actionSpace, action);
    this.#cell = Math.max(0, this.#cell + (action === 1 ? 1 : -1));
    const terminated = this.#cell === this.#length;
    if (terminated) this.#lifecycle.ended();
    return {
      observation: this.#observe(),
      reward: terminated ? 1 : 0,
      terminated,
      truncated: false,
      info: {},
    };
  }

  close(): void {
    this.#lifecycle.close();
  }

  #observe(): Float32Array {
    return Float32Array.of(this.#cell / this.#length);
  }
}
