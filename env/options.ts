import { InputError, nearestMatch } from '../base/errors.ts';
import type { EnvOptions } from './registry.ts';

/** Throws an InputError for the first option whose key is not in `known`, naming the nearest one. */
export function checkOptionKeys(id: string, options: EnvOptions, known: readonly string[]): void {
  for (const key of Object.keys(options)) {
    if (known.includes(key)) continue;
    const near = nearestMatch(key, known);
    const list = known.length === 0 ? 'no options' : `one of ${known.join(', ')}`;
    throw new InputError({
      code: 'unknown-key',
      message: `${id}: unknown option "${key}"; expected ${list}.`,
      field: key,
      value: options[key],
      expected: list,
      hint: near === undefined ? undefined : `Did you mean "${near}"?`,
    });
  }
}
