import type { LevelMemory } from './kernel/level-memory.ts';

/** Levels of a depth update on the tick grid, bids first. One object is filled again and again. */
export interface TickLevels {
  /** Number of bids, and of bids and asks. */
  readonly bids: number;
  readonly count: number;
  /** Ticks. */
  readonly prices: Int32Array;
  /** Base currency; 0 where the level is gone. */
  readonly quantities: Float64Array;
  /** Where they are for functions of a memory, if they lie in one. */
  readonly place: LevelPlace | undefined;
}

/** Addresses of the prices and the quantities. */
export interface LevelPlace {
  readonly memory: LevelMemory;
  readonly prices: number;
  readonly quantities: number;
}
