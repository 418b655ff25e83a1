import type { Env, ResetOptions, ResetResult, StepResult } from '../env.ts';
import { Lifecycle } from '../lifecycle.ts';
import { Wrapper } from './wrapper.ts';

/**
 * Raises ResetNeeded, EnvClosed and InvalidAction for an environment that does not check for itself. `make` puts it
 * around every environment, so that each one keeps the contract.
 */
export class OrderEnforcing<Observation = Float32Array, Action = Float32Array> extends Wrapper<
  Observation,
  Action
> {
  readonly #lifecycle: Lifecycle;

  constructor(env: Env<Observation, Action>) {
    super(env);
    this.#lifecycle = new Lifecycle(env.id);
  }

  override reset(options?: ResetOptions): ResetResult<Observation> {
    this.#lifecycle.beforeReset();
    const result = this.env.reset(options);
    this.#lifecycle.started();
    return result;
  }

  override step(action: Action): StepResult<Observation> {
    this.#lifecycle.beforeStep(this.actionSpace, action);
    const result = this.env.step(action);
    if (result.terminated || result.truncated) this.#lifecycle.ended();
    return result;
  }

  override close(): void {
    if (this.#lifecycle.close()) this.env.close();
  }
}
