import { InputError, MakergymError, nearestMatch } from '../base/errors.ts';
import type { Space } from './spaces.ts';

/** `step` was called before the first `reset`, or after an episode's end. */
export class ResetNeeded extends MakergymError {
  constructor(id: string, ended: boolean) {
    super({
      code: 'reset-needed',
      message: ended
        ? `${id}: the episode is over; expected reset() before the next step(), received step().`
        : `${id}: no episode has begun; expected reset() before the first step(), received step().`,
      field: 'step',
      expected: 'reset()',
      hint: 'Call reset() whenever terminated or truncated is true.',
    });
  }
}

/** An action that is no element of the action space. */
export class InvalidAction extends InputError {
  constructor(id: string, space: Space<unknown>, action: unknown) {
    const received = space.explain(action) ?? 'an element of the space';
    super({
      code: 'invalid-action',
      message: `${id}: expected an action in ${space}, received ${received}.`,
      field: 'action',
      value: ArrayBuffer.isView(action) ? Array.from(action as Float32Array) : action,
      expected: String(space),
      hint: 'Clip the action, or wrap the environment in ClipAction or RescaleAction.',
    });
  }
}

/** An environment was used after `close`. */
export class EnvClosed extends MakergymError {
  constructor(id: string, method: string) {
    super({
      code: 'env-closed',
      message: `${id}: the environment is closed; expected no further calls, received ${method}().`,
      field: method,
      expected: 'an open environment',
      hint: 'Make a new environment.',
    });
  }
}

/** `make` was asked for an id that nobody registered. */
export class UnregisteredEnv extends InputError {
  constructor(id: string, registered: readonly string[]) {
    const near = nearestMatch(id, registered);
    super({
      code: 'unregistered-env',
      message: `No environment is registered as "${id}".`,
      field: 'id',
      value: id,
      expected: registered.length === 0 ? 'a registered id' : `one of ${registered.join(', ')}`,
      hint: near === undefined ? 'Register it with register(id, factory).' : `Did you mean "${near}"?`,
    });
  }
}
