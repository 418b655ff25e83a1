import { InputError, nearestMatch } from '../../base/errors.ts';
import { createMemory } from '../../base/wasm/web-assembly.ts';

/** Columns every analytic market has; its parts add their own. */
export const MARKET_COLUMNS = [
  /** Mid-price, in price units. */
  'mid',
  /** Lots held. */
  'inventory',
  /** Money, in price units times lots. */
  'cash',
  /** Change of cash + inventory · mid over the last step. */
  'gain',
  /** Distances of the agent's quotes from the mid; an agent writes them before each step. */
  'bidDistance',
  'askDistance',
  /** Scratch: from which distance on a quote would not have been filled in the last step (parts-wise stepping). */
  'bidReach',
  'askReach',
  /** Scratch: change of the mid in the last step (parts-wise stepping). */
  'midChange',
] as const;

/** Columns begin at multiples of so many paths, so that a kernel can take them in groups. */
export const LANES = 2;

/**
 * The state of N paths as one matrix with a named column for each quantity and a row for each path. Columns are
 * contiguous float64 views of one WebAssembly memory, which the compiled kernel reads and writes in place.
 */
export class StateMatrix {
  readonly paths: number;
  /** Rows kept: `paths` rounded up to whole groups of {@link LANES}. Rows beyond `paths` mean nothing. */
  readonly rows: number;
  readonly names: readonly string[];
  readonly memory: { readonly buffer: ArrayBuffer };
  readonly #columns = new Map<string, Float64Array>();

  /** `extraBytes` are kept free at the memory's start. */
  constructor(paths: number, names: readonly string[], extraBytes = 0) {
    this.paths = paths;
    this.rows = Math.ceil(paths / LANES) * LANES;
    this.names = names;
    this.memory = createMemory(extraBytes + names.length * this.rows * 8);
    names.forEach((name, i) => {
      const at = extraBytes + i * this.rows * 8;
      this.#columns.set(name, new Float64Array(this.memory.buffer, at, this.rows));
    });
  }

  /** The column of that name: `rows` long, of which the first `paths` count. */
  column(name: string): Float64Array {
    const column = this.#columns.get(name);
    if (column !== undefined) return column;
    const near = nearestMatch(name, this.names);
    throw new InputError({
      code: 'unknown-column',
      message: `The state matrix has no column "${name}".`,
      field: 'column',
      value: name,
      expected: `one of ${this.names.join(', ')}`,
      hint: near === undefined ? undefined : `Did you mean "${near}"?`,
    });
  }
}
