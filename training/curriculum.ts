import type { TrainingSettings } from './settings.ts';

export interface CurriculumState {
  readonly allowedShift: number;
}

/**
 * How far the agent may shift its centre as training goes: `startTicks` until a share `widenAt` of the timesteps,
 * then linearly up to `endTicks` at `widenedAt`. Actions keep their full-scale units, so that stored ones keep their
 * meaning. The bound never narrows, also when a resumed run is given more timesteps.
 */
export class Curriculum {
  readonly #settings: TrainingSettings['curriculum'];
  #allowedShift: number;

  constructor(settings: TrainingSettings['curriculum']) {
    this.#settings = settings;
    this.#allowedShift = Math.fround(settings.startTicks);
  }

  /** Largest |Δc| allowed now, ticks. */
  get allowedShift(): number {
    return this.#allowedShift;
  }

  /** 0 before widening, 1 when fully widened, between them on the way. */
  get stage(): number {
    const { startTicks, endTicks } = this.#settings;
    return endTicks === startTicks ? 1 : (this.#allowedShift - startTicks) / (endTicks - startTicks);
  }

  /** Moves on to `timestep` of `total` and returns the bound. */
  advance(timestep: number, total: number): number {
    const { startTicks, endTicks, widenAt, widenedAt } = this.#settings;
    const share = timestep / total;
    const progress = share < widenAt ? 0 : share >= widenedAt ? 1 : (share - widenAt) / (widenedAt - widenAt);
    // A float32 number, as the log of an episode keeps it: played again, the bound is the same to the bit.
    const wanted = Math.fround(startTicks + progress * (endTicks - startTicks));
    this.#allowedShift =
      endTicks >= startTicks ? Math.max(this.#allowedShift, wanted) : Math.min(this.#allowedShift, wanted);
    return this.#allowedShift;
  }

  exportState(): CurriculumState {
    return { allowedShift: this.#allowedShift };
  }

  importState(state: CurriculumState): void {
    this.#allowedShift = state.allowedShift;
  }
}
