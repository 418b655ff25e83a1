import { InputError, nearestMatch } from '../base/errors.ts';

/** Smallest value of a numeric parameter: `above` excludes it, `from` includes it; neither: any finite number. */
export interface Bound {
  readonly above?: number;
  readonly from?: number;
}

/**
 * Lays `changes` over `current` and returns the whole new set, frozen. Throws an InputError that names the field of an
 * agent (`agents.v1.gamma`) when a key is unknown, of the wrong type, not finite or out of its bound; nothing is
 * changed then.
 */
export function checkParameters<Parameters extends object>(
  agent: string,
  current: Parameters,
  changes: Partial<Parameters>,
  bounds: Readonly<Partial<Record<keyof Parameters, Bound>>>,
): Readonly<Parameters> {
  const known = Object.keys(current) as (keyof Parameters & string)[];
  for (const [key, value] of Object.entries(changes)) {
    const field = `agents.${agent}.${key}`;
    const name = known.find((candidate) => candidate === key);
    if (name === undefined) throw unknownKey(field, agent, key, value, known);
    const kind = typeof current[name];
    if (kind === 'boolean' ? typeof value !== 'boolean' : !withinBound(value, bounds[name])) {
      const expected = kind === 'boolean' ? 'true or false' : describe(bounds[name]);
      throw new InputError({
        code: 'bad-parameter',
        message: `Parameter ${key} of ${agent} cannot be ${String(value)}.`,
        field,
        value,
        expected,
        hint: `Give ${key} ${expected}.`,
      });
    }
  }
  return Object.freeze({ ...current, ...changes });
}

function withinBound(value: unknown, bound: Bound | undefined): boolean {
  if (typeof value !== 'number' || !Number.isFinite(value)) return false;
  return !(value <= (bound?.above ?? Number.NEGATIVE_INFINITY)) && !(value < (bound?.from ?? -Infinity));
}

function describe(bound: Bound | undefined): string {
  if (bound?.above !== undefined) return `a number above ${bound.above}`;
  return bound?.from === undefined ? 'a finite number' : `a number of at least ${bound.from}`;
}

function unknownKey(field: string, agent: string, key: string, value: unknown, known: readonly string[]) {
  const near = nearestMatch(key, known);
  return new InputError({
    code: 'unknown-key',
    message: `${agent} has no parameter "${key}".`,
    field,
    value,
    expected: `one of ${known.join(', ')}`,
    hint: near === undefined ? `Use one of ${known.join(', ')}.` : `Did you mean "${near}"?`,
  });
}
