import type { SacEngineOptions, SacMetrics, SacState } from '../../agents/sac/engine.ts';
import type { SampleWindow } from '../../replay/ring-buffer.ts';
import type { LearnerState } from '../learner.ts';

/** Updates that are made together, from the transitions and the normaliser of the moment they begin. */
export interface Block {
  readonly window: SampleWindow;
  readonly updates: number;
  /** Updates made before this block. */
  readonly before: number;
  /** Whether it was asked for before the block ahead of it was finished: if that fails, this one is left out. */
  readonly follows: boolean;
}

export interface BlockResult {
  /** Of each update that was made, in order. */
  readonly metrics: readonly SacMetrics[];
  /** What stopped the block, a MakergymError: the state is that after the last update that was made. */
  readonly failure?: unknown;
}

/** Whole state of a learner between two blocks. */
export interface LearnerSnapshot {
  readonly weights: SacState;
  readonly streams: LearnerState;
}

/**
 * Who makes the updates: in this thread, or in another while this one goes on. Both give the same numbers, since a block
 * sees only what was there when it began.
 */
export interface BlockLearner {
  /** Name of the engine, e.g. `onnx`. */
  readonly engine: string;
  readonly options: SacEngineOptions;
  /** The actor as the last finished block left it (`actor/…`). Overwritten by the block after the next that begins. */
  readonly actor: SacState;
  /**
   * Begins a block, at once or right behind the one under way; at most two are. Transitions outside its window may change
   * meanwhile.
   */
  begin(block: Block): Promise<void>;
  /** Waits for the older block under way, while the event loop turns now and then; nothing done where none is. */
  finish(): Promise<BlockResult>;
  /** Between blocks only. */
  exportState(): Promise<LearnerSnapshot>;
  importState(snapshot: LearnerSnapshot): Promise<void>;
  /** Frees memory, sessions and threads; a block under way is lost. */
  dispose(): Promise<void>;
}

export const NOTHING_DONE: BlockResult = { metrics: [] };
