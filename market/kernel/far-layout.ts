/** Key of a slot that holds nothing. */
export const EMPTY_SLOT = -0x80000000;
/** A key's first slot are the upper bits of its product with this. */
export const GOLDEN = 0x9e3779b1 | 0;

/** Where the arrays of a table of FarLevels are, from its start: quantities (float64), keys and the number of slots in use (int32). */
export function farLayout(slots: number) {
  return { keys: 8 * slots, count: 12 * slots, bytes: 12 * slots + 8 };
}
