import type { FarLevels } from './far-levels.ts';
import type { LevelMemory } from './kernel/level-memory.ts';

/** Levels of a book, in the first `count` places. */
export interface LevelList {
  readonly count: number;
  readonly prices: Int32Array;
  readonly quantities: Float64Array;
}

/** Room in a memory to list the levels of a Ladder that lies in it. */
export class ListRoom {
  readonly #memory: LevelMemory;
  readonly #prices: Int32Array;
  readonly #quantities: Float64Array;
  /** Keys of far levels. */
  readonly #keys: Int32Array;

  /** For a window of so many prices and so many far levels; undefined where there is no room. */
  static in(memory: LevelMemory, window: number, far: number): ListRoom | undefined {
    const most = window + far;
    const start = memory.take(12 * most + 4 * far);
    return start < 0 ? undefined : new ListRoom(memory, start, most, far);
  }

  private constructor(memory: LevelMemory, start: number, most: number, far: number) {
    this.#memory = memory;
    this.#quantities = new Float64Array(memory.buffer, start, most);
    this.#prices = new Int32Array(memory.buffer, start + 8 * most, most);
    this.#keys = new Int32Array(memory.buffer, start + 12 * most, far);
  }

  /** All levels of the ladder at `start`, as Ladder's `list` does. */
  list(start: number, mask: number, base: number, far: FarLevels, sign: 1 | -1): LevelList {
    const memory = this.#memory;
    const keys = this.#keys;
    const [prices, quantities] = [this.#prices, this.#quantities];
    const farLevels = memory.gatherFar(far.start, far.shift, keys.byteOffset);
    keys.subarray(0, farLevels).sort();
    const count = memory.listLevels(
      start,
      mask,
      base,
      sign === 1 ? 0 : -1,
      far.start,
      far.shift,
      keys.byteOffset,
      farLevels,
      prices.byteOffset,
      quantities.byteOffset,
    );
    return { count, prices, quantities };
  }
}
