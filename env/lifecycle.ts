import { EnvClosed, InvalidAction, ResetNeeded } from './errors.ts';
import type { Space } from './spaces.ts';

/** Where an environment stands between construction and `close`; raises the error for a call out of order. */
export class Lifecycle {
  readonly #id: string;
  #state: 'new' | 'running' | 'ended' | 'closed' = 'new';

  constructor(id: string) {
    this.#id = id;
  }

  /** Throws EnvClosed unless a reset is allowed; call `started` once the reset succeeded. */
  beforeReset(): void {
    if (this.#state === 'closed') throw new EnvClosed(this.#id, 'reset');
  }

  started(): void {
    this.#state = 'running';
  }

  /** Throws EnvClosed, ResetNeeded or InvalidAction unless this step is allowed. */
  beforeStep<Action>(space: Space<Action>, action: Action): void {
    if (this.#state === 'closed') throw new EnvClosed(this.#id, 'step');
    if (this.#state !== 'running') throw new ResetNeeded(this.#id, this.#state === 'ended');
    if (!space.contains(action)) throw new InvalidAction(this.#id, space, action);
  }

  ended(): void {
    this.#state = 'ended';
  }

  /** Whether this is the first `close`; later ones do nothing. */
  close(): boolean {
    const first = this.#state !== 'closed';
    this.#state = 'closed';
    return first;
  }
}
