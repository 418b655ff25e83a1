import type { Env, ResetOptions, ResetResult, StepResult } from '../env.ts';
import type { Space } from '../spaces.ts';

/** An environment around another one. By itself it changes nothing; wrappers override what they change. */
export class Wrapper<Observation = Float32Array, Action = Float32Array, Inner = Action>
  implements Env<Observation, Action>
{
  readonly env: Env<Observation, Inner>;
  readonly id: string;

  constructor(env: Env<Observation, Inner>) {
    this.env = env;
    this.id = env.id;
  }

  get observationSpace(): Space<Observation> {
    return this.env.observationSpace;
  }

  get actionSpace(): Space<Action> {
    return this.env.actionSpace as unknown as Space<Action>;
  }

  reset(options?: ResetOptions): ResetResult<Observation> {
    return this.env.reset(options);
  }

  step(action: Action): StepResult<Observation> {
    return this.env.step(action as unknown as Inner);
  }

  close(): void {
    this.env.close();
  }
}

/** The environment inside all wrappers. */
export function unwrap<Observation, Action>(env: Env<Observation, Action>): Env<Observation, Action> {
  let inner = env;
  while (inner instanceof Wrapper) inner = inner.env as Env<Observation, Action>;
  return inner;
}
