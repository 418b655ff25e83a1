import { InputError } from '../../base/errors.ts';
import { Box, type Space } from '../spaces.ts';

/** The space as a Box, or an InputError that says which wrapper needs one and, if asked, that its bounds be finite. */
export function requireBox(space: Space<unknown>, wrapper: string, what: string, finite = false): Box {
  const expected = finite ? 'a Box with finite bounds' : 'a Box';
  const bounded = (values: Float32Array): boolean => values.every((x) => Number.isFinite(x));
  if (space instanceof Box && (!finite || (bounded(space.low) && bounded(space.high)))) return space;
  throw new InputError({
    code: 'bad-space',
    message: `${wrapper} needs ${expected} as ${what}; received ${space}.`,
    field: what,
    value: String(space),
    expected,
  });
}
